"""The versions of the store's schema, and how a store gets to the newest."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from warehouse.store.postgres import wait_to_migrate


def versions() -> set[str]:
    """Name all versions that there ever were."""
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest version, in one transaction.

    Args:
        engine: A writing engine; processes that start at once wait for each other on a lock. Where
            the migration fails, so that nobody will use it, its connections are closed.
    """
    config = _config()
    try:
        with engine.begin() as connection:
            wait_to_migrate(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except BaseException:
        engine.dispose()
        raise


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "warehouse.store:migrations")
    return config
