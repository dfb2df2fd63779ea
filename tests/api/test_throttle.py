"""Rate limits and limits on failed logins."""

from __future__ import annotations

import falcon
import pytest
from falcon import testing
from limits import parse
from sqlalchemy import update

from api.addresses import client_of
from api.errors import ProblemError
from api.throttle import (
    FAILURES_PER_NAME,
    MAX_COUNTERS,
    SWEEP_SECONDS,
    Counters,
    Limiter,
    LoginGuard,
)
from tests.api.game import PASSWORD, Play, assert_problem
from warehouse.store.engine import open_engine
from warehouse.store.tables import players

ALICE = {"username": "alice", "password": PASSWORD}
WRONG = {**ALICE, "password": "wrong horse battery"}


class Timer:
    """A clock that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
def guard(timer: Timer) -> LoginGuard:
    return LoginGuard(Counters(timer), parse("10 per 5 minutes"))


def is_admitted(guard: LoginGuard, name: str, address: str) -> bool:
    try:
        guard.admit(name, address)
    except ProblemError:
        return False
    return True


def test_client_over_its_limit_gets_retry_after(play: Play) -> None:
    game = play(RATE_LIMIT_PER_CLIENT="3/minute")
    answers = [game.get("/track", query="character=x") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3

    refused = game.get("/track", query="character=x")

    assert_problem(refused, 429, "too_many_requests")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert game.get("/health").status_code == 200
    assert game.store.event_counts(None) == {"deep_link": 3}


def test_other_clients_are_not_limited(play: Play) -> None:
    game = play(RATE_LIMIT_PER_CLIENT="1/minute")

    statuses = [
        game.client.simulate_get("/balance", remote_addr=f"192.0.2.{number}").status_code
        for number in (1, 1, 2)
    ]

    assert statuses == [401, 429, 401]


def test_account_limit_applies_across_addresses(play: Play) -> None:
    game = play(RATE_LIMIT_PER_ACCOUNT="2/minute")
    alice, bob = game.player("alice"), game.player("bob")

    answers = [
        game.client.simulate_get("/balance", headers=who.headers, remote_addr=f"192.0.2.{number}")
        for number, who in enumerate((alice, alice, alice, bob))
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 429, 200]
    assert_problem(answers[2], 429, "too_many_requests")


def test_operator_and_player_of_one_number_are_two_accounts(play: Play) -> None:
    game = play(RATE_LIMIT_PER_ACCOUNT="1/minute")
    alice, operator = game.player(), game.operator()

    statuses = [game.get("/stats", caller).status_code for caller in (alice, operator, operator)]

    assert statuses == [200, 200, 429]


def test_refused_requests_have_no_effect(play: Play) -> None:
    game = play(RATE_LIMIT_PER_ACCOUNT="5/minute")
    alice = game.player()

    statuses = [
        game.post("/earn", {"amount": 1, "reason": "x"}, alice).status_code for _ in range(9)
    ]

    assert statuses == [201] * 5 + [429] * 4
    player = game.store.get_player(alice.user_id)
    assert player is not None
    assert player.balance == 5


def test_guesser_is_refused_whether_the_name_exists_or_not(play: Play) -> None:
    game = play(LOGIN_ATTEMPTS="3/minute", REGISTRATION="off")
    play_before = play()
    assert play_before.post("/login", ALICE).status_code == 201

    def answers(username: str) -> list[tuple[int, str, str]]:
        sent = {"username": username, "password": "wrong horse battery"}
        given = [game.post("/login", sent) for _ in range(5)]
        return [(a.status_code, a.json["code"], a.json["detail"]) for a in given]

    known, unknown = answers("alice"), answers("nobody")

    assert known == unknown
    assert [(status, code) for status, code, _ in known] == [
        *[(401, "wrong_password")] * 3,
        *[(429, "too_many_requests")] * 2,
    ]
    # Otherwise, the correct password among many guesses would be visible.
    assert game.post("/login", ALICE).status_code == 429


def test_success_resets_the_failures(play: Play) -> None:
    game = play(LOGIN_ATTEMPTS="3/minute")
    game.post("/login", ALICE)

    for _ in range(4):
        assert [game.post("/login", WRONG).status_code for _ in range(2)] == [401, 401]
        assert game.post("/login", ALICE).status_code == 200


def test_refused_registrations_are_not_counted_as_failures(play: Play) -> None:
    game = play(LOGIN_ATTEMPTS="2/minute")

    unsafe = [game.post("/login", {**ALICE, "password": "password"}) for _ in range(5)]

    assert [answer.status_code for answer in unsafe] == [400] * 5
    assert game.post("/login", ALICE).status_code == 201


def test_guesses_count_together_however_the_name_is_spelled(play: Play) -> None:
    game = play(LOGIN_ATTEMPTS="3/minute", REGISTRATION="off")

    statuses = [
        game.post("/login", {**WRONG, "username": name}).status_code
        for name in ("alice", "Alice", "aLICE", "ALICE")
    ]

    assert statuses == [401, 401, 401, 429]


def test_account_that_shares_a_name_does_not_undo_the_count_of_guesses(play: Play) -> None:
    """Otherwise its player could guess the older account's password without a limit."""
    game = play(LOGIN_ATTEMPTS="4/minute")
    for name in ("Alice", "else"):
        assert game.post("/login", {**ALICE, "username": name}).status_code == 201
    engine = open_engine(game.settings.store_url, writes=True)
    with engine.begin() as connection:
        # As in an older store, where names were case-sensitive.
        shares = {"username": "alice", "username_key": None}
        connection.execute(update(players).where(players.c.username == "else").values(shares))
    engine.dispose()

    statuses = []
    for _ in range(3):
        statuses += [game.post("/login", {**WRONG, "username": "Alice"}).status_code for _ in "ab"]
        statuses.append(game.post("/login", ALICE).status_code)

    assert statuses == [401, 401, 200, 401, 401, 429, 429, 429, 429]


def test_player_is_not_locked_out_by_guesses_from_elsewhere(
    guard: LoginGuard, timer: Timer
) -> None:
    guard.admit("alice", "home")
    guard.succeed("alice", "home")

    admitted = [is_admitted(guard, "alice", f"address {number}") for number in range(300)]

    assert sum(admitted) == FAILURES_PER_NAME.amount
    assert is_admitted(guard, "alice", "home")
    assert not is_admitted(guard, "alice", "hotel")
    timer.now += FAILURES_PER_NAME.get_expiry()
    assert is_admitted(guard, "alice", "hotel")


def test_client_that_tries_many_names_is_refused(guard: LoginGuard) -> None:
    for number in range(100):
        guard.admit(f"player {number}", "a script")

    with pytest.raises(ProblemError, match="too_many_requests") as caught:
        guard.admit("player 100", "a script")

    assert caught.value.headers == {"Retry-After": "300"}
    guard.admit("player 100", "somebody")


def test_guesses_at_once_are_no_more_than_guesses_one_by_one(guard: LoginGuard) -> None:
    # All attempts arrive before the first answer.
    admitted = [is_admitted(guard, "alice", "a script") for _ in range(12)]

    assert admitted == [True] * 10 + [False] * 2


def test_window_ends(timer: Timer) -> None:
    limiter, limit = Limiter(Counters(timer)), parse("2/minute")
    limiter.hit(limit, "x")
    timer.now += 59
    limiter.hit(limit, "x")
    with pytest.raises(ProblemError) as caught:
        limiter.hit(limit, "x")
    assert caught.value.headers == {"Retry-After": "1"}

    timer.now += 1

    limiter.hit(limit, "x")


def test_no_limit_refuses_nothing(timer: Timer) -> None:
    limiter = Limiter(Counters(timer))
    for _ in range(10_000):
        limiter.hit(None, "x")


def test_counters_are_forgotten_when_their_time_is_over(timer: Timer) -> None:
    counters = Counters(timer)
    for number in range(1000):
        counters.incr(f"key {number}", 60)
    timer.now += 60 + SWEEP_SECONDS

    counters.incr("another", 60)

    assert len(counters) == 1


def test_counters_are_bounded_and_the_newest_stay(
    timer: Timer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAX_COUNTERS >= 100_000
    monkeypatch.setattr("api.throttle.MAX_COUNTERS", 100)
    counters = Counters(timer)
    for number in range(1000):
        counters.incr(f"key {number}", 60)

    assert counters.get("key 999") == 1
    assert counters.get("key 0") == 0
    assert len(counters) == 100


def request(address: str, forwarded: str | None = None) -> falcon.Request:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return falcon.Request(testing.create_environ(remote_addr=address, headers=headers))


@pytest.mark.parametrize(
    ("proxies", "address", "forwarded", "client"),
    [
        (0, "192.0.2.1", None, "192.0.2.1"),
        # Without a proxy, any client can forge the header.
        (0, "192.0.2.1", "198.51.100.7", "192.0.2.1"),
        (1, "10.0.0.1", "198.51.100.7", "198.51.100.7"),
        (1, "10.0.0.1", "made up, 198.51.100.7", "198.51.100.7"),
        (2, "10.0.0.1", "made up, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (2, "10.0.0.1", "198.51.100.7", "198.51.100.7"),
        (1, "10.0.0.1", None, "10.0.0.1"),
        (1, "10.0.0.1", " , ", "10.0.0.1"),
        (1, "10.0.0.1", "no address", "unknown"),
        (0, "2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
        (0, "2001:db8:1:2:ffff::", None, "2001:db8:1:2::/64"),
        (0, "::ffff:192.0.2.1", None, "192.0.2.1"),
    ],
)
def test_client_is_whom_the_trusted_proxies_name(
    proxies: int, address: str, forwarded: str | None, client: str
) -> None:
    assert client_of(request(address, forwarded), proxies) == client
