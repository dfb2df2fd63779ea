"""The versions of the store's schema and the migration to the newest."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from warehouse.store.postgres import lock_migration


def versions() -> set[str]:
    """Return all versions."""
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def migrate(engine: Engine) -> None:
    """Migrate the schema to the newest version, in one transaction.

    Args:
        engine: A writing engine. A lock serializes the migrations of several processes. If the
            migration fails, the connections are closed.
    """
    config = _config()
    try:
        with engine.begin() as connection:
            lock_migration(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except BaseException:
        engine.dispose()
        raise


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "warehouse.store:migrations")
    return config
