"""Lays inputs out as files of a landing folder."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import duckdb

Rows = list[list[str]]


def read_rows(text: str) -> Rows:
    """Read a CSV text, its header first."""
    return list(csv.reader(io.StringIO(text, newline="")))


def write_csv(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Write a CSV file, its header first, and the folders it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def write_parquet(path: Path, rows: Rows, types: dict[str, str] | None = None) -> None:
    """Write a Parquet file of text, or of these types; a blank is a null, as in a CSV.

    Args:
        path: Where to.
        rows: The rows, the header first.
        types: DuckDB's types of columns that are not text.
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
    """Let the columns be the other way round, and let there be one more."""
    header, *values = rows
    return [[*reversed(header), "note"], *([*reversed(row), "x"] for row in values)]


def write_numbered(path: Path, name: str, others: Sequence[str], numbers: range, kind: str) -> None:
    """Write a CSV or Parquet file whose column `name` counts, beside columns of some text.

    Args:
        path: Where to; its ending says which of both.
        name: The column that counts.
        others: The other columns.
        numbers: From the first number to behind the last.
        kind: DuckDB's type of the numbers.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = "".join(f", repeat('x', 20) as {other}" for other in others)
    options = "row_group_size 2048" if path.suffix == ".parquet" else "header"
    with duckdb.connect() as database:
        database.execute(
            f"copy (select range::{kind} as {name}{texts}"  # noqa: S608 (names of ours)
            f" from range({numbers.start}, {numbers.stop})) to '{path}' ({options})"
        )
