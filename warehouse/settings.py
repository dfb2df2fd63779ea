"""Settings of the warehouse commands: environment variables with their defaults, in one place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

# A commit to the lake leaves at least one file of events and one of players. At one a second that
# would be 172,800 a day, at one a minute 2,880; and whoever reads the lake builds less often.
FILE_INTERVAL_SECONDS, LAKE_INTERVAL_SECONDS = "1", "60"


@dataclass(frozen=True)
class Settings:
    """Where things are, and what they may take.

    Attributes:
        warehouse_path: The DuckDB file (`WAREHOUSE_PATH`).
        reports_path: The folder of the JSON reports (`REPORTS_PATH`).
        store_url: The operational store as an SQLAlchemy URL (`STORE_URL`), by default an SQLite
            file beside the warehouse. It may hold a password.
        memory_limit: What DuckDB may take in a build (`WAREHOUSE_MEMORY_LIMIT`), such as `8GB`;
            None leaves it to DuckDB, which takes up to 80 % of the memory.
        events_uri: The lake (`EVENTS_URI`), a folder or an address, that events and players are
            shipped to; None where that is the DuckDB file.
    """

    warehouse_path: Path
    reports_path: Path
    store_url: str = field(repr=False)
    memory_limit: str | None
    events_uri: str | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings; relative paths count from the working directory, as dbt's do."""
        warehouse_path = Path(environment.get("WAREHOUSE_PATH", "warehouse/gamehouse.duckdb"))
        return cls(
            warehouse_path=warehouse_path,
            reports_path=Path(environment.get("REPORTS_PATH", "reports")),
            store_url=environment.get("STORE_URL", store_beside(warehouse_path)),
            memory_limit=environment.get("WAREHOUSE_MEMORY_LIMIT") or None,
            events_uri=environment.get("EVENTS_URI") or None,
        )


def store_beside(warehouse_path: Path) -> str:
    """Name the default store, an SQLite file beside the warehouse, as an SQLAlchemy URL."""
    return f"sqlite:///{warehouse_path.with_suffix('.store.sqlite')}"


def default_interval(events_uri: str | None) -> str:
    """Tell the seconds between two shipments where LOADER_INTERVAL_SECONDS does not."""
    return LAKE_INTERVAL_SECONDS if events_uri else FILE_INTERVAL_SECONDS
