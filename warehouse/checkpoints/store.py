"""The operational store, as the checkpoints read it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from sqlalchemy import make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from warehouse.checkpoints.errors import CannotCheckError


def parse_store_url(text: str) -> URL:
    """Read STORE_URL.

    Raises:
        CannotCheckError: It is no URL. The message leaves it out, since it may hold a password.
    """
    try:
        return make_url(text)
    except (SQLAlchemyError, ValueError):
        raise CannotCheckError(
            "STORE_URL is no SQLAlchemy URL, such as sqlite:///path/to/store.sqlite."
        ) from None


def missing_file(url: URL) -> Path | None:
    """Name the SQLite file of a store where it does not exist: no API has run on it yet."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    path = Path(url.database)
    return None if path.exists() else path


def read_only(url: URL) -> str:
    """Write the URL with its password, for SQLite such that nothing is ever created or changed."""
    if url.get_backend_name() == "sqlite" and url.database:
        path = Path(url.database).absolute()
        url = url.set(database=f"file:{quote(str(path))}")
        url = url.update_query_dict({"mode": "ro", "uri": "true"})
    return url.render_as_string(hide_password=False)
