"""What the tests of the loader share: a game to play, and programs that hold its warehouse."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import duckdb

from warehouse.store.outbox import SqlOutbox
from warehouse.store.protocol import Batch, NewEvent
from warehouse.store.sql_store import SqlStore

MOMENT = datetime(2026, 1, 30, 12, 0, tzinfo=UTC)
HOLD = """
import duckdb, sys
held = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "reader")
print("held", flush=True)
sys.stdin.read()
"""
# Balances as shipped, beside what the shipped `earn` and `spend` events add up to.
MONEY = """
select user_id, balance, coalesce(moved, 0)::bigint
from raw.players
left join (
    select
        user_id,
        sum((meta ->> 'amount')::bigint * if(event_type = 'spend', -1, 1)) as moved
    from raw.game_events
    where event_type in ('earn', 'spend')
    group by user_id
) using (user_id)
order by user_id
"""
ORPHANS = """
select event_id
from raw.game_events anti join raw.players using (user_id)
where user_id is not null
"""


@dataclass(frozen=True)
class Game:
    """A store with its outbox, and a warehouse that may not exist yet."""

    url: str
    store: SqlStore
    outbox: SqlOutbox
    warehouse: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"STORE_URL": self.url, "WAREHOUSE_PATH": str(self.warehouse)}

    def register(self, *usernames: str) -> list[int]:
        """Register players; returns their ids."""
        return [self.store.register(name, "a hash").user_id for name in usernames]

    def play(self, players: list[int], event_count: int, seed: int = 7) -> None:
        """Let random players earn and spend, with a few other events in between."""
        random = Random(seed)
        for _ in range(event_count):
            player = random.choice(players)
            kind = random.random()
            if kind < 0.2:
                level = f'{{"level": {random.randint(1, 9)}}}'
                self.store.record_many(player, [event("level_up", level)])
            elif kind < 0.6 and (balance := self.balance(player)):
                self.store.spend(player, random.randint(1, balance), "sword")
            else:
                self.store.earn(player, random.randint(1, 10**12), "quest")

    def balance(self, user_id: int) -> int:
        """The balance in the store."""
        player = self.store.get_player(user_id)
        assert player is not None
        return player.balance

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Query the warehouse, while no loader of this process has it open to write."""
        deadline = time.monotonic() + 30
        while True:
            try:
                with duckdb.connect(str(self.warehouse), read_only=True) as warehouse:
                    return warehouse.execute(sql).fetchall()
            except duckdb.ConnectionException:
                assert time.monotonic() < deadline, "a loader holds the warehouse"
                time.sleep(0.01)

    def shipped_ids(self) -> list[str]:
        """The ids of all events in the warehouse, repeated ones included."""
        return [row[0] for row in self.query("select event_id from raw.game_events order by all")]

    def stored_ids(self) -> list[str]:
        """The ids of all events in the store."""
        return sorted(event.event_id for event in self.store.recent_events(None, 10**6))

    def assert_money_holds(self) -> None:
        """Every balance in the warehouse is the earns less the spends there."""
        assert [row for row in self.query(MONEY) if row[1] != row[2]] == []
        assert self.query(ORPHANS) == []


class Late:
    """The outbox of a loader that was asleep since it read a batch."""

    def __init__(self, outbox: SqlOutbox, batch: Batch) -> None:
        self._batch = batch
        self.mark_shipped = outbox.mark_shipped
        self.ship_again = outbox.ship_again
        self.backlog = outbox.backlog
        self.close = outbox.close

    def next_batch(self, _: int) -> Batch:
        return self._batch


def event(event_type: str, meta: str | None = None) -> NewEvent:
    """An event that happened at MOMENT."""
    return NewEvent(event_type, MOMENT, meta)


@contextmanager
def held(warehouse: Path, by: str) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold the warehouse, as a `writer` or as a `reader`."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(warehouse), by],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.communicate()


def eventually(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something is so; fail where it is not so after a long time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)
