"""The schema has a version, and migrations and tables are the same schema."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from tests.warehouse.store.old import make_old_store
from warehouse.store.engine import open_engine
from warehouse.store.migrations import migrate
from warehouse.store.protocol import UsernameTakenError
from warehouse.store.sql_store import SqlStore
from warehouse.store.tables import metadata


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
            ("0006",)
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


def test_accounts_whose_names_differ_in_spelling_are_all_kept(url: str) -> None:
    """The oldest is found by any spelling; the others by their own, as ever."""
    make_old_store(url, "0003")
    names = ["Ada", "bob", "ada", "ADA", "Zoë"]
    engine = open_engine(url, writes=True)
    with engine.begin() as connection:
        for user_id, username in enumerate(names, start=1):
            connection.execute(
                text(
                    "insert into players (user_id, username, password_hash, balance, created_at)"
                    " values (:user_id, :username, 'hash', 7, 0)"
                ),
                {"user_id": user_id, "username": username},
            )
    engine.dispose()

    with closing(SqlStore(url)) as store:
        found = {name: store.find_player(name) for name in [*names, "aDA", "BOB", "ZOË", "carl"]}
        with pytest.raises(UsernameTakenError):
            store.register("aDa", "another hash")
    assert {name: player and player.user_id for name, player in found.items()} == {
        **{name: user_id for user_id, name in enumerate(names, start=1)},
        **{"aDA": 1, "BOB": 2, "ZOË": 5, "carl": None},
    }
    assert [player and player.holds_name for player in found.values()] == [
        *[True, True, False, False, True],
        *[True, True, True, None],
    ]


def test_a_store_of_before_gets_an_id_that_stays(url: str) -> None:
    make_old_store(url, "0003")
    with closing(SqlStore(url)) as store:
        store_id = store.store_id()
    with closing(SqlStore(url)) as store:
        assert store.store_id() == store_id
    assert len(store_id) == 36


@pytest.mark.sqlite_only("about its pragmas")
def test_sqlite_commits_are_durable(url: str) -> None:
    engine = open_engine(url, writes=True)
    with engine.begin() as connection:
        assert connection.execute(text("pragma journal_mode")).scalar_one() == "wal"
        full = 2
        assert connection.execute(text("pragma synchronous")).scalar_one() == full
    engine.dispose()
