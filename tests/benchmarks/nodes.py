"""Compare two API processes on one PostgreSQL with one process, by acknowledged requests.

    python -m tests.benchmarks.nodes

The benchmark starts PostgreSQL, and its commits wait for the disk. The processes, the database and
the clients share one machine. The table shows their use of its cores.
"""

from __future__ import annotations

import argparse
import os
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.load_client import Load, encode_request, put_load
from tests.support.server import Request, Server
from tests.system.postgres.server import PostgresServer, find_programs

CONNECTIONS = 32
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Outcome:
    """The results of some API processes.

    Attributes:
        nodes: Number of API processes.
        requests_per_second: Acknowledged requests of all processes.
        p99_ms: 99th percentile of the slowest process.
        failures: Number of unacknowledged requests.
        api_cores: Average number of cores that the API processes used.
        database_cores: Average number of cores that PostgreSQL used.
    """

    nodes: int
    requests_per_second: float
    p99_ms: float
    failures: int
    api_cores: float
    database_cores: float


def measure(nodes: int, seconds: float, folder: Path) -> Outcome:
    """Measure some processes on a new database."""
    programs = find_programs()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed. Install the Debian package postgresql.")
    database = PostgresServer(programs, is_durable=True)
    try:
        with _started(nodes, database.empty_store(), folder) as servers:
            return _load(servers, database, seconds)
    finally:
        database.remove()


@contextmanager
def _started(nodes: int, url: str, folder: Path) -> Iterator[list[Server]]:
    servers = [
        Server(folder / "w.duckdb", {"STORE_URL": url}, log_path=folder / f"{number}.log")
        for number in range(nodes)
    ]
    try:
        for server in servers:
            server.start()
        yield servers
    finally:
        for server in servers:
            server.kill()


def _load(servers: Sequence[Server], database: PostgresServer, seconds: float) -> Outcome:
    requests = [
        [_request(server, number) for number in range(CONNECTIONS // len(servers))]
        for server in servers
    ]
    api = [server.process.pid for server in servers if server.process is not None]
    put = partial(put_load, seconds=seconds, warmup_seconds=seconds / 4)
    with ProcessPoolExecutor(len(servers)) as clients:
        before, began = (_cpu_seconds(api), _cpu_seconds(database.pids())), time.monotonic()
        loads: list[Load] = list(clients.map(put, [server.port for server in servers], requests))
        took = time.monotonic() - began
        after = _cpu_seconds(api), _cpu_seconds(database.pids())
    return Outcome(
        len(servers),
        sum(load.requests_per_second for load in loads),
        max(load.p99_ms for load in loads),
        sum(load.failures for load in loads),
        (after[0] - before[0]) / took,
        (after[1] - before[1]) / took,
    )


def _request(server: Server, number: int) -> bytes:
    """Create an earn or an event request of a new player."""
    credentials = {"username": uuid.uuid4().hex, "password": uuid.uuid4().hex}
    _, login = server.call(Request("POST", "/login", credentials))
    path, body = (
        ("/earn", {"amount": 1, "reason": "bench"})
        if number % 2
        else ("/event", {"eventType": "level_complete", "meta": {"level": number}})
    )
    return encode_request(Request("POST", path, body, login["token"]))


def _cpu_seconds(pids: Iterable[int]) -> float:
    """Return the total processor time of processes."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        total += sum(map(int, fields[11:13]))
    return total / TICKS_PER_SECOND


def table(outcomes: Sequence[Outcome]) -> str:
    """Format the figures and their ratios to one process."""
    lines = ["processes  acknowledged/s  ratio  p99 ms  failures  cores: api  database"]
    lines += [
        f"{each.nodes:>9}  {each.requests_per_second:>14,.0f}"
        f"  {each.requests_per_second / outcomes[0].requests_per_second:>5.2f}"
        f"  {each.p99_ms:>6,.0f}  {each.failures:>8}"
        f"  {each.api_cores:>10.2f}  {each.database_cores:>8.2f}"
        for each in outcomes
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure one and two processes, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.nodes", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="duration of each (default: 20)")
    seconds = parser.parse_args(arguments).seconds
    outcomes = []
    for nodes in (1, 2):
        with TemporaryDirectory() as folder:
            outcomes.append(measure(nodes, seconds, Path(folder)))
    print(f"{CONNECTIONS} connections, {os.cpu_count()} cores for all")
    print(table(outcomes))


if __name__ == "__main__":
    main()
