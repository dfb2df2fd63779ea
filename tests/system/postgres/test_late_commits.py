"""Transactions of several processes are committed in another order than they drew positions in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import insert
from sqlalchemy.engine import Connection

from tests.system.postgres.server import PostgresServer
from tests.system.postgres.waiting import wait_until_locked
from tests.warehouse.loader.shipping import eventually
from warehouse.loader.loader import Loader
from warehouse.store.engine import open_engine
from warehouse.store.outbox import SqlOutbox
from warehouse.store.protocol import NewEvent
from warehouse.store.sql_store import CHANGE_BALANCE, LOCK_PLAYERS, SqlStore, _Result
from warehouse.store.tables import events

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
LOGIN = NewEvent("login", NOON)


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    """Where the store is."""
    return postgres.empty_store()


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    """The store of one process."""
    store = SqlStore(url)
    yield store
    store.close()


@pytest.fixture
def outbox(url: str) -> Iterator[SqlOutbox]:
    """The store as the loader sees it."""
    outbox = SqlOutbox(url)
    yield outbox
    outbox.close()


@contextmanager
def slow_process(url: str) -> Iterator[Connection]:
    """Begin a transaction of another process, and commit it at the end of the block."""
    engine = open_engine(url, writes=True)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def write(connection: Connection, event_id: str, user_id: int | None, **values: object) -> None:
    """Write an event as a store does."""
    row = {"event_type": "slow", "occurred_at": NOON, "received_at": NOON, "meta": None, **values}
    connection.execute(insert(events), {"event_id": event_id, "user_id": user_id, **row})


def test_event_that_is_committed_late_is_shipped_late(
    url: str, store: SqlStore, outbox: SqlOutbox, tmp_path: Path
) -> None:
    warehouse = tmp_path / "game.duckdb"
    loader = Loader(outbox, warehouse)
    player = store.register("ada", "hash").user_id
    with slow_process(url) as slow:
        write(slow, "late", None)
        ids = [store.record(player, LOGIN).event_id for _ in range(3)]
        loader.ship_all()
        assert outbox.backlog().event_count == 0
    assert outbox.backlog().event_count == 1
    # While it waits, the last that was shipped is none of those behind it; here there is none.
    assert outbox.next_batch(9).last_shipped is None
    loader.ship_all()
    assert outbox.next_batch(9).last_shipped == ids[-1]
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute("select event_id from raw.game_events order by 1").fetchall()
    assert [row[0] for row in rows] == [*sorted(ids), "late"]


def test_warehouse_that_was_lost_gets_what_is_committed_late_too(
    url: str, store: SqlStore, outbox: SqlOutbox, tmp_path: Path
) -> None:
    warehouse = tmp_path / "game.duckdb"
    ids = [store.record(None, LOGIN).event_id for _ in range(3)]
    Loader(outbox, warehouse).ship_all()
    with slow_process(url) as slow:
        write(slow, "late", None)
        ids.append(store.record(None, LOGIN).event_id)
        Loader(outbox, warehouse).ship_all()
        warehouse.unlink()
        Loader(outbox, warehouse).ship_all()
    Loader(outbox, warehouse).ship_all()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute("select event_id from raw.game_events order by 1").fetchall()
    assert [row[0] for row in rows] == [*sorted(ids), "late"]


def test_earns_of_a_player_are_committed_in_the_order_of_their_positions(
    url: str, store: SqlStore, outbox: SqlOutbox
) -> None:
    """Else a batch could hold the later one alone, with a balance that has both."""
    ada, bob = (store.register(name, "hash").user_id for name in ("ada", "bob"))
    with ThreadPoolExecutor(1) as pool:
        with slow_process(url) as slow:
            slow.execute(LOCK_PLAYERS, {"ids": [ada]})
            raised = {"whose": ada, "change": 5, "lowest": 0, "highest": 10**9}
            balance: int = slow.execute(CHANGE_BALANCE, raised).scalar_one()
            write(slow, "slow", ada, event_type="earn", balance=balance)
            second = pool.submit(store.earn, ada, 7, "quest")
            wait_until_locked(url)
            assert len(outbox.next_batch(9).events) == 0
        assert second.result().balance == 12
    store.earn(bob, 1, "quest")
    first, both = outbox.next_batch(1), outbox.next_batch(2)
    assert first.events.event_id == ["slow"]
    assert first.players.balance[first.players.user_id.index(ada)] == 5
    assert both.events.event_id == ["slow", second.result().event_id]
    assert both.players.balance[both.players.user_id.index(ada)] == 12


def test_revoked_token_is_overlooked_by_nobody(url: str, store: SqlStore) -> None:
    """Another process has revoked one, and its commit takes time."""
    other = SqlStore(url)
    is_busy, goes_on, is_held, ends = (threading.Event() for _ in range(4))

    def keep_busy(_: Connection) -> _Result[None]:
        is_busy.set()
        goes_on.wait()
        return _Result(None)

    def hold(_: Connection) -> _Result[None]:
        is_held.set()
        ends.wait()
        return _Result(None)

    with ThreadPoolExecutor(4) as pool:
        pool.submit(other._writer.submit, keep_busy)
        is_busy.wait()
        # These two share the next transaction.
        first = pool.submit(other.revoke, "slow", 2**40)
        eventually(lambda: other._writer._queue.qsize() == 1)
        pool.submit(other._writer.submit, hold)
        eventually(lambda: other._writer._queue.qsize() == 2)
        goes_on.set()
        is_held.wait()
        try:
            second = pool.submit(store.revoke, "quick", 2**40)
            wait_until_locked(url)
            # A reader that saw the second one now would skip all before it.
            assert store.revoked_after(0) == []
        finally:
            ends.set()
        first.result()
        second.result()
    assert [token.token_id for token in store.revoked_after(0)] == ["slow", "quick"]
    other.close()


def test_pages_of_a_player_leave_none_out(url: str, store: SqlStore) -> None:
    player = store.register("ada", "hash").user_id
    ids = [store.record(player, LOGIN).event_id for _ in range(3)]
    with ThreadPoolExecutor(1) as pool:
        with slow_process(url) as slow:
            slow.execute(LOCK_PLAYERS, {"ids": [player]})
            write(slow, "slow", player)
            newest = pool.submit(store.record, player, LOGIN)
            wait_until_locked(url)
            assert [event.event_id for event in store.recent_events(player, 9)] == ids[::-1]
        ids += ["slow", newest.result().event_id]
    first = store.recent_events(player, 1)
    rest = store.recent_events(player, 9, before=first[0].event_id)
    assert [event.event_id for event in [*first, *rest]] == ids[::-1]
