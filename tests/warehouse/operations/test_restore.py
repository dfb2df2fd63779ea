"""A restore puts a backup in place, or changes nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.harness import ROOT
from tests.warehouse.loader.shipping import held
from tests.warehouse.operations.games import Files
from warehouse.operations.backup import make_backup
from warehouse.operations.command import CannotOperateError
from warehouse.operations.inventory import STORE
from warehouse.operations.restore import restore
from warehouse.store.election import FileElection

RESTORE = """
restore(settings, Path(os.environ["BACKUP"]), replace=True, callbacks=callbacks)
"""
STEPS = [
    *("store.sqlite copied", "warehouse.duckdb copied"),
    *("store.sqlite replaced", "warehouse.duckdb replaced"),
]
# Leaves a log beside the store, as a machine does that loses its power.
WRITE_AND_DIE = """
import os, sys
from warehouse.store.sql_store import SqlStore
store = SqlStore(sys.argv[1])
store.earn(1, 1000, "only in the log")
os._exit(0)
"""


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.is_file() and not path.name.endswith(".lock")
    }


def test_restore_where_nothing_is(backup: Path, played: Files, tmp_path: Path) -> None:
    files = Files(tmp_path / "a/store.sqlite", tmp_path / "b/c/warehouse.duckdb")
    assert restore(files.settings, backup, replace=False) == []
    assert files.failed() == []
    assert files.rows() == played.rows()
    with files.open() as store:
        store.earn(3, 5, "goes on")
    files.ship()
    assert files.failed() == []


def test_files_that_are_there_stay_unless_replace_is_said(backup: Path, files: Files) -> None:
    folder = files.store.parent
    before = contents(folder)
    run = files.run("restore", str(backup))
    assert run.exit_code == 2
    assert "Nothing was changed. --replace" in run.output
    assert contents(folder) == before
    run = files.run("restore", str(backup), "--replace")
    assert run.exit_code == 0, run.output
    (aside,) = folder.glob("replaced-*")
    assert f"The old files are in {aside}" in run.output
    old = Files(aside / files.store.name, aside / files.warehouse.name)
    assert contents(aside).keys() == before.keys()
    assert old.warehouse.read_bytes() == before[files.warehouse.name]
    assert old.failed() == []
    assert "19 checks, all hold" in run.output


def test_the_log_of_the_old_store_goes_with_the_old_store(backup: Path, files: Files) -> None:
    command = [sys.executable, "-c", WRITE_AND_DIE, files.url]
    subprocess.run(command, cwd=ROOT, check=True)
    assert files.store.with_name(f"{files.store.name}-wal").stat().st_size > 0
    (aside,) = restore(files.settings, backup, replace=True)
    assert files.failed() == []
    with files.open() as store:
        player = store.get_player(1)
        assert player is not None
        assert player.balance < 1000
    with Files(aside / files.store.name, files.warehouse).open() as store:
        player = store.get_player(1)
        assert player is not None
        assert player.balance > 1000


def test_a_destroyed_store_and_its_logs_are_set_aside(backup: Path, files: Files) -> None:
    harm = {
        files.store.name: b"no database, and long enough to be taken for one" * 500,
        f"{files.store.name}-wal": b"a log",
        files.warehouse.name: b"no database either",
        f"{files.warehouse.name}.wal": b"another log",
    }
    for name, content in harm.items():
        (files.store.parent / name).write_bytes(content)
    (aside,) = restore(files.settings, backup, replace=True)
    assert contents(aside) == harm
    assert files.failed() == []


@pytest.mark.parametrize("who", ["the API", "a loader", "writer", "reader"])
def test_files_in_use_are_not_replaced(backup: Path, files: Files, who: str) -> None:
    def refuse(reason: str) -> None:
        with pytest.raises(CannotOperateError, match=reason):
            restore(files.settings, backup, replace=True)

    rows = files.rows()
    if who == "the API":
        with files.open():
            refuse(rf"{files.store} is in use")
    elif who == "a loader":
        election = FileElection(files.warehouse)
        assert election.try_acquire()
        refuse(r"A loader \(PID \d+\) ships to")
        election.resign()
    else:
        with held(files.warehouse, who) as holder:
            refuse(rf"is locked by \S+ \(PID {holder.pid}\)")
    assert files.rows() == rows
    assert files.failed() == []
    assert list(files.store.parent.glob("*replaced*")) == []


def test_a_damaged_backup_changes_nothing(backup: Path, files: Files, tmp_path: Path) -> None:
    copy = shutil.copytree(backup, tmp_path / backup.name)
    with (copy / STORE).open("r+b") as file:
        file.seek(5000)
        file.write(b"harm")
    before = contents(files.store.parent)
    run = files.run("restore", str(copy), "--replace")
    assert run.exit_code == 1
    assert f"Nothing was changed: {copy} is damaged." in run.output
    assert contents(files.store.parent) == before
    with pytest.raises(CannotOperateError, match="changed while it was copied"):
        restore(files.settings, copy, replace=True)
    assert contents(files.store.parent).keys() == before.keys()
    assert files.failed() == []


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_restore_leaves_a_store_that_works_and_can_be_repeated(
    backup: Path, played: Files, files: Files, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with files.open() as store:
        store.earn(2, 1, "after the backup")
    files.ship()
    monkeypatch.setenv("BACKUP", str(backup))
    files.run_killed(RESTORE, step)
    # The one of before or the one of the backup, whole; each can be played on.
    assert [name for name in files.failed() if name.startswith("store: ")] == []
    with files.open() as store:
        player = store.get_player(2)
        assert player is not None
        is_old = step.endswith("copied")
        assert store.earn(2, 1, "goes on").balance == player.balance + 1
        assert (store.event_counts(2)["earn"] == 13) is is_old
    later = datetime.now(UTC) + timedelta(seconds=5)
    restore(files.settings, backup, replace=True, clock=lambda: later)
    assert files.failed() == []
    assert files.rows() == played.rows()
    assert list(files.store.parent.glob(".*.tmp")) == []


def test_a_backup_of_a_time_without_a_warehouse_ships_everything(
    files: Files, tmp_path: Path
) -> None:
    alone = Files(files.store, tmp_path / "none.duckdb")
    backup = make_backup(alone.settings, tmp_path / "backups")
    rows = files.rows()
    new = Files(tmp_path / "new/store.sqlite", tmp_path / "new/warehouse.duckdb")
    restore(new.settings, backup, replace=False)
    assert new.failed() == []
    new.ship()
    files.ship()
    assert new.rows() == files.rows() != rows
