"""Opening the DuckDB file, which one writing process at a time may hold."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import duckdb

from warehouse.terminal import say

# Attempt n is followed by 2**n seconds of waiting, the schedule of dbt-duckdb's `retries`.
DEFAULT_ATTEMPTS = 7

Connection = TypeVar("Connection")

SQLITE_MAGIC = b"SQLite format 3\0"
_MAKE_ANEW = (
    " and run `make build`, which makes it anew from the inputs; the loader ships all events to it"
    " again. The store and the reports are as they were."
)
_DAMAGED = f"The file is damaged. Move it away{_MAKE_ANEW}"
# By a part of what DuckDB says; the first that fits.
_ADVICE = {
    "not a valid DuckDB": "Perhaps it is no DuckDB database: then set WAREHOUSE_PATH to another."
    f" Or it is damaged at its start: then move it away{_MAKE_ANEW}",
    "does not exist": "Run `make build` first, or set WAREHOUSE_PATH to an existing warehouse.",
    "Is a directory": "It is a folder. Set WAREHOUSE_PATH to a file.",
    "Permission denied": "Give this user the right to read and write the file and its folder, or"
    " set WAREHOUSE_PATH to another.",
    "Read-only file system": "Make its file system writable, or set WAREHOUSE_PATH to a place that"
    " is.",
    "No space left": "Free some space on its disk and run again. What was in it is as it was.",
    "Could not write": "Free some space on its disk and run again. What was in it is as it was.",
    "Out of Memory": "Close other programs, or set WAREHOUSE_MEMORY_LIMIT to more.",
    "Corrupt database file": _DAMAGED,
    "Could not read enough bytes": _DAMAGED,
    "has been invalidated": _DAMAGED,
    "INTERNAL Error": _DAMAGED,
    "Serialization Error": _DAMAGED,
    "does not match": _DAMAGED,
}
_OTHER_ADVICE = "Make its folder writable, or set WAREHOUSE_PATH to a place that is."


class WarehouseUnavailableError(Exception):
    """The DuckDB file cannot be opened; the message says why and what to do."""


def holder_of(error: duckdb.Error) -> str | None:
    """Name the process that holds the file, as `program (PID n)`; None for any other error.

    A process of another container has no name here, and is `another process`.
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
    report: Callable[[str], None] = say,
    sleep: Callable[[float], None] = time.sleep,
) -> duckdb.DuckDBPyConnection:
    """Open the warehouse, waiting while another process holds it.

    Args:
        path: The DuckDB file. It is created where it does not exist and `read_only` is false.
        read_only: Several readers may share the file; a writer needs it alone.
        attempts: See `connect_when_free`, as for the others.
        report: Told once, when waiting begins.
        sleep: Waits for a number of seconds.

    Raises:
        WarehouseUnavailableError: The file is held to the end, or cannot be opened at all.
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
    report: Callable[[str], None] = say,
    sleep: Callable[[float], None] = time.sleep,
) -> Connection:
    """Connect to the warehouse by whatever means, waiting while another process holds the file.

    Args:
        path: The DuckDB file, for messages.
        connect: Connects, or fails with DuckDB's own error.
        attempts: How often to try before giving up, at least once; waits 1, 2, 4, ... seconds.
        report: Told once, when waiting begins, who holds the file.
        sleep: Waits for a number of seconds.

    Raises:
        WarehouseUnavailableError: The file is held to the end, or cannot be opened at all.
    """
    refuse_other_formats(path)
    waited = 0
    for attempt in range(attempts):
        try:
            return connect()
        except duckdb.Error as error:
            holder = holder_of(error)
            if holder is None:
                raise WarehouseUnavailableError(advice(path, error)) from error
        if attempt == 0 and attempts > 1:
            report(f"{path} is held by {holder}; waiting up to {2 ** (attempts - 1) - 1} s for it.")
        if attempt < attempts - 1:
            sleep(2**attempt)
            waited += 2**attempt
    raise WarehouseUnavailableError(
        f"{path} is still held by {holder} after {waited} s. Nothing was changed."
        " Close that program, or stop that process, and run again. One that only reads, such as a"
        " BI tool, need not hold it: give it a copy of the file, or the marts as Parquet (--vars"
        " 'parquet_marts: true')."
    )


def refuse_other_formats(path: Path) -> None:
    """Refuse a database of SQLite, such as the store: DuckDB would download what reads it.

    Raises:
        WarehouseUnavailableError: It is one.
    """
    try:
        with path.open("rb") as file:
            is_sqlite = file.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC
    except OSError:
        return  # DuckDB says what is wrong
    if is_sqlite:
        raise WarehouseUnavailableError(
            f"Cannot open the warehouse {path}: it is a database of SQLite, perhaps the store."
            " Set WAREHOUSE_PATH to another file."
        )


def advice(path: Path, error: duckdb.Error, doing: str = "open") -> str:
    """Say what cannot be done with the warehouse, why, and what to do about it.

    Args:
        path: The DuckDB file.
        error: What DuckDB says.
        doing: What cannot be done.
    """
    reason = str(error).partition("\n")[0]
    todo = next((todo for part, todo in _ADVICE.items() if part in str(error)), _OTHER_ADVICE)
    return f"Cannot {doing} the warehouse {path}: {reason}\n{todo}"
