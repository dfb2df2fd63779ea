"""The versions of the store's schema and the migration to the newest."""

from __future__ import annotations

from functools import cache

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from warehouse.store.postgres import lock_migration


def versions() -> set[str]:
    """Return all versions."""
    return {script.revision for script in _scripts().walk_revisions()}


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
            if MigrationContext.configure(connection).get_current_revision() == _newest():
                return
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except BaseException:
        engine.dispose()
        raise


@cache
def _newest() -> str | None:
    return _scripts().get_current_head()


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "warehouse.store:migrations")
    return config
