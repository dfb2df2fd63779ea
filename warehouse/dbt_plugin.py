"""What must hold before dbt opens the warehouse; loaded by dbt-duckdb (see `profiles.yml`)."""
from dbt.adapters.duckdb.plugins import BasePlugin


class Plugin(BasePlugin):
    pass
