"""Check that the resources of a long-running process do not grow."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

MIB = 2**20
# The allocator grows in arenas, so a few more are not a leak.
MEMORY_SLACK_BYTES = 24 * MIB
MEMORY_GROWTH = 1.10
LATENCY_GROWTH = 1.5
# Smaller differences depend on the machine.
LATENCY_SLACK_MS = 20.0
# SQLite restarts its log at a few MiB, unless a reader always holds an old snapshot.
LARGEST_LOG_BYTES = 128 * MIB
# Temporary files of the loader and of the warehouse.
DESCRIPTOR_SLACK = 12
THREAD_SLACK = 4
# Absolute maxima for any duration: three files for each of the store's connections and some files
# of libraries; the server's threads and background threads.
MOST_DESCRIPTORS = 150
MOST_THREADS = 25


@dataclass(frozen=True)
class Sample:
    """The process and its files at one time, and the clients' figures since the previous sample.

    Attributes:
        second: Seconds since the start of the load.
        memory_bytes: Resident memory.
        descriptors: Open file descriptors.
        threads: Threads of the process.
        store_bytes: Size of the store's file.
        log_bytes: Size of the store's write-ahead log.
        backlog: Events that wait for the loader.
        requests_per_second: Answered requests.
        p50_ms: Median latency.
        p95_ms: 95th percentile of the latency.
        p99_ms: 99th percentile of the latency.
    """

    second: float
    memory_bytes: int
    descriptors: int
    threads: int
    store_bytes: int
    log_bytes: int
    backlog: int
    requests_per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Verdict:
    """The result of one check.

    Attributes:
        what: The checked resource or promise.
        is_good: Whether the check passed; None if the run was too short to decide.
        found: The figures.
    """

    what: str
    is_good: bool | None
    found: str


def quarters(samples: Sequence[Sample]) -> list[Sequence[Sample]]:
    """Split the samples into four parts; the first is the warm-up."""
    size = len(samples)
    return [samples[size * part // 4 : size * (part + 1) // 4] for part in range(4)]


def judge(samples: Sequence[Sample], connections: int, *, is_long: bool) -> list[Verdict]:
    """Compare the last quarter with the second quarter.

    Args:
        samples: At least four samples.
        connections: Open client connections.
        is_long: Whether the run was long enough to distinguish growth from warm-up.
    """
    _, before, _, after = quarters(samples)

    def median(part: Sequence[Sample], value: Callable[[Sample], float]) -> float:
        return statistics.median(value(sample) for sample in part)

    memory = [median(part, lambda sample: sample.memory_bytes) for part in (before, after)]
    p99 = [median(part, lambda sample: sample.p99_ms) for part in (before, after)]
    descriptors = [max(sample.descriptors for sample in part) for part in (before, after)]
    # DuckDB's threads exist only during a shipment. A leak appears in most samples.
    threads = [median(part, lambda sample: sample.threads) for part in (before, after)]
    most_threads = max(sample.threads for sample in after)
    log = max(sample.log_bytes for sample in samples)

    def if_long(is_good: bool) -> bool | None:
        return is_good if is_long else None

    return [
        Verdict(
            "memory",
            if_long(memory[1] <= memory[0] * MEMORY_GROWTH + MEMORY_SLACK_BYTES),
            f"{memory[0] / MIB:,.0f} MiB, then {memory[1] / MIB:,.0f} MiB",
        ),
        Verdict(
            "descriptors",
            descriptors[1] <= MOST_DESCRIPTORS + connections
            and not (is_long and descriptors[1] > descriptors[0] + DESCRIPTOR_SLACK),
            f"{descriptors[0]}, then {descriptors[1]}",
        ),
        Verdict(
            "threads",
            most_threads <= MOST_THREADS
            and not (is_long and threads[1] > threads[0] + THREAD_SLACK),
            f"{threads[0]:.0f}, then {threads[1]:.0f}; {most_threads} at most",
        ),
        Verdict(
            "latency (p99)",
            if_long(p99[1] <= p99[0] * LATENCY_GROWTH + LATENCY_SLACK_MS),
            f"{p99[0]:.0f} ms, then {p99[1]:.0f} ms",
        ),
        Verdict(
            "write-ahead log",
            if_long(log <= LARGEST_LOG_BYTES),
            f"{log / MIB:.1f} MiB at most",
        ),
    ]
