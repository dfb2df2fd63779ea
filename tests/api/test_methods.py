"""HEAD, OPTIONS and unsupported methods."""

from __future__ import annotations

import pytest

from tests.api.game import Caller, Game, assert_problem

pytestmark = pytest.mark.sqlite_only("about methods")

READ = [
    "/balance",
    "/account/export",
    "/events",
    "/stats",
    "/health",
    "/health/live",
    "/metrics",
    "/openapi.json",
]
PAGES = ["/", "/docs", "/docs/start.js", "/docs/swagger-ui.css", "/reports", "/reports/"]
PAGES += ["/reports/index.html"]
ALLOWED = {path: {"GET", "HEAD"} for path in [*READ, *PAGES]}
ALLOWED |= {
    path: {"POST"}
    for path in (
        *("/login", "/logout", "/token", "/password", "/earn", "/event"),
        "/postbacks/appsflyer",
    )
}
ALLOWED |= {"/events": {"GET", "HEAD", "POST"}, "/track": {"GET"}, "/account": {"DELETE"}}


def callers(game: Game) -> dict[str, Caller]:
    operator = game.operator()
    alice = game.player()
    return {path: operator if "reports" in path else alice for path in ALLOWED}


@pytest.fixture(autouse=True)
def page(game: Game) -> None:
    (game.folder / "reports").mkdir()
    (game.folder / "reports/index.html").write_text("<!DOCTYPE html>")


def test_head_is_get_without_content(game: Game) -> None:
    for path, caller in callers(game).items():
        if "HEAD" in ALLOWED[path]:
            get = game.client.simulate_get(path, headers=caller.headers)
            head = game.client.simulate_head(path, headers=caller.headers)

            assert (head.status_code, head.content) == (get.status_code, b"")
            # Each request has a new id, and metrics change with each request.
            unlike = {"x-request-id", *(["content-length"] if path == "/metrics" else [])}
            for name in {*get.headers, *head.headers} - unlike:
                assert head.headers[name] == get.headers[name], (path, name)


def test_options_lists_the_allowed_methods(game: Game) -> None:
    answers = {path: game.client.simulate_options(path) for path in ALLOWED}

    assert {answer.status_code for answer in answers.values()} == {200}
    told = {path: set(answer.headers["Allow"].split(", ")) for path, answer in answers.items()}
    assert told == ALLOWED


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_405(game: Game, method: str) -> None:
    for path, caller in callers(game).items():
        if method in ALLOWED[path]:
            continue
        answer = game.client.simulate_request(
            method, path, headers=caller.headers, query_string="character=x"
        )
        assert answer.status_code == 405
        if method != "HEAD":
            assert_problem(answer, 405, "method_not_allowed")
        assert set(answer.headers["Allow"].split(", ")) == {*ALLOWED[path], "OPTIONS"}
    # HEAD does not record a click.
    assert game.get("/events", game.operator()).json["events"] == []
