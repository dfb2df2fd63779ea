"""Write inputs as files of a landing folder."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import duckdb

Rows = list[list[str]]


def read_rows(text: str) -> Rows:
    """Parse CSV text; the first row is the header."""
    return list(csv.reader(io.StringIO(text, newline="")))


def write_csv(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Write a CSV file and its folders; the first row is the header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def write_parquet(path: Path, rows: Rows, types: dict[str, str] | None = None) -> None:
    """Write a Parquet file; blank text is null, as in CSV.

    Args:
        path: The file.
        rows: The rows; the first one is the header.
        types: DuckDB types of columns that are not text.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    header, *values = rows
    columns = [[row[place] or None for row in values] for place in range(len(header))]
    typed = [(name, (types or {}).get(name, "varchar")) for name in header]
    selected = ", ".join(f'unnest(?::varchar[])::{kind} as "{name}"' for name, kind in typed)
    with duckdb.connect() as database:
        database.execute(f"create table content as select {selected}", columns)
        target = str(path).replace("'", "''")
        database.execute(f"copy content to '{target}' (row_group_size 2048)")


def reordered(rows: Rows) -> Rows:
    """Reverse the columns and add one."""
    header, *values = rows
    return [[*reversed(header), "note"], *([*reversed(row), "x"] for row in values)]


def write_numbered(path: Path, name: str, others: Sequence[str], numbers: range, kind: str) -> None:
    """Write a CSV or Parquet file with a column of consecutive numbers and columns of text.

    Args:
        path: The file; its extension selects the format.
        name: The column of numbers.
        others: The other columns.
        numbers: The range of numbers.
        kind: DuckDB type of the numbers.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = "".join(f", repeat('x', 20) as {other}" for other in others)
    options = "row_group_size 2048" if path.suffix == ".parquet" else "header"
    with duckdb.connect() as database:
        database.execute(
            f"copy (select range::{kind} as {name}{texts}"  # noqa: S608 (names of ours)
            f" from range({numbers.start}, {numbers.stop})) to '{path}' ({options})"
        )
