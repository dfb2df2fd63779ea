"""Explains why a store cannot be opened, and detects that an open SQLite file was replaced."""

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

_CHECK_SERVER = "Check that PostgreSQL runs there and accepts connections"
_TOO_MANY_CLIENTS = "Raise its max_connections, or run fewer processes or THREADS"
# The advice for each part of an engine's message; the first match applies.
_ADVICE = {
    "unable to open": "Check that its folder exists and that this user can write to it",
    "readonly": "Give this user write access to it and its folder",
    "disk is full": "Free some space on its disk",
    "disk I/O error": "Check its disk in the system log",
    "locked": "Another process locks it: find that process (`fuser` names it) and stop it",
    "not a database": "Move it away and restore a backup",
    "malformed": "It is damaged: move it away and restore a backup",
    "password authentication failed": "Correct the user or the password in STORE_URL, PGPASSWORD or"
    " ~/.pgpass",
    "no password supplied": "Set the password in STORE_URL, PGPASSWORD or ~/.pgpass",
    "no pg_hba.conf entry": "Allow this host and user in pg_hba.conf of the server",
    "does not exist": "Correct the name, or create it with `createuser` and `createdb`",
    "Connection refused": _CHECK_SERVER,
    "No such file or directory": _CHECK_SERVER,
    "is the server running": _CHECK_SERVER,
    "resolve host": "Correct the host name",
    "timeout expired": "Check that PostgreSQL runs there and that no firewall blocks this host",
    "starting up": "Wait until it is up, and run again",
    "too many clients": _TOO_MANY_CLIENTS,
    "remaining connection slots": _TOO_MANY_CLIENTS,
    "permission denied": "Make its user the owner of the database, who can create tables",
    "read-only transaction": "It is a standby: name the primary server",
    "idle_session_timeout": "Install PostgreSQL 14 or newer",
    "lock timeout": "Another process has been migrating it for a minute: check that process",
    "locate revision": "A newer version of this program created it: install that version",
}
_OTHER_ADVICE = "Correct this"

Identity = tuple[int, int]


def require_store(url: str) -> None:
    """Reject a missing file, because opening it would create an empty store.

    Raises:
        StoreUnavailableError: The file is missing.
    """
    path = sqlite_path(url)
    if path is not None and not path.exists():
        raise StoreUnavailableError(f"The store {path} does not exist. Set STORE_URL.")


@contextmanager
def translate_open_errors(url: str) -> Iterator[None]:
    """Name the store and what to do if the block, which opens it, fails.

    Args:
        url: The SQLAlchemy URL.

    Raises:
        StoreUnavailableError: The block failed.
    """
    try:
        yield
    except (SQLAlchemyError, CommandError, OSError) as error:
        why = reason(error) if isinstance(error, SQLAlchemyError) else str(error)
        advice = next((advice for part, advice in _ADVICE.items() if part in why), _OTHER_ADVICE)
        raise StoreUnavailableError(
            f"Cannot open the store {_name(url)}: {why}. {advice}, or set STORE_URL to another."
        ) from error


def _name(url: str) -> str:
    path = sqlite_path(url)
    return str(path) if path else make_url(url).render_as_string(hide_password=True)


class StoreFile:
    """Detects that the files of an open SQLite store were deleted or replaced.

    A process that has a deleted file open continues to write to it, and the data is lost when the
    process ends. The same is true for the WAL file, which contains the newest commits.
    """

    def __init__(self, url: str) -> None:
        """Record the files of an open store; PostgreSQL has none."""
        path = sqlite_path(url)
        self._path = path
        files = [path, path.with_name(f"{path.name}-wal")] if path else []
        self._files: dict[Path, Identity | None] = {file: _identity(file) for file in files}

    def require_in_place(self) -> None:
        """Check that the paths still lead to the open files, which takes microseconds.

        Raises:
            StoreUnavailableError: They do not.
        """
        if any(_identity(path) != identity for path, identity in self._files.items()):
            raise StoreUnavailableError(
                f"the store {self._path} was deleted or replaced while it was open. Put it back"
                " with its -wal file, or restore a backup, and restart"
            )


def _identity(path: Path) -> Identity | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
