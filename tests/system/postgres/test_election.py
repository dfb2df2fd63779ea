"""One loader is elected by all processes on a database; when it is gone, another one is."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.harness import ROOT
from tests.system.postgres.server import PostgresServer
from tests.warehouse.loader.shipping import Game, Late, event, eventually
from warehouse.loader.loader import Loader
from warehouse.store.advisory_lock import PostgresElection
from warehouse.store.election import election_of
from warehouse.store.engine import open_engine
from warehouse.store.outbox import SqlOutbox
from warehouse.store.postgres import LOADER_LOCK
from warehouse.store.sql_store import SqlStore

FAIL_OVER_SECONDS = 10


@pytest.fixture
def game(postgres: PostgresServer, tmp_path: Path) -> Iterator[Game]:
    """A game without players, on PostgreSQL."""
    url = postgres.empty_store()
    store, outbox = SqlStore(url), SqlOutbox(url)
    yield Game(url, store, outbox, tmp_path / "data/game.duckdb")
    outbox.close()
    store.close()


class Loaders:
    """Processes that ship the same store to the same warehouse, and say when they are elected."""

    def __init__(self, game: Game) -> None:
        self._game = game
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "warehouse", "load", "--follow", "--interval", "0.1"],
            cwd=ROOT,
            env={"PATH": "", "PYTHONUNBUFFERED": "1", **self._game.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.processes.append(process)
        return process

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def loaders(game: Game) -> Iterator[Loaders]:
    """Loaders of the game."""
    loaders = Loaders(game)
    yield loaders
    loaders.end()


def test_one_of_two_is_elected_until_it_resigns(game: Game) -> None:
    first, second = PostgresElection(game.url), PostgresElection(game.url)
    assert first.leader() == ""
    assert (first.try_acquire(), second.try_acquire()) == (True, False)
    assert (first.try_acquire(), second.try_acquire()) == (True, False)
    assert "gamehouse PID" in second.leader()
    second.resign()
    assert not second.try_acquire()
    first.resign()
    # The server takes a moment to see that a connection is closed.
    eventually(second.try_acquire)
    assert not first.try_acquire()
    second.resign()
    first.resign()


def test_election_depends_on_where_the_store_is(game: Game, tmp_path: Path) -> None:
    assert isinstance(election_of(game.url, game.warehouse), PostgresElection)
    beside = election_of(f"sqlite:///{tmp_path}/store.sqlite", game.warehouse)
    assert not isinstance(beside, PostgresElection)


def test_other_locks_and_other_schemas_do_not_collide(game: Game) -> None:
    engine = open_engine(game.url, writes=True)
    with engine.begin() as others:
        others.execute(text("create schema other"))
        others.execute(text(f"select pg_advisory_lock({LOADER_LOCK})"))
        others.execute(text(f"select pg_advisory_lock({LOADER_LOCK}, 1)"))
    elsewhere = PostgresElection(f"{game.url}&options=-c%20search_path%3Dother")
    here = PostgresElection(game.url)
    assert (here.try_acquire(), elsewhere.try_acquire()) == (True, True)
    here.resign()
    elsewhere.resign()
    with engine.begin() as others:
        others.execute(text("drop schema other"))
    engine.dispose()


def test_lost_lock_is_noticed_before_the_next_batch(postgres: PostgresServer, game: Game) -> None:
    first, second = PostgresElection(game.url), PostgresElection(game.url)
    assert first.try_acquire()
    postgres.execute(
        "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted"
    )
    eventually(second.try_acquire)
    assert not first.try_acquire()
    second.resign()
    first.resign()


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM])
def test_another_ships_within_ten_seconds(
    game: Game, loaders: Loaders, ending: signal.Signals
) -> None:
    """Another loader is elected after a crash or a suspension of the leader."""
    player = game.register("ann")
    first = loaders.start()
    eventually(lambda: not game.outbox.next_batch(1).players)
    assert f"PID {first.pid} " in incumbent_of(game)
    second = loaders.start()
    eventually(lambda: _stands_by(game, second))
    game.play(player, 5)
    # The leader is idle then: suspended during a write, it would also lock the file.
    eventually(lambda: game.outbox.backlog().event_count == 0)
    first.send_signal(ending)
    game.play(player, 5, seed=1)
    began = time.monotonic()
    eventually(lambda: game.outbox.backlog().event_count == 0)
    assert time.monotonic() - began < FAIL_OVER_SECONDS
    if ending is signal.SIGSTOP:
        assert f"PID {second.pid} " in incumbent_of(game)
        # It comes to itself, and finds another in charge.
        first.send_signal(signal.SIGCONT)
        game.play(player, 5, seed=2)
        eventually(lambda: game.outbox.backlog().event_count == 0)
        eventually(lambda: _stands_by(game, first))
        assert f"PID {second.pid} " in incumbent_of(game)
    assert game.shipped_ids() == game.stored_ids()
    game.assert_money_holds()


def incumbent_of(game: Game) -> str:
    """Name who is elected."""
    election = PostgresElection(game.url)
    try:
        return election.leader()
    finally:
        election.resign()


def _stands_by(game: Game, process: subprocess.Popen[bytes]) -> bool:
    """Tell whether a process has tried to get the lock."""
    engine = open_engine(game.url, writes=False, snapshots=False)
    with engine.connect() as connection:
        tried = connection.execute(
            text(
                "select 1 from pg_stat_activity where application_name like :name"
                " and query like '%pg_try_advisory_lock%'"
            ),
            {"name": f"%PID {process.pid} %"},
        ).first()
    engine.dispose()
    return tried is not None


def test_who_was_asleep_with_a_batch_does_no_harm(game: Game) -> None:
    """It read a batch when it was elected, and inserts and marks it when another has shipped it."""
    player = game.register("ann", "bob")
    game.play(player, 20)
    early = game.outbox.next_batch(5)
    Loader(game.outbox, game.warehouse).ship_all()
    game.play(player, 5, seed=1)
    game.store.record(None, event("click"))

    assert Loader(Late(game.outbox, early), game.warehouse).ship_once() == len(early.events) + len(
        early.players
    )
    game.assert_money_holds()
    Loader(game.outbox, game.warehouse).ship_all()
    game.assert_money_holds()
    assert game.shipped_ids() == game.stored_ids()
