"""Settings of the warehouse commands: environment variables and their defaults."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

# A commit to the lake writes at least one file of events and one of players. One commit a second
# writes 172,800 files a day, one a minute 2,880, and builds read the lake less often.
FILE_INTERVAL_SECONDS, LAKE_INTERVAL_SECONDS = "1", "60"

# DuckDB names the catalog after the file. These names are catalogs or schemas already, which would
# make `raw.players` ambiguous.
RESERVED_NAMES = frozenset(
    {"main", "temp", "system", "information_schema", "pg_catalog"}
    | {"raw", "staging", "intermediate", "marts", "reports", "quality", "history"}
)
# dbt and SQLAlchemy parse the path as a URL; dbt puts the name into SQL.
RESERVED_CHARACTERS, RESERVED_IN_NAMES = ";?#", "\"'"


class UnusablePathError(OSError, ValueError):
    """A path is not usable; the message says why and what to do.

    It is an invalid setting (ValueError) and a file that cannot be opened (OSError).
    """


@dataclass(frozen=True)
class Settings:
    """Paths, URLs and limits.

    Attributes:
        warehouse_path: The DuckDB file (`WAREHOUSE_PATH`).
        reports_path: The folder of the JSON reports (`REPORTS_PATH`).
        store_url: The operational store as an SQLAlchemy URL (`STORE_URL`), by default an SQLite
            file beside the warehouse. It may contain a password.
        landing: The folder of the inputs (`LANDING`); None for `seeds/`.
        memory_limit: The memory limit of DuckDB in a build (`WAREHOUSE_MEMORY_LIMIT`), such as
            `8GB`; None for DuckDB's default, 80 % of the memory.
        events_uri: The lake (`EVENTS_URI`), a folder or a URI, that the loader ships to; None if it
            ships to the DuckDB file.
    """

    warehouse_path: Path
    reports_path: Path
    store_url: str = field(repr=False)
    landing: str | None
    memory_limit: str | None
    events_uri: str | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings; paths are relative to the working directory, as in dbt.

        Raises:
            UnusablePathError: WAREHOUSE_PATH is not usable.
        """
        warehouse_path = usable_warehouse_path(
            environment.get("WAREHOUSE_PATH", "warehouse/gamehouse.duckdb")
        )
        return cls(
            warehouse_path=warehouse_path,
            reports_path=Path(environment.get("REPORTS_PATH", "reports")),
            store_url=environment.get("STORE_URL", store_beside(warehouse_path)),
            landing=environment.get("LANDING") or None,
            memory_limit=environment.get("WAREHOUSE_MEMORY_LIMIT") or None,
            events_uri=environment.get("EVENTS_URI") or None,
        )


def usable_warehouse_path(path: str | Path) -> Path:
    """Return the path if DuckDB, dbt and SQLAlchemy all read it in the same way.

    Args:
        path: The DuckDB file, which may be missing.

    Raises:
        UnusablePathError: They do not.
    """
    reason = _unusable(str(path))
    if reason is not None:
        raise UnusablePathError(
            f"WAREHOUSE_PATH is {str(path)!r}: {reason}. Set it to another path, such as"
            " warehouse/gamehouse.duckdb."
        )
    return Path(path)


def _unusable(path: str) -> str | None:
    """Say why a path is not usable; None if it is."""
    for character in path:
        if character in RESERVED_CHARACTERS or unicodedata.category(character) in ("Cc", "Cs"):
            return f"dbt cannot use a path with the character {character!r}"
    for quote in RESERVED_IN_NAMES:
        if quote in Path(path).name:
            return f"dbt cannot use a file name with the character {quote!r}"
    if ":" in path.split("/", maxsplit=1)[0]:
        return "DuckDB reads the text before the colon as the type of the database"
    catalog = Path(path).name.lstrip(".").split(".", maxsplit=1)[0]
    if not catalog.strip():
        return "the file name is missing"
    if catalog.lower() in RESERVED_NAMES:
        return f"DuckDB reserves the name {catalog!r}"
    return None


def store_beside(warehouse_path: Path) -> str:
    """Return the URL of the default store, an SQLite file beside the warehouse.

    Raises:
        UnusablePathError: The path of the warehouse is not usable.
    """
    return f"sqlite:///{usable_warehouse_path(warehouse_path).with_suffix('.store.sqlite')}"


def default_interval(events_uri: str | None) -> str:
    """Return the default of LOADER_INTERVAL_SECONDS."""
    return LAKE_INTERVAL_SECONDS if events_uri else FILE_INTERVAL_SECONDS
