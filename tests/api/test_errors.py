"""Hostile and broken requests."""

from __future__ import annotations

import json

import pytest

from tests.api.game import Game, assert_problem

pytestmark = pytest.mark.sqlite_only("refused before the store is asked")

COINS = json.dumps({"amount": 1, "reason": "x"}).encode()
LIMIT = 256 * 1024


BROKEN = {
    "missing_body": [b""],
    "malformed_json": [
        *(b" ", b"{", b"{'amount': 1}", b'{"amount": NaN}', b"{} {}", b'"\\ud800"', b"\x00"),
        *(b"[" * 100_000, b'{"a":' * 40_000 + b"1" + b"}" * 40_000, b"\xef\xbb\xbf{}"),
    ],
    "invalid_utf8": [b'"\xff"', "{}".encode("utf-16")],
    "invalid_body": [
        *(b"[" * 150 + b"]" * 150, b"null", b"1", b'"text"', b"[]", b"{}", b'{"a": 1e400}'),
    ],
}


@pytest.mark.parametrize("path", ["/login", "/earn", "/event", "/events"])
def test_broken_bodies_are_400(game: Game, path: str) -> None:
    alice = game.player()
    for code, bodies in BROKEN.items():
        for body in bodies:
            assert_problem(game.post(path, body, alice), 400, code)


@pytest.mark.parametrize("path", ["/login", "/earn", "/event", "/events"])
def test_thousands_of_unknown_fields_are_refused_by_their_number(game: Game, path: str) -> None:
    hostile = {f"f{number}": 0 for number in range(20_000)}
    body = {"events": [hostile]} if path == "/events" else hostile

    answer = game.post(path, body, game.player())

    refusal = answer.json["results"][0] if path == "/events" else answer.json
    assert (refusal["status"], refusal["code"]) == (400, "invalid_body")
    assert [error["code"] for error in refusal["errors"]] == ["too_many_fields"]


def test_body_may_reach_the_limit_and_not_exceed_it(game: Game) -> None:
    alice = game.player()
    full = COINS + b" " * (LIMIT - len(COINS))

    assert game.post("/earn", full, alice).status_code == 201
    assert_problem(game.post("/earn", full + b" ", alice), 413, "body_too_large")
    assert game.get("/balance", alice).json["balance"] == 1


def test_announced_length_is_enough_to_refuse(game: Game) -> None:
    answer = game.post("/earn", COINS, game.player(), Content_Length=str(10**7))

    assert_problem(answer, 413, "body_too_large")


def test_other_media_types_and_compressed_bodies_are_415(game: Game) -> None:
    alice = game.player()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "a/xml"):
        answer = game.post("/earn", COINS, alice, Content_Type=kind)
        assert_problem(answer, 415, "unsupported_media_type")
    answer = game.post("/earn", COINS, alice, Content_Encoding="br")
    assert_problem(answer, 415, "unsupported_content_encoding")
    assert game.get("/balance", alice).json["balance"] == 0


def test_json_is_json_however_it_is_written(game: Game) -> None:
    alice = game.player()
    for kind in ("application/json; charset=utf-8", "Application/JSON", "application/json;"):
        assert game.post("/earn", COINS, alice, Content_Type=kind).status_code == 201


def test_last_of_repeated_keys_wins(game: Game) -> None:
    answer = game.post("/earn", b'{"amount": 1, "amount": 2, "reason": "x"}', game.player())

    assert answer.json["balance"] == 2


def test_unknown_keys_are_refused_by_name(game: Game) -> None:
    body = {"amount": 1, "reason": "x", "userId": 2}

    problem = assert_problem(game.post("/earn", body, game.player()), 400, "invalid_body")

    (error,) = problem["errors"]
    assert (error["field"], error["code"]) == ("userId", "extra_forbidden")
    assert error["message"] == "Extra inputs are not permitted"


def test_answer_to_a_hostile_body_is_short(game: Game) -> None:
    body = {"k" * 1000 + str(number): number for number in range(200)}

    answer = game.post("/earn", body, game.player())

    assert_problem(answer, 400, "invalid_body")
    assert len(answer.content) < 5000


def test_other_spellings_are_404_without_the_raw_target(game: Game) -> None:
    for path in ("//metrics", "/docs/../metrics", "/./metrics", "/metrics/."):
        answer = game.client.simulate_get(path, extras={"RAW_URI": ""})
        assert_problem(answer, 404, "not_found")


def test_unexpected_error_is_500_without_details(game: Game) -> None:
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
