"""The dbt target `spark`: a cluster on this machine, and the reports of any cluster."""
