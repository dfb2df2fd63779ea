"""Whether a file is what it was, or has further lines."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO

CHUNK_BYTES = 1024 * 1024


def file_growth(path: str, byte_count: int, sha256: str) -> str:
    """Tell what became of a text file since its size and hash were taken.

    Args:
        path: The file.
        byte_count: Its size then.
        sha256: Its SHA-256 then, in hexadecimal.

    Returns:
        `unchanged`; `grown`, where whole lines were added at its end; or `replaced`.

    Raises:
        OSError: The file cannot be read.
    """
    with Path(path).open("rb") as file:
        ends_with_line, start_sha256 = _read_start(file, byte_count)
        is_longer = file.read(1) != b""
    if start_sha256 != sha256:
        return "replaced"
    if not is_longer:
        return "unchanged"
    # What follows an unfinished line changes that line.
    return "grown" if ends_with_line else "replaced"


def _read_start(file: BinaryIO, byte_count: int) -> tuple[bool, str]:
    """Tell whether the first bytes of a file end with a line's end, and hash them."""
    digest = hashlib.sha256()
    last = b""
    while byte_count > 0 and (chunk := file.read(min(byte_count, CHUNK_BYTES))):
        digest.update(chunk)
        byte_count -= len(chunk)
        last = chunk[-1:]
    return last == b"\n", digest.hexdigest()
