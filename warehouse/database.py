"""Opens the DuckDB file, which one writing process at a time may lock."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import duckdb

from warehouse.terminal import echo

# The delay after attempt n is 2**n seconds, as with dbt-duckdb's `retries`.
DEFAULT_ATTEMPTS = 7

Connection = TypeVar("Connection")

SQLITE_MAGIC = b"SQLite format 3\0"
_REBUILD = (
    " and run `make build`, which rebuilds it from the inputs; the loader ships all events to it"
    " again. The store and the reports are unchanged."
)
_DAMAGED = f"The file is damaged. Move it away{_REBUILD}"
_FREE_SPACE = "Free some space on its disk and run again. Its data is unchanged."
# The advice for each part of a DuckDB message; the first match applies.
_ADVICE = {
    "not a valid DuckDB": "If it is not a DuckDB database, set WAREHOUSE_PATH to another file."
    f" If it is a damaged one, move it away{_REBUILD}",
    "does not exist": "Run `make build` first, or set WAREHOUSE_PATH to an existing warehouse.",
    "Is a directory": "It is a folder. Set WAREHOUSE_PATH to a file.",
    "Permission denied": "Give this user read and write access to the file and its folder, or set"
    " WAREHOUSE_PATH to another file.",
    "Read-only file system": "Make its file system writable, or set WAREHOUSE_PATH to a writable"
    " path.",
    "No space left": _FREE_SPACE,
    "Could not write": _FREE_SPACE,
    "Out of Memory": "Close other programs, or raise WAREHOUSE_MEMORY_LIMIT.",
    "Corrupt database file": _DAMAGED,
    "Could not read enough bytes": _DAMAGED,
    "has been invalidated": _DAMAGED,
    "INTERNAL Error": _DAMAGED,
    "Serialization Error": _DAMAGED,
    "does not match": _DAMAGED,
}
_OTHER_ADVICE = "Make its folder writable, or set WAREHOUSE_PATH to a writable path."


class WarehouseUnavailableError(Exception):
    """The DuckDB file cannot be opened; the message says why and what to do."""


def lock_holder(error: duckdb.Error) -> str | None:
    """Return the process that locks the file, as `program (PID n)`; None for any other error.

    DuckDB cannot name a process of another container; then this returns `another process`.
    """
    if "Could not set lock on file" not in str(error):
        return None
    found = re.search(r"Conflicting lock is held in (\S+) \(PID (\d+)\)", str(error))
    return f"{found[1]} (PID {found[2]})" if found else "another process"


def open_when_free(
    path: Path,
    *,
    read_only: bool,
    attempts: int = DEFAULT_ATTEMPTS,
    report: Callable[[str], None] = echo,
    sleep: Callable[[float], None] = time.sleep,
) -> duckdb.DuckDBPyConnection:
    """Open the warehouse; wait while another process locks it.

    Args:
        path: The DuckDB file. A writer creates it if it is missing.
        read_only: Several readers can share the file; a writer needs it alone.
        attempts: See `connect_when_free`.
        report: See `connect_when_free`.
        sleep: See `connect_when_free`.

    Raises:
        WarehouseUnavailableError: The file is still locked, or cannot be opened.
    """
    return connect_when_free(
        path,
        lambda: duckdb.connect(str(path), read_only=read_only),
        attempts=attempts,
        report=report,
        sleep=sleep,
    )


def connect_when_free(
    path: Path,
    connect: Callable[[], Connection],
    *,
    attempts: int = DEFAULT_ATTEMPTS,
    report: Callable[[str], None] = echo,
    sleep: Callable[[float], None] = time.sleep,
) -> Connection:
    """Connect to the warehouse; wait while another process locks the file.

    Args:
        path: The DuckDB file, for messages.
        connect: Connects, or raises DuckDB's own error.
        attempts: The number of attempts, at least 1; the delays are 1, 2, 4, ... seconds.
        report: Gets one message with the name of the process that locks the file.
        sleep: Sleeps for a number of seconds.

    Raises:
        WarehouseUnavailableError: The file is still locked, or cannot be opened.
    """
    reject_sqlite_file(path)
    waited = 0
    for attempt in range(attempts):
        try:
            return connect()
        except duckdb.Error as error:
            holder = lock_holder(error)
            if holder is None:
                raise WarehouseUnavailableError(failure_message(path, error)) from error
        if attempt == 0 and attempts > 1:
            report(f"{path} is locked by {holder}; waiting up to {2 ** (attempts - 1) - 1} s.")
        if attempt < attempts - 1:
            sleep(2**attempt)
            waited += 2**attempt
    raise WarehouseUnavailableError(
        f"{path} is still locked by {holder} after {waited} s. Nothing was changed."
        " Close that program, or stop that process, and run again. If it only reads, such as a BI"
        " tool, let it read a copy of the file, or the marts as Parquet (--vars"
        " 'parquet_marts: true')."
    )


def reject_sqlite_file(path: Path) -> None:
    """Reject an SQLite database, such as the store, for which DuckDB would download an extension.

    Raises:
        WarehouseUnavailableError: The file is an SQLite database.
    """
    try:
        with path.open("rb") as file:
            is_sqlite = file.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC
    except OSError:
        return  # DuckDB reports the error
    if is_sqlite:
        raise WarehouseUnavailableError(
            f"Cannot open the warehouse {path}: it is an SQLite database, perhaps the store."
            " Set WAREHOUSE_PATH to another file."
        )


def failure_message(path: Path, error: duckdb.Error, action: str = "open") -> str:
    """Say what failed, why, and what to do about it.

    Args:
        path: The DuckDB file.
        error: The error of DuckDB.
        action: What failed, a verb.
    """
    reason = str(error).partition("\n")[0]
    advice = next((advice for part, advice in _ADVICE.items() if part in str(error)), _OTHER_ADVICE)
    return f"Cannot {action} the warehouse {path}: {reason}\n{advice}"
