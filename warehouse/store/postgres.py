"""Everything specific to PostgreSQL: connections, locks and transient failures."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import URL, Engine, create_engine, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from warehouse.store.protocol import StoreUnavailableError

T = TypeVar("T")

CONNECT_SECONDS = 5
# How long a statement waits for a locked row: longer than a transaction may be idle (IDLE_SECONDS),
# so that a suspended process does not make the others fail.
LOCK_SECONDS = 8
STATEMENT_SECONDS = 30
IDLE_SECONDS = 5
# How long a migration waits for that of another process.
MIGRATION_SECONDS = 60
# Each side detects within about ten seconds that the other host is gone.
KEEPALIVE = {"keepalives_idle": 3, "keepalives_interval": 1, "keepalives_count": 5}
UNCONFIRMED_MILLISECONDS = 10_000
# PostgreSQL truncates an application name to this many bytes.
MAX_NAME = 63

# Advisory locks are numbers that all users of a database share; these are "ghLD" and "ghMG". The
# second half of the key is the schema, so that each schema can have a store.
LOADER_LOCK, MIGRATION_LOCK = 0x67684C44, 0x67684D47
MIGRATE = text("select pg_advisory_xact_lock(:lock, hashtext(current_schema()))")

# Serialization failure and deadlock: PostgreSQL has rolled the transaction back.
TRANSIENT = ("40001", "40P01")
MAX_ATTEMPTS = 5


def open_postgres(url: URL, *, writes: bool, snapshots: bool, connections: int) -> Engine:
    """Open a database; see `open_engine`.

    A writer uses READ COMMITTED and locks what it changes. A snapshot uses REPEATABLE READ. A
    single statement uses AUTOCOMMIT, which saves two of three round trips.
    """
    session = {
        "lock_timeout": LOCK_SECONDS * 1000,
        "tcp_user_timeout": UNCONFIRMED_MILLISECONDS,
        **{f"tcp_{name}": value for name, value in KEEPALIVE.items()},
    }
    if writes:
        # Ends the transaction of a suspended process, and releases its locks.
        session["idle_in_transaction_session_timeout"] = IDLE_SECONDS * 1000
    elif not snapshots:
        # Only for requests: reading the whole store takes longer.
        session["statement_timeout"] = STATEMENT_SECONDS * 1000
    given = url.query.get("options", "")
    engine = create_engine(
        url.difference_update_query(["options"]),
        hide_parameters=True,
        pool_size=connections,
        # Detects a restarted server before a connection is used.
        pool_pre_ping=True,
        isolation_level=_isolation(writes=writes, snapshots=snapshots),
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "application_name": process_name(),
            "keepalives": 1,
            **KEEPALIVE,
            "tcp_user_timeout": UNCONFIRMED_MILLISECONDS,
            "options": " ".join(
                [*(f"-c {name}={value}" for name, value in session.items()), str(given)]
            ),
        },
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _isolation(*, writes: bool, snapshots: bool) -> Any:  # noqa: ANN401 (SQLAlchemy's literals)
    if writes:
        return "READ COMMITTED"
    return "REPEATABLE READ" if snapshots else "AUTOCOMMIT"


def process_name() -> str:
    """Name this process in the server's list of sessions."""
    return f"gamehouse PID {os.getpid()} on {socket.gethostname()}"[:MAX_NAME]


def _prepare(connection: Any, _: object) -> None:  # noqa: ANN401 (the driver's own type)
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise StoreUnavailableError(
            f"The database {connection.info.dbname} has the encoding {encoding}, which cannot store"
            " all text. Create one with `createdb --encoding=UTF8 --template=template0`."
        )
    # Acknowledged events must be durable, even if the default of a database or a role is `off`.
    with connection.cursor() as cursor:
        cursor.execute(
            "select set_config('synchronous_commit', 'on', false)"
            " where current_setting('synchronous_commit') = 'off'"
        )
    connection.commit()


def lock_migration(connection: Connection) -> None:
    """Wait for migrations of other processes, and lock them out until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"set local lock_timeout = {MIGRATION_SECONDS * 1000}"))
        connection.execute(MIGRATE, {"lock": MIGRATION_LOCK})


def is_transient(error: BaseException) -> bool:
    """Return whether the transaction was rolled back for a reason that a retry can cure."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in TRANSIENT


def retrying(transact: Callable[[], T]) -> T:
    """Run a transaction, and retry it after a transient failure.

    Args:
        transact: Begins and commits the transaction; it can be called again.
    """
    for _ in range(MAX_ATTEMPTS - 1):
        try:
            return transact()
        except DBAPIError as error:
            if not is_transient(error):
                raise
    return transact()
