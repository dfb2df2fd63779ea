"""The benchmarks run, and the product and the comparator behave the same. No timings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.benchmarks.api_bench import (
    COINS,
    ENDPOINTS,
    Case,
    Contender,
    Plan,
    Subject,
    measure,
    started,
)
from tests.benchmarks.load_client import encode_request, put_load
from tests.benchmarks.loader_bench import measure_backlog, measure_freshness
from tests.benchmarks.nodes import measure as measure_nodes
from tests.benchmarks.nodes import table
from tests.support.harness import Project
from tests.support.left_out import leave_out
from tests.support.server import Request
from tests.system.postgres.server import find_programs

TINY = Plan(
    runs=1, seconds=0.3, warmup_seconds=0.1, connections=[2], players=2, is_beside_builds=False
)
# The status and the type of each field.
ANSWERS: dict[str, tuple[int, dict[str, type]]] = {
    "/event": (201, {"eventId": str}),
    "/earn": (201, {"eventId": str, "balance": int}),
    "/balance": (200, {"userId": int, "balance": int}),
    "/track": (200, {"eventId": str}),
}


@pytest.fixture(scope="module")
def contenders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[Subject, Contender]]:
    """All servers, each with one player."""
    project = Project.copy_to(tmp_path_factory.mktemp("contract") / "project")
    with started(project, players=1) as contenders:
        yield contenders


@pytest.mark.parametrize("subject", Subject)
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_product_and_comparator_keep_the_same_contract(
    contenders: Mapping[Subject, Contender], subject: Subject, endpoint: str
) -> None:
    contender = contenders[subject]
    status, answer = contender.server.call(ENDPOINTS[endpoint](contender.tokens[0]))
    assert (status, {name: type(value) for name, value in answer.items()}) == ANSWERS[endpoint]


@pytest.mark.parametrize("subject", Subject)
def test_balance_is_what_was_earned(
    contenders: Mapping[Subject, Contender], subject: Subject
) -> None:
    contender = contenders[subject]
    (token,) = contender.tokens
    before = contender.server.call(ENDPOINTS["/balance"](token))[1]
    for number in range(1, 4):
        earned = contender.server.call(ENDPOINTS["/earn"](token))[1]
        assert earned["balance"] == before["balance"] + number * COINS
    after = contender.server.call(ENDPOINTS["/balance"](token))[1]
    assert after == {"userId": before["userId"], "balance": before["balance"] + 3 * COINS}


@pytest.mark.parametrize("subject", Subject)
def test_nobody_plays_without_a_good_token(
    contenders: Mapping[Subject, Contender], subject: Subject
) -> None:
    server = contenders[subject].server
    assert server.call(Request("GET", "/balance"))[0] == 401
    assert server.call(ENDPOINTS["/earn"]("no.good.token"))[0] == 401


def test_refused_requests_are_failures(contenders: Mapping[Subject, Contender]) -> None:
    port = contenders[Subject.PRODUCT].server.port
    good = encode_request(Request("GET", "/track?character=knight"))
    bad = encode_request(Request("GET", "/track"))
    load = put_load(port, [good, bad], seconds=0.3, warmup_seconds=0)
    assert load.acknowledged > 1
    assert load.failures > 1
    with pytest.raises(RuntimeError, match="acknowledged nothing"):
        put_load(port, [bad], seconds=0.1, warmup_seconds=0)


def test_every_case_is_measured_and_the_money_adds_up(tmp_path: Path) -> None:
    report = measure(TINY, tmp_path, say=lambda _: None)
    assert {outcome.case for outcome in report.outcomes} == {
        Case(subject, endpoint, 2, is_beside_builds=False)
        for subject in Subject
        for endpoint in ENDPOINTS
    }
    for outcome in report.outcomes:
        assert outcome.failures == 0
        assert outcome.requests_per_second > 0
        assert outcome.p50_ms <= outcome.p95_ms <= outcome.p99_ms <= outcome.slowest_ms
    assert min(report.peak_memory_bytes.values()) > 2**20
    assert report.client_ceiling[2].failures == 0


def test_money_that_is_missing_stops_the_benchmark(
    contenders: Mapping[Subject, Contender],
) -> None:
    contender = contenders[Subject.PRODUCT]
    with pytest.raises(RuntimeError, match="acknowledged"):
        Contender(contender.server, contender.tokens, earned=10**6).check_money()


def test_a_backlog_is_shipped_whole(tmp_path: Path) -> None:
    backlog = measure_backlog(2000, 1, tmp_path, say=lambda _: None)
    assert (backlog.events, len(backlog.runs)) == (2000, 1)
    assert backlog.peak_memory_bytes > 2**20


def test_the_newest_event_has_an_age(tmp_path: Path) -> None:
    freshness = measure_freshness(2, 4, tmp_path, say=lambda _: None)
    assert freshness.looks > 0
    assert 0 < freshness.median_age_seconds <= freshness.oldest_age_seconds
    assert freshness.load.failures == 0


def test_nodes_share_a_database(tmp_path: Path) -> None:
    if find_programs() is None:
        leave_out("PostgreSQL is not installed; install the Debian package postgresql")
    outcome = measure_nodes(2, 0.3, tmp_path)
    assert (outcome.nodes, outcome.failures) == (2, 0)
    assert outcome.requests_per_second > 0
    assert "1.00" in table([outcome])
