"""Builds on the lake: the same reports, of one state, and a clear message without a lake."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.harness import Project
from tests.system.lake.games import LakeGame, ask
from tests.warehouse.loader.shipping import MOMENT
from warehouse.loader.lake import EVENTS_TABLE, Lake
from warehouse.loader.loader import Loader
from warehouse.operations.compact import compact
from warehouse.store.outbox import SqlOutbox
from warehouse.store.protocol import NewEvent
from warehouse.store.sql_store import SqlStore

MARTS = ("dim_players", "fct_player_events_daily", "fct_coins_daily", "fct_deep_links")


@pytest.fixture
def played(good: Project, tmp_path: Path) -> LakeGame:
    """A game whose store has shipped everything to the warehouse of a project, and to its lake."""
    url = f"sqlite:///{good.root}/warehouse/gamehouse.store.sqlite"
    game = LakeGame(url, SqlStore(url), SqlOutbox(url), good.warehouse, Lake(f"{tmp_path}/lake"))
    game.play(game.register("ann", "bob"), 20)
    for character in ("knight", "dragon", "knight"):
        game.store.record(1, NewEvent("deep_link", MOMENT, f'{{"character": "{character}"}}'))
    Loader(game.outbox, game.warehouse).ship_all()
    game.outbox.ship_again()
    game.loader(8).ship_all()
    return game


def marts(project: Project) -> list[list[tuple[object, ...]]]:
    """What the builds made of the events."""
    return [project.query(f"select * from marts.{mart} order by all") for mart in MARTS]  # noqa: S608


def test_a_build_on_the_lake_is_the_build_on_the_file(good: Project, played: LakeGame) -> None:
    lake = {"EVENTS_URI": str(played.lake)}
    run = good.build()
    assert run.exit_code == 0, run.output
    in_file, reports = marts(good), good.report_bytes()
    assert [row["clicks"] for row in good.report("deep_links")] == [1, 2]
    landed = good.query("select count(*) from raw.game_events")

    run = good.build(environment=lake)
    assert run.exit_code == 0, run.output
    assert f"Events of {played.lake}, as of batch 3: 3 files" in run.output
    assert marts(good) == in_file
    assert good.report_bytes() == reports

    # What the loader ships and a compaction merges after a build has begun, it does not see; the
    # table of the file is left as it is.
    played.play([1, 2], 5, seed=1)
    played.loader().ship_all()
    compact(played.lake, EVENTS_TABLE, keep_hours=1)
    assert good.query("select count(*) from staging.stg_api__events") == landed
    assert good.query("select count(*) from raw.game_events") == landed
    assert played.query("select count(*) from raw.game_events") == [(landed[0][0] + 5,)]

    check = [sys.executable, "-m", "warehouse", "check", "--checkpoint", "landed"]
    run = good.run(*check, environment=lake)
    assert "events_landed_once" in run.output
    assert "the build has the events of an earlier state of the lake" in run.output, run.output


def test_before_the_loader_came_a_build_finds_no_events(tmp_path: Path) -> None:
    pinned = Lake(f"{tmp_path}/no lake yet").pin()
    assert ask(pinned, "select * from raw.game_events") == []
    assert ask(pinned, "select * from raw.players") == []
    kinds = ask(pinned, "select column_type from (describe raw.game_events)")
    assert kinds == [(kind,) for kind in (
        "VARCHAR", "BIGINT", "VARCHAR", "TIMESTAMP", "TIMESTAMP", "VARCHAR", "TIMESTAMP", "DATE",
    )]  # fmt: skip
    assert not (tmp_path / "no lake yet").exists()


def test_a_lake_that_cannot_be_read_stops_the_build_and_leaves_the_reports(good: Project) -> None:
    before = good.report_bytes()
    run = good.build(environment={"EVENTS_URI": "nosuch://bucket/lake"})
    assert run.exit_code != 0
    assert "Cannot read the lake nosuch://bucket/lake: Unknown scheme: nosuch." in run.output
    assert "Set EVENTS_URI to a readable" in run.output
    assert good.report_bytes() == before
