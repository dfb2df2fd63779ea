"""Access to the endpoints, and tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import jwt
import pytest
from falcon import testing
from falcon.inspect import inspect_app

from api.errors import ProblemError
from api.tokens import Identity, Role, Tokens, key_id
from tests.api.game import (
    PASSWORD,
    Caller,
    Game,
    assert_problem,
    bad_tokens,
    claims,
    tokens_of_others,
)
from tests.support.server import PUSH_SECRET, SECRET

COINS = {"amount": 1, "reason": "x"}
JUMP = {"eventType": "jump"}
PUSH = f"/postbacks/appsflyer?secret={PUSH_SECRET}"
MESSAGE = {"appsflyer_id": "af_1", "event_name": "install"}
# Each endpoint's statuses for (no token, player, operator).
ENDPOINTS: list[tuple[str, str, Any, tuple[int, int, int]]] = [
    ("POST", "/earn", COINS, (401, 201, 403)),
    # The player has no coins.
    ("POST", "/spend", COINS, (401, 409, 403)),
    ("POST", "/event", JUMP, (401, 201, 403)),
    ("POST", "/events", {"events": [JUMP]}, (401, 200, 403)),
    ("GET", "/balance", None, (401, 200, 403)),
    ("GET", "/events", None, (401, 200, 200)),
    ("GET", "/stats", None, (401, 200, 200)),
    ("GET", "/track?character=x", None, (200, 200, 200)),
    ("POST", PUSH, MESSAGE, (200, 200, 200)),
    *(("GET", path, None, (200, 200, 200)) for path in ("/health", "/health/live", "/metrics")),
    *(
        ("GET", path, None, (200, 200, 200))
        for path in ("/openapi.json", "/docs", "/docs/start.js")
    ),
    ("POST", "/login", {"username": "bob", "password": PASSWORD}, (201, 200, 200)),
    ("POST", "/token", None, (401, 200, 403)),
    # The player's body is invalid, so the account remains.
    ("POST", "/password", {}, (401, 400, 403)),
    ("DELETE", "/account", {}, (401, 400, 403)),
    ("GET", "/account/export", None, (401, 200, 403)),
    ("GET", "/", None, (302, 302, 302)),
    ("GET", "/reports", None, (308, 308, 308)),
    ("GET", "/reports/", None, (401, 403, 404)),
    # Last, because it revokes the tokens.
    ("POST", "/logout", None, (401, 204, 204)),
]
# HEAD is GET without the content, except that /track refuses it.
ENDPOINTS[:0] = [
    ("HEAD", path, body, statuses)
    for method, path, body, statuses in ENDPOINTS
    if method == "GET" and not path.startswith("/track")
]
NEVER_LOOKED_AT = {
    "/",
    "/login",
    "/health",
    "/health/live",
    "/metrics",
    "/openapi.json",
    "/reports",
    PUSH,
}
WITH_TOKEN = [
    endpoint
    for endpoint in ENDPOINTS
    if endpoint[1] not in NEVER_LOOKED_AT and not endpoint[1].startswith("/docs")
]


def send(game: Game, method: str, path: str, body: object, token: str | None) -> testing.Result:
    caller = Caller(0, token) if token else None
    path, _, query = path.partition("?")
    return game.client.simulate_request(
        method,
        path,
        query_string=query,
        json=body,
        headers=caller.headers if caller else {},
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "statuses"), ENDPOINTS, ids=[f"{e[0]} {e[1]}" for e in ENDPOINTS]
)
@pytest.mark.sqlite_only("the store knows no tokens")
def test_access_to_each_endpoint(
    game: Game, method: str, path: str, body: object, statuses: tuple[int, int, int]
) -> None:
    alice = game.player()
    # The subject of an operator's token may equal a user id.
    operator = game.tokens.mint(Identity(Role.OPERATOR, str(alice.user_id)), 60)
    tokens = [None, alice.token, operator]

    answers = [send(game, method, path, body, token) for token in tokens]

    assert tuple(answer.status_code for answer in answers) == statuses
    for answer in answers:
        if answer.status_code == 401:
            assert answer.headers["WWW-Authenticate"].endswith('Bearer realm="gamehouse"')
        if answer.status_code in (401, 403) and method != "HEAD":
            code = "operators_only" if path.startswith("/reports") else "players_only"
            assert_problem(
                answer, answer.status_code, "missing_token" if answer.status_code == 401 else code
            )


@pytest.mark.sqlite_only("the store knows no tokens")
def test_every_endpoint_is_in_the_list_above(game: Game) -> None:
    routes = {
        (method.method, route.path.replace("{path:path}", "").replace("{name}", "start.js"))
        for route in inspect_app(game.app).routes
        for method in route.methods
        if not method.internal
    }

    assert routes == {(method, path.partition("?")[0]) for method, path, _, _ in ENDPOINTS}


@pytest.mark.sqlite_only("the store knows no tokens")
def test_bad_tokens_are_401_everywhere(game: Game) -> None:
    alice = game.player()
    subject = str(alice.user_id)
    tokens = bad_tokens(subject, game.store.store_id()) | tokens_of_others(subject)
    for (method, path, body, _), (fault, token) in product(WITH_TOKEN, tokens.items()):
        answer = send(game, method, path, body, token)
        assert answer.status_code == 401, (method, path, fault)
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
        if method != "HEAD":
            assert_problem(answer, 401, "invalid_token")
        assert token not in answer.text
    assert game.get("/stats", game.operator()).json["total"] == 0


@pytest.mark.sqlite_only("the store knows no tokens")
def test_token_comes_before_the_body(game: Game) -> None:
    for path in ("/earn", "/event", "/events"):
        assert_problem(game.post(path, b"{", None), 401, "missing_token")


@pytest.mark.sqlite_only("the store knows no tokens")
@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YWxpY2U6eA==", "Token x", "Bearer a b", "Bearer ž"]
)
def test_other_authorizations_are_401(game: Game, header: str) -> None:
    answer = game.client.simulate_get("/balance", headers={"Authorization": header})

    assert_problem(answer, 401, "invalid_token")


@pytest.mark.sqlite_only("the store knows no tokens")
def test_scheme_is_case_insensitive(game: Game) -> None:
    headers = {"Authorization": f"bearer {game.player().token}"}

    assert game.client.simulate_get("/balance", headers=headers).status_code == 200


def test_minted_token_holds_the_documented_claims_and_names_its_key_without_telling_it() -> None:
    tokens, identity = Tokens(SECRET), Identity(Role.PLAYER, "7", "which")
    token = tokens.mint(identity, 60)

    read = jwt.decode(token, SECRET, algorithms=["HS256"], audience="gamehouse-api")

    assert read.keys() == claims().keys()
    assert (read["sub"], read["role"], read["exp"] - read["iat"]) == ("7", "player", 60)
    assert tokens.read(token).identity == identity
    assert tokens.mint(identity, 60) != token
    header = {"alg": "HS256", "kid": key_id(SECRET), "typ": "JWT"}
    assert jwt.get_unverified_header(token) == header
    assert key_id(SECRET) != key_id(SECRET + "!")
    assert SECRET[:8].encode().hex() not in key_id(SECRET)


def test_remembered_token_expires_all_the_same() -> None:
    now = datetime.now(UTC)
    tokens = Tokens(SECRET, clock=lambda: now)
    token = tokens.mint(Identity(Role.PLAYER, "7"), 60)
    assert tokens.read(token) == tokens.read(token)

    now += timedelta(seconds=61)

    with pytest.raises(ProblemError, match="invalid_token") as caught:
        tokens.read(token)
    assert "expired" in caught.value.detail


def test_tokens_are_remembered_up_to_a_limit_and_read_beyond_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api.tokens.CACHED_TOKENS", 10)
    tokens = Tokens(SECRET)
    players = [Identity(Role.PLAYER, str(number)) for number in range(1, 26)]
    minted = [tokens.mint(player, 60) for player in players]

    assert [tokens.read(token).identity for token in minted * 2] == players * 2
    assert tokens._verify_cached.cache_info().currsize == 10


def test_bad_tokens_are_not_remembered() -> None:
    tokens = Tokens(SECRET)
    for token in bad_tokens().values():
        with pytest.raises(ProblemError):
            tokens.read(token)

    assert tokens._verify_cached.cache_info().currsize == 0


def test_tokens_outlive_a_change_of_keys_as_long_as_the_old_one_is_known() -> None:
    player, new_secret = Identity(Role.PLAYER, "7"), "n" * 32
    old = Tokens(SECRET).mint(player, 60)
    changing = Tokens(new_secret, [SECRET])

    assert changing.read(old).identity == player
    new = changing.mint(player, 60)
    assert jwt.get_unverified_header(new)["kid"] == key_id(new_secret)
    changed = Tokens(new_secret)
    assert changed.read(new).identity == player
    with pytest.raises(ProblemError, match="invalid_token"):
        changed.read(old)
