"""POST /earn, POST /spend and GET /balance."""

from __future__ import annotations

import pytest

from api.tokens import Identity, Role
from tests.api.game import Caller, Game, assert_problem
from warehouse.store.protocol import MAX_BALANCE

COINS = {"amount": 5, "reason": "level 3"}
BOTH = pytest.mark.parametrize("path", ["/earn", "/spend"])


def test_earn_raises_the_balance_and_writes_an_event(game: Game) -> None:
    alice, bob = game.player("alice"), game.player("bob")

    first, second = game.post("/earn", COINS, alice), game.post("/earn", COINS, alice)

    assert (first.status_code, first.json["balance"], second.json["balance"]) == (201, 5, 10)
    assert game.get("/balance", alice).json == {"userId": alice.user_id, "balance": 10}
    assert game.get("/balance", bob).json == {"userId": bob.user_id, "balance": 0}
    newest = game.get("/events", alice).json["events"][0]
    assert newest["eventId"] == second.json["eventId"]
    assert newest["eventType"] == "earn"
    assert newest["meta"] == COINS


def test_spend_lowers_the_balance_and_writes_an_event(game: Game) -> None:
    alice, bob = game.player("alice"), game.player("bob")
    game.post("/earn", {"amount": 10, "reason": "quest"}, alice)

    first, all_of_it = game.post("/spend", COINS, alice), game.post("/spend", COINS, alice)

    assert (first.status_code, first.json["balance"], all_of_it.json["balance"]) == (201, 5, 0)
    assert game.get("/balance", alice).json["balance"] == 0
    assert game.get("/balance", bob).json["balance"] == 0
    newest, older = game.get("/events", alice).json["events"][:2]
    assert (newest["eventId"], newest["eventType"]) == (all_of_it.json["eventId"], "spend")
    assert newest["meta"] == {**COINS, "balance": 0}
    assert older["meta"] == {**COINS, "balance": 5}


def test_more_than_the_balance_cannot_be_spent(game: Game) -> None:
    alice = game.player()
    game.post("/earn", {**COINS, "amount": 4}, alice)

    refused = game.post("/spend", COINS, alice, Idempotency_Key="k")

    assert_problem(refused, 409, "insufficient_balance")
    assert game.get("/balance", alice).json["balance"] == 4
    assert game.get("/stats", alice).json["counts"] == {"earn": 1}
    # A refusal is not stored, so the same request succeeds once there are enough coins.
    game.post("/earn", {**COINS, "amount": 1}, alice)
    again = game.post("/spend", COINS, alice, Idempotency_Key="k")
    assert (again.status_code, again.json["balance"]) == (201, 0)


def test_repeated_spend_is_paid_once(game: Game) -> None:
    alice = game.player()
    game.post("/earn", {**COINS, "amount": 7}, alice)

    first = game.post("/spend", COINS, alice, Idempotency_Key="k")
    again = game.post("/spend", COINS, alice, Idempotency_Key="k")

    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotent-Replay"] == "true"
    assert game.get("/balance", alice).json["balance"] == 2


def test_same_key_and_body_replays_the_answer(game: Game) -> None:
    alice = game.player()

    first = game.post("/earn", COINS, alice, Idempotency_Key="k")
    game.post("/earn", COINS, alice)
    # White space and the order of keys do not change the request.
    again = game.post("/earn", b'{ "reason":"level 3", "amount":5 }', alice, Idempotency_Key="k")

    assert (again.status_code, again.json) == (first.status_code, first.json)
    assert "Idempotent-Replay" not in first.headers
    assert again.headers["Idempotent-Replay"] == "true"
    assert game.get("/balance", alice).json["balance"] == 10


def test_same_key_with_another_body_or_endpoint_is_422(game: Game) -> None:
    alice = game.player()
    game.post("/earn", COINS, alice, Idempotency_Key="k")

    other_body = game.post("/earn", {**COINS, "amount": 6}, alice, Idempotency_Key="k")
    other_path = game.post("/event", {"eventType": "jump"}, alice, Idempotency_Key="k")
    opposite = game.post("/spend", COINS, alice, Idempotency_Key="k")

    for answer in (other_body, other_path, opposite):
        assert_problem(answer, 422, "idempotency_key_reused")
    assert game.get("/stats", alice).json == {"counts": {"earn": 1}, "total": 1}


@BOTH
@pytest.mark.sqlite_only("refused before the store is asked")
@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 129, "ž", "a\tb"])
def test_unusable_keys_are_400(game: Game, key: str, path: str) -> None:
    answer = game.post(path, COINS, game.player(), Idempotency_Key=key)

    assert_problem(answer, 400, "invalid_idempotency_key")


def test_balance_goes_up_to_its_limit_and_not_over(game: Game) -> None:
    alice = game.player()

    full = game.post("/earn", {**COINS, "amount": MAX_BALANCE}, alice)
    over = game.post("/earn", {**COINS, "amount": 1}, alice)

    # The largest integer that JavaScript represents exactly.
    assert (full.status_code, full.json["balance"]) == (201, 9_007_199_254_740_991)
    assert_problem(over, 409, "balance_overflow")
    assert game.get("/stats", alice).json["counts"] == {"earn": 1}


@BOTH
@pytest.mark.sqlite_only("refused before the store is asked")
@pytest.mark.parametrize(
    "amount",
    [
        *("true", "false", "null", '"5"', "0", "-1", "5.0", "1.5", "1e2", "-0", "[5]", "{}"),
        *("1e400", "-1e400", str(2**53), str(2**63), str(-(2**63)), "9" * 4000),
    ],
)
def test_invalid_amounts_are_400(game: Game, amount: str, path: str) -> None:
    alice = game.player()

    answer = game.post(path, f'{{"amount": {amount}, "reason": "x"}}'.encode(), alice)

    problem = assert_problem(answer, 400, "invalid_body")
    assert [error["field"] for error in problem["errors"]] == ["amount"]
    assert game.get("/balance", alice).json["balance"] == 0


@BOTH
@pytest.mark.sqlite_only("refused before the store is asked")
@pytest.mark.parametrize("reason", ["", "   ", "x" * 201, "a\nb", "a\u0000b", "a\u202eb", 1, None])
def test_invalid_reasons_are_400(game: Game, reason: object, path: str) -> None:
    answer = game.post(path, {"amount": 1, "reason": reason}, game.player())

    problem = assert_problem(answer, 400, "invalid_body")
    assert [error["field"] for error in problem["errors"]] == ["reason"]


def test_token_of_a_player_who_does_not_exist_is_401(game: Game) -> None:
    nobody = Caller(
        999, game.tokens.mint(Identity(Role.PLAYER, "999", game.store.store_id()), 3600)
    )
    jump = {"eventType": "jump"}

    assert_problem(game.post("/earn", COINS, nobody), 401, "invalid_token")
    assert_problem(game.post("/spend", COINS, nobody), 401, "invalid_token")
    assert_problem(game.get("/balance", nobody), 401, "invalid_token")
    assert_problem(game.post("/event", jump, nobody), 401, "invalid_token")
    assert_problem(game.post("/events", {"events": [jump]}, nobody), 401, "invalid_token")
