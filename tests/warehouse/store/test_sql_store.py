"""What the store promises to the API."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, update
from sqlalchemy.engine import Connection

from tests.warehouse.store.conftest import FakeClock
from warehouse.store.engine import open_engine
from warehouse.store.protocol import (
    MAX_BALANCE,
    BalanceOverflowError,
    Idempotency,
    IdempotencyKeyReusedError,
    InsufficientBalanceError,
    NewEvent,
    Recorded,
    StoreUnavailableError,
    UnknownPlayerError,
    UsernameTakenError,
    event_key,
)
from warehouse.store.sql_store import SqlStore, _Result
from warehouse.store.tables import players

NOON = datetime(2026, 1, 5, 12, 0, 0, 123456, tzinfo=UTC)
EVENT = NewEvent("level_complete", NOON, '{"level": 3}')


def at_once(count: int, call: Callable[[int], object]) -> list[object]:
    """Call with 0..count-1 from many threads; exceptions come back as results."""

    def caught(number: int) -> object:
        try:
            return call(number)
        except Exception as error:
            return error

    with ThreadPoolExecutor(max_workers=50) as pool:
        return list(pool.map(caught, range(count)))


def test_registered_player_is_found_with_all_that_was_given(store: SqlStore) -> None:
    player = store.register("ada", "hash")
    assert (player.username, player.password_hash, player.balance) == ("ada", "hash", 0)
    assert store.find_player("ada") == player
    assert store.get_player(player.user_id) == player
    assert store.find_player("adam") is None
    assert store.get_player(player.user_id + 1) is None


@pytest.mark.parametrize(
    ("registered", "spelled"),
    [
        ("Ada", "ada"),
        ("ada", "ADA"),
        ("Straße", "STRASSE"),
        ("Zoë", "ZOE\u0308"),
        ("\uff41da", "Ada"),
        ("ﬁn", "FIN"),
        ("ὈΔΥΣΣΕΎΣ", "ὀδυσσεύς"),
    ],
)
def test_all_spellings_of_a_username_are_one_name(
    store: SqlStore, registered: str, spelled: str
) -> None:
    player = store.register(registered, "hash")
    assert player.username == registered
    for name in (registered, spelled):
        with pytest.raises(UsernameTakenError):
            store.register(name, "another hash")
        assert store.find_player(name) == player


def test_spellings_at_once_are_registered_once(store: SqlStore) -> None:
    names = ["ada", "Ada", "aDa", "ADA"]
    results = at_once(20, lambda number: store.register(names[number % 4], f"hash-{number}"))
    assert sum(isinstance(result, UsernameTakenError) for result in results) == 19


@pytest.mark.parametrize("balance", [2**53, 2**63 - 1])
def test_a_balance_beyond_the_limit_grows_no_more_and_can_be_spent(
    store: SqlStore, url: str, balance: int
) -> None:
    """An older version let it be earned."""
    player = store.register("ada", "hash")
    engine = open_engine(url, writes=True)
    with engine.begin() as connection:
        connection.execute(update(players).values(balance=balance))
    engine.dispose()
    with pytest.raises(BalanceOverflowError):
        store.earn(player.user_id, 1, "quest")
    assert store.spend(player.user_id, 1, "sword").balance == balance - 1


def test_username_is_given_once(store: SqlStore) -> None:
    results = at_once(20, lambda number: store.register("ada", f"hash-{number}"))
    assert sum(isinstance(result, UsernameTakenError) for result in results) == 19


def test_earn_raises_the_balance_and_writes_the_event(store: SqlStore) -> None:
    player = store.register("ada", "hash")
    first = store.earn(player.user_id, 5, 'won "big"')
    second = store.earn(player.user_id, 7, "quest")
    assert (first.balance, second.balance) == (5, 12)
    found = store.get_player(player.user_id)
    assert found is not None
    assert found.balance == 12
    events = store.recent_events(player.user_id, limit=10)
    assert [event.event_id for event in events] == [second.event_id, first.event_id]
    assert events[1].event_type == "earn"
    assert json.loads(events[1].meta or "") == {"amount": 5, "reason": 'won "big"'}


def test_spend_lowers_the_balance_and_never_below_zero(store: SqlStore) -> None:
    player = store.register("ada", "hash")
    store.earn(player.user_id, 5, "quest")
    with pytest.raises(InsufficientBalanceError):
        store.spend(player.user_id, 6, "sword")
    spent = store.spend(player.user_id, 5, "sword")
    with pytest.raises(InsufficientBalanceError):
        store.spend(player.user_id, 1, "sword")
    newest = store.recent_events(player.user_id, limit=10)[0]
    assert (newest.event_id, newest.event_type) == (spent.event_id, "spend")
    assert json.loads(newest.meta or "") == {"amount": 5, "reason": "sword", "balance": 0}
    assert store.event_counts(player.user_id) == {"earn": 1, "spend": 1}


def test_of_spends_at_once_only_those_that_are_covered_succeed(store: SqlStore) -> None:
    player = store.register("ada", "hash")
    store.earn(player.user_id, 100, "quest")
    results = at_once(60, lambda _: store.spend(player.user_id, 3, "sword").balance)
    balances = [result for result in results if isinstance(result, int)]
    assert sorted(balances) == list(range(1, 100, 3))
    assert sum(isinstance(result, InsufficientBalanceError) for result in results) == 60 - 33


def test_a_thousand_earns_at_once_end_in_the_exact_balance(store: SqlStore) -> None:
    player = store.register("ada", "hash")
    outcomes = at_once(1000, lambda number: store.earn(player.user_id, number + 1, "race").balance)
    found = store.get_player(player.user_id)
    assert found is not None
    assert found.balance == sum(range(1, 1001)) == max(outcomes)  # type: ignore[type-var]
    assert len(set(outcomes)) == 1000
    assert store.event_counts(player.user_id) == {"earn": 1000}


def test_balance_reaches_the_maximum_and_not_one_more(store: SqlStore) -> None:
    player = store.register("ada", "hash")
    assert store.earn(player.user_id, MAX_BALANCE, "all").balance == MAX_BALANCE
    with pytest.raises(BalanceOverflowError):
        store.earn(player.user_id, 1, "too much")
    assert store.event_counts(player.user_id) == {"earn": 1}


def test_earn_of_an_unknown_player_writes_nothing(store: SqlStore) -> None:
    with pytest.raises(UnknownPlayerError):
        store.earn(4711, 1, "nobody")
    assert store.event_counts(None) == {}


def test_event_of_an_unknown_player_is_refused(store: SqlStore) -> None:
    with pytest.raises(UnknownPlayerError):
        store.record(4711, EVENT)
    with pytest.raises(UnknownPlayerError):
        store.record_many(4711, [EVENT, EVENT])
    assert store.event_counts(None) == {}


def test_same_key_pays_once_however_often_it_is_sent(store: SqlStore) -> None:
    player = store.register("ada", "hash")
    key = Idempotency("key-1", "fingerprint")
    outcomes = at_once(50, lambda _: store.earn(player.user_id, 9, "once", key))
    assert {outcome.balance for outcome in outcomes} == {9}  # type: ignore[attr-defined]
    assert {outcome.replayed for outcome in outcomes} == {True, False}  # type: ignore[attr-defined]
    assert store.event_counts(player.user_id) == {"earn": 1}


def test_key_with_another_request_is_refused(store: SqlStore) -> None:
    player = store.register("ada", "hash")
    store.record(player.user_id, EVENT, Idempotency("key-1", "one"))
    with pytest.raises(IdempotencyKeyReusedError):
        store.record(player.user_id, EVENT, Idempotency("key-1", "other"))
    assert store.event_counts(player.user_id) == {"level_complete": 1}


def test_key_belongs_to_its_player(store: SqlStore) -> None:
    ada, bob = store.register("ada", "hash"), store.register("bob", "hash")
    key = Idempotency("key-1", "fingerprint")
    assert not store.earn(ada.user_id, 1, "a", key).replayed
    assert not store.earn(bob.user_id, 1, "b", key).replayed


def test_event_is_stored_as_it_was_reported(store: SqlStore, clock: FakeClock) -> None:
    clock.now = NOON + timedelta(seconds=3)
    player = store.register("ada", "hash")
    outcome = store.record(player.user_id, EVENT)
    (event,) = store.recent_events(player.user_id, limit=1)
    assert event.event_id == outcome.event_id
    assert (event.event_type, event.occurred_at, event.meta) == (
        EVENT.event_type,
        EVENT.occurred_at,
        EVENT.meta,
    )
    assert event.received_at == clock.now


def test_events_of_a_batch_are_all_there_in_their_order(store: SqlStore) -> None:
    player = store.register("ada", "hash")
    batch = [NewEvent(f"step_{number}", NOON) for number in range(500)]
    outcomes = store.record_many(player.user_id, batch)
    stored = store.recent_events(player.user_id, limit=1000)[::-1]
    assert [event.event_type for event in stored] == [event.event_type for event in batch]
    assert [event.event_id for event in stored] == [
        outcome and outcome.event_id for outcome in outcomes
    ]


def test_events_with_known_ids_are_recorded_once(store: SqlStore) -> None:
    ada, bob = (store.register(name, "hash").user_id for name in ("ada", "bob"))
    first, second, third = (
        replace(EVENT, once=Idempotency(event_key(f"id-{number}"), "content"))
        for number in range(3)
    )
    other = replace(first, event_type="login", once=Idempotency(event_key("id-0"), "other"))

    one, two = store.record_many(ada, [first, EVENT])
    assert one is not None
    assert two is not None
    # Another order, more events, and each of them twice.
    again = store.record_many(ada, [second, first, second, EVENT, other])
    single = store.record(ada, first)
    of_bob = store.record(bob, first)
    new = store.record(ada, third)

    assert again[0] is not None
    assert again[1] == single == replace(one, replayed=True)
    assert again[2] == replace(again[0], replayed=True)
    assert again[4] is None
    assert of_bob.event_id != one.event_id
    assert (of_bob.replayed, new.replayed) == (False, False)
    with pytest.raises(IdempotencyKeyReusedError):
        store.record(ada, other)
    assert store.event_counts(ada) == {"level_complete": 5}


def test_batch_sent_by_many_threads_at_once_is_recorded_once(store: SqlStore) -> None:
    player = store.register("ada", "hash").user_id
    batch = [
        replace(EVENT, once=Idempotency(event_key(f"id-{number}"), "content"))
        for number in range(20)
    ]
    results = at_once(20, lambda _: store.record_many(player, batch))
    ids = {tuple(each.event_id for each in result) for result in results}  # type: ignore[attr-defined]
    assert len(ids) == 1
    assert store.event_counts(player) == {"level_complete": 20}


def test_players_see_their_own_events_and_none_sees_anonymous_ones(store: SqlStore) -> None:
    ada, bob = store.register("ada", "hash"), store.register("bob", "hash")
    store.record(ada.user_id, EVENT)
    store.record(bob.user_id, NewEvent("login", NOON))
    store.record(None, NewEvent("deep_link", NOON))
    assert [event.event_type for event in store.recent_events(ada.user_id, 9)] == ["level_complete"]
    assert store.event_counts(bob.user_id) == {"login": 1}
    assert store.event_counts(None) == {"deep_link": 1, "level_complete": 1, "login": 1}


def test_pages_of_events_leave_none_out_and_repeat_none(store: SqlStore) -> None:
    player = store.register("ada", "hash")
    outcomes = store.record_many(player.user_id, [EVENT] * 25)
    seen: list[str] = []
    while page := store.recent_events(player.user_id, 10, seen[-1] if seen else None):
        seen += [event.event_id for event in page]
    assert seen == [outcome and outcome.event_id for outcome in outcomes][::-1]
    assert store.recent_events(player.user_id, 10, before="unknown") == []


def test_closed_store_refuses_and_has_kept_everything(url: str) -> None:
    store = SqlStore(url)
    player = store.register("ada", "hash")
    store.earn(player.user_id, 3, "kept")
    store.close()
    with pytest.raises(StoreUnavailableError):
        store.earn(player.user_id, 1, "late")
    again = SqlStore(url)
    assert again.find_player("ada") is not None
    assert again.event_counts(None) == {"earn": 1}
    again.close()


def test_acknowledged_work_survives_a_kill(url: str) -> None:
    """A process is killed right behind its acknowledgement, without closing anything."""
    script = (
        "import os, sys\n"
        "from warehouse.store.sql_store import SqlStore\n"
        "store = SqlStore(sys.argv[1])\n"
        "player = store.register('ada', 'hash')\n"
        "store.earn(player.user_id, 42, 'safe')\n"
        "os.kill(os.getpid(), 9)\n"
    )
    process = subprocess.run([sys.executable, "-c", script, url], check=False)
    assert process.returncode == -9
    store = SqlStore(url)
    player = store.find_player("ada")
    assert player is not None
    assert player.balance == 42
    assert store.event_counts(player.user_id) == {"earn": 1}
    store.close()


def test_database_that_cannot_be_opened_is_named_as_unavailable(tmp_path: object) -> None:
    with pytest.raises(StoreUnavailableError):
        SqlStore(f"sqlite:///{tmp_path}")


def together(store: SqlStore, *calls: Callable[[], object]) -> list[object]:
    """Make the calls one after the other while the writer is busy, so that they share a commit."""
    is_busy, is_free = threading.Event(), threading.Event()

    def keep_busy(_: Connection) -> _Result[None]:
        is_busy.set()
        is_free.wait()
        return _Result(None)

    with ThreadPoolExecutor(len(calls) + 1) as pool:
        pool.submit(store._writer.submit, keep_busy)
        is_busy.wait()
        waiting = []
        for call in calls:
            waiting.append(pool.submit(call))
            while store._writer._queue.qsize() < len(waiting):
                threading.Event().wait(0.001)
        is_free.set()
        return [future.exception() or future.result() for future in waiting]


def test_commands_of_one_commit_have_each_their_own_outcome(url: str) -> None:
    sizes: list[int] = []
    store = SqlStore(url, on_commit=sizes.append)
    ada, bob = store.register("ada", "hash").user_id, store.register("bob", "hash").user_id
    key = Idempotency("key-1", "fingerprint")
    sizes.clear()

    first, again, other, overflow, event, batch, unknown, second = together(
        store,
        lambda: store.earn(ada, 5, "first", key),
        lambda: store.earn(ada, 5, "first", key),
        lambda: store.earn(ada, 5, "first", Idempotency("key-1", "another")),
        lambda: store.earn(bob, 7, "second") and store.earn(bob, MAX_BALANCE, "too much"),
        lambda: store.record(ada, EVENT, Idempotency("key-2", "fingerprint")),
        lambda: store.record_many(bob, [EVENT, NewEvent("login", NOON)]),
        lambda: store.earn(4711, 1, "nobody"),
        lambda: store.earn(ada, 1, "last"),
    )

    assert sizes[:2] == [1, 8]
    assert isinstance(first, Recorded)
    assert (first.balance, first.replayed) == (5, False)
    assert again == Recorded(first.event_id, 5, replayed=True)
    assert isinstance(other, IdempotencyKeyReusedError)
    assert isinstance(overflow, BalanceOverflowError)
    assert isinstance(event, Recorded)
    assert isinstance(batch, list)
    assert isinstance(unknown, UnknownPlayerError)
    assert isinstance(second, Recorded)
    assert second.balance == 6
    assert store.event_counts(ada) == {"earn": 2, "level_complete": 1}
    assert store.event_counts(bob) == {"earn": 1, "level_complete": 1, "login": 1}
    # As the warehouse gets them: in the order in which they were carried out.
    of_ada = [event.event_id for event in store.recent_events(ada, 9)]
    assert of_ada == [second.event_id, event.event_id, first.event_id]
    store.close()


def test_event_of_an_unknown_player_fails_alone_in_a_commit_of_many(store: SqlStore) -> None:
    ada = store.register("ada", "hash").user_id
    key = Idempotency("key-1", "fingerprint")

    earned, stranger, again, recorded = together(
        store,
        lambda: store.earn(ada, 5, "first", key),
        lambda: store.record(4711, EVENT),
        lambda: store.earn(ada, 5, "first", key),
        lambda: store.record(ada, EVENT),
    )

    assert isinstance(stranger, UnknownPlayerError)
    assert isinstance(earned, Recorded)
    assert again == Recorded(earned.event_id, 5, replayed=True)
    assert isinstance(recorded, Recorded)
    assert store.event_counts(ada) == {"earn": 1, "level_complete": 1}


def test_as_many_readers_as_wanted_use_the_same_connections_again(url: str) -> None:
    store = SqlStore(url, readers=12)
    player = store.register("ada", "hash")
    opened: list[object] = []
    event.listen(store._read_engine, "connect", lambda *_: opened.append(1))
    start = threading.Barrier(12)

    def read() -> None:
        start.wait()
        for _ in range(50):
            assert store.get_player(player.user_id) == player

    with ThreadPoolExecutor(12) as pool:
        for reading in [pool.submit(read) for _ in range(12)]:
            reading.result()

    assert len(opened) <= 12
    store.close()
