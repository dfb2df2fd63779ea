"""Faults of the DuckDB file: the store keeps the events, the loader continues, commands say why."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.support.harness import ROOT, Project
from tests.system.faults.machine import Disk, flip, read_only
from tests.warehouse.loader.shipping import Game, eventually
from tests.warehouse.loader.test_loader import running
from warehouse.cli import main
from warehouse.loader.loader import Loader
from warehouse.store.outbox import SqlOutbox
from warehouse.store.protocol import StoreUnavailableError

MAKE_ANEW = (
    "Move it away and run `make build`, which rebuilds it from the inputs; the loader ships all"
    " events to it again. The store and the reports are unchanged."
)
DAMAGED = f"The file is damaged. {MAKE_ANEW}"
OTHER_FILE = "If it is not a DuckDB database, set WAREHOUSE_PATH to another file."


def _truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _flip_middle(path: Path) -> None:
    """Damage every block, the start and the last ones left out."""
    for start in range(12_288 + 100, path.stat().st_size - 64, 65_536):
        flip(path, start)


def _make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _make_sqlite(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" * 300)


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "header": (lambda path: flip(path, 0), OTHER_FILE),
    "checksum": (lambda path: flip(path, 4096), DAMAGED),
    "middle": (_flip_middle, DAMAGED),
    "truncated": (_truncate, DAMAGED),
    "zero length": (lambda path: path.write_bytes(b""), OTHER_FILE),
    "text": (lambda path: path.write_text("no database\n" * 1000), OTHER_FILE),
    "folder": (_make_folder, "It is a folder. Set WAREHOUSE_PATH to a file."),
    "SQLite": (_make_sqlite, "it is an SQLite database, perhaps the store."),
}
# Killed inside the transaction, which is neither committed nor rolled back.
KILLED_BEFORE_COMMIT = """
import os, signal, sys
from pathlib import Path
import warehouse.loader.loader
import warehouse.loader.warehouse_file
from warehouse.store.outbox import SqlOutbox

class Killer:
    def __init__(self, connection):
        self.connection = connection
    def __getattr__(self, name):
        if name == "commit":
            os.kill(os.getpid(), signal.SIGKILL)
        return getattr(self.connection, name)

write = warehouse.loader.warehouse_file._write
warehouse.loader.warehouse_file._write = lambda connection, *rest: write(Killer(connection), *rest)
warehouse.loader.loader.Loader(SqlOutbox(sys.argv[1]), Path(sys.argv[2])).ship_all()
"""
KILLED_WHILE_SHIPPING_AGAIN = """
import os, signal, sys
from pathlib import Path
import warehouse.store.outbox
from warehouse.loader.loader import Loader

warehouse.store.outbox.IDS_PER_QUERY = 4
outbox = warehouse.store.outbox.SqlOutbox(sys.argv[1])
from sqlalchemy import event
marked = 0

@event.listens_for(outbox._write_engine, "commit")
def count(_):
    global marked
    marked += 1
    if marked == 3:
        os.kill(os.getpid(), signal.SIGKILL)

Loader(outbox, Path(sys.argv[2])).ship_all()
"""


def assert_all_shipped(game: Game) -> None:
    """Everything is in the warehouse, once, and nothing waits."""
    assert game.shipped_ids() == game.stored_ids()
    assert game.outbox.backlog().event_count == 0
    game.assert_money_holds()


@pytest.mark.parametrize("damage", DAMAGE)
def test_loader_meets_a_damaged_file(
    game: Game, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    harm, told = DAMAGE[damage]
    players = game.register("ann", "bob")
    game.play(players, 10)
    loader = Loader(game.outbox, game.warehouse, interval_seconds=0.01)
    loader.ship_all()
    harm(game.warehouse)
    game.play(players, 10, seed=1)
    with running(loader):
        eventually(lambda: loader.status.trouble is not None)
        game.play(players, 5, seed=2)  # the store still accepts events
        assert str(game.warehouse) in str(loader.status.trouble)
        assert told in str(loader.status.trouble)
        assert game.outbox.backlog().event_count == 15
        game.warehouse.rename(game.warehouse.with_name("damaged"))
        eventually(lambda: game.outbox.backlog().event_count == 0)
        eventually(lambda: loader.status.trouble is None)
    assert_all_shipped(game)
    warnings = [record for record in caplog.records if record.levelname == "WARNING"]
    assert not any(record.exc_info for record in warnings)
    assert len(warnings) == 2
    assert "lacks events that were shipped to it" in warnings[1].message


@pytest.mark.parametrize("damage", DAMAGE)
def test_commands_meet_a_damaged_file(
    good_once: Project, tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    harm, told = DAMAGE[damage]
    path = tmp_path / "gamehouse.duckdb"
    shutil.copy(good_once.warehouse, path)
    shutil.copytree(good_once.reports, tmp_path / "reports")
    before = {file.name: file.read_bytes() for file in (tmp_path / "reports").iterdir()}
    harm(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_PATH", str(path))
        patch.setenv("REPORTS_PATH", str(tmp_path / "reports"))
        for command in ("summary", "page", "check", "docs"):
            assert main([command]) == 2
            said = capsys.readouterr().err
            assert f"Cannot open the warehouse {path}: " in said
            assert told in said
    assert {file.name: file.read_bytes() for file in (tmp_path / "reports").iterdir()} == before


def test_command_meets_damage_after_it_opened_the_file(
    good_once: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The end of the file, where rows are, is missing; what describes the tables is not."""
    path = tmp_path / "gamehouse.duckdb"
    shutil.copy(good_once.warehouse, path)
    with duckdb.connect(str(path)) as warehouse:
        warehouse.execute("create table ballast as select random() as n from range(1000000)")
        warehouse.execute("drop table reports.rpt_page_settings cascade")
        warehouse.execute("create view reports.rpt_page_settings as from ballast order by n")
        warehouse.execute("checkpoint")
        blocks = warehouse.execute(
            "select distinct block_id from pragma_storage_info('ballast') where block_id >= 0"
        ).fetchall()
    for (block,) in blocks:
        flip(path, 12_288 + block * 262_144 + 1000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_PATH", str(path))
        patch.setenv("REPORTS_PATH", str(good_once.reports))
        assert main(["page"]) == 2
    said = capsys.readouterr().err
    assert f"Cannot read the warehouse {path}: IO Error: Corrupt database file" in said
    assert DAMAGED in said


def test_build_meets_a_damaged_file(good: Project) -> None:
    before = good.report_bytes()
    _flip_middle(good.warehouse)
    run = good.build()
    assert run.exit_code != 0
    folded = " ".join(run.output.split())
    assert "Cannot open the warehouse warehouse/gamehouse.duckdb: IO Error: Corrupt" in folded
    assert DAMAGED in folded
    assert "Traceback" not in run.output
    assert good.report_bytes() == before


@pytest.mark.parametrize("events_after", [0, 5])
def test_warehouse_is_deleted_while_the_loader_runs(
    game: Game, events_after: int, caplog: pytest.LogCaptureFixture
) -> None:
    players = game.register("ann", "bob")
    game.play(players, 20)
    loader = Loader(game.outbox, game.warehouse, interval_seconds=0.01, batch_size=7)
    with running(loader):
        eventually(lambda: game.outbox.backlog().event_count == 0)
        eventually(lambda: loader.status.event_count == 20)
        game.warehouse.unlink()
        if events_after:
            game.play(players, events_after, seed=1)
        eventually(lambda: loader.status.event_count >= 40 + events_after)
    assert_all_shipped(game)
    (warning,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert warning.message.startswith(
        f"{game.warehouse} lacks events that were shipped to it: it was deleted, replaced, or"
        " restored from an older state. Shipping all "
    )
    assert warning.message.endswith(" events to it again.")


def test_older_warehouse_is_put_back_while_nothing_runs(game: Game) -> None:
    players = game.register("ann", "bob")
    game.play(players, 10)
    Loader(game.outbox, game.warehouse).ship_all()
    backup = game.warehouse.with_name("backup")
    shutil.copy(game.warehouse, backup)
    game.play(players, 10, seed=1)
    Loader(game.outbox, game.warehouse).ship_all()
    backup.rename(game.warehouse)
    Loader(game.outbox, game.warehouse, batch_size=3).ship_all()
    assert_all_shipped(game)


def test_kill_while_everything_is_shipped_again(game: Game) -> None:
    players = game.register("ann", "bob")
    game.play(players, 20)
    Loader(game.outbox, game.warehouse).ship_all()
    game.warehouse.unlink()
    _killed(KILLED_WHILE_SHIPPING_AGAIN, game)
    assert 0 < game.outbox.backlog().event_count < 20
    Loader(game.outbox, game.warehouse, batch_size=3).ship_all()
    assert_all_shipped(game)


def test_kill_before_the_commit_of_the_warehouse(game: Game) -> None:
    players = game.register("ann", "bob")
    game.play(players, 10)
    Loader(game.outbox, game.warehouse).ship_all()
    shipped = game.shipped_ids()
    game.play(players, 10, seed=1)
    _killed(KILLED_BEFORE_COMMIT, game)
    assert game.shipped_ids() == shipped
    assert game.outbox.backlog().event_count == 10
    Loader(game.outbox, game.warehouse).ship_all()
    assert_all_shipped(game)


def _killed(program: str, game: Game) -> None:
    command = [sys.executable, "-c", program, game.url, str(game.warehouse)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL


def test_disk_of_the_warehouse_is_full_while_the_loader_ships(
    game: Game, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    game = Game(game.url, game.store, game.outbox, disk.path / "game.duckdb")
    players = game.register("ann", "bob")
    game.play(players, 10)
    loader = Loader(game.outbox, game.warehouse, interval_seconds=0.01, batch_size=50)
    with running(loader):
        eventually(lambda: game.outbox.backlog().event_count == 0)
        eventually(lambda: loader.status.event_count == 10)
        disk.fill()
        game.play(players, 100, seed=1)
        eventually(lambda: loader.status.trouble is not None)
        assert f"Cannot write to the warehouse {game.warehouse}" in str(loader.status.trouble)
        assert "Free some space on its disk" in str(loader.status.trouble)
        waiting = game.outbox.backlog().event_count
        assert waiting > 0
        assert game.query("select count(*) from raw.game_events") == [(110 - waiting,)]
        disk.free()
        eventually(lambda: game.outbox.backlog().event_count == 0)
    assert_all_shipped(game)
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 1


def test_disk_of_the_store_is_full_while_the_loader_marks(
    game: Game, disk: Disk, tmp_path: Path
) -> None:
    """What is in the warehouse and cannot be marked is shipped again, and arrives once."""
    url = f"sqlite:///{disk.path}/store.sqlite"
    full = Game(url, type(game.store)(url), SqlOutbox(url), tmp_path / "full.duckdb")
    full.play(full.register("ann"), 200)
    loader = Loader(full.outbox, full.warehouse)
    disk.fill()

    def play_and_ship() -> None:
        for _ in range(500):
            full.play([1], 5)
            loader.ship_once()

    with pytest.raises(StoreUnavailableError, match="database or disk is full"):
        play_and_ship()
    disk.free()
    loader.ship_all()
    assert_all_shipped(full)
    full.outbox.close()
    full.store.close()


def test_disk_of_the_warehouse_is_read_only(
    game: Game, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    game = Game(game.url, game.store, game.outbox, disk.path / "game.duckdb")
    players = game.register("ann")
    game.play(players, 10)
    loader = Loader(game.outbox, game.warehouse, interval_seconds=0.01)
    with running(loader):
        eventually(lambda: game.outbox.backlog().event_count == 0)
        with read_only(disk):
            game.play(players, 10, seed=1)
            eventually(lambda: loader.status.trouble is not None)
            assert "Read-only file system" in str(loader.status.trouble)
            assert "Make its file system writable" in str(loader.status.trouble)
            assert game.outbox.backlog().event_count == 10
        eventually(lambda: game.outbox.backlog().event_count == 0)
    assert_all_shipped(game)
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 1
