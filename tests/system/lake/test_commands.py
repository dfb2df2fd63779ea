"""The commands around the warehouse, where events are in a lake."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from api.settings import Settings as ApiSettings
from tests.system.lake.games import LakeGame
from tests.warehouse.loader.shipping import event
from warehouse.cli import main
from warehouse.loader.raw_tables import make_raw_tables
from warehouse.settings import default_interval


@pytest.fixture
def shipped(game: LakeGame, monkeypatch: pytest.MonkeyPatch) -> LakeGame:
    """A game with a lake and a warehouse that was built; the settings name them."""
    players = game.register("ann", "bob")
    game.play(players, 12)
    for _ in range(110):
        game.store.record(1, event("level_up"))
    with duckdb.connect(str(game.warehouse)) as file:
        make_raw_tables(file)
    for name, text in game.environment.items():
        monkeypatch.setenv(name, text)
    return game


def test_load_ships_to_the_lake_and_verify_proves_it(
    shipped: LakeGame, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["load"]) == 0
    assert f"Shipped 122 events and 2 player records to {shipped.lake}." in capsys.readouterr().out
    shipped.assert_all_arrived()
    assert main(["verify"]) == 0
    out = capsys.readouterr().out
    assert "lake" in out
    assert "122 events" in out

    # A folder of the lake gets lost, which the log does not know.
    for file in shipped.lake.pin().event_files:
        Path(file).unlink()
    assert main(["verify"]) == 1
    assert "both: can be read" in capsys.readouterr().out


def test_verify_finds_what_the_lake_lacks(
    shipped: LakeGame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["load"])
    shutil.copytree(str(shipped.lake), tmp_path / "older")
    shipped.play([1], 1, seed=3)
    main(["load"])
    shutil.rmtree(str(shipped.lake))
    (tmp_path / "older").rename(str(shipped.lake))
    capsys.readouterr()
    assert main(["verify"]) == 1
    assert "shipped events have arrived: not event" in capsys.readouterr().out


def test_prune_asks_the_lake(
    shipped: LakeGame, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["load"])
    monkeypatch.setattr(
        "warehouse.operations.prune.utc_now", lambda: datetime(2126, 1, 1, tzinfo=UTC)
    )
    assert main(["prune", "--older-than", "1", "--dry-run"]) == 0
    before = capsys.readouterr().out
    assert "Would remove" in before
    assert "Would remove 0 events" not in before
    shutil.rmtree(str(shipped.lake))
    assert main(["prune", "--older-than", "1"]) == 1
    assert "Removed 0 events" in capsys.readouterr().out


def test_what_the_lake_lacks_arrives_when_all_is_shipped_again(shipped: LakeGame) -> None:
    """A middle that it has not, which no loader notices by itself."""
    shipped.play([1], 10, seed=3)
    with closing(sqlite3.connect(shipped.url.removeprefix("sqlite:///"))) as store, store:
        store.execute("update events set is_shipped = 1 where position between 20 and 60")
    assert main(["load"]) == 0
    assert main(["verify"]) == 1
    assert main(["load", "--all"]) == 0
    shipped.assert_all_arrived()
    assert main(["verify"]) == 0


def test_a_backup_says_what_is_not_in_it(
    shipped: LakeGame,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "300")  # or paths that are long break the lines of the table
    main(["load"])
    assert main(["backup", "--to", str(tmp_path / "backups")]) == 0
    assert f"events and players in the lake {shipped.lake}" in capsys.readouterr().out
    (backup,) = (tmp_path / "backups").iterdir()
    assert main(["verify", str(backup)]) == 0
    assert "events are in a lake (not in the backup)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, 1),
        ({"EVENTS_URI": "/lake"}, 60),
        ({"EVENTS_URI": "/lake", "LOADER_INTERVAL_SECONDS": "5"}, 5),
        ({"EVENTS_URI": ""}, 1),
    ],
)
def test_the_lake_is_shipped_to_less_often(
    environment: dict[str, str], seconds: float, tmp_path: Path
) -> None:
    secret = {"JWT_SECRET": "x" * 32, "WAREHOUSE_PATH": str(tmp_path / "game.duckdb")}
    settings = ApiSettings.from_environment({**secret, **environment})
    assert settings.loader_interval_seconds == seconds
    assert float(default_interval(environment.get("EVENTS_URI"))) == (
        60 if settings.events_uri else 1
    )
