"""Hostile and broken requests."""

from __future__ import annotations

import json

import pytest

from tests.api.game import Game, assert_problem

pytestmark = pytest.mark.sqlite_only("refused before the store is asked")

COINS = json.dumps({"amount": 1, "reason": "x"}).encode()
LIMIT = 256 * 1024


@pytest.mark.parametrize("path", ["/login", "/earn", "/event", "/events"])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "missing_body"),
        (b" ", "malformed_json"),
        (b"{", "malformed_json"),
        (b"{'amount': 1}", "malformed_json"),
        (b'{"amount": NaN}', "malformed_json"),
        (b"{} {}", "malformed_json"),
        (b"[" * 100_000, "malformed_json"),
        (b'{"a":' * 40_000 + b"1" + b"}" * 40_000, "malformed_json"),
        (b"[" * 150 + b"]" * 150, "invalid_body"),
        (b'"\\ud800"', "malformed_json"),
        (b'"\xff"', "invalid_utf8"),
        (b"\xef\xbb\xbf{}", "malformed_json"),
        ("{}".encode("utf-16"), "invalid_utf8"),
        (b"\x00", "malformed_json"),
        (b"null", "invalid_body"),
        (b"1", "invalid_body"),
        (b'"text"', "invalid_body"),
        (b"[]", "invalid_body"),
        (b"{}", "invalid_body"),
        (b'{"a": 1e400}', "invalid_body"),
    ],
    ids=lambda value: repr(value[:16]),
)
def test_broken_bodies_are_400(game: Game, path: str, body: bytes, code: str) -> None:
    assert_problem(game.post(path, body, game.player()), 400, code)


def test_body_may_reach_the_limit_and_not_exceed_it(game: Game) -> None:
    alice = game.player()
    full = COINS + b" " * (LIMIT - len(COINS))

    assert game.post("/earn", full, alice).status_code == 201
    assert_problem(game.post("/earn", full + b" ", alice), 413, "body_too_large")
    assert game.get("/balance", alice).json["balance"] == 1


def test_announced_length_is_enough_to_refuse(game: Game) -> None:
    answer = game.post("/earn", COINS, game.player(), Content_Length=str(10**7))

    assert_problem(answer, 413, "body_too_large")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml"],
)
def test_other_media_types_are_415(game: Game, content_type: str) -> None:
    answer = game.post("/earn", COINS, game.player(), Content_Type=content_type)

    assert_problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;"]
)
def test_json_is_json_however_it_is_written(game: Game, content_type: str) -> None:
    answer = game.post("/earn", COINS, game.player(), Content_Type=content_type)

    assert answer.status_code == 201


def test_of_a_repeated_key_the_last_counts(game: Game) -> None:
    answer = game.post("/earn", b'{"amount": 1, "amount": 2, "reason": "x"}', game.player())

    assert answer.json["balance"] == 2


def test_unknown_keys_are_refused_by_name(game: Game) -> None:
    body = {"amount": 1, "reason": "x", "userId": 2}

    problem = assert_problem(game.post("/earn", body, game.player()), 400, "invalid_body")

    assert problem["errors"] == [
        {
            "field": "userId",
            "code": "extra_forbidden",
            "message": "Extra inputs are not permitted",
        }
    ]


def test_answer_to_a_hostile_body_is_short(game: Game) -> None:
    body = {"k" * 1000 + str(number): number for number in range(200)}

    answer = game.post("/earn", body, game.player())

    assert_problem(answer, 400, "invalid_body")
    assert len(answer.content) < 5000


@pytest.mark.parametrize(
    "path", ["/", "/nope", "/login/", "/EARN", "/docs/nope", "/docs/..%2f..%2fsettings.py", "//"]
)
def test_unknown_paths_are_404(game: Game, path: str) -> None:
    assert_problem(game.get(path), 404, "not_found")


@pytest.mark.parametrize("path", ["//metrics", "/docs/../metrics", "/./metrics", "/metrics/."])
def test_other_spellings_are_404_where_the_server_does_not_tell_what_was_sent(
    game: Game, path: str
) -> None:
    answer = game.client.simulate_get(path, extras={"RAW_URI": ""})

    assert_problem(answer, 404, "not_found")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_other_methods_are_405(game: Game, method: str) -> None:
    answer = game.client.simulate_request(method, "/earn")

    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    if method != "HEAD":
        assert_problem(answer, 405, "method_not_allowed")


def test_closed_store_is_503_and_says_when_to_come_back(game: Game) -> None:
    alice = game.player()
    game.store.close()

    answer = game.post("/earn", {"amount": 1, "reason": "x"}, alice)

    assert_problem(answer, 503, "store_unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_mistake_of_the_server_is_500_without_details(game: Game) -> None:
    class Broken:
        def on_get(self, *_: object) -> None:
            raise ZeroDivisionError("the secret reason")

    game.app.add_route("/broken", Broken())

    answer = game.get("/broken")

    assert_problem(answer, 500, "internal_error")
    assert "secret reason" not in answer.text
    assert "Traceback" not in answer.text
    logged = [line for line in game.log_lines() if line["event"] == "unexpected_error"]
    assert len(logged) == 1
    assert "ZeroDivisionError" in logged[0]["exception"]
    assert logged[0]["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize("path", ["/health", "/nope", "/balance", "/metrics"])
def test_answers_are_neither_cached_nor_guessed(game: Game, path: str) -> None:
    answer = game.get(path, game.player())

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
