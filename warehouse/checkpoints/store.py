"""The operational store as a data source of the checkpoints."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from sqlalchemy import make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from warehouse.checkpoints.errors import CannotCheckError


def parse_store_url(text: str) -> URL:
    """Parse STORE_URL.

    Raises:
        CannotCheckError: It is not a URL. The message leaves it out: it may contain a password.
    """
    try:
        return make_url(text)
    except (SQLAlchemyError, ValueError):
        raise CannotCheckError(
            "STORE_URL is not an SQLAlchemy URL. Set it to one such as"
            " sqlite:///path/to/store.sqlite."
        ) from None


def missing_file(url: URL) -> Path | None:
    """Return the SQLite file of a store if it is missing; else None."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    path = Path(url.database)
    return None if path.exists() else path


def read_only(url: URL) -> str:
    """Return the URL with its password; for SQLite in read-only mode, which creates no file."""
    if url.get_backend_name() == "sqlite" and url.database:
        path = Path(url.database).absolute()
        url = url.set(database=f"file:{quote(str(path))}")
        url = url.update_query_dict({"mode": "ro", "uri": "true"})
    return url.render_as_string(hide_password=False)
