"""The API under load, side by side with a comparator, alone and while `dbt build` loops.

The comparator runs in two modes (see its module): in threads, the basis of the comparison, and with
blocking coroutines, its fastest mode.

    python -m tests.benchmarks.api_bench --json api.json

Each run starts all servers on new stores and loads them in turn, endpoint by endpoint, in a
rotating order. The figures are medians of the runs; failures are sums. After each run, all balances
must equal the acknowledged earns; otherwise the benchmark stops.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from itertools import cycle, islice, product
from pathlib import Path

from tests.benchmarks.comparator import Way
from tests.benchmarks.load_client import Load, client_ceiling, encode_request, put_load
from tests.benchmarks.memory import peak_memory_bytes
from tests.support.harness import ROOT, Project, Run
from tests.support.server import Request, Server
from tests.system.postgres.proxies import Node
from warehouse.sample.generate import generate_sample

COINS = 7
EVENT = {"eventType": "level_complete", "meta": {"level": 3, "score": 1200}}
EARN = {"amount": COINS, "reason": "quest"}
ENDPOINTS: Mapping[str, Callable[[str], Request]] = {
    "/event": lambda token: Request("POST", "/event", EVENT, token),
    "/earn": lambda token: Request("POST", "/earn", EARN, token),
    "/balance": lambda token: Request("GET", "/balance", token=token),
    "/track": lambda _: Request("GET", "/track?character=dragon_queen"),
}


class Subject(StrEnum):
    """A measured server."""

    PRODUCT = "product"
    NODE = "product (granian)"
    THREADS = "comparator (threads)"
    COROUTINES = "comparator (coroutines)"


@dataclass(frozen=True)
class Plan:
    """The configuration of the benchmark.

    Attributes:
        runs: Number of runs.
        seconds: Duration of each measurement.
        warmup_seconds: Duration of the load before it.
        connections: Numbers of connections.
        players: Number of players.
        is_beside_builds: Whether to measure again while `dbt build` loops.
    """

    runs: int = 3
    seconds: float = 3.0
    warmup_seconds: float = 1.0
    connections: Sequence[int] = (16, 64)
    players: int = 16
    is_beside_builds: bool = True


@dataclass(frozen=True)
class Case:
    """The parameters of one measurement."""

    subject: Subject
    endpoint: str
    connections: int
    is_beside_builds: bool


@dataclass(frozen=True)
class Outcome:
    """A case and its results in each run."""

    case: Case
    requests_per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    slowest_ms: float
    failures: int
    runs: Sequence[Load]

    @classmethod
    def of(cls, case: Case, runs: Sequence[Load]) -> Outcome:
        """Take the medians."""
        return cls(
            case=case,
            requests_per_second=statistics.median(run.requests_per_second for run in runs),
            p50_ms=statistics.median(run.p50_ms for run in runs),
            p95_ms=statistics.median(run.p95_ms for run in runs),
            p99_ms=statistics.median(run.p99_ms for run in runs),
            slowest_ms=max(run.slowest_ms for run in runs),
            failures=sum(run.failures for run in runs),
            runs=runs,
        )


@dataclass(frozen=True)
class Builds:
    """The builds during the load.

    Attributes:
        finished: Number of builds.
        failed: Number of failed builds.
        seconds: Median duration.
    """

    finished: int
    failed: int
    seconds: float


@dataclass(frozen=True)
class Report:
    """The results of the benchmark.

    Attributes:
        plan: The configuration.
        outcomes: The results of every case.
        peak_memory_bytes: Peak memory of each server after all loads, median of its runs.
        builds: `dbt build` during the load, if any.
        client_ceiling: The client's throughput against a server that does nothing, by connections.
            It must be far above the servers' throughput.
    """

    plan: Plan
    outcomes: Sequence[Outcome]
    peak_memory_bytes: Mapping[Subject, float]
    builds: Builds | None
    client_ceiling: Mapping[int, Load]


@dataclass
class Contender:
    """A server and its players.

    Attributes:
        server: The server process.
        tokens: The players' tokens.
        earned: Number of acknowledged earns.
        unsure: Number of unacknowledged earns, which may have taken effect.
    """

    server: Server
    tokens: list[str] = field(default_factory=list)
    earned: int = 0
    unsure: int = 0

    def start(self, players: int) -> None:
        """Start the server and register the players."""
        self.server.start()
        for number in range(players):
            credentials = {"username": f"player-{number}", "password": "correct horse battery"}
            status, answer = self.server.call(Request("POST", "/login", credentials))
            if status != 201:
                raise RuntimeError(f"the login failed with {status}: {answer}")
            self.tokens.append(answer["token"])

    def measure(self, endpoint: str, connections: int, plan: Plan) -> Load:
        """Load one endpoint."""
        load = put_load(
            self.server.port,
            self.requests(endpoint, connections),
            seconds=plan.seconds,
            warmup_seconds=plan.warmup_seconds,
        )
        if endpoint == "/earn":
            self.earned += load.acknowledged
            self.unsure += load.failures
        return load

    def requests(self, endpoint: str, connections: int) -> list[bytes]:
        """Create one request for each connection."""
        tokens = islice(cycle(self.tokens), connections)
        return [encode_request(ENDPOINTS[endpoint](token)) for token in tokens]

    def check_money(self) -> None:
        """Fail if the balances differ from the acknowledged earns."""
        answers = [self.server.call(Request("GET", "/balance", token=t)) for t in self.tokens]
        coins = sum(answer["balance"] for _, answer in answers)
        if not self.earned * COINS <= coins <= (self.earned + self.unsure) * COINS:
            raise RuntimeError(
                f"{self.earned} earns of {COINS} acknowledged, but the balances are {coins}"
            )

    def peak_memory_bytes(self) -> int:
        """Return the peak memory of the process."""
        assert self.server.process is not None
        return peak_memory_bytes(self.server.process.pid)


def measure(plan: Plan, folder: Path, say: Callable[[str], None]) -> Report:
    """Measure all cases.

    Args:
        plan: The configuration.
        folder: Folder of the servers' files. It should be on a disk, so that commits wait for it.
        say: Receives progress messages.
    """
    loads: dict[Case, list[Load]] = defaultdict(list)
    peaks: dict[Subject, list[int]] = defaultdict(list)
    builds: list[tuple[float, Run]] = []
    for number in range(plan.runs):
        project = Project.copy_to(folder / f"run-{number}/project")
        generate_sample(project.root / "seeds")
        with started(project, plan.players) as contenders:
            order = _rotated(list(Subject), number)
            for is_beside_builds in [False, True] if plan.is_beside_builds else [False]:
                with _building(project, builds) if is_beside_builds else nullcontext():
                    for connections, endpoint in product(plan.connections, ENDPOINTS):
                        for subject in order:
                            case = Case(subject, endpoint, connections, is_beside_builds)
                            load = contenders[subject].measure(endpoint, connections, plan)
                            loads[case].append(load)
                            say(f"Run {number + 1} of {plan.runs}: {_line(case, load)}")
            for subject, contender in contenders.items():
                contender.check_money()
                peaks[subject].append(contender.peak_memory_bytes())
    return Report(
        plan=plan,
        outcomes=[Outcome.of(case, runs) for case, runs in loads.items()],
        peak_memory_bytes={subject: statistics.median(peaks[subject]) for subject in Subject},
        builds=_summary(builds) if builds else None,
        client_ceiling={
            connections: client_ceiling(
                connections, seconds=plan.seconds, warmup_seconds=plan.warmup_seconds
            )
            for connections in plan.connections
        },
    )


@contextmanager
def started(project: Project, players: int) -> Iterator[Mapping[Subject, Contender]]:
    """Start all servers with this many players; the product uses the project's warehouse."""
    contenders = {
        Subject.PRODUCT: Contender(
            Server(project.warehouse, environment={"LOADER_INTERVAL_SECONDS": "1"})
        ),
        # As in the compose file, without a loader.
        Subject.NODE: Contender(Node(project.root / "node/node.log", {})),
        Subject.THREADS: _comparator(project, Way.THREADS),
        Subject.COROUTINES: _comparator(project, Way.COROUTINES),
    }
    try:
        for contender in contenders.values():
            contender.start(players)
        yield contenders
    finally:
        for contender in contenders.values():
            if contender.server.process is not None:
                contender.server.kill()


def _comparator(project: Project, way: Way) -> Contender:
    path = project.root / f"comparator-{way}/none.duckdb"
    return Contender(Server(path, command=("-m", "tests.benchmarks.comparator", way)))


def _rotated(subjects: list[Subject], number: int) -> list[Subject]:
    first = number % len(subjects)
    return subjects[first:] + subjects[:first]


@contextmanager
def _building(project: Project, builds: list[tuple[float, Run]]) -> Iterator[None]:
    """Run `dbt build` in a loop and record the duration and result of each build."""
    stop = threading.Event()

    def build() -> None:
        while not stop.is_set():
            begin = time.monotonic()
            run = project.build()
            builds.append((time.monotonic() - begin, run))

    thread = threading.Thread(target=build)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _summary(builds: Sequence[tuple[float, Run]]) -> Builds:
    return Builds(
        finished=len(builds),
        failed=sum(run.exit_code != 0 for _, run in builds),
        seconds=statistics.median(seconds for seconds, _ in builds),
    )


def _line(case: Case, load: Load | Outcome) -> str:
    beside = " beside builds" if case.is_beside_builds else ""
    return (
        f"{case.subject} {case.endpoint} {case.connections} connections{beside}:"
        f" {load.requests_per_second:,.0f}/s, p50 {load.p50_ms:.1f} ms, p95 {load.p95_ms:.1f} ms,"
        f" p99 {load.p99_ms:.1f} ms, {load.failures} failures"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    plan = Plan()
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.api_bench", description="The API under load."
    )
    parser.add_argument("--runs", type=int, default=plan.runs)
    parser.add_argument("--seconds", type=float, default=plan.seconds, help="duration of each one")
    parser.add_argument(
        "--warmup", type=float, default=plan.warmup_seconds, help="seconds of warm-up"
    )
    parser.add_argument("--connections", type=int, nargs="+", default=plan.connections)
    parser.add_argument(
        "--no-builds", action="store_true", help="do not run dbt build during the load"
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the report here")
    options = parser.parse_args(arguments)
    plan = Plan(
        runs=options.runs,
        seconds=options.seconds,
        warmup_seconds=options.warmup,
        connections=options.connections,
        is_beside_builds=not options.no_builds,
    )
    # Not in /tmp, which may be in memory: commits must wait for a disk.
    target = ROOT / "target"
    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix="api-bench-") as folder:
        report = measure(plan, Path(folder), lambda text: print(text, flush=True))
    print("\nMedians")
    for outcome in report.outcomes:
        print(_line(outcome.case, outcome))
    for subject, size in report.peak_memory_bytes.items():
        print(f"{subject}: peak memory {size / 2**20:,.0f} MiB")
    for connections, load in report.client_ceiling.items():
        print(f"client: {load.requests_per_second:,.0f}/s over {connections} connections")
    if report.builds is not None:
        print(report.builds)
    if options.json is not None:
        options.json.write_text(json.dumps(asdict(report), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
