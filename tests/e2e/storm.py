"""Clients that write without pause and remember what was acknowledged."""

from __future__ import annotations

import http.client
import threading
import uuid
from collections import defaultdict
from dataclasses import dataclass, field

from tests.server import Request, Server, exchange

COINS = 7


@dataclass
class Storm:
    """Players that earn and send events until told to stop.

    A request that fails is sent again with the same idempotency key until it is acknowledged, as a
    game client does after a lost connection, so that at the end every request counts exactly once.

    Attributes:
        server: Where to.
        clients: How many at once, each a player of its own.
        event_ids: The ids of all acknowledged events.
        coins: Acknowledged coins by user id.
        failures: Answers other than 201 and lost connections, as text.
    """

    server: Server
    clients: int = 16
    event_ids: list[str] = field(default_factory=list)
    coins: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    failures: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Register the players and let them write."""
        for _ in range(self.clients):
            username, password = f"storm-{uuid.uuid4().hex[:12]}", uuid.uuid4().hex
            credentials = {"username": username, "password": password}
            status, login = self.server.call(Request("POST", "/login", credentials))
            assert status == 201, login
            thread = threading.Thread(target=self._play, args=(login["userId"], login["token"]))
            self._threads.append(thread)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let every player finish the request it is at."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _play(self, user_id: int, token: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        number = 0
        while not self._stop.is_set():
            number += 1
            is_earn = number % 3 == 0
            path = "/earn" if is_earn else "/event"
            body: dict[str, object] = (
                {"amount": COINS, "reason": "storm"}
                if is_earn
                else {"eventType": "level_complete", "meta": {"level": number}}
            )
            request = Request("POST", path, body, token, key=uuid.uuid4().hex)
            answer = self._until_acknowledged(connection, request)
            with self._lock:
                self.event_ids.append(answer["eventId"])
                self.coins[user_id] += COINS if is_earn else 0
        connection.close()

    def _until_acknowledged(
        self, connection: http.client.HTTPConnection, request: Request
    ) -> dict[str, str]:
        while True:
            try:
                status, answer = exchange(connection, request)
            except (OSError, http.client.HTTPException) as error:
                self._fail(repr(error))
                connection.close()
            else:
                if status == 201:
                    return dict(answer)
                self._fail(f"{status} {answer}")
            self._stop.wait(0.05)

    def _fail(self, failure: str) -> None:
        with self._lock:
            self.failures.append(failure)
