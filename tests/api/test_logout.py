"""POST /logout."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import cast

from api.revocations import REFRESH_SECONDS, Revocations
from tests.api.game import PASSWORD, Caller, Game, assert_problem
from warehouse.store.clock import utc_now
from warehouse.store.protocol import RevokedToken, Store, StoreUnavailableError
from warehouse.store.sql_store import SqlStore

ALICE = {"username": "alice", "password": PASSWORD}


def log_in(game: Game) -> Caller:
    answer = game.post("/login", ALICE).json
    return Caller(answer["userId"], answer["token"])


def log_out(game: Game, caller: Caller) -> int:
    return game.client.simulate_post("/logout", headers=caller.headers).status_code


class SlowStore:
    """A store that fails slowly, with the methods that `Revocations` calls."""

    def __init__(self) -> None:
        self.calls = 0
        self.goes_on = threading.Event()

    def store_id(self) -> str:
        return "which"

    def revoked_after(self, _: int) -> list[RevokedToken]:
        self.calls += 1
        self.goes_on.wait()
        raise StoreUnavailableError("down")


def test_concurrent_callers_share_one_refresh() -> None:
    store = SlowStore()
    revocations = Revocations(cast(Store, store), utc_now)
    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(revocations.include, "token") for _ in range(4)]
        # Enough time for all threads to reach the point where they wait.
        time.sleep(0.5)
        store.goes_on.set()
        errors = [type(each.exception()) for each in asking]
    assert errors == [StoreUnavailableError] * 4
    assert store.calls == 1


def test_token_is_invalid_after_a_logout(game: Game) -> None:
    alice = log_in(game)
    assert game.get("/balance", alice).status_code == 200

    answer = game.client.simulate_post("/logout", headers=alice.headers)

    assert (answer.status_code, answer.text) == (204, "")
    for path in ("/balance", "/events", "/stats", "/track"):
        problem = assert_problem(game.get(path, alice, "character=x"), 401, "invalid_token")
        assert "revoked" in problem["detail"]
    assert_problem(game.post("/earn", {"amount": 1, "reason": "x"}, alice), 401, "invalid_token")
    assert log_out(game, alice) == 401
    assert game.store.event_counts(alice.user_id) == {}


def test_other_sessions_of_the_player_remain_valid(game: Game) -> None:
    phone, tablet = log_in(game), log_in(game)

    assert log_out(game, phone) == 204

    assert game.get("/balance", tablet).status_code == 200
    assert game.get("/balance", log_in(game)).status_code == 200


def test_operator_logs_out(game: Game) -> None:
    operator = game.operator()

    assert log_out(game, operator) == 204

    assert game.get("/stats", operator).status_code == 401
    assert game.get("/reports/", operator).status_code == 401


def test_logout_outlives_the_process(game: Game) -> None:
    alice = game.player()
    assert log_out(game, alice) == 204

    restarted = Game(game.folder, game.variables)

    assert restarted.get("/balance", alice).status_code == 401
    restarted.close()


def test_other_processes_see_a_logout_within_a_second(game: Game) -> None:
    alice, now = game.player(), 0.0
    store = SqlStore(game.settings.store_url)
    token = game.tokens.read(alice.token)
    other = Revocations(store, game.clock, timer=lambda: now)
    assert not other.include(token.token_id)

    assert log_out(game, alice) == 204
    assert not other.include(token.token_id)
    now += REFRESH_SECONDS

    assert other.include(token.token_id)
    store.close()


def test_expired_tokens_are_forgotten_and_later_logouts_are_seen(game: Game) -> None:
    game.now = datetime(2026, 1, 5, 12, tzinfo=UTC)
    seconds = game.now.timestamp()
    timer = 0.0
    store = SqlStore(game.settings.store_url, clock=game.clock)
    other = Revocations(store, game.clock, timer=lambda: timer)
    for number in range(5):
        store.revoke(f"old-{number}", seconds + 60)
    assert other.include("old-0")

    game.now += timedelta(hours=1)
    for number in range(3):
        store.revoke(f"new-{number}", seconds + 7200)
    timer += REFRESH_SECONDS

    assert [revoked.token_id for revoked in store.revoked_after(0)] == ["new-0", "new-1", "new-2"]
    assert other.include("new-0")
    assert other.include("new-2")
    assert not other.include("old-0")
    store.close()


def test_revoking_twice_is_revoking_once(game: Game) -> None:
    later = datetime.now(UTC).timestamp() + 60

    game.store.revoke("a", later)
    game.store.revoke("a", later)

    assert [revoked.token_id for revoked in game.store.revoked_after(0)] == ["a"]
