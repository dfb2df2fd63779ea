"""Opening a database. All that is particular to one engine is here."""

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

# How long a statement waits for another process that writes, before it fails.
BUSY_SECONDS = 10
BUSY_RETRY_SECONDS = 0.02
# Connections that are kept open unless said otherwise.
CONNECTIONS = 5

POSTGRES = "postgresql+psycopg"
EXAMPLES = "sqlite:///path/to/file or postgresql+psycopg://user@host/database"


def open_engine(
    url: str, *, writes: bool, snapshots: bool = True, connections: int = CONNECTIONS
) -> Engine:
    """Open the database of an SQLAlchemy URL.

    Args:
        url: `sqlite:///path`, whose folder is made, or `postgresql://user@host/database`.
        writes: Whether its transactions write. On SQLite, a writing transaction takes the write
            lock when it begins, so that it can never fail half-way for want of it.
        snapshots: Whether all statements of a transaction that only reads see the same state. Where
            it has but one statement that makes no difference, and takes twice as long.
        connections: How many threads use it at a time. So many connections are kept; those beyond
            are opened for a use and closed after it, which takes longer than a query.

    Errors of the engine keep the values of a statement to themselves: some are password hashes.
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
    """Read a store's URL. For PostgreSQL there is one driver, which need not be named.

    Raises:
        StoreUrlError: It is none, or of another engine.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreUrlError(f"expected a database URL such as {EXAMPLES}") from None
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername=POSTGRES)
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", POSTGRES):
        raise StoreUrlError(f"expected a database of SQLite or PostgreSQL, such as {EXAMPLES}")
    return parsed


def is_postgres(url: str) -> bool:
    """Tell whether a store is on PostgreSQL."""
    return store_url(url).drivername == POSTGRES


def sqlite_path(url: str) -> Path | None:
    """Name the file of an SQLite database; None where the URL is of another engine or of memory."""
    parsed = store_url(url)
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database not in (None, ":memory:")
    return Path(parsed.database or "") if is_file else None


def open_copy(path: Path) -> Engine:
    """Open an SQLite file that nobody else uses, to read it; leaves no trace beside it."""
    return create_engine(
        f"sqlite:///file:{quote(str(path.absolute()))}?mode=ro&immutable=1&uri=true",
        hide_parameters=True,
        poolclass=NullPool,
    )


@contextmanager
def unavailable_if_it_fails() -> Iterator[None]:
    """Raise StoreUnavailableError where the database fails in the block."""
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreUnavailableError(f"the database failed: {reason(error)}") from error


def reason(error: SQLAlchemyError) -> str:
    """Say what the driver said, without the statement and its values."""
    # SQLAlchemy's own text holds the statement and its values, which are nobody's business.
    return str(getattr(error, "orig", None) or type(error).__name__)


def _prepare_sqlite(connection: Any, _: object) -> None:  # noqa: ANN401 (the driver's own type)
    # The driver would begin transactions by its own rules; `begin` below does it by ours.
    connection.isolation_level = None
    cursor = connection.cursor()
    _enter_wal_mode(cursor)
    # In WAL mode only FULL makes a commit durable against a loss of power.
    cursor.execute("pragma synchronous = full")
    cursor.execute("pragma foreign_keys = on")
    cursor.close()


def _enter_wal_mode(cursor: sqlite3.Cursor) -> None:
    """Have the file in WAL mode; SQLite does not wait by itself where two processes do so first."""
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
