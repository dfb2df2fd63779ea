"""The loader: how long a backlog takes, and how old the newest shipped event is under load.

    python -m tests.benchmarks.loader_bench --json loader.json

A backlog is written into a store once and copied for each run; `python -m warehouse load` ships it
as anybody would, and all of it must be in the warehouse then. For the age, an API takes events
without pause while another process looks at the warehouse again and again.
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
# Every player's balance, beside what the shipped `earn` events add up to.
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
    """Shipping a backlog; medians of the runs.

    Attributes:
        events: How many waited.
        seconds: How long the command took, from its start to its end.
        events_per_second: Follows from these.
        peak_memory_bytes: Of its process.
        runs: The seconds of each run.
    """

    events: int
    seconds: float
    events_per_second: float
    peak_memory_bytes: float
    runs: Sequence[float]


@dataclass(frozen=True)
class Freshness:
    """The newest shipped event under load.

    Attributes:
        load: What the API took meanwhile.
        connections: Over how many connections.
        looks: How often the warehouse was looked at.
        median_age_seconds: Time since the API received the newest event in the warehouse.
        oldest_age_seconds: Likewise, the longest.
    """

    load: Load
    connections: int
    looks: int
    median_age_seconds: float
    oldest_age_seconds: float


@dataclass(frozen=True)
class Report:
    """All that was measured."""

    backlog: Backlog
    freshness: Freshness


def measure_backlog(
    event_count: int, runs: int, folder: Path, say: Callable[[str], None]
) -> Backlog:
    """Ship a backlog into a new warehouse, several times."""
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
    """Fill a store as an API would: players who earn, and other events of theirs in between."""
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
    # The last connection moves what is in the write-ahead log into the file.
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
    """Run the command; returns its peak memory."""
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
        raise RuntimeError(f"the loader ended with {process.returncode}")
    return peak


def _check(warehouse: Path, event_count: int) -> None:
    """Fail where an event is missing or there twice, or a balance is not what was earned."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(CHECK).fetchone()
    if found != (event_count, event_count, 0):
        raise RuntimeError(f"events, different ones and wrong balances in the warehouse: {found}")


def measure_freshness(
    connections: int, seconds: float, folder: Path, say: Callable[[str], None]
) -> Freshness:
    """Look at the newest event in the warehouse while an API takes events without pause."""
    server = Server(folder / "game.duckdb", environment={"LOADER_INTERVAL_SECONDS": "1"})
    contender = Contender(server)
    ages = []
    # The client has a process of its own: looking would keep it waiting.
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
    """Tell when the newest event was received, in seconds since 1970; None where nobody can."""
    try:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            found = connection.execute("select epoch(max(received_at)) from raw.game_events")
            row = found.fetchone()
    except duckdb.Error:
        # The loader has the file, or has not made it yet.
        return None
    return row[0] if row else None


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.loader_bench", description="The loader's speed."
    )
    parser.add_argument("--events", type=int, default=1_000_000, help="in the backlog")
    parser.add_argument("--runs", type=int, default=3, help="of the backlog")
    parser.add_argument("--seconds", type=float, default=15.0, help="of load")
    parser.add_argument("--connections", type=int, default=16, help="of that load")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the report here")
    options = parser.parse_args(arguments)

    def say(text: str) -> None:
        print(text, flush=True)

    # Not in /tmp, which may be memory.
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
