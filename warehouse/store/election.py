"""Electing the one loader of a warehouse."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Protocol


class Election(Protocol):
    """At most one of all that stand for the same warehouse is elected at a time."""

    def stand(self) -> bool:
        """Try to be elected, without waiting.

        Returns:
            True where this one is elected, now or since an earlier call.
        """

    def incumbent(self) -> str:
        """Say who is elected, or was last, for messages."""

    def resign(self) -> None:
        """Let another be elected. It does no harm where this one is not elected."""


def election_of(store_url: str, warehouse_path: Path) -> Election:
    """Make the election in which all loaders of a store stand.

    A store on PostgreSQL has loaders on several machines, and its lock is the only one then: a lock
    on a file would stay with a process that stands still, and outlive a host on a network's drive.
    Nothing else is lost with it. DuckDB itself locks the warehouse while it is open, and what is
    shipped twice is there once.

    Args:
        store_url: Its SQLAlchemy URL.
        warehouse_path: The DuckDB file, for a store that is a file, too.
    """
    if not store_url.startswith("postgres"):
        return FileElection(warehouse_path)
    # SQLAlchemy takes longer to import than other commands to run.
    from warehouse.store.advisory_lock import PostgresElection  # noqa: PLC0415

    return PostgresElection(store_url)


class FileElection:
    """Elects by an exclusive lock on `<warehouse>.loader.lock`, for loaders on one machine.

    The kernel lets go of the lock when its process ends, however it ends. The file stays, and holds
    the process id of who was elected last.
    """

    def __init__(self, warehouse_path: Path) -> None:
        """Stand for the warehouse in this DuckDB file; touches nothing yet."""
        self._path = warehouse_path.with_name(f"{warehouse_path.name}.loader.lock")
        self._descriptor: int | None = None

    def stand(self) -> bool:
        """Try to lock the file.

        Raises:
            OSError: The file cannot be made.
        """
        if self._descriptor is not None:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            # The lock belongs to the open file: two loaders of one process exclude each other too.
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

    def incumbent(self) -> str:
        """Return `PID n`, or a blank text where nobody was ever elected."""
        return self._path.read_text(encoding="ascii").strip() if self._path.exists() else ""

    def resign(self) -> None:
        """Let go of the lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
