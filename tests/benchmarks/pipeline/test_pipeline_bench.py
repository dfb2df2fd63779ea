"""The benchmark of the pipeline runs, and its page shows the results. No timings."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.page import page
from tests.benchmarks.pipeline.bench import Report, Subject, measure_size
from tests.benchmarks.pipeline.costs import Cost, Costs, cost_of
from tests.benchmarks.rules import RULES, Score

PURCHASES = 2000


def test_cost_is_what_the_process_took(tmp_path: Path) -> None:
    busy = "data = bytearray(200_000_000); import time; begin = time.process_time()\n"
    busy += "while time.process_time() < begin + 0.3: pass"
    cost = cost_of(["python3", "-c", busy], folder=tmp_path)
    assert cost.seconds >= 0.3
    assert cost.cpu_seconds >= 0.3
    assert 200e6 < cost.peak_memory_bytes < 400e6


def test_command_that_fails_is_an_error_with_its_output(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="ended with 3:\nwhy"):
        cost_of(["sh", "-c", "echo why; exit 3"], folder=tmp_path)


def test_middle_run_is_told_and_the_largest_memory() -> None:
    costs = Costs([Cost(3, 4, 10), Cost(1, 9, 30), Cost(2, 5, 20)])
    assert (costs.seconds, costs.cpu_seconds, costs.peak_memory_bytes) == (2, 5, 30)


def test_pipeline_is_measured_and_told(tmp_path: Path) -> None:
    """Measure all subjects on a small game, which also compares their reports."""
    said: list[str] = []
    size = measure_size(PURCHASES, 1, tmp_path, said.append, is_large=False)
    assert set(size.costs) == set(Subject)
    assert size.truth.anomalies.right > 0
    assert {name.partition(" ")[0] for name in size.profile} == {
        *("seed", "model", "export", "tests", "questions"),
    }
    assert len(said) == 1 + len(Subject)
    costs = size.costs[Subject.DBT]
    pipeline = asdict(Report([size], sample_build=costs, sample_make=costs))
    text = page(json.loads(json.dumps(pipeline)), rules_report(), api_report(), loader_report())
    assert f"| {PURCHASES:,} | pandas |" in text
    assert "| dispositions: wrong or missed, all sizes | at most 0 | 0.00 | yes |" in text
    # a ratio of 3, below the target of 4
    event, earn = "| `/event`, product (granian) to", "| `/earn`, product (granian) to"
    case = "comparator (threads), 16 connections | at least 4 x |"
    assert "| labelled | `ratio` | 3 | 1 | 2 | 0.750 | 0.600 | 2 of 3 | 10.0 |" in text
    assert f"{event} {case} 3.00 x | **no** |" in text
    assert f"{earn} {case} 5.00 x | yes |" in text


def rules_report() -> Any:  # noqa: ANN401 (as the json module returns it)
    score = asdict(Score(3, 1, 2, 100, 2, 3))
    settings = [
        f"{ratio} of {days} days" for ratio in (0.3, 0.4, 0.5, 0.6, 0.7) for days in (3, 7, 14, 28)
    ]
    scores = {rule: {"all": score, "10": score} for rule in [*RULES, *settings]}
    return {"labelled": scores, "campaigns": scores}


def api_report() -> Any:  # noqa: ANN401 (as the json module returns it)
    fast = {"/event": 300, "/earn": 500, "/balance": 900, "/track": 100}
    slow = dict.fromkeys(fast, 100)
    rates = {
        "product": fast,
        "product (granian)": fast,
        "comparator (threads)": slow,
        "comparator (coroutines)": slow,
    }
    return {
        "plan": {"connections": [16]},
        "outcomes": [
            {
                "case": {
                    "subject": subject,
                    "endpoint": endpoint,
                    "connections": 16,
                    "is_beside_builds": is_beside,
                },
                "requests_per_second": rate,
                "p50_ms": 1.0,
                "p95_ms": 2.0,
                "p99_ms": 3.0,
                "failures": 0,
            }
            for is_beside in (False, True)
            for subject, by_endpoint in rates.items()
            for endpoint, rate in by_endpoint.items()
        ],
        "peak_memory_bytes": dict.fromkeys(rates, 1e8),
        "builds": {"finished": 3, "failed": 0, "seconds": 9.0},
        "client_ceiling": {"16": {"requests_per_second": 1e5}},
    }


def loader_report() -> Any:  # noqa: ANN401 (as the json module returns it)
    return {
        "backlog": {
            "events": 10,
            "seconds": 1.0,
            "events_per_second": 10.0,
            "peak_memory_bytes": 1e8,
            "runs": [1.0],
        },
        "freshness": {
            "load": {"requests_per_second": 100.0},
            "connections": 16,
            "looks": 5,
            "median_age_seconds": 0.3,
            "oldest_age_seconds": 1.0,
        },
    }
