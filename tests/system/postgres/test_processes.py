"""Several processes on one database: each promise of the store holds for all of them together."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.engine import Connection

from tests.system.postgres.server import PostgresServer
from tests.system.postgres.waiting import wait_until_locked
from warehouse.store.engine import open_engine
from warehouse.store.protocol import (
    MAX_BALANCE,
    BalanceOverflowError,
    Idempotency,
    InsufficientBalanceError,
    Player,
    StoreUnavailableError,
    UsernameTakenError,
)
from warehouse.store.sql_store import LOCK_PLAYERS, SqlStore, _Result

SAME = Idempotency("key-1", "fingerprint")


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    """Where the store is."""
    return postgres.empty_store()


@contextmanager
def opened(url: str) -> Iterator[SqlStore]:
    """Open the store as a process does."""
    store = SqlStore(url)
    yield store
    store.close()


@pytest.fixture
def stores(url: str) -> Iterator[list[SqlStore]]:
    """The stores of two processes, each with a writer and connections."""
    with opened(url) as first, opened(url) as second:
        yield [first, second]


def test_processes_that_start_at_once_make_the_tables_once(postgres: PostgresServer) -> None:
    url = postgres.new_database()
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(SqlStore, [url] * 4))
    stores[0].register("ada", "hash")
    assert [store.find_player("ada") is not None for store in stores] == [True] * 4
    for store in stores:
        store.close()


def test_no_earn_is_lost_and_no_balance_told_twice(stores: list[SqlStore]) -> None:
    players = [stores[0].register(f"player-{number}", "hash").user_id for number in range(3)]
    with ThreadPoolExecutor(32) as pool:
        earned = list(
            pool.map(
                lambda number: stores[number % 2].earn(players[number % 3], 1, "race").balance,
                range(300),
            )
        )
    assert sorted(earned) == sorted([*range(1, 101)] * 3)
    found = [stores[1].get_player(player) for player in players]
    assert [player.balance for player in found if player] == [100] * 3


def test_same_key_pays_once_whichever_process_gets_it(stores: list[SqlStore]) -> None:
    player = stores[0].register("ada", "hash").user_id
    with ThreadPoolExecutor(20) as pool:
        outcomes = list(
            pool.map(lambda number: stores[number % 2].earn(player, 9, "once", SAME), range(40))
        )
    assert len({(outcome.event_id, outcome.balance) for outcome in outcomes}) == 1
    assert [outcome.replayed for outcome in outcomes].count(False) == 1
    assert stores[0].event_counts(player) == {"earn": 1}


def test_username_is_given_once_by_all_processes(stores: list[SqlStore]) -> None:
    names = [f"player-{number % 10}" for number in range(40)]

    def register(number: int) -> object:
        try:
            return stores[number % 2].register(names[number if number % 2 else -number], "hash")
        except UsernameTakenError as error:
            return error

    with ThreadPoolExecutor(40) as pool:
        results = list(pool.map(register, range(40)))
    assert all(isinstance(result, Player | UsernameTakenError) for result in results)
    new = [result.username for result in results if isinstance(result, Player)]
    assert sorted(new) == sorted(set(names))


def test_balance_overflows_for_nobody(stores: list[SqlStore]) -> None:
    player = stores[0].register("ada", "hash").user_id
    stores[0].earn(player, MAX_BALANCE - 1, "nearly all")
    with ThreadPoolExecutor(4) as pool:
        earning = [pool.submit(stores[number % 2].earn, player, 1, "last") for number in range(4)]
        refused = [isinstance(each.exception(), BalanceOverflowError) for each in earning]
    assert sorted(refused) == [False, True, True, True]


def test_no_process_spends_what_another_has_spent(stores: list[SqlStore]) -> None:
    player = stores[0].register("ada", "hash").user_id
    stores[0].earn(player, 10, "quest")
    with ThreadPoolExecutor(20) as pool:
        spending = [
            pool.submit(stores[number % 2].spend, player, 3, "sword") for number in range(20)
        ]
        refused = [isinstance(each.exception(), InsufficientBalanceError) for each in spending]
    assert refused.count(False) == 3
    found = stores[1].get_player(player)
    assert found is not None
    assert found.balance == 1


def test_deadlock_is_tried_again_and_nothing_of_it_happens_twice(url: str) -> None:
    """Another program locks players in another order than the store does."""
    sizes: list[int] = []
    engine = open_engine(url, writes=False)
    store = SqlStore(url, on_commit=sizes.append)
    ada, bob = (store.register(name, "hash").user_id for name in ("ada", "bob"))
    is_busy, goes_on = threading.Event(), threading.Event()

    def keep_busy(_: Connection) -> _Result[None]:
        is_busy.set()
        goes_on.wait()
        return _Result(None)

    with ThreadPoolExecutor(4) as pool, engine.connect() as other, other.begin():
        # It is the store that the server will tell so, after a second.
        other.execute(text("set local deadlock_timeout = '1min'"))
        other.execute(LOCK_PLAYERS, {"ids": [bob]})
        pool.submit(store._writer.submit, keep_busy)
        is_busy.wait()
        earning = [pool.submit(store.earn, player, 1, "race") for player in (ada, bob)]
        while store._writer._queue.qsize() < len(earning):
            threading.Event().wait(0.01)
        goes_on.set()
        wait_until_locked(url)
        other.execute(LOCK_PLAYERS, {"ids": [ada]})
        other.commit()
        assert [each.result().balance for each in earning] == [1, 1]
    engine.dispose()
    store.close()
    assert sizes[-1] == 2


def test_restart_of_the_server_is_survived(postgres: PostgresServer, url: str) -> None:
    with opened(url) as store:
        player = store.register("ada", "hash").user_id
        postgres.kill()
        with pytest.raises(StoreUnavailableError):
            store.earn(player, 1, "while it is down")
        with pytest.raises(StoreUnavailableError):
            store.ping()
        postgres.start()
        store.ping()
        assert store.earn(player, 2, "after it").balance == 2


def test_connections_that_are_cut_are_made_again(postgres: PostgresServer, url: str) -> None:
    with opened(url) as store:
        player = store.register("ada", "hash").user_id
        postgres.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
            " and backend_type = 'client backend'"
        )
        assert store.earn(player, 2, "again").balance == 2
        assert store.get_player(player) is not None


def test_commits_are_durable_whatever_the_server_has_as_default(
    postgres: PostgresServer, url: str
) -> None:
    assert postgres.execute("show synchronous_commit") == [("off",)]
    engine = open_engine(url, writes=True)
    with engine.begin() as connection:
        assert connection.execute(text("show synchronous_commit")).scalar_one() == "on"
        assert connection.execute(text("show transaction_isolation")).scalar_one() == (
            "read committed"
        )
    engine.dispose()


def test_transaction_that_stands_still_loses_its_locks(url: str) -> None:
    with opened(url) as store:
        player = store.register("ada", "hash").user_id
        engine = open_engine(url, writes=True)
        with engine.connect() as still:
            still.execute(LOCK_PLAYERS, {"ids": [player]})
            assert store.earn(player, 3, "in spite of it").balance == 3
            still.invalidate()
        engine.dispose()


def test_other_users_of_the_server_are_told_who_we_are(postgres: PostgresServer, url: str) -> None:
    database = make_url(url).database
    with opened(url):
        names = postgres.execute("select datname, application_name from pg_stat_activity")
    assert any(name == database and "gamehouse PID" in who for name, who in names)
