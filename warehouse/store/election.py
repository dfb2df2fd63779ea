"""Elects the one loader of a warehouse."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Protocol


class Election(Protocol):
    """Elects at most one leader at a time among the loaders of a warehouse."""

    def try_acquire(self) -> bool:
        """Try to become or stay the leader, without waiting; return whether it succeeded."""

    def leader(self) -> str:
        """Name the current or last leader, for messages."""

    def resign(self) -> None:
        """Let another loader become the leader. Without effect if this one is not."""


def election_of(store_url: str, warehouse_path: Path) -> Election:
    """Return the election for the loaders of a store.

    A PostgreSQL store has loaders on several machines, so a lock in the database elects one. A file
    lock would stay with a suspended process, and on a network drive it may outlive its host. Two
    leaders at a time are harmless: DuckDB locks the open warehouse, and the insert is idempotent.

    Args:
        store_url: The SQLAlchemy URL of the store.
        warehouse_path: The DuckDB file; an SQLite store uses a lock file beside it.
    """
    if not store_url.startswith("postgres"):
        return FileElection(warehouse_path)
    # SQLAlchemy takes almost a second to import, which commands without a store do not need.
    from warehouse.store.advisory_lock import PostgresElection  # noqa: PLC0415

    return PostgresElection(store_url)


class FileElection:
    """Elects the holder of a lock on the file `<warehouse>.loader.lock`, on one machine.

    The kernel releases the lock when the process ends. The file remains and contains the process id
    of the last leader.
    """

    def __init__(self, warehouse_path: Path) -> None:
        self._path = warehouse_path.with_name(f"{warehouse_path.name}.loader.lock")
        self._descriptor: int | None = None

    def try_acquire(self) -> bool:
        """Try to lock the file.

        Raises:
            OSError: The file cannot be created.
        """
        if self._descriptor is not None:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            # The lock belongs to the open file, so it also works between two loaders of a process.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"PID {os.getpid()}\n".encode())
        except OSError as error:
            os.close(descriptor)
            if isinstance(error, BlockingIOError):
                return False
            raise
        self._descriptor = descriptor
        return True

    def leader(self) -> str:
        """Return `PID n`, or an empty text if there was no leader yet."""
        return self._path.read_text(encoding="ascii").strip() if self._path.exists() else ""

    def resign(self) -> None:
        """Release the lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
