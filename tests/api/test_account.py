"""POST /token, POST /password, GET /account/export and DELETE /account."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime

import pytest
from falcon import testing
from sqlalchemy import select

from api.passwords import Passwords
from api.resources.account import EXPORT_PAGE
from api.revocations import REFRESH_SECONDS, Revocations
from api.schemas import ExportResponse
from tests.api.game import PASSWORD, Caller, Game, Play, assert_problem
from warehouse.store.engine import open_engine
from warehouse.store.protocol import NewEvent, UnknownPlayerError
from warehouse.store.tables import metadata

NEW = "staple battery 9!"
CHANGE = {"old": PASSWORD, "new": NEW}


def zulu(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


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
    assert game.store.change_password(alice.user_id, player.password_hash, "new") == 1
    with pytest.raises(UnknownPlayerError):
        game.store.change_password(alice.user_id, player.password_hash, "other")


def erase(game: Game, caller: Caller, password: str = PASSWORD) -> testing.Result:
    return game.client.simulate_delete(
        "/account", json={"password": password}, headers=caller.headers
    )


def test_export_has_all_that_the_store_has(game: Game) -> None:
    alice, bob = log_in(game), game.player("bob")
    game.post("/earn", {"amount": 5, "reason": "quest"}, alice, Idempotency_Key="first")
    game.post("/event", {"eventType": "jump"}, bob)
    for start in range(0, EXPORT_PAGE + 3, 100):
        batch = [
            {"eventType": "jump", "eventId": str(uuid.UUID(int=number)), "meta": {"n": number}}
            for number in range(start, min(start + 100, EXPORT_PAGE + 3))
        ]
        assert game.post("/events", {"events": batch}, alice).status_code == 200

    export = game.get("/account/export", alice).json

    assert set(export) == {field.alias for field in ExportResponse.model_fields.values()}
    player = game.store.get_player(alice.user_id)
    assert player
    assert (export["userId"], export["username"]) == (alice.user_id, "alice")
    assert (export["balance"], export["createdAt"]) == (5, zulu(player.created_at))
    assert player.password_hash not in json.dumps(export)
    assert export["eventCounts"] == {"earn": 1, "jump": EXPORT_PAGE + 3}
    ids = [event.event_id for event in game.store.recent_events(alice.user_id, 10**6)]
    assert [event["eventId"] for event in export["events"]] == ids
    assert export["events"][0]["meta"] == {"n": EXPORT_PAGE + 2}
    keys = [each["key"] for each in export["idempotencyKeys"]]
    assert keys == sorted(keys)
    assert set(keys) == {"first", *(f"event {uuid.UUID(int=n)}" for n in range(EXPORT_PAGE + 3))}
    assert {each["eventId"] for each in export["idempotencyKeys"]} == set(ids)


def test_erased_player_is_gone_from_the_store_but_for_the_coins(game: Game) -> None:
    phone, tablet = log_in(game), log_in(game)
    game.post("/earn", {"amount": 5, "reason": "for alice"}, phone, Idempotency_Key="alice-1")
    game.post("/spend", {"amount": 2, "reason": "a hat"}, phone)
    game.post("/event", {"eventType": "chat", "meta": {"text": "I am alice"}}, phone)
    game.get("/track", phone, "character=alice")

    assert erase(game, phone).status_code == 204

    for caller in (phone, tablet):
        assert_problem(game.get("/balance", caller), 401, "invalid_token")
        assert_problem(game.get("/account/export", caller), 401, "invalid_token")
    assert_problem(erase(game, phone), 401, "invalid_token")
    events = game.get("/events", game.operator(), f"userId={phone.user_id}").json["events"]
    assert {event["eventType"]: event["meta"] for event in events} == {
        "earn": {"amount": 5},
        "spend": {"amount": 2, "balance": 3},
        "chat": None,
        "deep_link": None,
    }
    assert game.store.keys_of(phone.user_id, 10) == []
    assert game.store.find_player("alice") is None
    engine = open_engine(game.settings.store_url, writes=False)
    with engine.begin() as connection:
        rows = [connection.execute(select(table)).all() for table in metadata.sorted_tables]
    engine.dispose()
    assert "alice" not in repr(rows)
    assert "argon2" not in repr(rows)


def test_the_name_of_an_erased_player_is_free(game: Game) -> None:
    alice = log_in(game)
    assert erase(game, alice).status_code == 204

    other = game.post("/login", {"username": "alice", "password": NEW})

    assert other.status_code == 201
    assert other.json["userId"] != alice.user_id
    assert other.json["userId"] > 0


def test_wrong_password_erases_nothing(game: Game) -> None:
    alice = log_in(game)
    assert_problem(erase(game, alice, "not the right one"), 403, "wrong_password")
    assert game.get("/balance", alice).status_code == 200


def test_nothing_is_recorded_for_an_erased_player_whose_token_another_process_admits(
    game: Game,
) -> None:
    alice, bob = log_in(game), game.player("bob")
    player = game.store.get_player(alice.user_id)
    assert player
    # Not through the API, so this process does not know of it until its next refresh.
    game.get("/balance", alice)
    game.store.erase(alice.user_id, player.password_hash)

    jump = NewEvent("jump", game.clock(), '{"text": "I am alice"}')
    for write in (
        lambda: game.store.record(alice.user_id, jump),
        lambda: game.store.record_many(alice.user_id, [jump, jump]),
        lambda: game.store.earn(alice.user_id, 5, "alice"),
        lambda: game.store.spend(alice.user_id, 5, "alice"),
        lambda: game.store.change_password(alice.user_id, "", "new"),
        lambda: game.store.erase(alice.user_id, ""),
    ):
        with pytest.raises(UnknownPlayerError):
            write()
    assert game.store.record(bob.user_id, jump).event_id
    assert game.store.recent_events(alice.user_id, 10) == []
