"""What the SQL of the warehouse asks of an input file without reading its rows."""

from __future__ import annotations

from pathlib import Path

PARQUET_MARK = b"PAR1"
# The mark at the start; the length of the footer and the mark at the end.
PARQUET_MIN_BYTES = 12


def file_facts(path: str) -> str:
    """Tell by what a file can be recognised without reading it.

    Size and time of the last change of the content can be the same for another content (`cp -p`,
    `rsync -t`); the time of the last change of the file's entry and its number cannot be set.

    Args:
        path: The file.

    Returns:
        Text that is another one once the file was written, replaced or moved.

    Raises:
        OSError: The file cannot be looked at.
    """
    found = Path(path).stat()
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"


def parquet_fault(path: str) -> str:
    """Say what is wrong with a Parquet file, as far as can be seen before its rows are read.

    Args:
        path: The file.

    Returns:
        The rest of a sentence that begins with the file's name; blank where nothing is wrong.
    """
    try:
        with Path(path).open("rb") as file:
            start = file.read(len(PARQUET_MARK))
            end = file.seek(0, 2)
            file.seek(max(0, end - len(PARQUET_MARK) - 4))
            footer_bytes = int.from_bytes(file.read(4), "little")
            mark = file.read(len(PARQUET_MARK))
    except OSError as error:
        return f"cannot be read: {error.strerror}. Give this user the right to, and run again."
    if start != PARQUET_MARK:
        return "is no Parquet file. Export it again."
    if mark != PARQUET_MARK or footer_bytes + PARQUET_MIN_BYTES > end:
        return "is cut off: it has no end of a Parquet file. Copy or export it again."
    return ""
