"""dbt's target `spark`: a cluster for one machine, and the reports of any cluster."""
