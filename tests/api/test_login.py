"""POST /login."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.api.game import PASSWORD, Game, assert_problem, bearer

ALICE = {"username": "alice", "password": PASSWORD}


def test_first_login_registers_and_later_ones_verify(game: Game) -> None:
    first, second = game.post("/login", ALICE), game.post("/login", ALICE)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json["userId"] == second.json["userId"]
    assert (first.json["tokenType"], first.json["expiresIn"]) == ("Bearer", 86400)
    for answer in (first, second):
        balance = game.client.simulate_get("/balance", headers=bearer(answer.json["token"]))
        assert balance.json == {"userId": first.json["userId"], "balance": 0}


def test_wrong_password_is_401(game: Game) -> None:
    game.post("/login", ALICE)

    answer = game.post("/login", {**ALICE, "password": PASSWORD + " "})

    assert_problem(answer, 401, "wrong_password")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_all_spellings_of_a_name_log_the_same_player_in(game: Game) -> None:
    answers = [game.post("/login", {**ALICE, "username": name}) for name in ("Alice", "alICE")]
    other = game.post("/login", {"username": "ALICE", "password": "another horse battery"})

    assert [answer.status_code for answer in answers] == [201, 200]
    assert len({answer.json["userId"] for answer in answers}) == 1
    assert_problem(other, 401, "wrong_password")
    player = game.store.find_player("alice")
    assert player is not None
    assert player.username == "Alice"


def test_password_is_stored_as_argon2id(game: Game) -> None:
    game.post("/login", ALICE)

    player = game.store.find_player("alice")

    assert player is not None
    assert player.password_hash.startswith("$argon2id$")
    assert PASSWORD not in player.password_hash


def test_registrations_of_one_name_at_once_make_one_player(game: Game) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: game.post("/login", ALICE), range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json["userId"] for answer in answers}) == 1


def test_concurrent_registrations_with_other_passwords_are_refused(game: Game) -> None:
    passwords = [f"password number {number}" for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(
            pool.map(lambda text: game.post("/login", {**ALICE, "password": text}), passwords)
        )

    assert sorted(answer.status_code for answer in answers) == [201] + [401] * 5


@pytest.mark.sqlite_only("refused before the store is asked")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"password": PASSWORD}, "username"),
        ({"username": "alice"}, "password"),
        *(
            ({**ALICE, "username": name}, "username")
            for name in ("", "a" * 65, "a b", "alice\n", "<script>", 1, None)
        ),
        *(({**ALICE, "password": text}, "password") for text in ("1234567", "x" * 129, 12345678)),
        ({**ALICE, "isOperator": True}, "isOperator"),
    ],
)
def test_unusable_credentials_are_400_with_the_field(
    game: Game, body: dict[str, Any], field: str
) -> None:
    problem = assert_problem(game.post("/login", body), 400, "invalid_body")

    assert [error["field"] for error in problem["errors"]] == [field]


def test_limits_themselves_are_allowed(game: Game) -> None:
    password = ("wölfe heulen im ried " * 7)[:128]

    answer = game.post("/login", {"username": "a" * 64, "password": password})

    assert answer.status_code == 201


def test_refused_password_is_not_repeated(game: Game) -> None:
    answer = game.post("/login", {**ALICE, "password": "hunter2"})

    assert "hunter2" not in answer.text
