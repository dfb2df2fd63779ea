"""Who may call what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from falcon import testing

from api.auth import Identity, Role, Tokens
from api.errors import ProblemError
from tests.api.game import SECRET, Caller, Game, assert_problem, bad_tokens, bearer, claims

COINS = {"amount": 1, "reason": "x"}
JUMP = {"eventType": "jump"}
# What each endpoint answers to (no token, player, operator).
ENDPOINTS: list[tuple[str, str, Any, tuple[int, int, int]]] = [
    ("POST", "/earn", COINS, (401, 201, 403)),
    ("POST", "/event", JUMP, (401, 201, 403)),
    ("POST", "/events", {"events": [JUMP]}, (401, 200, 403)),
    ("GET", "/balance", None, (401, 200, 403)),
    ("GET", "/events", None, (401, 200, 200)),
    ("GET", "/stats", None, (401, 200, 200)),
    ("GET", "/track?character=x", None, (200, 200, 200)),
    ("GET", "/health", None, (200, 200, 200)),
    ("GET", "/health/live", None, (200, 200, 200)),
    ("GET", "/metrics", None, (200, 200, 200)),
    ("GET", "/openapi.json", None, (200, 200, 200)),
    ("GET", "/docs", None, (200, 200, 200)),
]
WITH_TOKEN = ENDPOINTS[:7]
each_endpoint = pytest.mark.parametrize(
    ("method", "path", "body", "statuses"), ENDPOINTS, ids=[f"{e[0]} {e[1]}" for e in ENDPOINTS]
)


def send(game: Game, method: str, path: str, body: object, token: str | None) -> testing.Result:
    caller = Caller(0, token) if token else None
    path, _, query = path.partition("?")
    return game.post(path, body, caller) if method == "POST" else game.get(path, caller, query)


@each_endpoint
def test_who_may_call_what(
    game: Game, method: str, path: str, body: object, statuses: tuple[int, int, int]
) -> None:
    tokens = [None, game.player().token, game.operator().token]

    answers = [send(game, method, path, body, token) for token in tokens]

    assert tuple(answer.status_code for answer in answers) == statuses
    for answer in answers:
        if answer.status_code == 401:
            assert_problem(answer, 401, "missing_token")
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="gamehouse"'
        if answer.status_code == 403:
            assert_problem(answer, 403, "players_only")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [endpoint[:3] for endpoint in WITH_TOKEN],
    ids=[f"{e[0]} {e[1]}" for e in WITH_TOKEN],
)
def test_bad_tokens_are_401_everywhere(game: Game, method: str, path: str, body: object) -> None:
    alice = game.player()
    for fault, token in bad_tokens(str(alice.user_id)).items():
        answer = send(game, method, path, body, token)
        assert answer.status_code == 401, fault
        assert_problem(answer, 401, "invalid_token")
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
        assert token not in answer.text
    assert game.get("/stats", alice).json["total"] == 0


def test_token_comes_before_the_body(game: Game) -> None:
    for path in ("/earn", "/event", "/events"):
        assert_problem(game.post(path, b"{", None), 401, "missing_token")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YWxpY2U6eA==", "Token x", "Bearer a b", "Bearer ž"]
)
def test_other_authorizations_are_401(game: Game, header: str) -> None:
    answer = game.client.simulate_get("/balance", headers={"Authorization": header})

    assert_problem(answer, 401, "invalid_token")


def test_scheme_is_case_insensitive(game: Game) -> None:
    token = game.player().token

    answer = game.client.simulate_get("/balance", headers={"Authorization": f"bearer {token}"})

    assert answer.status_code == 200


def test_every_player_sees_only_the_own_balance(game: Game) -> None:
    alice, bob = game.player("alice"), game.player("bob")
    game.post("/earn", {"amount": 7, "reason": "x"}, alice)

    assert game.get("/balance", alice).json == {"userId": alice.user_id, "balance": 7}
    assert game.get("/balance", bob).json == {"userId": bob.user_id, "balance": 0}


def test_minted_token_holds_the_documented_claims() -> None:
    token = Tokens(SECRET).mint(Identity(Role.PLAYER, "7"), 60)

    read = jwt.decode(token, SECRET, algorithms=["HS256"], audience="gamehouse-api")

    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    assert read.keys() == claims().keys()
    assert (read["sub"], read["role"], read["exp"] - read["iat"]) == ("7", "player", 60)


def test_two_tokens_of_one_player_differ() -> None:
    tokens = Tokens(SECRET)
    identity = Identity(Role.PLAYER, "7")

    assert tokens.mint(identity, 60) != tokens.mint(identity, 60)
    assert tokens.read(tokens.mint(identity, 60)) == identity


def test_operator_token_with_a_player_number_is_still_an_operator(game: Game) -> None:
    alice = game.player()
    token = game.tokens.mint(Identity(Role.OPERATOR, str(alice.user_id)), 60)

    answer = game.client.simulate_get("/balance", headers=bearer(token))

    assert_problem(answer, 403, "players_only")


def test_token_of_another_secret_is_not_ours() -> None:
    token = Tokens(SECRET + "!").mint(Identity(Role.OPERATOR, "ops"), 60)

    with pytest.raises(ProblemError) as caught:
        Tokens(SECRET).read(token)
    assert caught.value.code == "invalid_token"


def test_remembered_token_expires_all_the_same() -> None:
    now = datetime.now(UTC)
    tokens = Tokens(SECRET, clock=lambda: now)
    token = tokens.mint(Identity(Role.PLAYER, "7"), 60)
    assert tokens.read(token) == tokens.read(token) == Identity(Role.PLAYER, "7")

    now += timedelta(seconds=61)

    with pytest.raises(ProblemError, match="invalid_token") as caught:
        tokens.read(token)
    assert "expired" in caught.value.detail


def test_tokens_are_remembered_up_to_a_limit_and_read_beyond_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api.auth.KNOWN_TOKENS", 10)
    tokens = Tokens(SECRET)
    players = [Identity(Role.PLAYER, str(number)) for number in range(1, 26)]
    minted = [tokens.mint(player, 60) for player in players]

    assert [tokens.read(token) for token in minted * 2] == players * 2
    assert tokens._recall.cache_info().currsize == 10


def test_bad_tokens_are_not_remembered() -> None:
    tokens = Tokens(SECRET)
    for token in bad_tokens().values():
        with pytest.raises(ProblemError):
            tokens.read(token)

    assert tokens._recall.cache_info().currsize == 0
