"""What the loader gets: everything once, and a money proof that holds on every batch."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from random import Random

import pytest

from api.store.outbox import SqlOutbox
from api.store.protocol import Backlog, NewEvent
from api.store.sql_store import SqlStore
from tests.store.conftest import FakeClock

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_nothing_waits_in_an_empty_store(outbox: SqlOutbox) -> None:
    batch = outbox.next_batch(10)
    assert (batch.events, batch.players) == ([], [])
    assert outbox.backlog() == Backlog(0, None)


def test_events_come_oldest_first_until_they_are_marked(store: SqlStore, outbox: SqlOutbox) -> None:
    player = store.register("ada", "hash")
    ids = [store.record(player.user_id, NewEvent("e", NOON)).event_id for _ in range(5)]
    first = outbox.next_batch(3)
    assert [event.event_id for event in first.events] == ids[:3]
    assert outbox.next_batch(3) == first
    outbox.mark_shipped(first)
    outbox.mark_shipped(first)
    assert [event.event_id for event in outbox.next_batch(3).events] == ids[3:]
    assert outbox.backlog().event_count == 2


def test_player_without_events_is_shipped_once(store: SqlStore, outbox: SqlOutbox) -> None:
    player = store.register("ada", "hash")
    batch = outbox.next_batch(10)
    assert [(p.user_id, p.username, p.balance) for p in batch.players] == [
        (player.user_id, "ada", 0)
    ]
    assert not hasattr(batch.players[0], "password_hash")
    outbox.mark_shipped(batch)
    assert outbox.next_batch(10).players == []


def test_anonymous_click_concerns_no_player(store: SqlStore, outbox: SqlOutbox) -> None:
    store.record(None, NewEvent("deep_link", NOON, '{"character": "x"}'))
    batch = outbox.next_batch(10)
    assert [event.user_id for event in batch.events] == [None]
    assert batch.players == []


def test_backlog_tells_the_age_of_its_oldest_event(
    store: SqlStore, outbox: SqlOutbox, clock: FakeClock
) -> None:
    clock.now = NOON
    store.record(None, NewEvent("a", NOON))
    clock.now = NOON.replace(hour=13)
    store.record(None, NewEvent("b", NOON))
    assert outbox.backlog() == Backlog(2, NOON)


@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_money_proof_holds_after_every_batch(
    store: SqlStore, outbox: SqlOutbox, limit: int
) -> None:
    """Batches cut through the backlog while more is earned."""
    random = Random(limit)
    users = [store.register(f"player-{number}", "hash").user_id for number in range(5)]
    earned: dict[int, int] = defaultdict(int)
    balances: dict[int, int] = {}
    amounts: dict[str, int] = {}
    for _ in range(60):
        for _ in range(random.randrange(4)):
            amount = random.randrange(1, 100)
            user_id = random.choice(users)
            amounts[store.earn(user_id, amount, "r").event_id] = amount
            store.record(user_id, NewEvent("noise", NOON))
        batch = outbox.next_batch(limit)
        for event in batch.events:
            if event.event_type == "earn" and event.user_id is not None:
                earned[event.user_id] += amounts[event.event_id]
        balances |= {player.user_id: player.balance for player in batch.players}
        assert balances == {user_id: earned[user_id] for user_id in balances}
        outbox.mark_shipped(batch)
    while (batch := outbox.next_batch(limit)).events:
        outbox.mark_shipped(batch)
        balances |= {player.user_id: player.balance for player in batch.players}
    assert sum(balances.values()) == sum(amounts.values())
