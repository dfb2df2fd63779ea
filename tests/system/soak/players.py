"""Players that send all kinds of requests without pause and record what was acknowledged."""

from __future__ import annotations

import json
import random
import selectors
import socket
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from tests.benchmarks.load_client import HOST, TIMEOUT_SECONDS, encode_request
from tests.support.server import Request

COINS, COST = 7, 3
EVENTS_AT_ONCE = 5
# The next player takes over after this many requests, so that the number of events per player, and
# with it the cost of reading them, stays constant.
REQUESTS_OF_A_PLAYER = 400
# Weights of the request kinds. A login uses a core for a tenth of a second.
MIX = {
    "login": 0.02,
    "earn": 20,
    "spend": 5,
    "event": 25,
    "events": 4,
    "track": 10,
    "balance": 15,
    "list": 8,
    "stats": 6,
    "health": 3,
    "report": 2,
    "docs": 1,
    "metrics": 1,
}
READS = {
    "track": "/track?character=dragon_queen",
    "balance": "/balance",
    "list": "/events",
    "stats": "/stats",
    "health": "/health",
    "report": "/reports/manifest.json",
    "docs": "/openapi.json",
    "metrics": "/metrics",
}
WON = {"eventType": "match_won", "meta": {"score": 1200}}
GOOD = (200, 201)
# Statuses of an overloaded server.
REFUSED = (503, 429)


@dataclass(frozen=True)
class Account:
    """A registered player.

    Attributes:
        user_id: The player's id.
        token: The player's token.
    """

    user_id: int
    token: str


@dataclass
class Record:
    """The players' results.

    Attributes:
        ids: File for the ids of acknowledged events, one per line.
        coins: Acknowledged coins by user id: the earned ones less the spent ones.
        acknowledged: Number of acknowledged requests.
        events: Number of acknowledged events.
        refused: Number of 503 and 429 answers by code.
        failures: All other unsuccessful answers and lost connections, as text.
        latencies: Latencies in seconds since the last `take_latencies`.
    """

    ids: TextIO
    coins: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    acknowledged: int = 0
    events: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)

    def take_latencies(self) -> Sequence[float]:
        """Return the latencies since the last call."""
        taken, self.latencies = self.latencies, []
        return taken


class Player:
    """One connection, used by one player after another."""

    def __init__(
        self, port: int, accounts: Iterator[Account], operator: str, record: Record, seed: int
    ) -> None:
        """Connect.

        Args:
            port: The API's port.
            accounts: The next accounts.
            operator: An operator's token for reading reports.
            record: Receives the results.
            seed: Seed of the order of requests.
        """
        self._port = port
        self._operator = operator
        self._record = record
        self._random = random.Random(seed)
        self._accounts = accounts
        self._account = next(accounts)
        self._left = REQUESTS_OF_A_PLAYER
        self._kind = ""
        self._sent_at = 0.0
        self._received = bytearray()
        self.connect()

    def connect(self) -> None:
        """Connect, or reconnect after a lost connection."""
        self.socket = socket.create_connection((HOST, self._port), TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self) -> None:
        """Send the next request."""
        if self._left == 0:
            self._account, self._left = next(self._accounts), REQUESTS_OF_A_PLAYER
        self._left -= 1
        (self._kind,) = self._random.choices(list(MIX), list(MIX.values()))
        if self._kind == "spend" and self._record.coins[self._account.user_id] < COST:
            self._kind = "earn"
        self._received.clear()
        self._sent_at = time.perf_counter()
        self.socket.sendall(encode_request(self._request()))

    def _request(self) -> Request:
        token, key = self._account.token, uuid.uuid4().hex
        if self._kind in READS:
            is_report = self._kind == "report"
            return Request("GET", READS[self._kind], token=self._operator if is_report else token)
        bodies = {
            "login": {"username": f"soak-{key[:16]}", "password": key},
            "earn": {"amount": COINS, "reason": "soak"},
            "spend": {"amount": COST, "reason": "soak"},
            "event": {"eventType": "level_complete", "meta": {"level": self._left}},
            "events": {"events": [WON] * EVENTS_AT_ONCE},
        }
        is_keyed = self._kind in ("earn", "spend", "event")
        return Request(
            "POST",
            f"/{self._kind}",
            bodies[self._kind],
            token=None if self._kind == "login" else token,
            key=key if is_keyed else None,
        )

    def receive(self) -> bool:
        """Read available bytes; return True when the answer is complete.

        Raises:
            OSError: The connection is lost.
        """
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise ConnectionResetError("the server closed the connection")
        self._received += piece
        head, end, body = self._received.partition(b"\r\n\r\n")
        lengths = [
            int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:")
        ]
        if not end or len(body) < lengths[0]:
            return False
        self._record.latencies.append(time.perf_counter() - self._sent_at)
        self._note(int(head.split(b" ", 2)[1]), bytes(body))
        return True

    def _note(self, status: int, body: bytes) -> None:
        record = self._record
        if status in GOOD:
            record.acknowledged += 1
            self._note_success(body)
        elif status in REFUSED:
            record.refused[json.loads(body)["code"]] += 1
        elif self._kind == "report" and status == 404:
            # No report exists before the first build.
            record.acknowledged += 1
        else:
            record.failures.append(f"{self._kind}: {status} {body[:200]!r}")

    def _note_success(self, body: bytes) -> None:
        if self._kind in ("earn", "spend", "event", "track"):
            self._note_event(json.loads(body))
            change = {"earn": COINS, "spend": -COST}.get(self._kind, 0)
            self._record.coins[self._account.user_id] += change
        elif self._kind == "events":
            for result in json.loads(body)["results"]:
                self._note_event(result)

    def _note_event(self, answer: dict[str, Any]) -> None:
        self._record.events += 1
        self._record.ids.write(f"{answer['eventId']}\n")


def play(players: Sequence[Player], record: Record, goes_on: Callable[[], bool]) -> None:
    """Let each player send its next request after each answer.

    Args:
        players: The players.
        record: Receives lost connections.
        goes_on: Called before each request; if false, only the pending answers are read.
    """
    with selectors.DefaultSelector() as selector:

        def begin(player: Player) -> None:
            selector.register(player.socket, selectors.EVENT_READ, player)
            player.send()

        for player in players:
            begin(player)
        while selector.get_map() and (ready := selector.select(TIMEOUT_SECONDS)):
            for key, _ in ready:
                player = key.data
                try:
                    is_complete = player.receive()
                except OSError as error:
                    record.failures.append(f"lost: {error}")
                    selector.unregister(player.socket)
                    player.socket.close()
                    if goes_on():
                        player.connect()
                        begin(player)
                    continue
                if is_complete and goes_on():
                    player.send()
                elif is_complete:
                    selector.unregister(player.socket)
                    player.socket.close()
        missing = len(selector.get_map())
        if missing:
            record.failures.append(f"{missing} requests had no answer after {TIMEOUT_SECONDS} s")
