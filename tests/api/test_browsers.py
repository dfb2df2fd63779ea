"""What browser games need: other origins, and compressed answers and bodies."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from falcon import testing

from api.requests import MAX_BODY_BYTES
from tests.api.game import Caller, Game, assert_problem

pytestmark = pytest.mark.sqlite_only("the store knows no headers")

GAME, OTHER = "https://game.example", "https://other.example"
COINS = {"amount": 5, "reason": "quest"}


@pytest.fixture
def open_game(tmp_path: Path) -> Game:
    """An API that a game on another origin may call."""
    return Game(tmp_path, {"CORS_ORIGINS": f"http://localhost:8000 {GAME}"})


def ask(game: Game, method: str, path: str, **headers: str) -> testing.Result:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return game.client.simulate_request(method, path, headers=names)


def preflight(game: Game, origin: str, path: str = "/spend") -> testing.Result:
    return ask(
        game,
        "OPTIONS",
        path,
        Origin=origin,
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="authorization,content-type,idempotency-key",
    )


def cors_headers(answer: testing.Result) -> set[str]:
    return {name.lower() for name in answer.headers if name.lower().startswith("access-control")}


def test_listed_origin_may_call_and_read(open_game: Game) -> None:
    allowed = preflight(open_game, GAME)
    alice = open_game.player()
    answer = open_game.post("/earn", COINS, alice, Origin=GAME)
    refused = open_game.post("/spend", {**COINS, "amount": 99}, alice, Origin=GAME)
    unknown = ask(open_game, "GET", "/nowhere", Origin=GAME)

    assert allowed.status_code == 200
    assert allowed.headers["Access-Control-Allow-Origin"] == GAME
    assert "POST" in allowed.headers["Access-Control-Allow-Methods"]
    assert "idempotency-key" in allowed.headers["Access-Control-Allow-Headers"]
    assert_problem(refused, 409, "insufficient_balance")
    for each in (answer, refused, unknown):
        assert each.headers["Access-Control-Allow-Origin"] == GAME
        assert "Idempotent-Replay" in each.headers["Access-Control-Expose-Headers"]
        assert "Access-Control-Allow-Credentials" not in each.headers


def test_other_origins_may_not(open_game: Game) -> None:
    assert cors_headers(preflight(open_game, OTHER)) <= {"access-control-expose-headers"}
    answer = ask(open_game, "GET", "/health", Origin=OTHER)
    assert answer.status_code == 200
    assert cors_headers(answer) == set()


def test_no_origin_may_without_the_setting(game: Game) -> None:
    assert cors_headers(preflight(game, GAME)) == set()
    assert cors_headers(ask(game, "GET", "/health", Origin=GAME)) == set()


def test_all_origins_may_with_a_star(tmp_path: Path) -> None:
    game = Game(tmp_path, {"CORS_ORIGINS": "*"})
    answer = ask(game, "GET", "/health", Origin=OTHER)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("accepted", "is_compressed"),
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("br;q=1.0, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000, br", False),
        ("br", False),
        ("xgzip", False),
        ("", False),
    ],
)
def test_large_answers_are_compressed_for_who_accepts_it(
    game: Game, accepted: str, is_compressed: bool
) -> None:
    plain = ask(game, "GET", "/openapi.json")
    answer = ask(game, "GET", "/openapi.json", Accept_Encoding=accepted)

    assert ("Content-Encoding" in answer.headers) is is_compressed
    assert answer.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert (gzip.decompress(answer.content) if is_compressed else answer.content) == plain.content


def test_small_answers_are_never_compressed(game: Game) -> None:
    answer = ask(game, "GET", "/health", Accept_Encoding="gzip")
    assert "Content-Encoding" not in answer.headers
    assert "Vary" not in answer.headers


def test_pictures_are_not_compressed_twice(game: Game) -> None:
    answer = ask(game, "GET", "/docs/favicon-32x32.png", Accept_Encoding="gzip")
    assert "Content-Encoding" not in answer.headers


def send_packed(game: Game, body: bytes, caller: Caller) -> testing.Result:
    return game.post("/event", body, caller, Content_Encoding="gzip")


def test_compressed_body_is_read(game: Game) -> None:
    alice = game.player()
    body = gzip.compress(json.dumps({"eventType": "jump"}).encode())

    assert send_packed(game, body, alice).status_code == 201
    assert game.get("/stats", alice).json["counts"] == {"jump": 1}


@pytest.mark.parametrize("cut", [slice(-1), slice(9), slice(1, None)])
def test_damaged_gzip_is_400(game: Game, cut: slice) -> None:
    body = gzip.compress(b'{"eventType": "jump"}')[cut]
    assert_problem(send_packed(game, body, game.player()), 400, "malformed_gzip")


def test_data_after_the_gzip_is_400(game: Game) -> None:
    body = gzip.compress(b'{"eventType": "jump"}') + b"x"
    assert_problem(send_packed(game, body, game.player()), 400, "malformed_gzip")


def test_body_may_be_as_large_unpacked_as_any_and_not_larger(game: Game) -> None:
    alice = game.player()
    event = b'{"eventType": "jump"}'
    largest = event + b" " * (MAX_BODY_BYTES - len(event))

    assert send_packed(game, gzip.compress(largest), alice).status_code == 201
    assert_problem(send_packed(game, gzip.compress(largest + b" "), alice), 413, "body_too_large")
    bomb = gzip.compress(b" " * 200 * MAX_BODY_BYTES)
    assert len(bomb) < MAX_BODY_BYTES
    assert_problem(send_packed(game, bomb, alice), 413, "body_too_large")


def test_quota_counts_the_unpacked_bytes(tmp_path: Path) -> None:
    game = Game(tmp_path, {"BYTE_LIMIT_PER_ACCOUNT": f"{MAX_BODY_BYTES} per hour"})
    alice = game.player()
    event = b'{"eventType": "jump"}'
    body = gzip.compress(event + b" " * (MAX_BODY_BYTES // 2))

    assert len(body) < 1000
    assert send_packed(game, body, alice).status_code == 201
    assert send_packed(game, body, alice).status_code == 429
