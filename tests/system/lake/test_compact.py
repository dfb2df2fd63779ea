"""`python -m warehouse compact`: few files, the same rows, and no conflict with others."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from tests.system.lake.games import LakeGame, ask
from warehouse.cli import main
from warehouse.loader.lake import EVENTS_TABLE, PLAYERS_TABLE
from warehouse.operations.compact import compact

ALL = "select * from raw.game_events order by event_id"


def parquet_files(game: LakeGame) -> list[Path]:
    """All data files that are on the disk."""
    return sorted(Path(str(game.lake)).rglob("*.parquet"))


def test_it_merges_files_and_sums_the_log_up(
    game: LakeGame, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    game.play(game.register("ann", "bob"), 12)
    game.loader(2).ship_all()
    pinned, rows, files = game.lake.pin(), game.query(ALL), parquet_files(game)
    for name, text in game.environment.items():
        monkeypatch.setenv(name, text)
    assert main(["compact"]) == 0
    assert "game_events: merged 6 files into 1, removed 0 old files" in capsys.readouterr().out
    after = game.lake.pin()
    assert (len(after.event_files), len(after.player_files)) == (1, 1)
    assert after.batch_number == pinned.batch_number
    assert game.query(ALL) == rows
    # A build that has begun before still finds its files.
    assert ask(pinned, ALL) == rows
    assert set(files) < set(parquet_files(game))
    assert list(Path(f"{game.lake}/game_events/_delta_log").glob("*.checkpoint.parquet"))
    # A second compaction changes nothing.
    main(["compact"])
    assert game.lake.pin().event_files == after.event_files
    game.play([1, 2], 5, seed=1)
    game.loader().ship_all()
    game.assert_all_arrived()


def test_files_go_when_they_are_old_those_of_lost_races_too(game: LakeGame) -> None:
    game.play(game.register("ann", "bob"), 6)
    game.loader(2).ship_all()
    rows = game.query(ALL)
    lost = Path(game.lake.pin().event_files[0]).with_name("part-of-a-lost-race.parquet")
    lost.write_bytes(b"")
    assert compact(game.lake, EVENTS_TABLE, keep_hours=1) is not None
    assert lost.exists()
    two_hours_ago = time.time() - 7200
    live = set(game.lake.pin().event_files)
    os.utime(lost, (two_hours_ago, two_hours_ago))
    done = compact(game.lake, EVENTS_TABLE, keep_hours=1)
    assert done is not None
    assert done.removed == 1
    assert not lost.exists()
    assert compact(game.lake, EVENTS_TABLE, keep_hours=0) is not None
    assert {str(file) for file in parquet_files(game) if "received_date" in str(file)} == live
    assert game.query(ALL) == rows


def test_the_loader_and_readers_go_on_meanwhile(game: LakeGame) -> None:
    """Both tables are compacted again and again while many small batches come."""
    game.play(game.register("ann", "bob", "cid"), 40)
    stop = threading.Event()
    failures: list[BaseException] = []

    def go_on_compacting() -> None:
        try:
            while not stop.is_set():
                for table in (EVENTS_TABLE, PLAYERS_TABLE):
                    compact(game.lake, table, keep_hours=1)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=go_on_compacting)
    thread.start()
    loader, states = game.loader(2), []
    while loader.ship_once():
        game.assert_money_holds()
        states.append((game.lake.pin(), len(game.shipped_ids())))
    stop.set()
    thread.join(30)
    assert failures == []
    game.assert_all_arrived()
    for pinned, count in states:
        assert ask(pinned, "select count(*) from raw.game_events") == [(count,)]


def test_without_a_lake_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("EVENTS_URI", raising=False)
    assert main(["compact"]) == 2
    assert "EVENTS_URI is not set" in capsys.readouterr().err


def test_a_lake_that_is_not_there_yet_is_no_error(
    game: LakeGame, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EVENTS_URI", str(game.lake))
    assert main(["compact"]) == 0
    assert "players: no table yet" in capsys.readouterr().out
    assert not Path(str(game.lake)).exists()
