"""What the SQL of the warehouse calls and DuckDB does not have."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb

from warehouse.inputs import csv_files, landing

# What a build writes beside a report, until all of them take their places.
NEXT = ".next"
# It tells what the others are, so it is replaced after them.
LAST = "manifest.json"


def file_sha256(path: str) -> str:
    """Hash a file's bytes, without holding them.

    DuckDB's own `sha256(content)` reads a file whole, takes ten times as long, and knows no more
    than 4 GiB.

    Args:
        path: The file; where its next version stands beside it, that is taken.

    Returns:
        SHA-256 in hexadecimal.

    Raises:
        OSError: The file cannot be read.
    """
    following = Path(path + NEXT)
    with (following if following.exists() else Path(path)).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def publish_reports(folder: str, are_good: bool) -> int:
    """Replace reports by their next versions, or give those up.

    Parquet files go to the folder `parquet` in it.

    Args:
        folder: Where they are.
        are_good: Whether to replace.

    Returns:
        How many there were.

    Raises:
        OSError: A file cannot be renamed.
    """
    written = sorted(Path(folder).glob(f"*{NEXT}"), key=lambda path: path.stem == LAST)
    for path in written:
        report = path.with_suffix("")
        if not are_good:
            path.unlink()
        elif report.suffix == ".parquet":
            (path.parent / "parquet").mkdir(exist_ok=True)
            path.replace(path.parent / "parquet" / report.name)
        else:
            path.replace(report)
    return len(written)


def pin_lake(uri: str) -> str:
    """Tell how to read the lake as it is now; see `lake.pinned_as_json`.

    Raises:
        LakeUnavailableError: It cannot be read.
    """
    # deltalake takes longer to import than the other functions to run, and most builds need none.
    from warehouse.loader.lake import pinned_as_json  # noqa: PLC0415

    return pinned_as_json(uri)


def regex_fault(pattern: str) -> str:
    """Say what DuckDB has against a regular expression.

    In SQL, a bad one ends the query that uses it, and nothing tells which one it was.

    Args:
        pattern: The regular expression.

    Returns:
        DuckDB's reason; blank where there is none.
    """
    try:
        with duckdb.connect() as scratch:
            scratch.execute("select regexp_full_match('', ?)", [pattern])
    except duckdb.Error as error:
        return str(error).removeprefix("Invalid Input Error: ")
    return ""


def register_functions(connection: duckdb.DuckDBPyConnection) -> None:
    """Let the SQL of this process call these functions.

    Args:
        connection: Any connection to the warehouse; all of the process have the functions then,
            until the last of them closes.
    """
    text, number = duckdb.sqltype("varchar"), duckdb.sqltype("bigint")
    # A file may change between two calls, so that DuckDB must not keep what one returned.
    connection.create_function("file_sha256", file_sha256, [text], text, side_effects=True)
    connection.create_function(
        "csv_row_count", csv_files.csv_row_count, [text], number, side_effects=True
    )
    connection.create_function("pin_lake", pin_lake, [text], text, side_effects=True)
    connection.create_function(
        "publish_reports",
        publish_reports,
        [text, duckdb.sqltype("boolean")],
        number,
        side_effects=True,
    )
    for function in (
        csv_files.csv_fault,
        csv_files.csv_header,
        landing.file_facts,
        landing.parquet_fault,
        regex_fault,
    ):
        connection.create_function(function.__name__, function, [text], text, side_effects=True)
