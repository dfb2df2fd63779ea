"""Electing the one loader of a store on PostgreSQL, among processes on any number of machines."""

from __future__ import annotations

import contextlib
import threading

from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from warehouse.store.engine import open_engine, unavailable_if_it_fails
from warehouse.store.postgres import LOADER_LOCK

# Who is elected gives a sign of life so often, and loses the lock after so many seconds without
# one: when its process stands still, or its host is gone.
SIGN_SECONDS, SILENCE_SECONDS = 1.0, 4

STAND = text("select pg_try_advisory_lock(:lock, hashtext(current_schema()))")
LIMIT_SILENCE = text(f"set idle_session_timeout = {SILENCE_SECONDS * 1000}")
SIGN = text("select 1")
INCUMBENT = text(
    "select application_name from pg_locks join pg_stat_activity using (pid)"
    " where locktype = 'advisory' and granted and objsubid = 2"
    " and pg_locks.database = (select oid from pg_database where datname = current_database())"
    " and classid = cast(:lock as oid)"
    " and objid::bigint = hashtext(current_schema())::bigint & 4294967295"
)


class PostgresElection:
    """Elects by an advisory lock of the store's database, on a connection of its own.

    The server lets go of the lock when that connection ends, however it ends, and ends it where it
    hears nothing on it for SILENCE_SECONDS. So one that was elected and stood still may come to
    itself when another is elected. What it was at then does no harm: events that are there are not
    inserted again, no balance gets smaller, and to mark events as shipped twice changes nothing.
    """

    def __init__(self, url: str) -> None:
        """Stand for the store of this URL; connects to nothing yet."""
        self._engine = open_engine(url, writes=False, snapshots=False, connections=1)
        self._connection: Connection | None = None
        self._is_elected = False
        # The connection is used by two threads: whoever asks, and the one that gives signs of life.
        self._using = threading.Lock()
        self._ends = threading.Event()

    def stand(self) -> bool:
        """Try to be elected; where this one was, see that it still is.

        Raises:
            StoreUnavailableError: The database cannot be reached; nobody is elected here then.
        """
        with self._using:
            if self._is_elected and self._gives_sign():
                return True
            with unavailable_if_it_fails():
                return self._try()

    def incumbent(self) -> str:
        """Return `gamehouse PID n on HOST`, or a blank text where nobody is elected."""
        with unavailable_if_it_fails(), self._engine.connect() as connection:
            return str(connection.execute(INCUMBENT, {"lock": LOADER_LOCK}).scalar() or "")

    def resign(self) -> None:
        """Let go of the lock, and of the connection."""
        with self._using:
            self._give_up()
            self._engine.dispose()

    def _try(self) -> bool:
        """Try to get the lock."""
        try:
            connection = self._connection or self._engine.connect()
            self._connection = connection
            if not connection.execute(STAND, {"lock": LOADER_LOCK}).scalar_one():
                return False
            connection.execute(LIMIT_SILENCE)
        except SQLAlchemyError:
            self._give_up()
            raise
        self._is_elected = True
        self._ends = threading.Event()
        threading.Thread(
            target=self._live, args=[self._ends], name="loader-election", daemon=True
        ).start()
        return True

    def _live(self, ends: threading.Event) -> None:
        """Give signs of life as long as this one is elected."""
        while not ends.wait(SIGN_SECONDS):
            with self._using:
                if ends.is_set() or not self._gives_sign():
                    return

    def _gives_sign(self) -> bool:
        """Tell whether the connection lives, and so the lock; where not, give both up."""
        try:
            if self._connection is not None:
                self._connection.execute(SIGN)
                return True
        except SQLAlchemyError:
            self._give_up()
        return False

    def _give_up(self) -> None:
        self._ends.set()
        self._is_elected = False
        connection, self._connection = self._connection, None
        if connection is not None:
            # Not back into the pool: with the connection goes the lock.
            with contextlib.suppress(SQLAlchemyError):
                connection.invalidate()
                connection.close()
