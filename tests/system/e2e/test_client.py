"""The example client loses nothing and counts nothing twice, however bad the connection is."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from examples.client import GameClient, LoginNeededError, OfflineError
from tests.support.long import IS_LONG
from tests.support.server import Request, Server
from tests.system.e2e.flaky import FlakyProxy
from tests.system.e2e.storm import Storm, assert_exactly_what_was_acknowledged

PLAYERS, ROUNDS, KILLS = (16, 200, 30) if IS_LONG else (4, 15, 2)
PASSWORD = "correct horse battery"  # noqa: S105 (of a test)


@pytest.fixture
def network(server: Server) -> Iterator[FlakyProxy]:
    """A bad connection to it."""
    proxy = FlakyProxy(server.port)
    proxy.start()
    yield proxy
    proxy.stop()


def play(url: str, folder: Path, number: int) -> tuple[int, list[Any]]:
    """Play a game that crashes now and then; return the user id and all results."""
    chance = random.Random(number)
    results: list[Any] = []

    def opened() -> tuple[GameClient, int]:
        client = GameClient(url, folder / f"{number}.sqlite", attempts=3, longest_wait=0.2)
        while True:
            try:
                return client, client.login(f"player-{number}", PASSWORD)
            except OfflineError:
                continue

    client, user_id = opened()
    for level in range(ROUNDS):
        client.event("level_up", {"level": level})
        client.earn(7, "level")
        client.event("shop_opened")
        # More than the player has, now and then.
        client.spend(chance.choice([3, 3, 1000]), "shop")
        if chance.random() < 0.1:
            # The game crashes: what it has queued is in the file alone.
            client, user_id = opened()
        try:
            results += client.flush()
        except OfflineError:
            continue
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            rest = client.flush()
        except OfflineError:
            continue
        if not rest:
            return user_id, results
        results += rest
    raise TimeoutError(f"player {number} still waits for the server")


def test_nothing_is_lost_or_counted_twice(
    server: Server, network: FlakyProxy, tmp_path: Path
) -> None:
    moments = random.Random(7)
    with ThreadPoolExecutor(PLAYERS) as pool:
        games: list[Future[tuple[int, list[Any]]]] = [
            pool.submit(play, network.url, tmp_path, number) for number in range(PLAYERS)
        ]
        for _ in range(KILLS):
            time.sleep(moments.uniform(0.5, 1))
            server.kill()
            server.start()
        played = [game.result() for game in games]

    assert {"refused", "cut", "answer lost"} <= set(network.fates)
    storm = Storm(server)
    for user_id, results in played:
        assert len(results) == 4 * ROUNDS
        for path, body, answer in results:
            if answer.get("code") == "insufficient_balance":
                assert (path, body["amount"]) == ("/spend", 1000)
                continue
            storm.event_ids.append(answer["eventId"])
            storm.coins[user_id] += {"/earn": 1, "/spend": -1}.get(path, 0) * body.get("amount", 0)
        balance = [answer["balance"] for path, _, answer in results if "balance" in answer][-1]
        assert (
            balance
            == storm.coins[user_id]
            == ROUNDS * 7
            - 3 * sum(path == "/spend" and body["amount"] == 3 for path, body, _ in results)
        )
    assert_exactly_what_was_acknowledged(storm, server)


def test_actions_wait_in_their_file(server: Server, tmp_path: Path) -> None:
    """A game that ends without a connection sends its actions the next time, in their order."""
    first = GameClient("http://127.0.0.1:9", tmp_path / "queue", attempts=1, longest_wait=0)
    first.earn(10, "quest")
    first.event("quest_done")
    first.spend(4, "sword")
    with pytest.raises(OfflineError):
        first.flush()

    second = GameClient(server.url, tmp_path / "queue")
    with pytest.raises(LoginNeededError):
        second.flush()
    second.login("ada", PASSWORD)
    sent = second.flush()

    assert [path for path, _, _ in sent] == ["/earn", "/event", "/spend"]
    assert [answer.get("balance") for _, _, answer in sent] == [10, None, 6]
    assert second.flush() == []


def test_rejections_are_told_and_stop_nothing(server: Server, tmp_path: Path) -> None:
    client = GameClient(server.url, tmp_path / "queue")
    with pytest.raises(PermissionError, match="password"):
        client.login("ada", "12345678")
    client.login("ada", PASSWORD)
    client.event("Not a type!")
    client.event("fine")
    client.spend(1, "sword")
    client.earn(1, "quest")

    bad, fine, poor, rich = [answer for _, _, answer in client.flush()]

    assert bad["code"] == "invalid_body"
    assert "eventId" in fine
    assert poor["code"] == "insufficient_balance"
    assert rich["balance"] == 1


def test_a_busy_server_is_asked_again_when_it_says(server: Server, tmp_path: Path) -> None:
    server.stop()
    server.environment["RATE_LIMIT_PER_ACCOUNT"] = "5/second"
    server.start()
    client = GameClient(server.url, tmp_path / "queue", attempts=20)
    client.login("ada", PASSWORD)
    for number in range(8):
        client.earn(1, f"quest {number}")

    answers = [answer["balance"] for _, _, answer in client.flush()]

    assert answers == list(range(1, 9))
    metrics = server.call(Request("GET", "/metrics"))[1].decode()
    assert 'status="429"' in metrics
