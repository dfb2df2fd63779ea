"""Settings of the warehouse commands: environment variables with their defaults, in one place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Where things are.

    Attributes:
        warehouse_path: The DuckDB file (`WAREHOUSE_PATH`).
        reports_path: The folder of the JSON reports (`REPORTS_PATH`).
    """

    warehouse_path: Path
    reports_path: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings; relative paths count from the working directory, as dbt's do."""
        return cls(
            warehouse_path=Path(environment.get("WAREHOUSE_PATH", "warehouse/gamehouse.duckdb")),
            reports_path=Path(environment.get("REPORTS_PATH", "reports")),
        )
