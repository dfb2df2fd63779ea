"""Prints lines and tables without interpreting markup or escape sequences in values.

A campaign name comes from an ad network, a path from the command line. Both may contain `[bold]`,
escape sequences that clear the screen, or invisible characters that make two names look alike. All
output of the commands goes through `printable`.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from io import TextIOWrapper
from typing import IO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

EXIT_OK, EXIT_FAILED, EXIT_COULD_NOT_RUN = 0, 1, 2
# The width of a table in a log, in columns.
LOG_WIDTH = 160
# The width at which a value is truncated, in columns.
MAX_CELLS = 80
# Controls (C0, C1), formats (bidi, zero width, tags), surrogates, unassigned and private-use
# characters, and line and paragraph separators.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})
# Invisible characters of other categories: a joiner, fillers, vowels, selectors.
_HIDDEN = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}.union(
        range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)
    )
)


def printable(value: object, cells: int | None = None, *, keep: str = "") -> str:
    r"""Format a value so that every character is visible and none controls the terminal.

    Invisible characters and unusual spaces become Python escapes: `\x1b`, `\u202e`.

    Args:
        value: Any value; `str` formats it.
        cells: The maximum width, where a wide character counts as two; a longer text ends in three
            dots. None for no limit.
        keep: Characters to leave as they are, such as the line ends of a message.
    """
    text = "".join(
        character if character in keep or not _is_hidden(character) else _escaped(character)
        for character in str(value)
    )
    return text if cells is None else _truncated(text, cells)


def _is_hidden(character: str) -> bool:
    if " " <= character <= "~":
        return False
    category = unicodedata.category(character)
    return category in _HIDDEN_CATEGORIES or category == "Zs" or ord(character) in _HIDDEN


def _escaped(character: str) -> str:
    # Not `unicode_escape`: it writes a line end as `\n`, and all others as numbers.
    code = ord(character)
    if code <= 0xFF:  # noqa: PLR2004 (the widths of Python's three escapes)
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004


def _truncated(text: str, cells: int) -> str:
    # Combining marks have no width; counted as one each, a thousand of them are truncated, too.
    widths = [max(1, cell_len(character)) for character in text]
    if sum(widths) <= cells:
        return text
    taken = 0
    for position, width in enumerate(widths):
        taken += width
        if taken > cells - 3:
            return f"{text[:position]}..."
    return text


def escape_unencodable() -> None:
    """Print characters that the encoding of the output lacks as escapes, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def echo(text: object, *, file: IO[str] | None = None) -> None:
    """Print a message of one or more lines and flush the stream.

    Args:
        text: The message.
        file: The stream; standard output by default.
    """
    print(printable(text, keep="\n\t"), file=file or sys.stdout, flush=True)


def echo_error(text: object) -> None:
    """Print a message on standard error."""
    echo(text, file=sys.stderr)


class PrintableStream:
    """A stream for logs, whose messages and tracebacks may contain values."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        """Write a text, made printable."""
        self._file.write(printable(text, keep="\n\t"))

    def flush(self) -> None:
        """Flush the stream."""
        self._file.flush()


def console_for(*, is_log_wide: bool = False) -> Console:
    """Make a console without markup, emoji and highlights.

    Args:
        is_log_wide: Print tables LOG_WIDTH columns wide if the output is not a terminal.
    """
    console = Console(highlight=False, markup=False, emoji=False)
    if is_log_wide and not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = LOG_WIDTH
    return console


def print_line(console: Console, *parts: str | tuple[str, str]) -> None:
    """Print a message without wrapping it.

    Args:
        console: The console.
        parts: The parts of the message, each a text, or a text and its style.
    """
    pairs = [(part, "") if isinstance(part, str) else part for part in parts]
    texts = [(printable(text, keep="\n\t"), style) for text, style in pairs]
    console.print(Text.assemble(*texts), soft_wrap=True)


def cell(value: object, style: str = "") -> Text:
    """Make a cell of a table."""
    return Text(printable(value), style)


def name_cell(value: object) -> Text:
    """Make a cell that is truncated instead of wrapped if the table is too wide."""
    return Text(printable(value, MAX_CELLS), no_wrap=True, overflow="ellipsis")


def print_table(console: Console, table: Table) -> None:
    """Print a table whose cells come from `cell` and whose title and headers contain no values."""
    console.print(table)
