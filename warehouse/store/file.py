"""The file of an SQLite store: what keeps it from opening, and whether it is still in its place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from warehouse.store.engine import reason, sqlite_path
from warehouse.store.protocol import StoreUnavailableError

# By a part of what the engine says; the first that fits.
_ADVICE = {
    "unable to open": "See that its folder exists and that this user may write there",
    "readonly": "Give this user the right to write it, and its folder",
    "disk is full": "Free some space on its disk",
    "disk I/O error": "See what the system says about its disk",
    "locked": "Another process holds it: see which one (`fuser` names it), and stop that one",
    "not a database": "Move it away and put a backup in its place",
    "malformed": "It is damaged: move it away and put a backup in its place",
    "password authentication failed": "Correct the user or the password in it (PGPASSWORD or a file"
    " ~/.pgpass are other places for the password)",
    "no password supplied": "Give the password in it, in PGPASSWORD or in a file ~/.pgpass",
    "no pg_hba.conf entry": "Allow this host and user in pg_hba.conf of the server",
    "does not exist": "Correct the name, or make it with `createuser` and `createdb`",
    "Connection refused": "See that PostgreSQL runs there and listens for connections",
    "No such file or directory": "See that PostgreSQL runs there and listens for connections",
    "is the server running": "See that PostgreSQL runs there and listens for connections",
    "resolve host": "Correct the host's name",
    "timeout expired": "See that PostgreSQL runs there, and that a firewall lets this host through",
    "starting up": "Wait until it is up, and run again",
    "too many clients": "Raise its max_connections, or run fewer processes or THREADS",
    "remaining connection slots": "Raise its max_connections, or run fewer processes or THREADS",
    "permission denied": "Make its user the owner of the database, who may make tables there",
    "read-only transaction": "It is a standby: name the primary server",
    "idle_session_timeout": "Install PostgreSQL 14 or newer",
    "lock timeout": "Another process has been migrating it for a minute: see what keeps that one",
    "locate revision": "It was made by a newer version of this program: install that one",
}
_OTHER_ADVICE = "Correct this"

Identity = tuple[int, int]


def require_store(url: str) -> None:
    """Refuse a file that does not exist: to open it would create an empty store.

    Raises:
        StoreUnavailableError: It does not exist.
    """
    path = sqlite_path(url)
    if path is not None and not path.exists():
        raise StoreUnavailableError(f"There is no store: {path} does not exist. Set STORE_URL.")


@contextmanager
def opening(url: str) -> Iterator[None]:
    """Say which store cannot be opened and what to do, where the block fails to.

    Args:
        url: Its SQLAlchemy URL.

    Raises:
        StoreUnavailableError: The block failed.
    """
    try:
        yield
    except (SQLAlchemyError, CommandError, OSError) as error:
        why = reason(error) if isinstance(error, SQLAlchemyError) else str(error)
        todo = next((todo for part, todo in _ADVICE.items() if part in why), _OTHER_ADVICE)
        raise StoreUnavailableError(
            f"Cannot open the store {_shown(url)}: {why}. {todo}, or set STORE_URL to another."
        ) from error


def _shown(url: str) -> str:
    path = sqlite_path(url)
    return str(path) if path else make_url(url).render_as_string(hide_password=True)


class StoreFile:
    """Tells whether an open store is still the one that the next process would open.

    A file that is deleted or replaced lives on for those who have it open. SQLite writes to it as
    before, and all of it is gone when they end. In WAL mode that holds for the log beside it, too,
    which the newest commits are in.
    """

    def __init__(self, url: str) -> None:
        """Remember the files of a store that is open and migrated; other engines have none."""
        path = sqlite_path(url)
        self._path = path
        files = [path, path.with_name(f"{path.name}-wal")] if path else []
        self._files: dict[Path, Identity | None] = {file: _identity(file) for file in files}

    @property
    def is_in_place(self) -> bool:
        """Whether the files are where they were opened."""
        return all(_identity(path) == identity for path, identity in self._files.items())

    def confirm(self) -> None:
        """Do nothing where the files are in their place. It takes microseconds.

        Raises:
            StoreUnavailableError: They are not.
        """
        if not self.is_in_place:
            raise StoreUnavailableError(
                f"the store {self._path} was deleted or replaced while it was open. Put it back"
                " with its -wal file, or a backup, and restart"
            )


def _identity(path: Path) -> Identity | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
