"""Files below a folder: found by the path of a URL, and sent without keeping others waiting."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path

from api.waiting import aside

# What is read at a time.
BLOCK_BYTES = 256 * 1024

# Hidden, or still being written: DuckDB writes `tmp_x` and renames it to `x`.
_CONCEALED = (".", "tmp_")
# A pipe would keep who opens it waiting.
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
# The name leads nowhere, through a file, over a link, is too long, or is that of a socket.
_NOT_THERE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENXIO}


class File:
    """An open file as a server sends it: `read` lets others go on while the disk is at work.

    A server offers what it has read to the client's socket and comes back to where the socket had
    enough. The last block is kept for that.

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
        self._file = file
        self._position = 0
        self._block = b""
        self._block_start = 0

    def read(self, size: int | None = -1) -> bytes:
        """Read up to `size` bytes, mostly fewer.

        Raises:
            OSError: The file has become shorter.
        """
        if self._position >= self.size:
            return b""
        start = self._position - self._block_start
        if not 0 <= start < len(self._block):
            self._block = aside(self._next_block, may_refuse=False)
            self._block_start, start = self._position, 0
        end = None if size is None or size < 0 else start + size
        part = self._block[start:end]
        self._position += len(part)
        return part

    def _next_block(self) -> bytes:
        length = min(BLOCK_BYTES, self.size - self._position)
        block = os.pread(self._file.fileno(), length, self._position)
        if not block:
            # Else the server would ask for the rest again and again.
            raise OSError(errno.EIO, "a file became shorter while it was sent")
        return block

    def tell(self) -> int:
        """Tell where `read` goes on."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Have `read` go on elsewhere."""
        self._position = offset + (0, self._position, self.size)[whence]
        return self._position

    def close(self) -> None:
        """Read nothing more."""
        self._file.close()


def open_file(folder: Path, path: str) -> File:
    """Open a file below a folder.

    Args:
        folder: The folder.
        path: Where in it, as the client says, which may be hostile.

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
