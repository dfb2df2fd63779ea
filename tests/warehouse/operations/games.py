"""Games whose store and warehouse are backed up, damaged and brought back."""

from __future__ import annotations

import io
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.support.harness import ROOT, Run
from warehouse.cli import main
from warehouse.loader.loader import Loader
from warehouse.operations.verify import Check, verify_live
from warehouse.settings import Settings
from warehouse.store.outbox import SqlOutbox
from warehouse.store.protocol import Idempotency, NewEvent
from warehouse.store.sql_store import SqlStore

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=40)
# Kills itself after a step.
KILLED = """
import os, signal, sys
from pathlib import Path
from warehouse.cli import main
from warehouse.operations.backup import make_backup
from warehouse.operations.progress import Callbacks
from warehouse.operations.prune import prune
from warehouse.operations.restore import restore
from warehouse.settings import Settings
from warehouse.store.upkeep import SqlUpkeep
from datetime import UTC, datetime, timedelta

step, count, settings = sys.argv[1], int(sys.argv[2]), Settings.from_environment()

def after(done):
    global count
    count -= done == step
    if count == 0:
        os.kill(os.getpid(), signal.SIGKILL)

callbacks = Callbacks(on_step=after)
"""


@dataclass(frozen=True)
class Files:
    """A store and a warehouse as files that no process has open."""

    store: Path
    warehouse: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"STORE_URL": self.url, "WAREHOUSE_PATH": str(self.warehouse)}

    @property
    def url(self) -> str:
        return f"sqlite:///{self.store}"

    @property
    def settings(self) -> Settings:
        return Settings.from_environment(self.environment)

    @contextmanager
    def open(self) -> Iterator[SqlStore]:
        with closing(SqlStore(self.url)) as store:
            yield store

    def ship(self) -> None:
        with closing(SqlOutbox(self.url)) as outbox:
            Loader(outbox, self.warehouse).ship_all()

    def change_store(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.store)) as store, store:
            for statement in statements:
                store.execute(statement)

    def change_warehouse(self, *statements: str) -> None:
        with duckdb.connect(str(self.warehouse)) as warehouse:
            for statement in statements:
                warehouse.execute(statement)

    def copy_to(self, folder: Path) -> Files:
        folder.mkdir(parents=True)
        copy = Files(folder / self.store.name, folder / self.warehouse.name)
        for source, target in ((self.store, copy.store), (self.warehouse, copy.warehouse)):
            if source.exists():
                shutil.copy(source, target)
        return copy

    def failed(self) -> list[str]:
        return names_of_failed(verify_live(self.settings))

    def rows(self) -> tuple[list[tuple[object, ...]], ...]:
        with duckdb.connect(str(self.warehouse), read_only=True) as warehouse:
            events, players = warehouse.table("raw.game_events"), warehouse.table("raw.players")
            return tuple(
                table.select(duckdb.StarExpression(exclude=["loaded_at"])).order("all").fetchall()
                for table in (events, players)
            )

    def run(self, *arguments: str, **environment: str) -> Run:
        """Run a command of `python -m warehouse` on them, in this process: that takes no second."""
        output = io.StringIO()
        with (
            pytest.MonkeyPatch.context() as patch,
            redirect_stdout(output),
            redirect_stderr(output),
        ):
            for name, value in (self.environment | environment).items():
                patch.setenv(name, value)
            try:
                exit_code = main(arguments)
            except SystemExit as usage:
                exit_code = int(usage.code or 0)
        return Run(exit_code, output.getvalue())

    def run_killed(self, code: str, step: str, count: int = 1) -> None:
        """Run a command's function in a process that kills itself after a step.

        Args:
            code: Calls the function with `settings` and `callbacks`.
            step: After which.
            count: How often it must have been done.
        """
        command = [sys.executable, "-c", KILLED + code, step, str(count)]
        outcome = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert outcome.returncode == -signal.SIGKILL, outcome.stdout


def names_of_failed(checks: list[Check]) -> list[str]:
    """Name the checks that do not hold."""
    return [f"{check.subject}: {check.name}" for check in checks if not check.holds]


def event(event_type: str, meta: str | None = None) -> NewEvent:
    """An event of long ago."""
    return NewEvent(event_type, LONG_AGO, meta)


def play(files: Files) -> None:
    """Play long ago, today, and a little that is not shipped.

    Ann has many events, Bob few, Carl none; some clicks are anonymous.
    """
    with closing(SqlStore(files.url, clock=lambda: LONG_AGO)) as store:
        ann, bob = (store.register(name, "a hash").user_id for name in ("ann", "bob"))
        for number in range(10):
            key = Idempotency(f"quest-{number}", "print")
            store.earn(ann, 10 + number, "quest", key)
            store.earn(bob, 2**40 + number, "quest")
        store.record_many(ann, [event("step", f'{{"n": {number}}}') for number in range(150)])
        for number in range(130):
            store.record(None, event("deep_link", f'{{"character": "c{number % 3}"}}'))
        store.record_many(bob, [event("step")] * 20)
        store.spend(ann, 5, "last of long ago")
    with closing(SqlStore(files.url)) as store:
        store.register("carl", "a hash")
        store.earn(ann, 7, "today", Idempotency("today", "print"))
        store.record_many(ann, [event("level_up", '{"level": "ä \\" 🐉"}')] * 30)
    files.ship()
    with files.open() as store:
        store.earn(bob, 11, "waits")
        store.record(bob, event("step"))
