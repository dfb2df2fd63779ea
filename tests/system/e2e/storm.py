"""Clients that write without pause, and checks that everything acknowledged is stored."""

from __future__ import annotations

import http.client
import json
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import text

from tests.support.server import PUSH_SECRET, Request, Server, exchange
from warehouse.settings import store_beside
from warehouse.store.engine import open_engine

COINS, COST = 7, 3
PUSH = f"/postbacks/appsflyer?secret={PUSH_SECRET}"
SHIPPED_WITHIN_SECONDS = 10


@dataclass
class Storm:
    """Players that earn, spend and send events until `stop`.

    A player repeats a failed request with the same idempotency key, or with the same ids of the
    events, until it is acknowledged, as a game client does after a lost connection. At the end,
    every request must count exactly once. A player also stands for AppsFlyer, whose messages have
    no key: each must be there, and a repeated one may be there twice.

    Attributes:
        server: The server.
        others: More processes on the same store. Players start at them in turn, and switch to the
            next process after a failure.
        clients: Number of concurrent players.
        event_ids: The ids of all acknowledged events of players.
        messages: The `appsflyer_id` of all acknowledged messages of AppsFlyer, each another one.
        coins: Acknowledged coins by user id: the earned ones less the spent ones.
        failures: Answers other than 201 and lost connections, as text.
    """

    server: Server
    others: Sequence[Server] = ()
    clients: int = 16
    event_ids: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    coins: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    failures: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Register the players and start them."""
        for number in range(self.clients):
            username, password = f"storm-{uuid.uuid4().hex[:12]}", uuid.uuid4().hex
            credentials = {"username": username, "password": password}
            status, login = self.server.call(Request("POST", "/login", credentials))
            assert status == 201, login
            thread = threading.Thread(
                target=self._play, args=(number, login["userId"], login["token"])
            )
            self._threads.append(thread)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop after each player's current request."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _play(self, first: int, user_id: int, token: str) -> None:
        servers = [self.server, *self.others]
        connections = [
            http.client.HTTPConnection("127.0.0.1", servers[at % len(servers)].port, timeout=30)
            for at in range(first, first + len(servers))
        ]
        number = 0
        while not self._stop.is_set():
            number += 1
            path, body, coins = (
                ("/earn", {"amount": COINS, "reason": "storm"}, COINS),
                ("/spend", {"amount": COST, "reason": "storm"}, -COST),
                ("/event", {"eventType": "level_complete", "meta": {"level": number}}, 0),
                ("/events", {"events": [_with_id(number), _with_id(number)]}, 0),
                (PUSH, {"appsflyer_id": str(uuid.uuid4()), "event_name": "af_purchase"}, 0),
            )[(number - 1) % 5]
            key = None if path in ("/events", PUSH) else uuid.uuid4().hex
            request = Request("POST", path, body, token, key=key)
            answer = self._until_acknowledged(connections, request)
            with self._lock:
                if path == PUSH:
                    self.messages.append(str(body["appsflyer_id"]))
                else:
                    results = answer["results"] if path == "/events" else [answer]
                    self.event_ids += [result["eventId"] for result in results]
                self.coins[user_id] += coins
        for connection in connections:
            connection.close()

    def _until_acknowledged(
        self, connections: list[http.client.HTTPConnection], request: Request
    ) -> dict[str, Any]:
        while True:
            connection = connections[0]
            try:
                status, answer = exchange(connection, request)
            except (OSError, http.client.HTTPException) as error:
                self._fail(repr(error))
                connection.close()
            else:
                if status in (200, 201):
                    return dict(answer)
                self._fail(f"{status} {answer}")
            connections.append(connections.pop(0))
            self._stop.wait(0.05)

    def _fail(self, failure: str) -> None:
        with self._lock:
            self.failures.append(failure)


def _with_id(number: int) -> dict[str, object]:
    """Return an event with an id of the client."""
    return {"eventType": "step", "meta": {"n": number}, "eventId": str(uuid.uuid4())}


def in_warehouse(path: Path, query: str) -> list[tuple[object, ...]]:
    """Query the warehouse; wait while the loader holds it."""
    while True:
        try:
            with duckdb.connect(str(path), read_only=True) as warehouse:
                return warehouse.execute(query).fetchall()
        except duckdb.IOException:
            time.sleep(0.01)


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until a condition is true; return False on a timeout."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return condition()


def shipped_ids(path: Path, condition: str = "true") -> list[str]:
    query = f"select event_id from raw.game_events where {condition}"  # noqa: S608 (ours)
    return [str(row[0]) for row in in_warehouse(path, query)]


def shipped_messages(path: Path) -> set[str]:
    """The `appsflyer_id` of AppsFlyer's messages in the warehouse."""
    query = (
        "select json_extract_string(meta, '$.appsflyer_id') from raw.game_events"
        " where event_type = 'appsflyer_push'"
    )
    return {str(row[0]) for row in in_warehouse(path, query)}


def assert_exactly_what_was_acknowledged(storm: Storm, server: Server) -> None:
    """Every acknowledged event and coin is in the store and in the warehouse, once.

    Every acknowledged message of AppsFlyer is there, too.
    """
    path = server.warehouse
    acknowledged = sorted(storm.event_ids)
    assert len(set(acknowledged)) == len(acknowledged)
    of_players = "event_type != 'appsflyer_push'"
    wait_for(
        lambda: (
            len(shipped_ids(path, of_players)) >= len(acknowledged)
            and len(shipped_messages(path)) >= len(storm.messages)
        ),
        SHIPPED_WITHIN_SECONDS,
    )
    assert sorted(shipped_ids(path, of_players)) == acknowledged
    assert shipped_messages(path) == set(storm.messages)

    engine = open_engine(server.environment.get("STORE_URL", store_beside(path)), writes=False)
    stored: list[str] = []
    moved: dict[int, int] = defaultdict(int)
    with engine.begin() as store:
        players = store.execute(text("select user_id, balance from players"))
        balances = {row.user_id: row.balance for row in players}
        events = f"select event_id, user_id, event_type, meta from events where {of_players}"  # noqa: S608 (ours)
        for row in store.execute(text(events)):
            stored.append(row.event_id)
            amount = json.loads(row.meta or "{}").get("amount", 0)
            moved[row.user_id] += -amount if row.event_type == "spend" else amount
    engine.dispose()
    assert sorted(stored) == acknowledged
    assert {user: balances[user] for user in storm.coins} == dict(storm.coins)
    assert {user: moved[user] for user in storm.coins} == dict(storm.coins)

    shipped = in_warehouse(path, "select user_id, balance from raw.players")
    assert dict(shipped) == balances  # type: ignore[arg-type]
    proof = in_warehouse(
        path,
        "select user_id, sum(cast(json_extract_string(meta, '$.amount') as bigint)"
        " * if(event_type = 'spend', -1, 1))"
        " from raw.game_events where event_type in ('earn', 'spend') group by user_id",
    )
    assert {user: int(str(coins)) for user, coins in proof} == {
        user: coins for user, coins in storm.coins.items() if coins
    }
