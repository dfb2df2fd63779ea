"""The commands of those who run it, on PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.support.harness import ROOT
from tests.system.postgres.server import PostgresServer
from tests.warehouse.loader.shipping import Game, event
from warehouse.cli import main
from warehouse.loader.loader import Loader
from warehouse.store.outbox import SqlOutbox
from warehouse.store.sql_store import SqlStore

OLD = datetime.now(UTC) - timedelta(days=30)


@pytest.fixture
def game(postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Game:
    """A game that was played and shipped, with the settings of its commands."""
    url = postgres.empty_store()
    store, outbox = SqlStore(url, clock=lambda: OLD), SqlOutbox(url)
    game = Game(url, store, outbox, tmp_path / "game.duckdb")
    players = game.register("ann", "bob")
    for _ in range(20):
        store.earn(players[1], 3, "quest")
    store.record_many(players[0], [event("step")] * 150)
    for _ in range(110):
        store.record(None, event("click"))
    Loader(outbox, game.warehouse).ship_all()
    store.close()
    outbox.close()
    for name, value in game.environment.items():
        monkeypatch.setenv(name, value)
    return game


def test_verify_load_all_prune_and_erase(game: Game, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify"]) == 0
    with duckdb.connect(str(game.warehouse)) as warehouse:
        warehouse.execute("delete from raw.game_events where event_type = 'earn'")
    assert main(["verify"]) == 1
    assert main(["load", "--all"]) == 0
    assert main(["verify"]) == 0
    capsys.readouterr()
    assert main(["prune", "--older-than", "9"]) == 0
    # 50 of one player and 10 clicks: the newest hundred of each stay, and all that was earned.
    assert "Removed 60 events" in capsys.readouterr().out
    assert main(["verify"]) == 0
    assert main(["erase", "1"]) == 0
    assert main(["load"]) == 0
    assert main(["verify"]) == 0
    with duckdb.connect(str(game.warehouse)) as warehouse:
        names = warehouse.execute("select username from raw.players order by user_id").fetchall()
    assert names[0][0].startswith("erased player 1 at ")
    assert names[1] == ("bob",)


def test_a_store_from_a_dump_gets_a_new_id(game: Game, capsys: pytest.CaptureFixture[str]) -> None:
    """After `adopt --new-id`, tokens from after the dump are invalid."""
    with closing(SqlStore(game.url)) as store:
        old_id = store.store_id()
        assert main(["adopt", "--new-id"]) == 0
        assert store.store_id() != old_id
        assert store.store_id() in capsys.readouterr().out
        store.record(1, event("click"))
    assert main(["load"]) == 0
    assert main(["verify"]) == 0


@pytest.mark.parametrize("words", [["backup", "--to", "backups"], ["restore", "backups/one"]])
def test_copying_is_left_to_the_tools_of_the_database(game: Game, words: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "warehouse", *words],
        cwd=ROOT,
        env={**os.environ, **game.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert "pg_dump" in run.stderr
    assert "Traceback" not in run.stderr
