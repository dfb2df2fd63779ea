"""What Python's `csv` module makes of a CSV file.

An engine reads the values. This reads the names of the columns, counts the rows, which must be as
many as the engine reads, and finds text that engines would read wrongly without saying so.
"""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterator
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import TextIO

from warehouse.inputs.landing import file_facts

# DuckDB refuses a longer line. A value gets as long where its quotes never close.
MAX_CHARACTERS = 2_000_000
# A line that is too long has no end in a block of this size.
BLOCK_BYTES = 512 * 1024
MEND_QUOTES = (
    "Close them, or double the quote where it belongs to the value, or export the file again: it"
    " may be cut off."
)
LINE_ENDS = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}


class CsvFaultError(Exception):
    """The rest of a sentence that begins with a file's name: what is wrong and what to do."""


def csv_fault(path: str) -> str:
    """Say why a file is no text that every engine reads alike.

    Args:
        path: The file.

    Returns:
        The rest of a sentence that begins with the file's name; blank where nothing is wrong.
    """
    try:
        csv_row_count(path)
    except CsvFaultError as fault:
        return str(fault)
    except OSError as error:
        return f"cannot be read: {error.strerror}. Give this user the right to, and run again."
    return ""


def csv_row_count(path: str) -> int:
    """Count the rows of a CSV file below its header, in the memory of one row.

    A build asks twice, before it begins and as it reads the file, so the answer is kept for as long
    as the file shows no change.

    Args:
        path: The file.

    Returns:
        The number of rows; blank lines are none.

    Raises:
        CsvFaultError: The file is no text that every engine reads alike.
        OSError: The file cannot be read.
    """
    return _row_count(path, file_facts(path))


@cache
def _row_count(path: str, facts: str) -> int:  # noqa: ARG001 (other facts, another answer)
    csv.field_size_limit(MAX_CHARACTERS)
    plain_rows = _plain_row_count(path)
    if plain_rows is not None:
        return plain_rows
    with _opened(path) as file:
        first_lines = _first_lines_of_rows(_Lines(file))
        header = next(first_lines, 1)
        if header > 1:
            raise CsvFaultError(
                f"begins with a blank line, and its header is line {header}. Remove the lines"
                " before the header."
            )
        return sum(1 for _ in first_lines)


def _plain_row_count(path: str) -> int | None:
    """Count the rows of a file in which each line is one and ends alike; None for any other."""
    count, rest = -1, b""
    with Path(path).open("rb") as file:
        if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            file.seek(0)
        while block := file.read(BLOCK_BYTES):
            lines = rest + block
            end = lines.rfind(b"\n") + 1
            lines, rest = lines[:end], lines[end:]
            if not _are_plain(lines):
                return None
            count += lines.count(b"\n")
    if rest:
        # The last line may have no end.
        if not _are_plain(rest + b"\n"):
            return None
        count += 1
    return None if count < 0 else count


def _are_plain(lines: bytes) -> bool:
    # Without a line's end, a line may be too long.
    is_plain = lines.endswith(b"\n") and not lines.startswith(b"\n") and b"\n\n" not in lines
    if not is_plain or b"\r" in lines or b"\0" in lines:
        return False
    try:
        lines.decode()
    except UnicodeDecodeError:
        return False
    quote = lines.find(b'"')
    while quote >= 0:
        start, end = lines.rfind(b"\n", 0, quote) + 1, lines.find(b"\n", quote) + 1
        rows = csv.reader([lines[start:end].decode(), ""], skipinitialspace=True)
        next(rows)
        if rows.line_num > 1:
            return False
        quote = lines.find(b'"', end)
    return True


def _first_lines_of_rows(lines: _Lines) -> Iterator[int]:
    first_end = ""
    remaining = iter(lines)
    for line in remaining:
        start = lines.number
        # Without quotes a line is a row; with them a row may go on, so `csv` takes its lines.
        if '"' in line:
            taken = chain([line], remaining, _file_that_ends_in_quotes(start))
            try:
                next(csv.reader(taken, skipinitialspace=True))
            except csv.Error as error:
                raise CsvFaultError(
                    f"has a value of more than {MAX_CHARACTERS:,} characters, or quotes that never"
                    f" close: see line {start}. {MEND_QUOTES}"
                ) from error
        end = "\r\n" if lines.last.endswith("\r\n") else lines.last[-1]
        if end != first_end and end in LINE_ENDS:
            if first_end:
                raise CsvFaultError(
                    f"has different line ends: line {lines.number} ends with {LINE_ENDS[end]}, the"
                    f" lines before it with {LINE_ENDS[first_end]}. Save it again with one kind."
                )
            first_end = end
        if line not in LINE_ENDS:
            yield start


def _file_that_ends_in_quotes(start: int) -> Iterator[str]:
    """What `csv` asks for where the file is at its end and a value is not."""
    raise CsvFaultError(f"has quotes that never close: see line {start}. {MEND_QUOTES}")
    yield


def csv_header(path: str) -> str:
    """Read the names of the columns, which the first row of a CSV file holds.

    Args:
        path: The file.

    Returns:
        The names as an array in JSON, without the blanks around them; an empty array where the file
        has no row.

    Raises:
        CsvFaultError: The file does not begin with text that every engine reads alike.
        OSError: The file cannot be read.
    """
    with _opened(path) as file:
        rows = filter(None, csv.reader(_Lines(file), skipinitialspace=True))
        return json.dumps([name.strip() for name in next(rows, [])], ensure_ascii=False)


def _opened(path: str) -> TextIO:
    with Path(path).open("rb") as file:
        if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            raise CsvFaultError("is UTF-16 text. Save it again as UTF-8.")
    return Path(path).open(encoding="utf-8-sig", errors="surrogateescape", newline="")


class _Lines:
    """The lines of a file with their ends, each looked at before it is given out.

    Attributes:
        number: The number of the last line that was given out, from 1.
        last: That line.
    """

    def __init__(self, file: TextIO) -> None:
        self.number = 0
        self.last = ""
        self._file = file

    def __iter__(self) -> Iterator[str]:
        for line in iter(partial(self._file.readline, MAX_CHARACTERS + 1), ""):
            self.number += 1
            self.last = line
            if len(line) > MAX_CHARACTERS:
                raise CsvFaultError(
                    f"has a line of more than {MAX_CHARACTERS:,} characters: see line"
                    f" {self.number}. Export it again, with a line for each row."
                )
            # A crash leaves blocks of them, and UTF-16 is full of them.
            if "\0" in line:
                raise CsvFaultError(
                    f"holds NUL bytes: see line {self.number}. It is damaged, or it is UTF-16 text:"
                    " export it again, as UTF-8."
                )
            if not line.isascii() and not _is_utf8(line):
                raise CsvFaultError(
                    f"is not UTF-8 text: see line {self.number}. Save it again as UTF-8."
                )
            yield line


def _is_utf8(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True
