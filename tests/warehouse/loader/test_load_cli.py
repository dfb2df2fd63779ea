"""`python -m warehouse load` as a person or a service manager runs it."""

from __future__ import annotations

import contextlib
import os
import pty
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.harness import ROOT, Run
from tests.warehouse.loader.shipping import Game, event, eventually, held
from warehouse.loader.command import BATCH_SIZE
from warehouse.store.sql_store import SqlStore

TOTAL = BATCH_SIZE + 1000
LOAD = [sys.executable, "-m", "warehouse", "load"]


def _environment(game: Game, **more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1", **game.environment, **more}


def _load(game: Game, *arguments: str, **environment: str) -> Run:
    run = subprocess.run(
        [*LOAD, *arguments],
        cwd=ROOT,
        env=_environment(game, **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Run(run.returncode, run.stdout)


def _start(game: Game, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*LOAD, *arguments],
        cwd=ROOT,
        env=_environment(game),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _wait_for(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return
    pytest.fail(f"it ended without saying {text!r}")


@pytest.mark.parametrize("arguments", [[], ["--once"]])
def test_once_ships_what_waits_and_ends(game: Game, arguments: list[str]) -> None:
    game.play(game.register("ann", "bob"), 12)
    run = _load(game, *arguments)
    assert run.exit_code == 0, run.output
    assert run.output == f"Shipped 12 events and 2 player records to {game.warehouse}.\n"
    assert game.shipped_ids() == game.stored_ids()
    again = _load(game, *arguments)
    assert again.exit_code == 0
    assert again.output == f"Nothing to ship to {game.warehouse}.\n"


def test_once_before_the_api_ever_ran_ships_nothing(game: Game, tmp_path: Path) -> None:
    run = _load(game, STORE_URL=f"sqlite:///{tmp_path}/new/store.sqlite")
    assert run.exit_code == 0
    assert run.output == f"Nothing to ship to {game.warehouse}.\n"
    assert not game.warehouse.exists()


def test_once_waits_for_a_held_file_and_says_for_whom(game: Game) -> None:
    players = game.register("ann")
    _load(game)
    game.play(players, 3)
    with held(game.warehouse, "reader") as holder:
        process = _start(game, "--once")
        _wait_for(process, f"(PID {holder.pid}); events wait in the store until it is free.")
    output, _ = process.communicate()
    assert process.returncode == 0
    assert output.endswith(f"Shipped 3 events and 1 player records to {game.warehouse}.\n")
    assert game.shipped_ids() == game.stored_ids()


def test_once_says_why_it_cannot(game: Game, tmp_path: Path) -> None:
    game.play(game.register("ann"), 3)
    file = tmp_path / "file"
    file.write_text("no database")
    for path, reason in (
        (file, "not a valid DuckDB database file"),
        (file / "game.duckdb", f"Cannot ship to {file}/game.duckdb: "),
    ):
        run = _load(game, WAREHOUSE_PATH=str(path))
        assert run.exit_code == 2
        assert reason in run.output
        assert "Traceback" not in run.output
    assert game.outbox.backlog().event_count == 3


def test_a_store_that_cannot_be_opened_is_no_crash(game: Game, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("no database at all, and longer than the header of one would be, by far" * 9)
    for arguments in ([], ["--follow"]):
        run = _load(game, *arguments, STORE_URL=f"sqlite:///{file}")
        assert run.exit_code == 2
        assert "Traceback" not in run.output
        assert not game.warehouse.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_follow_ships_until_it_is_told_to_stop(game: Game, number: signal.Signals) -> None:
    players = game.register("ann", "bob")
    process = _start(game, "--follow", "--interval", "0.05")
    _wait_for(process, "This loader ships to")
    for seed in range(3):
        game.play(players, 5, seed)
        eventually(lambda: game.outbox.backlog().event_count == 0)
    assert _load(game, "--once").exit_code == 0
    game.play(players, 5, seed=9)
    process.send_signal(number)
    output, _ = process.communicate()
    assert process.returncode == 0, output
    assert "Shipped 20 events" in output
    assert game.shipped_ids() == game.stored_ids()
    game.assert_money_holds()


def test_follow_says_that_it_stands_by(game: Game) -> None:
    first = _start(game, "--follow")
    _wait_for(first, "This loader ships to")
    second = _start(game, "--follow", "--interval", "0.05")
    _wait_for(second, "On standby")
    first.kill()
    first.communicate()
    _wait_for(second, "This loader ships to")
    second.terminate()
    second.communicate()
    assert second.returncode == 0


@pytest.fixture(scope="module")
def backlog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a store where a player's TOTAL events wait. Copy it, do not change it."""
    path = tmp_path_factory.mktemp("backlog") / "store.sqlite"
    store = SqlStore(f"sqlite:///{path}")
    player = store.register("ann", "a hash").user_id
    for _ in range(TOTAL // 1000):
        store.record_many(player, [event("step")] * 1000)
    store.close()
    return path


def test_a_long_backlog_shows_its_progress_in_lines(
    game: Game, backlog: Path, tmp_path: Path
) -> None:
    store = shutil.copy(backlog, tmp_path / "long.sqlite")
    run = _load(game, STORE_URL=f"sqlite:///{store}")
    assert run.output.splitlines() == [
        f"Shipped {BATCH_SIZE:,} of {TOTAL:,} events",
        f"Shipped {TOTAL:,} events and 1 player records to {game.warehouse}.",
    ]


def test_a_long_backlog_shows_its_progress_in_a_bar_on_a_terminal(
    game: Game, backlog: Path, tmp_path: Path
) -> None:
    store = shutil.copy(backlog, tmp_path / "long.sqlite")
    environment = _environment(game, TERM="xterm", STORE_URL=f"sqlite:///{store}")
    terminal, end_of_process = pty.openpty()
    output = b""
    with subprocess.Popen(
        LOAD, cwd=ROOT, env=environment, stdout=end_of_process, stderr=end_of_process
    ) as process:
        os.close(end_of_process)
        # Reading fails when the process has closed the terminal.
        with contextlib.suppress(OSError):
            while block := os.read(terminal, 4096):
                output += block
    os.close(terminal)
    assert process.returncode == 0
    assert f"{TOTAL}/{TOTAL}".encode() in output


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon"])
def test_an_interval_that_is_none_is_refused(game: Game, seconds: str) -> None:
    for run in (
        _load(game, "--follow", f"--interval={seconds}"),
        _load(game, "--follow", LOADER_INTERVAL_SECONDS=seconds),
    ):
        assert run.exit_code == 2
        assert f"'{seconds}'" in run.output


def test_help_names_the_settings(game: Game) -> None:
    run = _load(game, "--help")
    assert run.exit_code == 0
    for word in ("--once", "--follow", "STORE_URL", "WAREHOUSE_PATH", "LOADER_INTERVAL_SECONDS"):
        assert word in run.output
