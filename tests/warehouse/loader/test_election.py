"""Exactly one loader is elected, also when the elected one dies."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.harness import ROOT
from tests.warehouse.loader.shipping import Game, Late, event, eventually
from warehouse.database import WarehouseUnavailableError
from warehouse.loader.loader import Loader
from warehouse.store.election import FileElection
from warehouse.store.protocol import Batch

ELECTED = """
import sys
from pathlib import Path
from warehouse.store.election import FileElection
election = FileElection(Path(sys.argv[1]))
print(election.try_acquire(), flush=True)
sys.stdin.read()
"""
FOLLOW = """
import sys, threading
from pathlib import Path
from warehouse.store.outbox import SqlOutbox
from warehouse.loader.loader import Loader
loader = Loader(SqlOutbox(sys.argv[1]), Path(sys.argv[2]), interval_seconds=0.05)
loader.run(threading.Event())
"""


def _stand_elsewhere(warehouse: Path) -> tuple[subprocess.Popen[str], bool]:
    process = subprocess.Popen(
        [sys.executable, "-c", ELECTED, str(warehouse)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, process.stdout.readline() == "True\n"


def test_one_of_two_in_a_process_is_elected_until_it_resigns(tmp_path: Path) -> None:
    warehouse = tmp_path / "not/there/yet/game.duckdb"
    first, second = FileElection(warehouse), FileElection(warehouse)
    assert first.leader() == ""
    assert (first.try_acquire(), second.try_acquire()) == (True, False)
    assert (first.try_acquire(), second.try_acquire()) == (True, False)
    second.resign()
    assert not second.try_acquire()
    first.resign()
    assert (second.try_acquire(), first.try_acquire()) == (True, False)
    second.resign()


def test_other_warehouses_have_other_loaders(tmp_path: Path) -> None:
    elections = [FileElection(tmp_path / name) for name in ("a.duckdb", "b.duckdb")]
    assert [election.try_acquire() for election in elections] == [True, True]
    for election in elections:
        election.resign()


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGTERM])
def test_death_of_the_elected_process_lets_another_be_elected(
    tmp_path: Path, kill: signal.Signals
) -> None:
    warehouse = tmp_path / "game.duckdb"
    process, is_elected = _stand_elsewhere(warehouse)
    election = FileElection(warehouse)
    assert is_elected
    assert not election.try_acquire()
    assert election.leader() == f"PID {process.pid}"
    process.send_signal(kill)
    process.communicate()
    assert election.try_acquire()
    other, is_elected = _stand_elsewhere(warehouse)
    assert not is_elected
    other.communicate()
    election.resign()


def test_standby_ships_when_the_loader_is_killed(game: Game) -> None:
    players = game.register("ann", "bob")
    lock = FileElection(game.warehouse)
    loaders: dict[int, subprocess.Popen[bytes]] = {}
    try:
        for _ in range(2):
            command = [sys.executable, "-c", FOLLOW, game.url, str(game.warehouse)]
            process = subprocess.Popen(command, cwd=ROOT)
            loaders[process.pid] = process
        eventually(lambda: not game.outbox.next_batch(1).players)
        first = int(lock.leader().removeprefix("PID "))
        game.play(players, 10)
        loaders[first].kill()
        loaders[first].wait()
        game.play(players, 10, seed=1)
        eventually(lambda: game.outbox.backlog().event_count == 0)
        assert lock.leader() == f"PID {next(pid for pid in loaders if pid != first)}"
    finally:
        for process in loaders.values():
            process.kill()
            process.wait()
    assert game.shipped_ids() == game.stored_ids()
    game.assert_money_holds()


def test_two_that_ship_in_spite_of_the_election_do_no_harm(game: Game) -> None:
    """A batch that was read before another loader shipped it, and more, arrives late."""
    players = game.register("ann", "bob")
    game.play(players, 20)
    early = game.outbox.next_batch(5)
    Loader(game.outbox, game.warehouse).ship_all()

    assert Loader(Late(game.outbox, early), game.warehouse).ship_once() == len(early.events) + len(
        early.players
    )
    game.assert_money_holds()
    assert game.shipped_ids() == game.stored_ids()


def test_ship_all_leaves_it_to_the_elected_loader(game: Game) -> None:
    game.play(game.register("ann"), 3)
    process, _ = _stand_elsewhere(game.warehouse)
    loader = Loader(game.outbox, game.warehouse, max_wait_seconds=0.2)
    with pytest.raises(WarehouseUnavailableError, match=rf"Another loader \(PID {process.pid}\)"):
        loader.ship_all()
    assert not game.warehouse.exists()
    Loader(game.outbox, game.warehouse).ship_once()
    loader.ship_all()
    process.communicate()
    assert loader.status.event_count == 0


class Busy:
    """The outbox of a standby loader: at each look, the leader has shipped an event."""

    def __init__(self, game: Game) -> None:
        """Wrap the outbox of a game in which a player creates a new event after each shipment."""
        self._game = game
        self._elected = Loader(game.outbox, game.warehouse, batch_size=1)
        self.mark_shipped = game.outbox.mark_shipped
        self.ship_again = game.outbox.ship_again
        self.backlog = game.outbox.backlog
        self.close = game.outbox.close

    def next_batch(self, limit: int) -> Batch:
        self._elected.ship_once()
        self._game.store.record(1, event("step"))
        return self._game.outbox.next_batch(limit)


def test_ship_all_waits_for_another_loader_that_gets_on_but_not_for_what_comes_later(
    game: Game,
) -> None:
    game.play(game.register("ann"), 20)
    before = set(game.stored_ids())
    process, _ = _stand_elsewhere(game.warehouse)
    Loader(Busy(game), game.warehouse, max_wait_seconds=0.01).ship_all()
    process.communicate()
    assert before <= set(game.shipped_ids())
    assert game.outbox.backlog().event_count > 0
