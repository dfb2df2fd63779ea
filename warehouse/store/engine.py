"""Opens the store's database; everything specific to SQLite is here."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from warehouse.store.postgres import open_postgres
from warehouse.store.protocol import StoreUnavailableError, StoreUrlError

# How long a statement waits for another writing process before it fails.
BUSY_SECONDS = 10
BUSY_RETRY_SECONDS = 0.02
# The default size of a connection pool.
CONNECTIONS = 5

POSTGRES = "postgresql+psycopg"
EXAMPLES = "sqlite:///path/to/file or postgresql+psycopg://user@host/database"


def open_engine(
    url: str, *, writes: bool, snapshots: bool = True, connections: int = CONNECTIONS
) -> Engine:
    """Open the database of an SQLAlchemy URL.

    Args:
        url: `sqlite:///path`, whose folder is created, or `postgresql://user@host/database`.
        writes: Whether its transactions write. On SQLite, a writing transaction takes the write
            lock at its begin, so that it cannot fail halfway.
        snapshots: Whether all statements of a read-only transaction see the same state. For a
            single statement that only doubles the time.
        connections: The size of the connection pool. Opening a further connection takes longer than
            a query.

    Error messages contain no values of a statement, because some are password hashes.
    """
    parsed = store_url(url)
    if is_postgres(url):
        return open_postgres(parsed, writes=writes, snapshots=snapshots, connections=connections)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        parsed,
        connect_args={"timeout": BUSY_SECONDS},
        hide_parameters=True,
        pool_size=connections,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    if writes or snapshots:
        event.listen(engine, "begin", _begin_immediate if writes else _begin_deferred)
    return engine


def store_url(url: str) -> URL:
    """Parse the URL of a store and add the driver of PostgreSQL.

    Raises:
        StoreUrlError: It is not a URL of SQLite or PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreUrlError(f"expected a database URL such as {EXAMPLES}") from None
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername=POSTGRES)
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", POSTGRES):
        raise StoreUrlError(f"expected an SQLite or PostgreSQL database, such as {EXAMPLES}")
    return parsed


def is_postgres(url: str) -> bool:
    """Return whether the URL is of PostgreSQL."""
    return store_url(url).drivername == POSTGRES


def sqlite_path(url: str) -> Path | None:
    """Return the file of an SQLite database; None for PostgreSQL or an in-memory database."""
    parsed = store_url(url)
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database not in (None, ":memory:")
    return Path(parsed.database or "") if is_file else None


def open_copy(path: Path) -> Engine:
    """Open an SQLite file that no other process uses, read-only and without a WAL file."""
    return create_engine(
        f"sqlite:///file:{quote(str(path.absolute()))}?mode=ro&immutable=1&uri=true",
        hide_parameters=True,
        poolclass=NullPool,
    )


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raise StoreUnavailableError if the database fails in the block."""
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreUnavailableError(f"the database failed: {reason(error)}") from error


def reason(error: SQLAlchemyError) -> str:
    """Return the driver's message; SQLAlchemy's contains the statement."""
    return str(getattr(error, "orig", None) or type(error).__name__)


def _prepare_sqlite(connection: Any, _: object) -> None:  # noqa: ANN401 (the driver's own type)
    # Turn off the driver's implicit transactions; the `begin` listener starts them.
    connection.isolation_level = None
    cursor = connection.cursor()
    _enter_wal_mode(cursor)
    # In WAL mode, only FULL makes a commit survive a power failure.
    cursor.execute("pragma synchronous = full")
    cursor.execute("pragma foreign_keys = on")
    cursor.close()


def _enter_wal_mode(cursor: sqlite3.Cursor) -> None:
    """Switch to WAL mode; SQLite does not wait if another process does so at the same time."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("pragma journal_mode = wal")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(BUSY_RETRY_SECONDS)


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("begin immediate")


def _begin_deferred(connection: Connection) -> None:
    connection.exec_driver_sql("begin")
