"""Copying large files whole: hashed, on the disk for certain, and with progress."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from warehouse.terminal import line, say

CHUNK_BYTES = 4 * 1024 * 1024
PRIVATE = 0o600
SECONDS_BETWEEN_LINES = 5.0
# Where SQLite locks its file (`pending byte` and the 511 behind it, see its file format).
SQLITE_LOCKS = (0x40000000, 512)
# DuckDB locks its file whole.
WHOLE_FILE = (0, 0)

# Told what is done, how much of it, and how much there is.
Report = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Tell:
    """Who is told what while something runs that takes long.

    Attributes:
        report: Told how far it is.
        say: Told when another process holds the warehouse.
        after: Told what was done, step by step, where a crash could come between.
    """

    report: Report = lambda _, __, ___: None
    say: Callable[[str], None] = say
    after: Callable[[str], None] = lambda _: None


NOBODY = Tell()


def copy_open_file(source: BinaryIO, target: Path, on_progress: Callable[[int, int], None]) -> str:
    """Copy an open file from its start to a new one that only its owner may read.

    Returns:
        The SHA-256 of what was written, in hexadecimal. It is on the disk, not only in memory.

    Raises:
        OSError: It cannot be read or written.
    """
    total = os.fstat(source.fileno()).st_size
    digest = hashlib.sha256()
    source.seek(0)
    with open_private(target) as copy:
        while chunk := source.read(CHUNK_BYTES):
            copy.write(chunk)
            digest.update(chunk)
            on_progress(copy.tell(), total)
        copy.flush()
        os.fsync(copy.fileno())
    return digest.hexdigest()


def open_private(path: Path) -> BinaryIO:
    """Open a file to write it anew, readable by its owner alone."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "wb")


def write_private(path: Path, text: str) -> None:
    """Write a small file as `copy_open_file` does."""
    with open_private(path) as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk for certain."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def lock_alone(file: BinaryIO, span: tuple[int, int]) -> bool:
    """Lock a file against all other processes until it is closed; false where one uses it.

    The kernel drops the lock when this process closes the file under any of its descriptors.

    Args:
        file: Open to write.
        span: Where, and how many bytes: SQLITE_LOCKS or WHOLE_FILE.
    """
    start, length = span
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, length, start)
    except BlockingIOError:
        return False
    return True


@contextmanager
def showing_progress(console: Console) -> Iterator[Tell]:
    """Show bars on a terminal, and elsewhere a line now and then where something takes long."""
    if not console.is_terminal:
        yield Tell(_lines(console), partial(line, console))
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bars:
        tasks = {task.description: task.id for task in bars.tasks}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield Tell(show, partial(line, bars.console))


def _lines(console: Console) -> Report:
    last_shown_at = time.monotonic()

    def show(what: str, done: int, total: int) -> None:
        nonlocal last_shown_at
        if time.monotonic() - last_shown_at >= SECONDS_BETWEEN_LINES:
            last_shown_at = time.monotonic()
            line(console, f"{what}: {100 * done // max(total, 1)} %")

    return show
