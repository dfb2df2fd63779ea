"""Files below a folder, found by the path of a URL."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path

# Hidden, or still being written: DuckDB writes `tmp_x` and renames it to `x`.
_CONCEALED = (".", "tmp_")
# A pipe would keep who opens it waiting.
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
# The name leads nowhere, through a file, over a link, is too long, or is that of a socket.
_NOT_THERE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENXIO}


class File:
    """An open file as a server sends it.

    Attributes:
        size: In bytes, when it was opened.
        modified_at: When it was written, to the second.
        sha256: Of the content, in hexadecimal digits.
    """

    def __init__(self, file: BufferedReader) -> None:
        """Take over a file, and hash it."""
        status = os.fstat(file.fileno())
        self.size = status.st_size
        self.modified_at = datetime.fromtimestamp(int(status.st_mtime), UTC)
        self.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        self._file = file
        self.tell = file.tell
        self.seek = file.seek
        self.close = file.close

    def read(self, size: int | None = -1) -> bytes:
        """Read up to `size` bytes, or all, of what there was when the file was opened.

        Raises:
            OSError: The file has become shorter.
        """
        left = self.size - self._file.tell()
        wanted = left if size is None or size < 0 else min(size, left)
        data = self._file.read(wanted)
        if wanted and not data:
            # Else a server asks for the rest again and again.
            raise OSError(errno.EIO, "a file became shorter while it was sent")
        return data


def open_file(folder: Path, path: str) -> File:
    """Open a file below a folder, where the client says, who may be hostile.

    Raises:
        FileNotFoundError: There is no file that may be seen.
        IsADirectoryError: It is a folder.
    """
    file = os.fdopen(_open_below(folder, path), "rb")
    try:
        return File(file)
    except BaseException:
        file.close()
        raise


def _open_below(folder: Path, path: str) -> int:
    """Open each part of a path from within the one before, following no link.

    So nothing outside the folder is reached, whatever the parts are called and whoever exchanges
    them meanwhile.
    """
    parts = path.split("/")
    if not all(_is_visible(part) for part in parts):
        raise FileNotFoundError(path)
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        for part in parts:
            outer = descriptor
            try:
                descriptor = os.open(part, _FLAGS, dir_fd=outer)
            finally:
                os.close(outer)
    except OSError as error:
        if error.errno in _NOT_THERE:
            raise FileNotFoundError(path) from None
        raise
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    raise IsADirectoryError(path) if stat.S_ISDIR(mode) else FileNotFoundError(path)


def _is_visible(part: str) -> bool:
    return not part.startswith(_CONCEALED) and not set(part) & {"\\", "\0"}
