"""What is particular to PostgreSQL: its connections, its locks, and its failures that pass."""

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
# How long a statement waits for a row that another transaction has locked; longer than such a
# transaction may do nothing (IDLE_SECONDS), so that one process that stands still fails no other.
LOCK_SECONDS = 8
STATEMENT_SECONDS = 30
IDLE_SECONDS = 5
# The longest wait for a migration, which another process may be at.
MIGRATION_SECONDS = 60
# Either side notices within about ten seconds that the other host is gone: it is asked after three
# seconds of silence, and given up after five questions, or when it has confirmed nothing for long.
KEEPALIVE = {"keepalives_idle": 3, "keepalives_interval": 1, "keepalives_count": 5}
UNCONFIRMED_MILLISECONDS = 10_000
# PostgreSQL cuts an application's name off behind so many bytes.
MAX_NAME = 63

# Advisory locks are numbers that all uses of a database share: these two are ours ("ghLD", "ghMG"),
# and the second half of the key is the schema, so that there may be a store in each.
LOADER_LOCK, MIGRATION_LOCK = 0x67684C44, 0x67684D47
MIGRATE = text("select pg_advisory_xact_lock(:lock, hashtext(current_schema()))")

# Serialization failure and deadlock: the transaction is undone, and may be tried again.
PASSING = ("40001", "40P01")
TRIES = 5


def open_postgres(url: URL, *, writes: bool, snapshots: bool, connections: int) -> Engine:
    """Open a database; see `open_engine`.

    A writer reads what is committed, and locks what it changes. A snapshot is REPEATABLE READ. What
    has but one statement needs no transaction around it, which saves two of three journeys.
    """
    session = {
        "lock_timeout": LOCK_SECONDS * 1000,
        "tcp_user_timeout": UNCONFIRMED_MILLISECONDS,
        **{f"tcp_{name}": value for name, value in KEEPALIVE.items()},
    }
    if writes:
        # Its locks go with a transaction whose process stands still.
        session["idle_in_transaction_session_timeout"] = IDLE_SECONDS * 1000
    elif not snapshots:
        # Somebody waits for its answer; what reads the whole store takes as long as it takes.
        session["statement_timeout"] = STATEMENT_SECONDS * 1000
    given = url.query.get("options", "")
    engine = create_engine(
        url.difference_update_query(["options"]),
        hide_parameters=True,
        pool_size=connections,
        # A server that was restarted is noticed before a connection to it is used.
        pool_pre_ping=True,
        isolation_level=_isolation(writes=writes, snapshots=snapshots),
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "application_name": whoami(),
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


def whoami() -> str:
    """Name this process for others that look at the server."""
    return f"gamehouse PID {os.getpid()} on {socket.gethostname()}"[:MAX_NAME]


def _prepare(connection: Any, _: object) -> None:  # noqa: ANN401 (the driver's own type)
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise StoreUnavailableError(
            f"The database {connection.info.dbname} is encoded in {encoding}, which cannot hold all"
            " text. Make one with `createdb --encoding=UTF8 --template=template0`."
        )
    # What was acknowledged is on the disk, whatever a database or a role has as its default.
    with connection.cursor() as cursor:
        cursor.execute(
            "select set_config('synchronous_commit', 'on', false)"
            " where current_setting('synchronous_commit') = 'off'"
        )
    connection.commit()


def wait_to_migrate(connection: Connection) -> None:
    """Let other processes end their migration, and keep them out until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"set local lock_timeout = {MIGRATION_SECONDS * 1000}"))
        connection.execute(MIGRATE, {"lock": MIGRATION_LOCK})


def is_passing(error: BaseException) -> bool:
    """Tell whether a transaction that failed so may be tried again: nothing of it has happened."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in PASSING


def retrying(transact: Callable[[], T]) -> T:
    """Run a transaction, and again where it fails for a reason that passes.

    Args:
        transact: Begins and commits it; each time it is called it does the same.
    """
    for _ in range(TRIES - 1):
        try:
            return transact()
        except DBAPIError as error:
            if not is_passing(error):
                raise
    return transact()
