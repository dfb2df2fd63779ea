"""A consistent copy of an SQLite store that is in use."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from warehouse.store.engine import BUSY_SECONDS
from warehouse.store.protocol import StoreUnavailableError

PAGES_AT_A_TIME = 4096
# What every SQLite file begins with.
MAGIC = b"SQLite format 3\0"


class SqliteSnapshot:
    """The store as it was when this was opened, however long copying takes and whatever is written.

    It reads in one transaction, which in WAL mode keeps nobody from writing.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, which must be there, and hold on to what it holds now.

        Raises:
            StoreUnavailableError: It cannot be read.
        """
        with _unavailable_if_it_fails(path):
            address = f"file:{quote(str(path.absolute()))}?mode=rw"
            self._path = path
            self._source = sqlite3.connect(
                address, uri=True, timeout=BUSY_SECONDS, isolation_level=None
            )
            self._source.execute("begin")
            # A transaction sees the state of its first read, not that of its begin.
            self._source.execute("select count(*) from sqlite_master").fetchall()

    def __enter__(self) -> SqliteSnapshot:
        """Be closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let go of the file."""
        self._source.close()

    def copy_to(self, target: Path, on_progress: Callable[[int, int], None]) -> None:
        """Copy it to a new file, which stands alone: it needs no other file beside it.

        Args:
            target: The file.
            on_progress: Told the bytes copied, and how many there are.

        Raises:
            StoreUnavailableError: The store cannot be read, or the copy not be written.
        """
        (page_bytes,) = self._source.execute("pragma page_size").fetchone()

        def report(_: int, remaining: int, total: int) -> None:
            on_progress((total - remaining) * page_bytes, total * page_bytes)

        with _unavailable_if_it_fails(self._path), closing(sqlite3.connect(target)) as copy:
            self._source.backup(copy, pages=PAGES_AT_A_TIME, progress=report)
            copy.execute("pragma journal_mode = delete")


def fold(path: Path) -> None:
    """Put all that was committed into the file itself, so that it stands alone.

    Raises:
        StoreInUseError: Another process has it open.
        StoreUnavailableError: It is no readable database.
    """
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            # SQLite would throw the log of such a file away.
            raise StoreUnavailableError(f"{path} is no SQLite database.")
    with _unavailable_if_it_fails(path):
        address = f"file:{quote(str(path.absolute()))}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, timeout=0)) as store:
            store.execute("pragma journal_mode = delete")


class StoreInUseError(StoreUnavailableError):
    """Another process has the store open."""


@contextmanager
def _unavailable_if_it_fails(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        kind = StoreInUseError if code == sqlite3.SQLITE_BUSY else StoreUnavailableError
        raise kind(f"The store {path} cannot be read: {error}") from error
