"""The schema has a version, and migrations and tables are the same schema."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from api.store.engine import open_engine
from api.store.migrations import migrate
from api.store.sql_store import SqlStore
from api.store.tables import metadata


@pytest.fixture
def url(database_url: str) -> str:
    """Where the store will be."""
    return database_url


def test_migrations_make_the_tables_that_the_code_uses(url: str) -> None:
    engine = open_engine(url, writes=True)
    migrate(engine)
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_store_knows_its_version_and_keeps_its_data_when_opened_again(
    store: SqlStore, url: str
) -> None:
    store.register("ada", "hash")
    engine = open_engine(url, writes=True)
    migrate(engine)
    with engine.begin() as connection:
        assert connection.execute(text("select version_num from alembic_version")).all() == [
            ("0004",)
        ]
    engine.dispose()
    assert store.find_player("ada") is not None


def test_stores_that_open_at_once_migrate_once(url: str) -> None:
    def open_and_close(_: int) -> None:
        engine = open_engine(url, writes=True)
        migrate(engine)
        engine.dispose()

    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(open_and_close, range(4)))
    engine = open_engine(url, writes=False)
    with engine.begin() as connection:
        assert connection.execute(text("select count(*) from players")).scalar_one() == 0
    engine.dispose()


@pytest.mark.sqlite_only("about its pragmas")
def test_sqlite_commits_are_durable(url: str) -> None:
    engine = open_engine(url, writes=True)
    with engine.begin() as connection:
        assert connection.execute(text("pragma journal_mode")).scalar_one() == "wal"
        full = 2
        assert connection.execute(text("pragma synchronous")).scalar_one() == full
    engine.dispose()
