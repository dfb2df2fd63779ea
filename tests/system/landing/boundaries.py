"""CSV files with rows on the boundaries of the blocks in which an engine reads them."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator

from tests.support.long import IS_LONG
from warehouse.inputs.headers import HEADERS

HEADER = HEADERS["costs_daily.csv"]
# A block of this size is cheap to fill and longer than every row.
PIECE_BYTES = 128
FILES_PER_LINE_END = PIECE_BYTES * (20 if IS_LONG else 1)
# Rows with parts that look like rows or line ends.
ROWS = [
    "2026-01-05,A,10",
    ",,",
    '"1,2","3,4","4,99"',
    '2026-01-05,"A\nx,B,9",10',
    '2026-01-05,"A\nx,B,9\nshort",10',
    'a,b,"c\nd,e,f\n"',
    '"a\nb,c\n\nd,e,f\n1,2,3\n",x,y',
    '"a""b","\n\n\n","4,99"',
    '"""","""\n""",""',
    '"x""\n""y,1,2\n",z,1',
    '\u00e9,\u20ac\U0001f600,"\u00fc\n"',
]

Rows = list[tuple[str | None, ...]]


def files() -> Iterator[bytes]:
    """Generate files so that each byte of each row lies on a boundary in one of them.

    The first two rows are together one byte longer in each file and shift the others. The order of
    the others is fixed in the short form and random in the long form.
    """
    order = random.Random(None if IS_LONG else 1)
    for end in ("\n", "\r\n", "\r"):
        rows = ROWS * 20
        for shift in range(FILES_PER_LINE_END):
            if shift % PIECE_BYTES == 0:
                order.shuffle(rows)
            longer = shift % PIECE_BYTES
            first_rows = ["x" * (longer // 2) + ",,", "x" * (longer - longer // 2) + ",,"]
            lines = [HEADER, *first_rows, *rows]
            yield "".join(f"{line}\n" for line in lines).replace("\n", end).encode()


def boundaries(content: bytes) -> int:
    """Return the number of block boundaries in a file."""
    return len(content) // PIECE_BYTES


def rows_of(content: bytes) -> Rows:
    """Read rows with Python's `csv`, without the header; empty text is null."""
    _, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
    return [tuple(value or None for value in row) for row in rows]


def with_rows_at(header: str, filler: str, rows: dict[int, str]) -> bytes:
    """Create a large file with rows at given positions.

    Args:
        header: The header.
        filler: The row for all other lines. Its last value may be longer.
        rows: Rows by the position of their first byte, in order.
    """
    content = bytearray(f"{header}\n".encode())
    line = f"{filler}\n".encode()
    for place, row in rows.items():
        count, rest = divmod(place - len(content), len(line))
        content += line * (count - 1) + line[:-1] + b"x" * rest + b"\n" + f"{row}\n".encode()
    return bytes(content + line)
