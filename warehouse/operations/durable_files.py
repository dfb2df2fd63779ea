"""Writes private files durably, and locks files against other processes."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

CHUNK_BYTES = 4 * 1024 * 1024
PRIVATE = 0o600
# The bytes that SQLite locks: the "pending byte" and the 511 after it, see its file format.
SQLITE_LOCKS = (0x40000000, 512)
# DuckDB locks the whole file.
WHOLE_FILE = (0, 0)


def copy_open_file(source: BinaryIO, target: Path, on_progress: Callable[[int, int], None]) -> str:
    """Copy an open file to a new one that only its owner can read, and sync it to disk.

    Returns:
        The SHA-256 of the copy in hexadecimal.

    Raises:
        OSError: A file cannot be read or written.
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
    """Create or truncate a file that only its owner can read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "wb")


def write_private(path: Path, text: str) -> None:
    """Write a small file that only its owner can read, and sync it to disk."""
    with open_private(path) as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())


def sync(path: Path) -> None:
    """Sync a file, or the entries of a folder, to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def lock_exclusively(file: BinaryIO, span: tuple[int, int]) -> bool:
    """Lock a file until it is closed; return False if another process uses it.

    The kernel releases the lock when this process closes any descriptor of the file.

    Args:
        file: A file that is open for writing.
        span: The first byte and the number of bytes: SQLITE_LOCKS or WHOLE_FILE.
    """
    start, length = span
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, length, start)
    except BlockingIOError:
        return False
    return True
