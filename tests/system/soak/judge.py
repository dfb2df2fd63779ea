"""What is to stay as it is in a process that runs for long, and whether it did."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

MIB = 2**20
# Memory comes in arenas: a few of them more are no leak.
MEMORY_SLACK_BYTES = 24 * MIB
MEMORY_GROWTH = 1.10
LATENCY_GROWTH = 1.5
# Under a few milliseconds the machine is what is measured.
LATENCY_SLACK_MS = 20.0
# SQLite begins its log anew at a few MiB, unless somebody reads an old state all the time.
LARGEST_LOG_BYTES = 128 * MIB
# Files of the loader and of the warehouse, which come and go.
DESCRIPTOR_SLACK = 12
THREAD_SLACK = 4
# What there may be however long it runs: three files for each of the store's connections, which are
# opened when they are first needed, and the files of a library or two; threads for what takes long.
MOST_DESCRIPTORS = 150
MOST_THREADS = 25


@dataclass(frozen=True)
class Sample:
    """The process and its files at a moment, and what clients saw since the one before.

    Attributes:
        second: Since the load began.
        memory_bytes: Resident.
        descriptors: Open ones.
        threads: Of the process.
        store_bytes: The store's file.
        log_bytes: The store's write-ahead log.
        backlog: Events that wait for the loader.
        requests_per_second: Answered.
        p50_ms: Latency.
        p95_ms: Likewise.
        p99_ms: Likewise.
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
    """One thing that was to stay as it is.

    Attributes:
        what: It.
        is_good: Whether it did; None where that cannot be told, after too short a time.
        found: The figures.
    """

    what: str
    is_good: bool | None
    found: str


def quarters(samples: Sequence[Sample]) -> list[Sequence[Sample]]:
    """Cut into four parts; the first is the time to get warm."""
    size = len(samples)
    return [samples[size * part // 4 : size * (part + 1) // 4] for part in range(4)]


def judge(samples: Sequence[Sample], connections: int, *, is_long: bool) -> list[Verdict]:
    """Compare the last quarter with the second one.

    Args:
        samples: At least four.
        connections: How many clients have open.
        is_long: Whether the time was long enough to tell growth from getting warm.
    """
    _, before, _, after = quarters(samples)

    def median(part: Sequence[Sample], value: Callable[[Sample], float]) -> float:
        return statistics.median(value(sample) for sample in part)

    memory = [median(part, lambda sample: sample.memory_bytes) for part in (before, after)]
    p99 = [median(part, lambda sample: sample.p99_ms) for part in (before, after)]
    descriptors = [max(sample.descriptors for sample in part) for part in (before, after)]
    # Those of DuckDB come and go with a shipment; what grows is there in most samples.
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
