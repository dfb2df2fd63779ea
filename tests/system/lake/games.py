"""What the tests of the lake share: a game whose events go there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import duckdb

from tests.warehouse.loader.shipping import Game
from warehouse.loader.lake import Lake, Pinned
from warehouse.loader.lake_destination import LakeDestination
from warehouse.loader.loader import Loader
from warehouse.store.clock import Clock, utc_now


@dataclass(frozen=True)
class LakeGame(Game):
    """A game with a lake, which `query` asks in place of the warehouse."""

    lake: Lake

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "EVENTS_URI": str(self.lake)}

    def loader(
        self,
        batch_size: int | None = None,
        *,
        clock: Clock = utc_now,
        after_commit: Callable[[], None] = lambda: None,
    ) -> Loader:
        """Make a loader whose `clock` is called between reading the lake and writing to it."""
        return Loader(
            self.outbox,
            self.warehouse,
            destination=LakeDestination(self.lake, clock),
            batch_size=batch_size,
            max_wait_seconds=20,
            after_commit=after_commit,
        )

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return ask(self.lake.pin(), sql)

    def assert_all_arrived(self) -> None:
        assert self.shipped_ids() == self.stored_ids()
        assert self.outbox.backlog().event_count == 0
        self.assert_money_holds()


def ask(pinned: Pinned, sql: str) -> list[tuple[Any, ...]]:
    """Ask a state of the lake."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("create schema raw")
        connection.execute(f"create view raw.game_events as {pinned.events_sql}")
        connection.execute(f"create view raw.players as {pinned.players_sql}")
        return connection.execute(sql).fetchall()
