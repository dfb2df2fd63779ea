"""Processes for tests to kill, each with one job on a store or a warehouse.

Importing the product takes longer than a job, so one process imports it and forks for each job.
`Mortals` is the test's side; `python -m tests.system.properties.mortals` is that process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb

from tests.support.harness import ROOT
from warehouse.loader.destination import destination_of
from warehouse.loader.loader import Loader
from warehouse.store.clock import utc_now
from warehouse.store.outbox import SqlOutbox
from warehouse.store.protocol import Idempotency
from warehouse.store.sql_store import SqlStore


def say(*words: object) -> None:
    """Print one line atomically, so that no kill and no other thread cuts it."""
    os.write(1, f"{json.dumps(words)}\n".encode())


def earn(url: str, user_id: int, keys: list[str], threads: int) -> None:
    """Earn a coin for each key concurrently, and print each acknowledged key."""
    store = SqlStore(url)

    def one(key: str) -> None:
        outcome = store.earn(user_id, 1, "quest", Idempotency(key, key))
        say(key, outcome.event_id, outcome.balance)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, keys))


def ship(  # noqa: PLR0913, PLR0917 (what a line of input says)
    url: str,
    warehouse: str,
    batch_size: int,
    moment: str,
    turn: int,
    events_uri: str | None = None,
) -> None:
    """Ship the backlog, and die before or after the commit of one batch.

    Args:
        url: The store.
        warehouse: The DuckDB file.
        batch_size: The loader's batch size.
        moment: `before_commit`, `before_marking` or `after_marking`.
        turn: Number of batches that pass this moment first.
        events_uri: The lake, if any.
    """
    passed = 0

    def die_at(name: str) -> None:
        nonlocal passed
        if name == moment:
            if passed == turn:
                os.kill(os.getpid(), signal.SIGKILL)
            passed += 1

    def clock() -> Any:  # noqa: ANN401 (the time)
        die_at("before_commit")  # the warehouse is open and unchanged
        return utc_now()

    Loader(
        SqlOutbox(url),
        Path(warehouse),
        batch_size=batch_size,
        destination=destination_of(Path(warehouse), events_uri) if events_uri else None,
        clock=clock,
        after_commit=lambda: die_at("before_marking"),
        on_progress=lambda _: die_at("after_marking"),
    ).ship_all()


def hold(warehouse: str, is_reader: bool) -> None:
    """Keep the warehouse open, as a build or a reader does, until killed."""
    with duckdb.connect(warehouse, read_only=is_reader):
        say("held")
        signal.pause()


JOBS: dict[str, Callable[..., None]] = {"earn": earn, "ship": ship, "hold": hold}


class Mortals:
    """Starts jobs one at a time, each in a new process."""

    def __init__(self) -> None:
        """Start the process that forks."""
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.system.properties.mortals"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, job: str, *arguments: object) -> Mortal:
        """Start a job after the previous one has ended."""
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write(f"{json.dumps([job, *arguments])}\n")
        self._parent.stdin.flush()
        lines = iter(map(json.loads, self._parent.stdout))
        (pid,) = next(lines)
        return Mortal(pid, lines)

    def close(self) -> None:
        """End the forking process."""
        self._parent.communicate()


class Mortal:
    """A process that runs one job."""

    def __init__(self, pid: int, lines: Iterator[list[Any]]) -> None:
        """Listen to what it says."""
        self._pid = pid
        self._lines = lines
        self._has_ended = False

    def said(self) -> Iterator[list[Any]]:
        """Return its output after its end."""
        for words in self._lines:
            if words == ["ended"]:
                self._has_ended = True
                return
            yield words

    def kill(self) -> list[list[Any]]:
        """Kill the process if it still runs; return its output."""
        if self._has_ended:
            return []
        os.kill(self._pid, signal.SIGKILL)
        return list(self.said())


def main() -> None:
    """Fork for each line of input, and report the end of the fork."""
    pid = None
    for line in sys.stdin:
        if pid is not None:
            os.waitpid(pid, 0)
        job, *arguments = json.loads(line)
        pid = os.fork()
        if pid == 0:
            say(os.getpid())
            status = 1
            try:
                JOBS[job](*arguments)
                status = 0
            finally:
                os._exit(status)
        # Reap the process only at the next job, so that a late kill hits no other process.
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        say("ended")


if __name__ == "__main__":
    main()
