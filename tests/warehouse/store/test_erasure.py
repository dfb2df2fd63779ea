"""An erasure in one process, while others write for the same player."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime

from tests.warehouse.store.old import make_old_store
from tests.warehouse.store.test_sql_store import together
from warehouse.store.outbox import SqlOutbox
from warehouse.store.protocol import Idempotency, NewEvent, Recorded, UnknownPlayerError
from warehouse.store.sql_store import SqlStore

SECRET = NewEvent("chat", datetime(2026, 1, 30, tzinfo=UTC), '{"text": "secret"}')


def test_events_that_meet_an_erasure_are_erased_or_refused(database_url: str) -> None:
    with closing(SqlStore(database_url)) as here, closing(SqlStore(database_url)) as there:
        ann = here.register("ann", "a hash").user_id

        def until_refused(write: Callable[[int], object]) -> int:
            count = 0
            with suppress(UnknownPlayerError):
                while True:
                    write(count)
                    count += 1
            return count

        with ThreadPoolExecutor(4) as pool:
            writers = [
                pool.submit(until_refused, write)
                for write in (
                    lambda n: there.record(ann, SECRET, Idempotency(f"secret-{n}", "x")),
                    lambda _: there.record_many(ann, [SECRET] * 3),
                    lambda _: there.earn(ann, 3, "secret"),
                    lambda _: here.record(ann, SECRET),
                )
            ]
            while len(there.recent_events(ann, 60)) < 60:
                assert not any(writer.done() for writer in writers)
            here.erase(ann, "a hash")
            singles, batches, earns, others = (writer.result() for writer in writers)

        stored = there.recent_events(ann, 10**6)
        assert len(stored) == singles + 3 * batches + earns + others
        assert {event.meta for event in stored} <= {None, json.dumps({"amount": 3})}
        assert there.keys_of(ann, 10**6) == []
    with closing(SqlOutbox(database_url)) as outbox:
        players = outbox.next_batch(10**6).players
    assert (players.user_id, players.balance) == ([ann], [3 * earns])


def test_events_in_the_commit_of_an_erasure_are_erased_or_refused(store: SqlStore) -> None:
    ann, bob = store.register("ann", "a hash").user_id, store.register("bob", "a hash").user_id
    writes: list[Callable[[], object]] = [
        lambda: store.record(ann, SECRET, Idempotency("secret", "x")),
        lambda: store.record_many(ann, [SECRET] * 3),
        lambda: store.earn(ann, 5, "secret"),
        lambda: store.spend(ann, 2, "secret"),
    ]

    *outcomes, of_bob = together(
        store,
        *writes,
        lambda: store.erase(ann, "a hash"),
        *writes,
        lambda: store.record(bob, SECRET),
    )

    assert [type(outcome) for outcome in outcomes[5:]] == [UnknownPlayerError] * 4
    stored = store.recent_events(ann, 10)
    assert len(stored) == 6
    assert "secret" not in repr(stored)
    assert store.keys_of(ann, 10) == []
    assert isinstance(of_bob, Recorded)


def test_player_of_an_older_store_can_be_erased(database_url: str) -> None:
    make_old_store(database_url, "0003")
    with closing(SqlStore(database_url)) as store:
        ann = store.register("ann", "a hash").user_id
        store.erase(ann, "a hash")
        assert store.find_player("ann") is None
        assert store.get_player(ann) is None
