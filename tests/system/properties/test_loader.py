"""Interruptions of the loader: each event arrives once, and balances always add up."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.system.properties.mortals import Mortals
from tests.system.properties.profile import examples
from tests.warehouse.loader.shipping import Game, event
from warehouse.database import WarehouseUnavailableError
from warehouse.loader.loader import Loader
from warehouse.loader.raw_tables import make_raw_tables
from warehouse.store.outbox import SqlOutbox
from warehouse.store.protocol import Batch, InsufficientBalanceError
from warehouse.store.sql_store import SqlStore

BATCH_SIZES = st.integers(1, 6)
PLAYERS = st.integers(0, 2)
# Coins to earn, or to spend if negative.
EARNS = st.lists(
    st.tuples(PLAYERS, st.sampled_from([1, 2, 5, 2**51, -1, -2, -5])), min_size=1, max_size=6
)


class PowerLossError(Exception):
    """Simulates a power loss: the loader loses its memory."""


def lose_power() -> None:
    """Simulate a power loss in the calling loader."""
    raise PowerLossError


class LoaderMachine(RuleBasedStateMachine):
    """Players earn and spend, and loaders with different batch sizes ship, fail and take over."""

    mortals: Mortals

    def __init__(self) -> None:
        """Create a separate game."""
        super().__init__()
        self._folder = TemporaryDirectory()
        folder = Path(self._folder.name)
        url = f"sqlite:///{folder}/store.sqlite"
        self._game = Game(url, SqlStore(url), SqlOutbox(url), folder / "data/game.duckdb")
        self._players: list[int] = []

    def teardown(self) -> None:
        """Ship the rest, and check that each event is present once."""
        try:
            if self._players:
                self._loader(3).ship_all()
                self.proves_itself()
                assert self._game.shipped_ids() == self._game.stored_ids()
                assert self._game.outbox.backlog().event_count == 0
                shipped = self._game.query("select user_id, balance from raw.players order by all")
                assert shipped == [(each, self._game.balance(each)) for each in self._players]
        finally:
            self._game.outbox.close()
            self._game.store.close()
            self._folder.cleanup()

    def _loader(self, batch_size: int) -> Loader:
        return Loader(self._game.outbox, self._game.warehouse, batch_size=batch_size)

    @initialize()
    def begin(self) -> None:
        """Start with one player."""
        self.register()

    @precondition(lambda self: len(self._players) < 4)
    @rule()
    def register(self) -> None:
        """Register a player without coins."""
        self._players += self._game.register(f"player {len(self._players)}")

    @rule(earns=EARNS)
    def earn(self, earns: list[tuple[int, int]]) -> None:
        """Players earn up to the maximum balance, and spend what they have."""
        for place, amount in earns:
            player = self._players[place % len(self._players)]
            balance = self._game.balance(player)
            if amount > 0:
                self._game.store.earn(player, amount if balance < 2**52 else 1, "quest")
            elif balance >= -amount:
                self._game.store.spend(player, -amount, "sword")
            else:
                with pytest.raises(InsufficientBalanceError):
                    self._game.store.spend(player, -amount, "sword")

    @rule(count=st.integers(1, 4))
    def report(self, count: int) -> None:
        """Record events without coins, some of them anonymous."""
        for number in range(count):
            player = None if number % 2 else self._players[number % len(self._players)]
            self._game.store.record(player, event("deep_link", "{}"))

    @rule(batch_size=BATCH_SIZES)
    def ship_once(self, batch_size: int) -> None:
        """Ship one batch."""
        self._loader(batch_size).ship_once()

    @rule(batch_size=BATCH_SIZES)
    def ship_all(self, batch_size: int) -> None:
        """Ship the backlog."""
        self._loader(batch_size).ship_all()
        assert self._game.outbox.backlog().event_count == 0

    @rule(batch_size=BATCH_SIZES, is_committed=st.booleans())
    def stumble(self, batch_size: int, is_committed: bool) -> None:
        """A loader loses power before or after its commit, without marking its batch as shipped."""
        before = self._game.outbox.backlog()
        crash = {"after_commit": lose_power} if is_committed else {"clock": lose_power}
        with suppress(PowerLossError):
            Loader(
                self._game.outbox,
                self._game.warehouse,
                batch_size=batch_size,
                **crash,  # type: ignore[arg-type]
            ).ship_once()
        assert self._game.outbox.backlog() == before

    @rule(batch_size=BATCH_SIZES, other_size=BATCH_SIZES, batches=st.integers(1, 4), earns=EARNS)
    def take_over(
        self, batch_size: int, other_size: int, batches: int, earns: list[tuple[int, int]]
    ) -> None:
        """A loader sleeps before marking its batch while another loader ships."""

        def others_go_on() -> None:
            self.earn(earns)
            for _ in range(batches):
                self._loader(other_size).ship_once()
                self.proves_itself()

        Loader(
            self._game.outbox,
            self._game.warehouse,
            batch_size=batch_size,
            after_commit=others_go_on,
        ).ship_once()

    @rule(batch_size=BATCH_SIZES, other_size=BATCH_SIZES, batches=st.integers(1, 4), earns=EARNS)
    def wake_up_late(
        self, batch_size: int, other_size: int, batches: int, earns: list[tuple[int, int]]
    ) -> None:
        """A loader sleeps between reading and writing its batch, which is outdated then."""

        class Asleep(SqlOutbox):
            def next_batch(outbox, limit: int) -> Batch:  # noqa: N805 (`self` is the machine)
                batch = super().next_batch(limit)
                self.earn(earns)
                for _ in range(batches):
                    self._loader(other_size).ship_once()
                return batch

        asleep = Asleep(self._game.url)
        try:
            Loader(asleep, self._game.warehouse, batch_size=batch_size).ship_once()
        finally:
            asleep.close()

    @rule(
        batch_size=BATCH_SIZES,
        moment=st.sampled_from(["before_commit", "before_marking", "after_marking"]),
        turn=st.integers(0, 2),
    )
    def be_killed(self, batch_size: int, moment: str, turn: int) -> None:
        """A loader in another process is killed, unless it ships everything first."""
        mortal = self.mortals.start(
            "ship", self._game.url, str(self._game.warehouse), batch_size, moment, turn
        )
        assert list(mortal.said()) == []

    @precondition(lambda self: self._game.warehouse.exists())
    @rule(is_reader=st.booleans(), batch_size=BATCH_SIZES, earns=EARNS)
    def wait_for_others(
        self, is_reader: bool, batch_size: int, earns: list[tuple[int, int]]
    ) -> None:
        """Another process holds the warehouse: the store goes on, and nothing ships meanwhile."""
        mortal = self.mortals.start("hold", str(self._game.warehouse), is_reader)
        try:
            assert next(mortal.said()) == ["held"]
            self.earn(earns)
            before = self._game.outbox.backlog()
            loader = Loader(
                self._game.outbox, self._game.warehouse, batch_size=batch_size, max_wait_seconds=0
            )
            with pytest.raises(WarehouseUnavailableError, match="is still locked by"):
                loader.ship_once()
            assert self._game.outbox.backlog() == before
        finally:
            # Otherwise the next job would wait for this one.
            rest = mortal.kill()
        assert rest == []

    @rule()
    def be_built(self) -> None:
        """A build creates missing tables."""
        self._game.warehouse.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(self._game.warehouse)) as warehouse:
            make_raw_tables(warehouse)

    @invariant()
    def proves_itself(self) -> None:
        """A reader sees no duplicate events, no events that the store lacks, and exact balances."""
        if not self._game.warehouse.exists():
            return
        try:
            shipped = self._game.shipped_ids()
        except duckdb.CatalogException:  # killed before it created the tables
            return
        assert len(set(shipped)) == len(shipped)
        assert set(shipped) <= set(self._game.stored_ids())
        self._game.assert_money_holds()


def test_every_event_arrives_once_and_balances_always_add_up(mortals: Mortals) -> None:
    LoaderMachine.mortals = mortals
    run_state_machine_as_test(LoaderMachine, settings=examples(short=6, long=200, steps=15))
