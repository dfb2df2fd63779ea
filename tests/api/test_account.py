"""POST /token and POST /password."""

from __future__ import annotations

import pytest

from api.passwords import Passwords
from api.revocations import REFRESH_SECONDS, Revocations
from tests.api.game import PASSWORD, Caller, Game, Play, assert_problem
from warehouse.store.protocol import UnknownPlayerError

NEW = "staple battery 9!"
CHANGE = {"old": PASSWORD, "new": NEW}


def log_in(game: Game, password: str = PASSWORD) -> Caller:
    answer = game.post("/login", {"username": "alice", "password": password}).json
    return Caller(answer["userId"], answer["token"])


def renewed(game: Game, path: str, body: object, caller: Caller) -> Caller:
    answer = game.post(path, body, caller)
    assert answer.status_code == 200, answer.text
    assert answer.json["userId"] == caller.user_id
    return Caller(caller.user_id, answer.json["token"])


def test_a_token_is_renewed_and_the_old_one_stays_valid(game: Game) -> None:
    alice = log_in(game)

    again = renewed(game, "/token", {}, alice)

    assert again.token != alice.token
    for caller in (alice, again, renewed(game, "/token", {}, again)):
        assert game.get("/balance", caller).json["userId"] == alice.user_id


def test_a_revoked_token_is_not_renewed(game: Game) -> None:
    alice = log_in(game)
    assert game.post("/logout", {}, alice).status_code == 204

    assert_problem(game.post("/token", {}, alice), 401, "invalid_token")


def test_a_new_password_ends_all_sessions_but_the_new_one(game: Game) -> None:
    phone, tablet = log_in(game), log_in(game)
    renewal = renewed(game, "/token", {}, tablet)

    here = renewed(game, "/password", CHANGE, phone)

    for ended in (phone, tablet, renewal):
        assert_problem(game.get("/balance", ended), 401, "invalid_token")
        assert_problem(game.post("/token", {}, ended), 401, "invalid_token")
    assert game.get("/balance", here).status_code == 200
    assert game.get("/balance", renewed(game, "/token", {}, here)).status_code == 200
    login = game.post("/login", {"username": "alice", "password": PASSWORD})
    assert_problem(login, 401, "wrong_password")
    assert game.get("/balance", log_in(game, NEW)).status_code == 200
    again = renewed(game, "/password", {"old": NEW, "new": PASSWORD}, here)
    assert_problem(game.get("/balance", here), 401, "invalid_token")
    assert game.get("/balance", again).status_code == 200


def test_sessions_of_others_go_on(game: Game) -> None:
    bob = game.player("bob")
    renewed(game, "/password", CHANGE, log_in(game))
    assert game.get("/balance", bob).status_code == 200


def test_other_processes_learn_of_a_new_password_at_the_next_refresh(game: Game) -> None:
    now = 0.0
    other = Revocations(game.store, game.clock, timer=lambda: now)
    alice = log_in(game)
    token = game.tokens.read(alice.token)
    assert not other.include(token.token_id, token.session)

    here = game.tokens.read(renewed(game, "/password", CHANGE, alice).token)

    now = REFRESH_SECONDS
    assert other.include(token.token_id, token.session)
    assert not other.include(here.token_id, here.session)


def test_wrong_old_password_changes_nothing(game: Game) -> None:
    alice = log_in(game)

    answer = game.post("/password", {"old": "not the right one", "new": NEW}, alice)

    assert_problem(answer, 403, "wrong_password")
    assert game.get("/balance", alice).status_code == 200
    log_in(game)


@pytest.mark.parametrize("new", ["alice alice", "password1"])
def test_a_weak_new_password_is_refused_as_at_registration(game: Game, new: str) -> None:
    alice = log_in(game)

    problem = assert_problem(
        game.post("/password", {"old": PASSWORD, "new": new}, alice), 400, "unsafe_password"
    )

    assert [error["field"] for error in problem["errors"]] == ["new"]
    assert game.get("/balance", alice).status_code == 200


@pytest.mark.sqlite_only("the store knows no limits")
def test_guesses_of_the_old_password_count_as_failed_logins(play: Play) -> None:
    game = play(LOGIN_ATTEMPTS="3/minute")
    alice = log_in(game)
    for _ in range(3):
        answer = game.post("/password", {"old": "wrong wrong", "new": NEW}, alice)
        assert_problem(answer, 403, "wrong_password")

    assert_problem(game.post("/password", CHANGE, alice), 429, "too_many_requests")
    login = game.post("/login", {"username": "Alice", "password": PASSWORD})
    assert_problem(login, 429, "too_many_requests")


def test_a_login_that_meets_a_new_password_gets_an_ended_session(
    game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = log_in(game)
    verify = Passwords.verify
    late: list[Caller] = []

    def slowly(self: Passwords, password_hash: str | None, password: str) -> bool:
        monkeypatch.setattr(Passwords, "verify", verify)
        renewed(game, "/password", CHANGE, alice)
        return self.verify(password_hash, password)

    monkeypatch.setattr(Passwords, "verify", slowly)
    late.append(log_in(game))

    assert_problem(game.get("/balance", late[0]), 401, "invalid_token")


def test_of_two_changes_at_once_one_takes_effect(game: Game) -> None:
    alice = log_in(game)
    player = game.store.get_player(alice.user_id)
    assert player
    assert game.store.change_password(alice.user_id, player.password_hash, "new", 2e9) == 1
    with pytest.raises(UnknownPlayerError):
        game.store.change_password(alice.user_id, player.password_hash, "other", 2e9)
