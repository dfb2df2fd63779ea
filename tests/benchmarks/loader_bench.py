"""Measure the loader: the duration of a backlog, and the age of shipped events under load.

    python -m tests.benchmarks.loader_bench --json loader.json

The benchmark writes a backlog to a store once and copies it for each run. `python -m warehouse
load` ships it, and afterwards the warehouse must contain all of it. For the age, an API receives
events without pause while another process polls the warehouse.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

import duckdb
from sqlalchemy import insert
from uuid_utils import uuid7

from tests.benchmarks.api_bench import Contender
from tests.benchmarks.load_client import Load, put_load
from tests.benchmarks.memory import peak_memory_bytes
from tests.support.harness import ROOT
from tests.support.server import Server
from warehouse.store.engine import open_engine
from warehouse.store.sql_store import SqlStore
from warehouse.store.tables import events, players

PLAYERS = 1000
COINS = 7
ROWS_AT_A_TIME = 10_000
LOOK_EVERY_SECONDS = 0.2
WARMUP_SECONDS = 1.0
# Each player's balance and the sum of the shipped `earn` events.
CHECK = """
select
    (select count(*) from raw.game_events),
    (select count(distinct event_id) from raw.game_events),
    (
        select count(*)
        from raw.players
        left join (
            select user_id, sum((meta ->> 'amount')::bigint) as earned
            from raw.game_events
            where event_type = 'earn'
            group by user_id
        ) using (user_id)
        where balance != coalesce(earned, 0)
    )
"""


@dataclass(frozen=True)
class Backlog:
    """Results of shipping a backlog, as medians.

    Attributes:
        events: Number of events in the backlog.
        seconds: Duration of the command.
        events_per_second: Throughput.
        peak_memory_bytes: Peak memory of the process.
        runs: Duration of each run.
    """

    events: int
    seconds: float
    events_per_second: float
    peak_memory_bytes: float
    runs: Sequence[float]


@dataclass(frozen=True)
class Freshness:
    """The age of the newest shipped event under load.

    Attributes:
        load: The load on the API.
        connections: Number of connections.
        looks: Number of polls of the warehouse.
        median_age_seconds: Median time since the API received the newest event in the warehouse.
        oldest_age_seconds: The maximum of these times.
    """

    load: Load
    connections: int
    looks: int
    median_age_seconds: float
    oldest_age_seconds: float


@dataclass(frozen=True)
class Report:
    """The results of the benchmark."""

    backlog: Backlog
    freshness: Freshness


def measure_backlog(
    event_count: int, runs: int, folder: Path, say: Callable[[str], None]
) -> Backlog:
    """Ship a backlog to a new warehouse several times."""
    backlog = folder / "backlog.sqlite"
    say(f"Writing {event_count:,} events into a store")
    write_backlog(backlog, event_count)
    seconds, memory = [], []
    for number in range(runs):
        run = folder / f"run-{number}"
        run.mkdir()
        shutil.copy(backlog, run / "store.sqlite")
        begin = time.monotonic()
        memory.append(_ship(run))
        seconds.append(time.monotonic() - begin)
        _check(run / "game.duckdb", event_count)
        say(f"Run {number + 1} of {runs}: {seconds[-1]:.1f} s, {memory[-1] / 2**20:,.0f} MiB")
        shutil.rmtree(run)
    median = statistics.median(seconds)
    return Backlog(event_count, median, event_count / median, statistics.median(memory), seconds)


def write_backlog(path: Path, event_count: int) -> None:
    """Fill a store as the API would, with earns and other events."""
    url = f"sqlite:///{path}"
    SqlStore(url).close()
    engine = open_engine(url, writes=True)
    now = datetime.now(UTC)
    accounts = [
        {"username": f"player-{number}", "password_hash": "", "balance": 0, "created_at": now}
        for number in range(PLAYERS)
    ]
    rows = _events(event_count, now)
    with engine.begin() as connection:
        connection.execute(insert(players), accounts)
        while some := list(islice(rows, ROWS_AT_A_TIME)):
            connection.execute(insert(events), some)
    # Closing the last connection moves the write-ahead log to the file.
    engine.dispose()


def _events(event_count: int, now: datetime) -> Iterator[dict[str, Any]]:
    random = Random(20260105)
    balances = dict.fromkeys(range(1, PLAYERS + 1), 0)
    for number in range(event_count):
        player = random.randint(1, PLAYERS)
        is_earn = number % 3 == 0
        balances[player] += COINS if is_earn else 0
        meta = {"amount": COINS, "reason": "quest"} if is_earn else {"level": 3, "score": number}
        time_of_event = now + timedelta(microseconds=number)
        yield {
            "event_id": str(uuid7()),
            "user_id": player,
            "event_type": "earn" if is_earn else "level_complete",
            "occurred_at": time_of_event,
            "received_at": time_of_event,
            "meta": json.dumps(meta),
            "balance": balances[player] if is_earn else None,
        }


def _ship(folder: Path) -> int:
    """Run the command and return its peak memory."""
    environment = {
        "STORE_URL": f"sqlite:///{folder}/store.sqlite",
        "WAREHOUSE_PATH": str(folder / "game.duckdb"),
    }
    peak = 0
    with subprocess.Popen(
        [sys.executable, "-m", "warehouse", "load"],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None:
            peak = max(peak, peak_memory_bytes(process.pid))
            time.sleep(0.02)
    if process.returncode != 0:
        raise RuntimeError(f"the loader exited with {process.returncode}")
    return peak


def _check(warehouse: Path, event_count: int) -> None:
    """Fail if an event is missing or duplicate, or a balance differs from its earns."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(CHECK).fetchone()
    if found != (event_count, event_count, 0):
        raise RuntimeError(
            f"the warehouse has wrong (events, distinct events, wrong balances): {found}"
        )


def measure_freshness(
    connections: int, seconds: float, folder: Path, say: Callable[[str], None]
) -> Freshness:
    """Poll the newest event in the warehouse while an API receives events."""
    server = Server(folder / "game.duckdb", environment={"LOADER_INTERVAL_SECONDS": "1"})
    contender = Contender(server)
    ages = []
    # The client runs in another process, because polling would delay it.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        try:
            contender.start(connections)
            requests = contender.requests("/event", connections)
            load = pool.submit(
                put_load, server.port, requests, seconds=seconds, warmup_seconds=WARMUP_SECONDS
            )
            begin = time.monotonic() + 2 * WARMUP_SECONDS
            while not load.done():
                time.sleep(LOOK_EVERY_SECONDS)
                newest = _newest_event(server.warehouse)
                if newest is not None and time.monotonic() > begin and not load.done():
                    ages.append(time.time() - newest)
            outcome = load.result()
        finally:
            if server.process is not None:
                server.kill()
    freshness = Freshness(
        load=outcome,
        connections=connections,
        looks=len(ages),
        median_age_seconds=statistics.median(ages),
        oldest_age_seconds=max(ages),
    )
    say(
        f"Under {outcome.requests_per_second:,.0f} events/s the newest shipped event is"
        f" {freshness.median_age_seconds:.2f} s old (median), {freshness.oldest_age_seconds:.2f} s"
        " at most"
    )
    return freshness


def _newest_event(warehouse: Path) -> float | None:
    """Return the newest event's time of receipt as a Unix timestamp; None if it is unavailable."""
    try:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            found = connection.execute("select epoch(max(received_at)) from raw.game_events")
            row = found.fetchone()
    except duckdb.Error:
        # The loader holds the file or has not created it yet.
        return None
    return row[0] if row else None


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.loader_bench", description="The loader's speed."
    )
    parser.add_argument("--events", type=int, default=1_000_000, help="size of the backlog")
    parser.add_argument("--runs", type=int, default=3, help="runs of the backlog")
    parser.add_argument("--seconds", type=float, default=15.0, help="duration of the load")
    parser.add_argument("--connections", type=int, default=16, help="connections of the load")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the report here")
    options = parser.parse_args(arguments)

    def say(text: str) -> None:
        print(text, flush=True)

    # Not in /tmp, which may be in memory.
    target = ROOT / "target"
    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix="loader-bench-") as name:
        folder = Path(name)
        report = Report(
            backlog=measure_backlog(options.events, options.runs, folder, say),
            freshness=measure_freshness(options.connections, options.seconds, folder, say),
        )
    if options.json is not None:
        options.json.write_text(json.dumps(asdict(report), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
