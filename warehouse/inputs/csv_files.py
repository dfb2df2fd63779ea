"""Checks a CSV file with Python's `csv` module.

The engine reads the values. This module reads the column names, counts the rows, which must agree
with the engine's count, and finds text that engines silently misread.
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

# DuckDB rejects a longer line. A value with an unclosed quote can get as long.
MAX_CHARACTERS = 2_000_000
# A line that is too long leaves a block of this size without a line end.
BLOCK_BYTES = 512 * 1024
MEND_QUOTES = (
    "Close the quote, or double it if it belongs to the value. If the file is truncated, export it"
    " again."
)
LINE_ENDS = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}


class CsvFaultError(Exception):
    """What is wrong and what to do: the rest of a sentence that begins with the file name."""


def csv_fault(path: str, delimiter: str = ",") -> str:
    """Say what is wrong with a file that engines would read differently.

    Args:
        path: The file.
        delimiter: The character between values.

    Returns:
        The rest of a sentence that begins with the file name; empty if nothing is wrong.
    """
    try:
        csv_row_count(path, delimiter)
    except CsvFaultError as fault:
        return str(fault)
    except OSError as error:
        return f"cannot be read: {error.strerror}. Give this user read access, and run again."
    return ""


def csv_row_count(path: str, delimiter: str = ",") -> int:
    """Count the rows of a CSV file below its header, with one row in memory.

    A build calls this before it begins and when it reads the file, so the result is cached until
    the file changes.

    Args:
        path: The file.
        delimiter: The character between values.

    Returns:
        The number of rows without blank lines.

    Raises:
        CsvFaultError: Engines would read the file differently.
        OSError: The file cannot be read.
    """
    return _row_count(path, delimiter, file_facts(path))


@cache
def _row_count(path: str, delimiter: str, facts: str) -> int:  # noqa: ARG001 (facts is a key)
    csv.field_size_limit(MAX_CHARACTERS)
    plain_rows = _plain_row_count(path, delimiter)
    if plain_rows is not None:
        return plain_rows
    with _opened(path) as file:
        first_lines = _first_lines_of_rows(_Lines(file), delimiter)
        header = next(first_lines, 1)
        if header > 1:
            raise CsvFaultError(
                f"begins with a blank line; its header is line {header}. Remove the lines before"
                " the header."
            )
        return sum(1 for _ in first_lines)


def _plain_row_count(path: str, delimiter: str) -> int | None:
    """Count the rows of a file in which each line is a row and ends with LF; None for others."""
    count, rest = -1, b""
    with Path(path).open("rb") as file:
        if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            file.seek(0)
        while block := file.read(BLOCK_BYTES):
            lines = rest + block
            end = lines.rfind(b"\n") + 1
            lines, rest = lines[:end], lines[end:]
            if not _are_plain(lines, delimiter):
                return None
            count += lines.count(b"\n")
    if rest:
        # The last line may lack a line end.
        if not _are_plain(rest + b"\n", delimiter):
            return None
        count += 1
    return None if count < 0 else count


def _are_plain(lines: bytes, delimiter: str) -> bool:
    # A block without a line end may be part of a line that is too long.
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
        rows = csv.reader(
            [lines[start:end].decode(), ""], delimiter=delimiter, skipinitialspace=True
        )
        next(rows)
        if rows.line_num > 1:
            return False
        quote = lines.find(b'"', end)
    return True


def _first_lines_of_rows(lines: _Lines, delimiter: str) -> Iterator[int]:
    first_end = ""
    remaining = iter(lines)
    for line in remaining:
        start = lines.number
        # With quotes, a row may continue on the next lines, which `csv` then consumes.
        if '"' in line:
            taken = chain([line], remaining, _raise_unclosed_quote(start))
            try:
                next(csv.reader(taken, delimiter=delimiter, skipinitialspace=True))
            except csv.Error as error:
                raise CsvFaultError(
                    f"has a value of more than {MAX_CHARACTERS:,} characters or an unclosed quote:"
                    f" see line {start}. {MEND_QUOTES}"
                ) from error
        end = "\r\n" if lines.last.endswith("\r\n") else lines.last[-1]
        if end != first_end and end in LINE_ENDS:
            if first_end:
                raise CsvFaultError(
                    f"has different line ends: line {lines.number} ends with {LINE_ENDS[end]}, the"
                    f" lines before it with {LINE_ENDS[first_end]}. Save it with one kind."
                )
            first_end = end
        if line not in LINE_ENDS:
            yield start


def _raise_unclosed_quote(start: int) -> Iterator[str]:
    """Raise when `csv` asks for a line after the end of the file."""
    raise CsvFaultError(f"has an unclosed quote: see line {start}. {MEND_QUOTES}")
    yield


def csv_header(path: str, delimiter: str = ",") -> str:
    """Read the column names from the first row of a CSV file.

    Args:
        path: The file.
        delimiter: The character between values.

    Returns:
        The trimmed names as a JSON array; an empty array if the file has no row.

    Raises:
        CsvFaultError: Engines would read the beginning of the file differently.
        OSError: The file cannot be read.
    """
    with _opened(path) as file:
        lines = csv.reader(_Lines(file), delimiter=delimiter, skipinitialspace=True)
        rows = filter(None, lines)
        return json.dumps([name.strip() for name in next(rows, [])], ensure_ascii=False)


def _opened(path: str) -> TextIO:
    with Path(path).open("rb") as file:
        if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            raise CsvFaultError(
                "is UTF-16 text. Save it as UTF-8. Or leave it so, outside of seeds/, and name its"
                " path in var inputs (docs/inputs.md)."
            )
    return Path(path).open(encoding="utf-8-sig", errors="surrogateescape", newline="")


class _Lines:
    """Iterates over the lines of a file with their ends, and checks each.

    Attributes:
        number: The number of the current line, from 1.
        last: The current line.
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
                    f" {self.number}. Export it again, with one line per row."
                )
            # A crash leaves blocks of NUL bytes, and UTF-16 text contains them.
            if "\0" in line:
                raise CsvFaultError(
                    f"contains NUL bytes: see line {self.number}. It is damaged or UTF-16 text."
                    " Export it again as UTF-8."
                )
            if not line.isascii() and not _is_utf8(line):
                raise CsvFaultError(
                    f"is not UTF-8 text: see line {self.number}. Save it as UTF-8. Or leave it so,"
                    " outside of seeds/, and name its encoding in var inputs (docs/inputs.md)."
                )
            yield line


def _is_utf8(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True
