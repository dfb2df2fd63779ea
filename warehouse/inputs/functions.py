"""The Python functions that the SQL of the warehouse calls."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import duckdb

from warehouse.inputs import csv_files, encodings, landing
from warehouse.loader.lake import pinned_as_json

# The suffix of a new report, until the build replaces all reports.
NEXT = ".next"
# The manifest describes the other reports, so it is replaced last.
LAST = "manifest.json"
# The page has a hidden note that it is older than the reports.
PAGE = "index.html"
NOTE_IS_HIDDEN, NOTE_IS_SHOWN = b'id="outdated" hidden', b'id="outdated"'


def file_sha256(path: str) -> str:
    """Hash a file in chunks.

    DuckDB's `sha256(content)` reads a file into memory, takes ten times as long, and fails beyond
    4 GiB.

    Args:
        path: The file; if its new version exists, that is hashed.

    Returns:
        The SHA-256 in hexadecimal.

    Raises:
        OSError: The file cannot be read.
    """
    new = Path(path + NEXT)
    with (new if new.exists() else Path(path)).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def publish_reports(folder: str, are_good: bool) -> int:
    """Replace the reports by their new versions, or delete the new versions.

    Parquet files go to its folder `parquet`. The page of the earlier reports says from then on that
    it is older.

    Args:
        folder: The folder of the reports.
        are_good: Whether to replace.

    Returns:
        The number of new versions.

    Raises:
        OSError: A file cannot be renamed.
    """
    page = Path(folder) / PAGE
    if are_good and Path(folder, LAST + NEXT).exists() and page.is_file():
        marked = page.read_bytes().replace(NOTE_IS_HIDDEN, NOTE_IS_SHOWN)
        Path(folder, PAGE + NEXT).write_bytes(marked)
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


def regex_fault(pattern: str) -> str:
    """Find what is wrong with a regular expression.

    DuckDB's error in a query does not say which expression is invalid.

    Args:
        pattern: The regular expression.

    Returns:
        DuckDB's error; blank if the expression is valid.
    """
    try:
        with duckdb.connect() as scratch:
            scratch.execute("select regexp_full_match('', ?)", [pattern])
    except duckdb.Error as error:
        return str(error).removeprefix("Invalid Input Error: ")
    return ""


def register_functions(connection: duckdb.DuckDBPyConnection) -> None:
    """Register the functions for the SQL of this process.

    Args:
        connection: Any connection to the warehouse. The functions are available on all connections
            of the process until the last one closes.
    """
    text, number = duckdb.sqltype("varchar"), duckdb.sqltype("bigint")
    functions: dict[str, Callable[[str], str]] = {
        "file_facts": landing.file_facts,
        "file_sha256": file_sha256,
        "parquet_fault": landing.parquet_fault,
        "pin_lake": pinned_as_json,
        "regex_fault": regex_fault,
    }
    # side_effects: a file may change between two calls, so DuckDB must not cache a result.
    for name, function in functions.items():
        connection.create_function(name, function, [text], text, side_effects=True)
    connection.create_function(
        "csv_row_count", csv_files.csv_row_count, [text, text], number, side_effects=True
    )
    of_two_texts: dict[str, Callable[[str, str], str]] = {
        "csv_fault": csv_files.csv_fault,
        "csv_header": csv_files.csv_header,
        "utf8_csv": encodings.utf8_csv,
    }
    for name, of_texts in of_two_texts.items():
        connection.create_function(name, of_texts, [text, text], text, side_effects=True)
    connection.create_function(
        "publish_reports",
        publish_reports,
        [text, duckdb.sqltype("boolean")],
        number,
        side_effects=True,
    )
