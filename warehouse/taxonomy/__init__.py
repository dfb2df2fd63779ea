"""The taxonomy of events: `events.yml`, what does not fit it, and the dbt models made from it."""
