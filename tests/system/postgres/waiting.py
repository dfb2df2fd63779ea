"""Waiting for transactions that wait for each other."""

from __future__ import annotations

from sqlalchemy import text

from tests.warehouse.loader.shipping import eventually
from warehouse.store.engine import open_engine


def wait_until_locked(url: str) -> None:
    """Wait until a transaction waits for another one; fail where none ever does."""
    engine = open_engine(url, writes=False, snapshots=False)
    waiting = text("select 1 from pg_locks where not granted")
    try:
        with engine.connect() as connection:
            eventually(lambda: connection.execute(waiting).first() is not None)
    finally:
        engine.dispose()
