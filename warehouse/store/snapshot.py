"""Makes a consistent copy of an SQLite store that is in use."""

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
# The first bytes of every SQLite file.
MAGIC = b"SQLite format 3\0"


class SqliteSnapshot:
    """The state of the store at the moment of opening.

    It reads in one transaction, which in WAL mode does not block writers.
    """

    def __init__(self, path: Path) -> None:
        """Open an existing file and start the transaction.

        Raises:
            StoreUnavailableError: The file cannot be read.
        """
        with _translate_errors(path):
            address = f"file:{quote(str(path.absolute()))}?mode=rw"
            self._path = path
            self._source = sqlite3.connect(
                address, uri=True, timeout=BUSY_SECONDS, isolation_level=None
            )
            self._source.execute("begin")
            # The first read, not the `begin`, determines the state.
            self._source.execute("select count(*) from sqlite_master").fetchall()

    def __enter__(self) -> SqliteSnapshot:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._source.close()

    def copy_to(self, target: Path, on_progress: Callable[[int, int], None]) -> None:
        """Copy the store to a new file, without a WAL file.

        Args:
            target: The file.
            on_progress: Called with the number of copied bytes and the total.

        Raises:
            StoreUnavailableError: The store cannot be read, or the copy cannot be written.
        """
        (page_bytes,) = self._source.execute("pragma page_size").fetchone()

        def report(_: int, remaining: int, total: int) -> None:
            on_progress((total - remaining) * page_bytes, total * page_bytes)

        with _translate_errors(self._path), closing(sqlite3.connect(target)) as copy:
            self._source.backup(copy, pages=PAGES_AT_A_TIME, progress=report)
            copy.execute("pragma journal_mode = delete")


def merge_wal(path: Path) -> None:
    """Merge the WAL file into the database file.

    Raises:
        StoreInUseError: Another process has the store open.
        StoreUnavailableError: The file is not a readable database.
    """
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            # SQLite would delete the WAL file.
            raise StoreUnavailableError(f"{path} is not an SQLite database.")
    with _translate_errors(path):
        address = f"file:{quote(str(path.absolute()))}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, timeout=0)) as store:
            store.execute("pragma journal_mode = delete")


class StoreInUseError(StoreUnavailableError):
    """Another process has the store open."""


@contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        kind = StoreInUseError if code == sqlite3.SQLITE_BUSY else StoreUnavailableError
        raise kind(f"The store {path} cannot be read: {error}") from error
