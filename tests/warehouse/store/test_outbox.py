"""What the loader gets: everything once, and a money proof that holds on every batch."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from random import Random

import pytest

from tests.warehouse.store.conftest import FakeClock
from warehouse.store.outbox import SqlOutbox
from warehouse.store.protocol import Backlog, NewEvent, ShippedPlayers
from warehouse.store.sql_store import SqlStore

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_nothing_waits_in_an_empty_store(outbox: SqlOutbox) -> None:
    batch = outbox.next_batch(10)
    assert (len(batch.events), len(batch.players)) == (0, 0)
    assert outbox.backlog() == Backlog(0, None)


def test_events_come_oldest_first_until_they_are_marked(store: SqlStore, outbox: SqlOutbox) -> None:
    player = store.register("ada", "hash")
    ids = [store.record(player.user_id, NewEvent("e", NOON)).event_id for _ in range(5)]
    first = outbox.next_batch(3)
    assert first.events.event_id == ids[:3]
    assert outbox.next_batch(3) == first
    outbox.mark_shipped(first)
    outbox.mark_shipped(first)
    assert outbox.next_batch(3).events.event_id == ids[3:]
    assert outbox.backlog().event_count == 2


def test_player_without_events_is_shipped_once(store: SqlStore, outbox: SqlOutbox) -> None:
    player = store.register("ada", "hash")
    batch = outbox.next_batch(10)
    created_at = int(NOON.timestamp() * 1_000_000)
    assert batch.players == ShippedPlayers([player.user_id], ["ada"], [created_at], [0])
    outbox.mark_shipped(batch)
    assert len(outbox.next_batch(10).players) == 0


def test_anonymous_click_concerns_no_player(store: SqlStore, outbox: SqlOutbox) -> None:
    store.record(None, NewEvent("deep_link", NOON, '{"character": "x"}'))
    batch = outbox.next_batch(10)
    assert batch.events.user_id == [None]
    assert len(batch.players) == 0


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
        for event_id, player in zip(batch.events.event_id, batch.events.user_id, strict=True):
            if event_id in amounts and player is not None:
                earned[player] += amounts[event_id]
        balances |= dict(zip(batch.players.user_id, batch.players.balance, strict=True))
        assert balances == {user_id: earned[user_id] for user_id in balances}
        outbox.mark_shipped(batch)
    while (batch := outbox.next_batch(limit)).events:
        outbox.mark_shipped(batch)
        balances |= dict(zip(batch.players.user_id, batch.players.balance, strict=True))
    assert sum(balances.values()) == sum(amounts.values())
