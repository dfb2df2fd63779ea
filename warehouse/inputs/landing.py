"""Checks an input file without reading its rows."""

from __future__ import annotations

from pathlib import Path

PARQUET_MARK = b"PAR1"
# The mark, the length of the footer, and the mark again.
PARQUET_MIN_BYTES = 12


def file_facts(path: str) -> str:
    """Return a text that changes when the file is written, replaced or moved.

    `cp -p` and `rsync -t` can preserve size and modification time, but not the change time and the
    inode.

    Args:
        path: The file.

    Returns:
        Size, modification time, change time and inode.

    Raises:
        OSError: The file cannot be accessed.
    """
    found = Path(path).stat()
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"


def parquet_fault(path: str) -> str:
    """Say what is wrong with a Parquet file, as far as its start and end show it.

    Args:
        path: The file.

    Returns:
        The rest of a sentence that begins with the file name; empty if nothing is wrong.
    """
    try:
        with Path(path).open("rb") as file:
            start = file.read(len(PARQUET_MARK))
            end = file.seek(0, 2)
            file.seek(max(0, end - len(PARQUET_MARK) - 4))
            footer_bytes = int.from_bytes(file.read(4), "little")
            mark = file.read(len(PARQUET_MARK))
    except OSError as error:
        return f"cannot be read: {error.strerror}. Give this user read access, and run again."
    if start != PARQUET_MARK:
        return "is not a Parquet file. Export it again."
    if mark != PARQUET_MARK or footer_bytes + PARQUET_MIN_BYTES > end:
        return "is truncated: the footer of a Parquet file is missing. Copy or export it again."
    return ""
