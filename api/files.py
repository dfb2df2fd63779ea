"""Open files below a folder by the path of a URL."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path

# Hidden and unfinished files: DuckDB writes `tmp_x` and renames it to `x`.
_HIDDEN_PREFIXES = (".", "tmp_")
# Without O_NONBLOCK, opening a named pipe would block.
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
# A missing name, a file used as a folder, a link, a name that is too long, and a socket.
_NOT_FOUND = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENXIO}


class File:
    """An open file that a server sends.

    Attributes:
        size: Size in bytes at opening.
        modified_at: Modification time, to the second.
        sha256: Hash of the content in hexadecimal.
    """

    def __init__(self, file: BufferedReader) -> None:
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
        """Read up to `size` bytes, or all, within the file's size at opening.

        Raises:
            OSError: The file was truncated after opening.
        """
        left = self.size - self._file.tell()
        wanted = left if size is None or size < 0 else min(size, left)
        data = self._file.read(wanted)
        if wanted and not data:
            # Without an error, a server would request the rest forever.
            raise OSError(errno.EIO, "the file was truncated during sending")
        return data


def open_file(folder: Path, path: str) -> File:
    """Open a file below a folder by an untrusted path.

    Raises:
        FileNotFoundError: The file does not exist or is hidden.
        IsADirectoryError: The path is a folder.
    """
    file = os.fdopen(_open_below(folder, path), "rb")
    try:
        return File(file)
    except BaseException:
        file.close()
        raise


def _open_below(folder: Path, path: str) -> int:
    """Open each part of a path relative to its parent, without following links.

    So no path leaves the folder, even if another process replaces a part in the meantime.
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
        if error.errno in _NOT_FOUND:
            raise FileNotFoundError(path) from None
        raise
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    raise IsADirectoryError(path) if stat.S_ISDIR(mode) else FileNotFoundError(path)


def _is_visible(part: str) -> bool:
    return not part.startswith(_HIDDEN_PREFIXES) and not set(part) & {"\\", "\0"}
