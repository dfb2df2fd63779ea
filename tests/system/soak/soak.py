"""Run an API process under full load for a long time, with builds and readers.

Players send all kinds of requests, `dbt build` runs in a loop, and a reader queries the warehouse.
The test samples resources and latencies every few seconds. At the end it checks that they did not
grow and that all acknowledged events and coins are present.
"""

from __future__ import annotations

import os
import re
import sqlite3
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

import duckdb
from sqlalchemy import insert, select

from api.tokens import Identity, Role, Tokens
from tests.support.harness import Project
from tests.support.server import SECRET, Server
from tests.system.soak.judge import Sample, Verdict, judge
from tests.system.soak.players import Account, Player, Record, play
from tests.system.soak.proof import AMBIGUOUS, differences
from warehouse.sample.generate import generate_sample
from warehouse.store.engine import open_engine
from warehouse.store.migrations import migrate
from warehouse.store.tables import players as players_table
from warehouse.store.tables import store_identity

# More players than the token cache holds.
ACCOUNTS = 12_000
# Waitress starts threads on demand. With few threads, all exist after the warm-up, so a leaked
# thread is visible.
THREADS = 12
PAUSE_BETWEEN_BUILDS_SECONDS = 5.0
PAUSE_BETWEEN_READS_SECONDS = 2.0
# The time limit for shipping the backlog after the load.
SHIPPING_SECONDS = 300.0
# A shorter run is only a warm-up.
LONG_MINUTES = 10.0
TOKEN_SECONDS = 86_400
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Plan:
    """The configuration of a run.

    Attributes:
        minutes: Duration of the load.
        connections: Number of connections.
        sample_seconds: Interval between samples.
        is_beside_builds: Whether `dbt build` runs in a loop during the load.
    """

    minutes: float = 30.0
    connections: int = 32
    sample_seconds: float = 5.0
    is_beside_builds: bool = True


@dataclass(frozen=True)
class Report:
    """The results of a run.

    Attributes:
        plan: The configuration.
        samples: The samples in order.
        verdicts: The results of all checks.
        acknowledged: Number of acknowledged requests.
        events: Number of acknowledged events.
        refused: Number of documented refusals by code.
        builds: Number of builds.
        reads: Number of reads of the warehouse.
    """

    plan: Plan
    samples: Sequence[Sample]
    verdicts: Sequence[Verdict]
    acknowledged: int
    events: int
    refused: Mapping[str, int]
    builds: int
    reads: int

    @property
    def is_good(self) -> bool:
        """Whether no check failed."""
        return all(verdict.is_good is not False for verdict in self.verdicts)


@dataclass
class _Beside:
    """Builds and reads during the load.

    Attributes:
        builds: Exit codes of the builds.
        output: Output of the last failed build.
        reads: Number of reads of the warehouse.
    """

    project: Project
    stop: threading.Event = field(default_factory=threading.Event)
    builds: list[int] = field(default_factory=list)
    output: str = ""
    reads: int = 0

    def build(self) -> None:
        while not self.stop.is_set():
            run = self.project.build()
            self.builds.append(run.exit_code)
            if run.exit_code:
                self.output = run.output
            self.stop.wait(PAUSE_BETWEEN_BUILDS_SECONDS)

    def read(self) -> None:
        while not self.stop.wait(PAUSE_BETWEEN_READS_SECONDS):
            try:
                with duckdb.connect(str(self.project.warehouse), read_only=True) as warehouse:
                    warehouse.execute(
                        "select event_type, count(*) from raw.game_events group by event_type"
                    ).fetchall()
                self.reads += 1
            except (duckdb.IOException, duckdb.CatalogException):
                # A writer holds the file, or nothing is shipped yet.
                continue


def soak(plan: Plan, folder: Path, say: Callable[[str], None]) -> Report:
    """Run the load and all checks.

    Args:
        plan: The configuration.
        folder: Folder for the project. It should be on a disk.
        say: Receives progress messages.
    """
    project = Project.copy_to(folder / "project")
    generate_sample(project.root / "seeds")
    server = Server(
        project.warehouse,
        {
            "REPORTS_PATH": str(project.reports),
            "LOADER_INTERVAL_SECONDS": "1",
            "THREADS": str(THREADS),
        },
    )
    accounts = cycle(_register(server))
    beside = _Beside(project)
    with (folder / "acknowledged.txt").open("w") as ids:
        record = Record(ids)
        server.start()
        try:
            samples = _put_load(
                plan, server=server, accounts=accounts, beside=beside, record=record, say=say
            )
            say("The load has ended. Shipping the backlog.")
            _wait_until_shipped(_store(server))
            exit_code = server.stop()
        finally:
            if server.process is not None and server.process.poll() is None:
                server.kill()
    verdicts = [
        *judge(samples, plan.connections, is_long=plan.minutes >= LONG_MINUTES),
        *_complaints(server, record, beside, exit_code, ids.name),
    ]
    return Report(
        plan=plan,
        samples=samples,
        verdicts=verdicts,
        acknowledged=record.acknowledged,
        events=record.events,
        refused=dict(record.refused),
        builds=len(beside.builds),
        reads=beside.reads,
    )


def _register(server: Server) -> list[Account]:
    """Create the players without hashing passwords."""
    server.warehouse.parent.mkdir(parents=True, exist_ok=True)
    engine = open_engine(f"sqlite:///{_store(server)}", writes=True)
    migrate(engine)
    now = datetime.now(UTC)
    with engine.begin() as connection:
        rows = [
            {"username": f"p{number}", "password_hash": "none", "balance": 0, "created_at": now}
            for number in range(ACCOUNTS)
        ]
        connection.execute(insert(players_table), rows)
        store_id: str = connection.execute(select(store_identity.c.store_id)).scalar_one()
    engine.dispose()
    tokens = Tokens(SECRET)
    return [
        Account(user_id, tokens.mint(Identity(Role.PLAYER, str(user_id), store_id), TOKEN_SECONDS))
        for user_id in range(1, ACCOUNTS + 1)
    ]


def _store(server: Server) -> Path:
    return server.warehouse.with_suffix(".store.sqlite")


def _put_load(  # noqa: PLR0913 (the parts of the scene)
    plan: Plan,
    *,
    server: Server,
    accounts: Iterator[Account],
    beside: _Beside,
    record: Record,
    say: Callable[[str], None],
) -> list[Sample]:
    operator = Tokens(SECRET).mint(Identity(Role.OPERATOR, "soak"), TOKEN_SECONDS)
    players = [
        Player(server.port, accounts, operator, record, seed) for seed in range(plan.connections)
    ]
    sampler = _Sampler(server, record, say)
    end = time.monotonic() + plan.minutes * 60
    others = [threading.Thread(target=beside.read)]
    if plan.is_beside_builds:
        others.append(threading.Thread(target=beside.build))
    stopped = threading.Event()
    sampling = threading.Thread(target=sampler.run, args=(plan.sample_seconds, stopped))
    for thread in [*others, sampling]:
        thread.start()
    try:
        play(players, record, lambda: time.monotonic() < end)
    finally:
        stopped.set()
        beside.stop.set()
        for thread in [*others, sampling]:
            thread.join()
    return sampler.samples


class _Sampler:
    def __init__(self, server: Server, record: Record, say: Callable[[str], None]) -> None:
        self.samples: list[Sample] = []
        self._server = server
        self._record = record
        self._say = say

    def run(self, seconds: float, stopped: threading.Event) -> None:
        begin = last = time.monotonic()
        while not stopped.wait(seconds):
            now = time.monotonic()
            latencies = self._record.take_latencies()
            sample = self._sample(now - begin, latencies, now - last)
            last = now
            self.samples.append(sample)
            self._say(line(sample))

    def _sample(self, second: float, latencies: Sequence[float], seconds: float) -> Sample:
        assert self._server.process is not None
        process = Path(f"/proc/{self._server.process.pid}")
        store = _store(self._server)
        log = store.with_name(store.name + "-wal")
        in_ms = [1000 * latency for latency in latencies] or [0.0, 0.0]
        percentiles = statistics.quantiles(in_ms, n=100, method="inclusive")
        return Sample(
            second=second,
            memory_bytes=int((process / "statm").read_text().split()[1]) * PAGE_BYTES,
            descriptors=len(os.listdir(process / "fd")),
            threads=len(os.listdir(process / "task")),
            store_bytes=store.stat().st_size,
            log_bytes=log.stat().st_size if log.exists() else 0,
            backlog=_backlog(store),
            requests_per_second=len(latencies) / seconds,
            p50_ms=percentiles[49],
            p95_ms=percentiles[94],
            p99_ms=percentiles[98],
        )


def _backlog(store: Path) -> int:
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=30)) as connection:
        query = "select count(*) from events where is_shipped = 0"
        return int(connection.execute(query).fetchone()[0])


def _wait_until_shipped(store: Path) -> None:
    deadline = time.monotonic() + SHIPPING_SECONDS
    while _backlog(store) and time.monotonic() < deadline:
        time.sleep(0.2)


def _complaints(
    server: Server, record: Record, beside: _Beside, exit_code: int, acknowledged: str
) -> list[Verdict]:
    """Run the checks that do not depend on the duration."""
    wrong = differences(
        server.warehouse,
        _store(server),
        Path(acknowledged),
        record.coins,
        record.refused[AMBIGUOUS],
    )
    log = server.log.read_text(encoding="utf-8")
    errors = re.findall(r'^.*"level":"(?:error|critical)".*$', log, re.MULTILINE)
    failed_builds = sum(code != 0 for code in beside.builds)
    return [
        Verdict(
            "every acknowledged event and coin is present once",
            not wrong,
            "; ".join(wrong) or f"{record.events:,} events",
        ),
        Verdict(
            "no request failed",
            not record.failures,
            "; ".join(record.failures[:3]) or f"{record.acknowledged:,} requests",
        ),
        Verdict("nothing is logged as an error", not errors, " ".join(errors[:2]) or "nothing"),
        Verdict(
            "all builds succeed",
            not failed_builds,
            beside.output[-500:] or f"{len(beside.builds)} builds",
        ),
        Verdict("the process exits with 0", exit_code == 0, f"exit status {exit_code}"),
    ]


def line(sample: Sample) -> str:
    """Format a sample as one line."""
    mib = 2**20
    return (
        f"{sample.second:6,.0f} s  {sample.requests_per_second:6,.0f}/s"
        f"  p50 {sample.p50_ms:5.1f}  p95 {sample.p95_ms:6.1f}  p99 {sample.p99_ms:6.1f} ms"
        f"  {sample.memory_bytes / mib:5,.0f} MiB  {sample.descriptors:4} fd"
        f"  {sample.threads:3} threads  store {sample.store_bytes / mib:6,.0f}"
        f" + {sample.log_bytes / mib:5.1f} MiB  backlog {sample.backlog:,}"
    )
