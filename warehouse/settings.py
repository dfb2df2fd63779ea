"""Settings of the warehouse commands: environment variables with their defaults, in one place."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

# A commit to the lake leaves at least one file of events and one of players. At one a second that
# would be 172,800 a day, at one a minute 2,880; and whoever reads the lake builds less often.
FILE_INTERVAL_SECONDS, LAKE_INTERVAL_SECONDS = "1", "60"

# DuckDB names the catalog after the file. Beside these the same word means something else: a
# catalog of its own, or a schema, and then `raw.players` could be read in two ways.
RESERVED_NAMES = frozenset(
    {"main", "temp", "system", "information_schema", "pg_catalog"}
    | {"raw", "staging", "intermediate", "marts", "reports", "quality"}
)
# dbt takes a path for a URL and a name for SQL; so does SQLAlchemy for the store beside the file.
RESERVED_CHARACTERS, RESERVED_IN_NAMES = ";?#", "\"'"


class UnusablePathError(OSError, ValueError):
    """A file must have another name; the message says why and what to do.

    It is both, as `io.UnsupportedOperation` is: a setting that cannot be used, and a file that
    cannot be opened.
    """


@dataclass(frozen=True)
class Settings:
    """Where things are, and what they may take.

    Attributes:
        warehouse_path: The DuckDB file (`WAREHOUSE_PATH`).
        reports_path: The folder of the JSON reports (`REPORTS_PATH`).
        store_url: The operational store as an SQLAlchemy URL (`STORE_URL`), by default an SQLite
            file beside the warehouse. It may hold a password.
        landing: The folder of the inputs (`LANDING`); None where they are in `seeds/`.
        memory_limit: What DuckDB may take in a build (`WAREHOUSE_MEMORY_LIMIT`), such as `8GB`;
            None leaves it to DuckDB, which takes up to 80 % of the memory.
        events_uri: The lake (`EVENTS_URI`), a folder or an address, that events and players are
            shipped to; None where that is the DuckDB file.
    """

    warehouse_path: Path
    reports_path: Path
    store_url: str = field(repr=False)
    landing: str | None
    memory_limit: str | None
    events_uri: str | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings; relative paths count from the working directory, as dbt's do.

        Raises:
            UnusablePathError: No warehouse can have the name that WAREHOUSE_PATH gives it.
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
    """Take a path that DuckDB, dbt and SQLAlchemy all understand in the same way.

    Args:
        path: The DuckDB file, which need not exist.

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
    """Say why no warehouse can have this path; None where one can."""
    for character in path:
        if character in RESERVED_CHARACTERS or unicodedata.category(character) in ("Cc", "Cs"):
            return f"dbt cannot use a path with the character {character!r}"
    for quote in RESERVED_IN_NAMES:
        if quote in Path(path).name:
            return f"dbt cannot use a file's name with the character {quote!r}"
    if ":" in path.split("/", maxsplit=1)[0]:
        return "DuckDB takes what stands before the colon for another kind of database"
    catalog = Path(path).name.lstrip(".").split(".", maxsplit=1)[0]
    if not catalog.strip():
        return "it names no file"
    if catalog.lower() in RESERVED_NAMES:
        return f"a warehouse of the name {catalog!r} is something else to DuckDB"
    return None


def store_beside(warehouse_path: Path) -> str:
    """Name the default store, an SQLite file beside the warehouse, as an SQLAlchemy URL.

    Raises:
        UnusablePathError: No warehouse can have this path.
    """
    return f"sqlite:///{usable_warehouse_path(warehouse_path).with_suffix('.store.sqlite')}"


def default_interval(events_uri: str | None) -> str:
    """Tell the seconds between two shipments where LOADER_INTERVAL_SECONDS does not."""
    return LAKE_INTERVAL_SECONDS if events_uri else FILE_INTERVAL_SECONDS
