"""GET /metrics, GET /health and the log."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.log import LibraryLogs, create_logger
from tests.api.game import PASSWORD, Game, assert_problem, bad_tokens, bearer
from tests.support.server import SECRET

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def sample(game: Game, name: str, **labels: str) -> float | None:
    answer = game.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    for family in text_string_to_metric_families(answer.text):
        for found in family.samples:
            if found.name == name and found.labels == labels:
                return float(found.value)
    return None


def test_requests_are_counted_by_route_not_by_path(game: Game) -> None:
    alice = game.player()
    for character in "abc":
        game.get("/track", query=f"character={character}")
    game.get("/balance")
    game.get("/balance", alice)
    for number in range(4):
        game.get(f"/hostile/{number}")
    game.get("/docs/start.js")

    def count(method: str, route: str, status: str) -> float | None:
        return sample(
            game, "gamehouse_http_requests_total", method=method, route=route, status=status
        )

    assert count("GET", "/track", "200") == 3
    assert count("GET", "/balance", "401") == 1
    assert count("GET", "/balance", "200") == 1
    assert count("GET", "unmatched", "404") == 4
    assert count("GET", "/docs/{name}", "200") == 1
    assert "hostile" not in game.get("/metrics").text


def test_latency_is_measured(game: Game) -> None:
    game.get("/health")
    game.get("/health")

    name = "gamehouse_http_request_duration_seconds"
    assert sample(game, f"{name}_count", method="GET", route="/health") == 2
    assert sample(game, f"{name}_bucket", method="GET", route="/health", le="+Inf") == 2


def test_backlog_and_its_age_are_measured(game: Game) -> None:
    game.now = NOON
    assert sample(game, "gamehouse_loader_backlog_events") == 0
    assert sample(game, "gamehouse_loader_backlog_age_seconds") == 0

    game.get("/track", query="character=a")
    game.now = NOON.replace(minute=2)
    game.get("/track", query="character=b")

    assert sample(game, "gamehouse_loader_backlog_events") == 2
    assert sample(game, "gamehouse_loader_backlog_age_seconds") == 120

    game.outbox.mark_shipped(game.outbox.next_batch(10))
    assert sample(game, "gamehouse_loader_backlog_events") == 0


def test_commits_are_measured(game: Game) -> None:
    game.get("/track", query="character=a")
    game.get("/track", query="character=b")

    assert sample(game, "gamehouse_store_commit_batch_size_sum") == 2
    assert sample(game, "gamehouse_store_commit_batch_size_count") == 2


def test_two_applications_do_not_share_metrics(game: Game) -> None:
    other = Game(game.folder / "other")
    game.get("/health")

    labels = {"method": "GET", "route": "/health", "status": "200"}
    assert sample(other, "gamehouse_http_requests_total", **labels) is None
    other.close()


def test_health_is_readiness_and_liveness(game: Game) -> None:
    assert game.get("/health").json == {"status": "ok"}
    assert game.get("/health/live").json == {"status": "ok"}


def test_request_is_logged(game: Game) -> None:
    alice = game.player()

    answer = game.client.simulate_get(
        "/events",
        query_string="limit=7",
        headers={**alice.headers, "X-Request-ID": "my-request.1"},
    )

    (line,) = game.log_lines()
    assert answer.headers["X-Request-ID"] == "my-request.1"
    assert line.pop("time").endswith("Z")
    assert line.pop("duration_ms") > 0
    assert line == {
        "level": "info",
        "event": "request",
        "request_id": "my-request.1",
        "method": "GET",
        "route": "/events",
        "status": 200,
        "user_id": alice.user_id,
        "is_operator": False,
    }


@pytest.mark.sqlite_only("about headers")
@pytest.mark.parametrize(
    "given", ["", "a b", "x" * 65, 'x","level":"error', "ž", "a\tb", "../../x", "a,b"]
)
def test_request_id_that_is_not_sane_is_replaced(game: Game, given: str) -> None:
    answer = game.client.simulate_get("/health", headers={"X-Request-ID": given})

    request_id = answer.headers["X-Request-ID"]
    assert request_id != given
    assert len(request_id) == 36
    assert game.log_lines()[0]["request_id"] == request_id


def test_every_request_has_another_id(game: Game) -> None:
    assert len({game.get("/health").headers["X-Request-ID"] for _ in range(3)}) == 3


def test_log_holds_nothing_secret(game: Game) -> None:
    credentials = {"username": "alice", "password": PASSWORD}
    token = game.post("/login", credentials).json["token"]
    game.post("/login", {**credentials, "password": "another password"})
    game.post("/login", {**credentials, "password": "hunter2"})
    game.post("/login", b'{"password": "broken json')
    game.client.simulate_get("/balance", headers=bearer(token))
    game.client.simulate_get("/balance", query_string=f"token={token}")
    for bad in bad_tokens().values():
        game.client.simulate_get("/balance", headers=bearer(bad))
    game.get("/track", query="character=query-value")
    operator = game.operator()
    game.get("/stats", operator)

    log = game.log.getvalue()
    assert len(game.log_lines()) == 8 + len(bad_tokens())
    for secret in (
        *(PASSWORD, "another password", "hunter2", "broken json", SECRET, "query-value"),
        *(token, operator.token, *bad_tokens().values(), "argon2"),
    ):
        assert secret not in log
    assert game.log_lines()[-1]["is_operator"] is True


def test_libraries_log_json_too(game: Game) -> None:
    record = logging.LogRecord("library", logging.WARNING, "x.py", 1, "%d left", (3,), None)

    LibraryLogs(create_logger(game.log)).emit(record)

    (line,) = game.log_lines()
    assert (line["event"], line["level"], line["message"]) == ("library", "warning", "3 left")


@pytest.mark.sqlite_only("closed for the application alike")
def test_closed_store_is_503_which_is_logged_and_says_when_to_come_back(game: Game) -> None:
    alice = game.player()
    game.store.close()

    answer = game.post("/event", {"eventType": "jump"}, alice)

    assert_problem(answer, 503, "store_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert [line["event"] for line in game.log_lines()] == ["store_unavailable", "request"]
