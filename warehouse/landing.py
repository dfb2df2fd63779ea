"""What the SQL of the warehouse asks about the files of a landing folder.

A build looks at every file of every input, which may be thousands of large ones. So it tells by
facts of the file system whether a file is the one that was read, and reads only those that seem to
be others.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from warehouse.growth import file_growth

# File systems and kernels write times in ticks of up to two seconds: what changes twice within one
# looks the same after both.
SETTLED_NANOSECONDS = 10_000_000_000
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
    return _facts(Path(path).stat())


def settled_facts(path: str) -> str:
    """Tell the facts by which a file may be recognised from now on.

    Args:
        path: The file.

    Returns:
        As `file_facts`; blank where the file was changed so lately that another change might not
        show. No file has blank facts, so it is read again the next time.

    Raises:
        OSError: The file cannot be looked at.
    """
    found = Path(path).stat()
    changed_at = max(found.st_mtime_ns, found.st_ctime_ns)
    return _facts(found) if changed_at + SETTLED_NANOSECONDS < time.time_ns() else ""


def landed_growth(path: str, facts: str, byte_count: int, sha256: str) -> str:
    """Tell what became of a file since it was read; see `file_growth`.

    Args:
        path: The file.
        facts: Its `settled_facts` then; blank where there were none.
        byte_count: Its size then.
        sha256: Its SHA-256 then, in hexadecimal.

    Returns:
        `unchanged`, `grown` or `replaced`.

    Raises:
        OSError: The file cannot be read.
    """
    if file_facts(path) == facts:
        return "unchanged"
    growth = file_growth(path, byte_count, sha256)
    # Parquet has its end at the end: what stands behind it makes it another file.
    return "replaced" if growth == "grown" and path.endswith(".parquet") else growth


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


def _facts(found: os.stat_result) -> str:
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"
