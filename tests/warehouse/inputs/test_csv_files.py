"""How many rows a CSV file has, by what its lines look like."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from warehouse.inputs.csv_files import csv_row_count

HEADER = b"date,campaign\n"


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        (b"", 0),
        (b"a,b", 1),
        (b"a,b\n", 1),
        (b'"1,5",b\na,"say ""hi"""\n', 2),
        (b'a,"two\nlines"\n', 1),
        (b"a,b\n\n\nc,d\n", 2),
        (b"a,b\n" * 300_000, 300_000),
        # more than Python's `csv` takes by default
        (b'a,"' + b"x" * 200_000 + b'"\n', 1),
    ],
)
def test_rows_are_counted(tmp_path: Path, rows: bytes, count: int) -> None:
    csv.field_size_limit(131_072)
    path = tmp_path / "costs.csv"
    path.write_bytes(HEADER + rows)
    assert csv_row_count(str(path)) == count
