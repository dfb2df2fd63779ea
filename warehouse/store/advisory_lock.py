"""Elects the one loader of a PostgreSQL store, among processes on any number of machines."""

from __future__ import annotations

import contextlib
import threading

from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from warehouse.store.engine import open_engine, translate_errors
from warehouse.store.postgres import LOADER_LOCK

# The leader sends a heartbeat at this interval. The server releases the lock after this time
# without one, because the process is suspended or its host is gone.
HEARTBEAT_SECONDS, TIMEOUT_SECONDS = 1.0, 4

TRY_LOCK = text("select pg_try_advisory_lock(:lock, hashtext(current_schema()))")
SET_TIMEOUT = text(f"set idle_session_timeout = {TIMEOUT_SECONDS * 1000}")
HEARTBEAT = text("select 1")
LEADER = text(
    "select application_name from pg_locks join pg_stat_activity using (pid)"
    " where locktype = 'advisory' and granted and objsubid = 2"
    " and pg_locks.database = (select oid from pg_database where datname = current_database())"
    " and classid = cast(:lock as oid)"
    " and objid::bigint = hashtext(current_schema())::bigint & 4294967295"
)


class PostgresElection:
    """Elects the holder of an advisory lock in the store's database, on a separate connection.

    The server releases the lock when the connection ends, and ends the connection after
    TIMEOUT_SECONDS without a heartbeat. So a suspended leader may resume after another process was
    elected. That is harmless: the insert skips existing events, no balance decreases, and marking
    events as shipped twice changes nothing.
    """

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url, writes=False, snapshots=False, connections=1)
        self._connection: Connection | None = None
        self._is_elected = False
        # Two threads use the connection: the caller's and the one that sends heartbeats.
        self._connection_lock = threading.Lock()
        self._stop = threading.Event()

    def try_acquire(self) -> bool:
        """Try to become or stay the leader, without waiting.

        Raises:
            StoreUnavailableError: The database cannot be reached.
        """
        with self._connection_lock:
            if self._is_elected and self._send_heartbeat():
                return True
            with translate_errors():
                return self._try_lock()

    def leader(self) -> str:
        """Return `gamehouse PID n on HOST`, or an empty text without a leader."""
        with translate_errors(), self._engine.connect() as connection:
            return str(connection.execute(LEADER, {"lock": LOADER_LOCK}).scalar() or "")

    def resign(self) -> None:
        """Release the lock and close the connection."""
        with self._connection_lock:
            self._release()
            self._engine.dispose()

    def _try_lock(self) -> bool:
        try:
            connection = self._connection or self._engine.connect()
            self._connection = connection
            if not connection.execute(TRY_LOCK, {"lock": LOADER_LOCK}).scalar_one():
                return False
            connection.execute(SET_TIMEOUT)
        except SQLAlchemyError:
            self._release()
            raise
        self._is_elected = True
        self._stop = threading.Event()
        threading.Thread(
            target=self._send_heartbeats, args=[self._stop], name="loader-election", daemon=True
        ).start()
        return True

    def _send_heartbeats(self, stop: threading.Event) -> None:
        while not stop.wait(HEARTBEAT_SECONDS):
            with self._connection_lock:
                if stop.is_set() or not self._send_heartbeat():
                    return

    def _send_heartbeat(self) -> bool:
        """Return whether the connection, and so the lock, still exists; if not, release both."""
        try:
            if self._connection is not None:
                self._connection.execute(HEARTBEAT)
                return True
        except SQLAlchemyError:
            self._release()
        return False

    def _release(self) -> None:
        self._stop.set()
        self._is_elected = False
        connection, self._connection = self._connection, None
        if connection is not None:
            # Close it instead of returning it to the pool, because it holds the lock.
            with contextlib.suppress(SQLAlchemyError):
                connection.invalidate()
                connection.close()
