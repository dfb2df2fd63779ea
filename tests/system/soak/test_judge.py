"""The soak test detects growth and accepts normal variation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.system.soak.judge import MIB, Sample, judge

CONNECTIONS = 32
FLAT = Sample(
    second=0.0,
    memory_bytes=200 * MIB,
    descriptors=100,
    threads=20,
    store_bytes=50 * MIB,
    log_bytes=4 * MIB,
    backlog=500,
    requests_per_second=1000.0,
    p50_ms=10.0,
    p95_ms=50.0,
    p99_ms=100.0,
)
Change = Callable[[Sample, int], Sample]


def verdicts(change: Change, *, is_long: bool = True) -> dict[str, bool | None]:
    """Judge forty samples; `change` receives each sample's number."""
    samples = [change(replace(FLAT, second=5.0 * number), number) for number in range(40)]
    return {v.what: v.is_good for v in judge(samples, CONNECTIONS, is_long=is_long)}


def test_constant_samples_pass() -> None:
    assert set(verdicts(lambda sample, _: sample).values()) == {True}


def test_warm_up_is_not_a_leak() -> None:
    def warm(sample: Sample, number: int) -> Sample:
        share = min(1.0, number / 10)
        return replace(
            sample,
            memory_bytes=int(sample.memory_bytes * share),
            descriptors=int(sample.descriptors * share),
            threads=int(sample.threads * share),
            p99_ms=sample.p99_ms * (2 - share),
        )

    assert set(verdicts(warm).values()) == {True}


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("memory", lambda s, n: replace(s, memory_bytes=s.memory_bytes + 3 * MIB * n)),
        ("descriptors", lambda s, n: replace(s, descriptors=s.descriptors + n)),
        ("threads", lambda s, n: replace(s, threads=s.threads + n // 3)),
        ("latency (p99)", lambda s, n: replace(s, p99_ms=s.p99_ms * (1 + n / 10))),
        ("write-ahead log", lambda s, n: replace(s, log_bytes=s.log_bytes * (n + 1))),
    ],
)
def test_growth_is_found(what: str, change: Change) -> None:
    found = verdicts(change)
    assert [name for name, is_good in found.items() if not is_good] == [what]


def test_single_slow_samples_are_not_growth() -> None:
    found = verdicts(lambda s, n: replace(s, p99_ms=5000.0) if n in (32, 36) else s)
    assert set(found.values()) == {True}


def test_short_run_reports_only_obvious_leaks() -> None:
    def grown(sample: Sample, number: int) -> Sample:
        return replace(sample, memory_bytes=MIB * number, p99_ms=10.0 * number, threads=number // 2)

    assert verdicts(grown, is_long=False) == {
        "memory": None,
        "descriptors": True,
        "threads": True,
        "latency (p99)": None,
        "write-ahead log": None,
    }
    leaking = verdicts(lambda s, n: replace(s, descriptors=10 * n, threads=2 * n), is_long=False)
    assert [name for name, is_good in leaking.items() if is_good is False] == [
        "descriptors",
        "threads",
    ]
