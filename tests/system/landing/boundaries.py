"""CSV files whose rows lie on the boundaries of the pieces in which an engine reads them."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator

from tests.support.long import IS_LONG
from warehouse.inputs.headers import HEADERS

HEADER = HEADERS["costs_daily.csv"]
# A piece of this size is cheap to fill, and longer than every row.
PIECE_BYTES = 128
FILES_PER_LINE_END = PIECE_BYTES * (20 if IS_LONG else 1)
# Rows whose parts look like rows, or like the end of one.
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
    """Files in which every byte of every row comes to lie on a boundary.

    Two first rows that are together a byte longer in each file move all others. The order of these
    is always the same in the short form, and new in each run of the long one.
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
    """How many boundaries a file has."""
    return len(content) // PIECE_BYTES


def rows_of(content: bytes) -> Rows:
    """What Python's `csv` reads below the header; engines take an empty text for a missing one."""
    _, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
    return [tuple(value or None for value in row) for row in rows]


def with_rows_at(header: str, filler: str, rows: dict[int, str]) -> bytes:
    """A large file that has rows at given places.

    Args:
        header: The header.
        filler: The row that all other lines hold. It ends with a value that may be longer.
        rows: Rows by the place of their first byte, in their order.
    """
    content = bytearray(f"{header}\n".encode())
    line = f"{filler}\n".encode()
    for place, row in rows.items():
        count, rest = divmod(place - len(content), len(line))
        content += line * (count - 1) + line[:-1] + b"x" * rest + b"\n" + f"{row}\n".encode()
    return bytes(content + line)
