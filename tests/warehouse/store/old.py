"""Stores as older versions of the program have left them."""

from __future__ import annotations

from alembic import command
from alembic.config import Config

from warehouse.store.engine import open_engine


def make_old_store(url: str, version: str) -> None:
    """Make a store without rows whose schema is of an older version."""
    engine = open_engine(url, writes=True)
    config = Config()
    config.set_main_option("script_location", "warehouse.store:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    engine.dispose()
