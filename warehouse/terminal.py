"""What commands print: whole lines and tables, in which no value is markup or acts on a terminal.

A campaign's name comes from an ad network, a path from whoever runs the command. Both may hold
`[bold]`, escape sequences that clear the screen, or characters that show nothing and make two names
look alike. All that the commands print goes through `shown`.
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

# A log is as wide as its longest line.
LOG_WIDTH = 160
# So much of a value is shown; what it begins with tells it from others.
MAX_CELLS = 80
# Controls (C0, C1), formats (bidi, zero width, tags), surrogates, what Unicode has not assigned or
# leaves to others, and separators of lines and paragraphs.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})
# Letters, marks and symbols that show nothing all the same: a joiner, fillers, vowels, selectors.
_HIDDEN = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}.union(
        range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)
    )
)


def shown(value: object, cells: int | None = None, *, keep: str = "") -> str:
    r"""Write a value so that a person sees all that is in it, and a terminal does nothing.

    What shows nothing, or looks like a space and is none, is written as Python does: `\x1b`,
    `\u202e`.

    Args:
        value: What `str` makes a text of.
        cells: How wide it may become, a wide character counted as two; what is cut off is written
            as three dots. None cuts nothing.
        keep: Characters that stay as they are, such as the line ends of a message.
    """
    text = "".join(
        character if character in keep or not _is_hidden(character) else _escaped(character)
        for character in str(value)
    )
    return text if cells is None else _cut(text, cells)


def _is_hidden(character: str) -> bool:
    if " " <= character <= "~":
        return False
    category = unicodedata.category(character)
    return category in _HIDDEN_CATEGORIES or category == "Zs" or ord(character) in _HIDDEN


def _escaped(character: str) -> str:
    # Not `unicode_escape`: it writes a line end as one letter, and the others as a number.
    code = ord(character)
    if code <= 0xFF:  # noqa: PLR2004 (the widths of Python's three escapes)
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004


def _cut(text: str, cells: int) -> str:
    # A mark is as wide as the letter below it, or a thousand of them would take no room.
    widths = [max(1, cell_len(character)) for character in text]
    if sum(widths) <= cells:
        return text
    taken = 0
    for position, width in enumerate(widths):
        taken += width
        if taken > cells - 3:
            return f"{text[:position]}..."
    return text


def take_any_text() -> None:
    """Have the streams write what their encoding lacks as escapes, not end the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: object, *, file: IO[str] | None = None) -> None:
    """Print a message at once: others write there, too.

    Args:
        text: It, of one or more lines.
        file: Where to; standard output by default.
    """
    print(shown(text, keep="\n\t"), file=file or sys.stdout, flush=True)


def complain(text: object) -> None:
    """Print a message on standard error."""
    say(text, file=sys.stderr)


class ShownStream:
    """A stream for logs, whose messages and tracebacks may hold values, too."""

    def __init__(self, file: IO[str]) -> None:
        """Take where to write to."""
        self._file = file

    def write(self, text: str) -> None:
        """Write a text as `say` does."""
        self._file.write(shown(text, keep="\n\t"))

    def flush(self) -> None:
        """Write at once what waits."""
        self._file.flush()


def console_for(*, is_log_wide: bool = False) -> Console:
    """Make a console that takes text for text: no markup, no emoji, no highlights.

    Args:
        is_log_wide: Where it is no terminal, do not break tables up at 80 columns.
    """
    console = Console(highlight=False, markup=False, emoji=False)
    if is_log_wide and not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = LOG_WIDTH
    return console


def line(console: Console, *parts: str | tuple[str, str]) -> None:
    """Print a message whole, on as many lines as it takes.

    Args:
        console: Where to.
        parts: Its parts, each a text, or a text and its style.
    """
    pairs = [(part, "") if isinstance(part, str) else part for part in parts]
    texts = [(shown(text, keep="\n\t"), style) for text, style in pairs]
    console.print(Text.assemble(*texts), soft_wrap=True)


def cell(value: object, style: str = "") -> Text:
    """Make a cell of a table."""
    return Text(shown(value), style)


def name_cell(value: object) -> Text:
    """Make a cell that gives way where the table is too wide, and is cut rather than broken up."""
    return Text(shown(value, MAX_CELLS), no_wrap=True, overflow="ellipsis")


def show(console: Console, table: Table) -> None:
    """Print a table; its cells are made by `cell`, its title and headers hold no values."""
    console.print(table)
