"""Nothing of a cluster outlives what started it. Shells take the place of Java here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.harness import ROOT
from warehouse.spark.processes import Processes

# Like a worker and its executor, of which neither wants to end.
STUBBORN = "trap '' TERM INT HUP; sleep 600 & echo $$ $! >numbers.new; mv numbers.new numbers; wait"
PARENT = """
import sys
from pathlib import Path
from warehouse.spark import processes as module
module.STOP_SECONDS = 0.1
folder = Path(sys.argv[1])
with module.Processes(folder) as processes:
    processes.start(["sh", "-c", sys.argv[2]], folder=folder).wait()
"""
MAX_WAIT_SECONDS = 20


def numbers(folder: Path) -> list[int]:
    """Wait for the processes in a folder to tell their numbers."""
    return [int(word) for word in eventually(folder / "numbers").read_text().split()]


def eventually(path: Path) -> Path:
    deadline = time.monotonic() + MAX_WAIT_SECONDS
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return path


def is_alive(number: int) -> bool:
    """A zombie process is not alive."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def all_gone(processes: list[int], folder: Path) -> bool:
    deadline = time.monotonic() + MAX_WAIT_SECONDS
    while time.monotonic() < deadline:
        if not folder.exists() and not any(map(is_alive, processes)):
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_the_parent_dies(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, folder, STUBBORN],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    ) as parent:
        started = numbers(folder)
        assert all(map(is_alive, started))
        parent.send_signal(number)
        assert all_gone(started, folder)


def test_what_does_not_end_in_time_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.spark.processes.STOP_SECONDS", 0.1)
    folder = tmp_path / "data"
    folder.mkdir()
    with Processes(folder) as processes:
        process = processes.start(["sh", "-c", STUBBORN], folder=folder)
        started = numbers(folder)
    assert process.returncode == -signal.SIGKILL
    assert all_gone(started, folder)


def test_what_ends_in_order_may_finish(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    script = (
        "trap 'echo done >../farewell; exit 3' TERM; touch numbers; while :; do sleep 0.02; done"
    )
    with Processes(folder) as processes:
        process = processes.start(["sh", "-c", script], folder=folder)
        eventually(folder / "numbers")
    assert process.returncode == 3
    assert (tmp_path / "farewell").read_text() == "done\n"


def test_a_process_has_the_environment_folder_and_output_it_is_given(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    with Processes(folder) as processes, (tmp_path / "log").open("wb") as log:
        words = ["sh", "-c", "echo $COLOUR; pwd; read line || echo no input; exit 4", "ignored"]
        process = processes.start(words, environment={"COLOUR": "red"}, folder=folder, output=log)
        assert process.wait() == 4
    assert (tmp_path / "log").read_text() == f"red\n{folder}\nno input\n"
