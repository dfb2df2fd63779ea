"""Slow, misbehaving and numerous clients, without a proxy."""

from __future__ import annotations

import select
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.api.game import PASSWORD, Process, no_writes
from tests.support.server import Request
from tests.system.contract.wire import HEALTH, Connection, post, send

COINS = {"amount": 1, "reason": "x"}
LARGE = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"


@dataclass(frozen=True)
class Api:
    """A running API, a player's headers, and the connections of the test."""

    server: Process
    alice: dict[str, str]
    opened: ExitStack

    def connect(self, data: bytes = b"") -> Connection:
        """Open a connection and send bytes; the fixture closes it."""
        connection = Connection(self.server.port, data)
        self.opened.callback(connection.socket.close)
        return connection

    def balance(self) -> int:
        """Return the player's balance."""
        return int(self.server.ask("GET", "/balance", self.alice).json()["balance"])

    def assert_served(self) -> None:
        """Check that another client can read and write."""
        before = self.balance()
        assert self.server.ask("POST", "/earn", self.alice, json=COINS).status_code == 201
        assert self.balance() == before + 1


Serve = Callable[..., Api]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts the API, optionally with changed waitress adjustments."""
    with ExitStack() as stack:

        def serve(adjustments: dict[str, object] | None = None, **variables: str) -> Api:
            server = Process(tmp_path, adjustments, **variables)
            stack.callback(server.kill)
            return Api(server, server.login(), stack)

        yield serve


@pytest.mark.parametrize("part", ["headers", "body"])
def test_requests_that_never_end_hold_no_thread(serve: Serve, part: str) -> None:
    api = serve(THREADS="2")
    request = post("/earn", COINS, api.alice)
    unfinished = request[:-1] if part == "body" else request[:20]
    slow = [api.connect(unfinished) for _ in range(500)]

    api.assert_served()

    # No request took effect yet; each takes effect once when it is complete.
    assert api.balance() == 1
    slow[0].socket.sendall(request[len(unfinished) :])
    assert slow[0].answer().status == 201
    assert api.balance() == 2


def test_clients_that_stop_reading_hold_no_thread(serve: Serve) -> None:
    api = serve(THREADS="2")
    readers = [api.connect(LARGE * 3) for _ in range(40)]

    api.assert_served()

    whole = send(api.server.port, LARGE)[0].body
    for reader in readers[:3]:
        assert [reader.answer().body == whole for _ in range(3)] == [True] * 3


def test_silent_connections_end(serve: Serve) -> None:
    api = serve({"channel_timeout": 1, "cleanup_interval": 1})
    silent = api.connect()
    idle = api.connect(HEALTH)
    assert idle.answer().status == 200
    stopped = api.connect(LARGE * 20)

    assert (silent.rest(), idle.rest()) == (b"", b"")
    assert len(stopped.rest()) > 0
    api.assert_served()


def test_connections_beyond_the_limit_wait_and_are_served(serve: Serve) -> None:
    api = serve({"connection_limit": 20})
    taken = [api.connect() for _ in range(30)]
    waiting = api.connect(HEALTH)
    assert select.select([waiting.socket], [], [], 0.5)[0] == []
    for connection in taken:
        connection.socket.close()

    assert waiting.answer().status == 200


def test_requests_that_wait_for_the_store_are_answered_when_it_goes_on(
    serve: Serve, tmp_path: Path
) -> None:
    api = serve(THREADS="2")
    with no_writes(f"sqlite:///{tmp_path}/w.store.sqlite"):
        earning = [api.connect(post("/earn", COINS, api.alice)) for _ in range(50)]
        time.sleep(0.5)

    assert [connection.answer().status for connection in earning] == [201] * 50
    assert api.balance() == 50


def test_full_store_queue_refuses_with_503(serve: Serve, tmp_path: Path) -> None:
    api = serve(THREADS="100")
    batch = post("/events", {"events": [{"eventType": "x"}] * 500}, api.alice)
    with no_writes(f"sqlite:///{tmp_path}/w.store.sqlite"):
        # More events than the queue accepts.
        sending = [api.connect(batch) for _ in range(60)]
        time.sleep(1)
        # The server still serves other requests.
        assert api.balance() == 0
    answers = [connection.answer() for connection in sending]

    refused = [answer for answer in answers if answer.status != 200]
    assert {(answer.status, answer.code) for answer in refused} == {(503, "overloaded")}
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
    stats = api.server.ask("GET", "/stats", api.alice).json()
    assert stats["total"] == 500 * (len(answers) - len(refused))


def test_many_logins_do_not_starve_other_requests(serve: Serve) -> None:
    api = serve()
    ends = threading.Event()
    statuses: Counter[int] = Counter()

    def log_in(number: int) -> None:
        login = Request("POST", "/login", {"username": f"p{number}", "password": PASSWORD})
        while not ends.is_set():
            statuses[api.server.call(login)[0]] += 1

    with ThreadPoolExecutor(48) as pool:
        logins = [pool.submit(log_in, number) for number in range(48)]
        for _ in range(50):
            api.assert_served()
        ends.set()
    for login in logins:
        login.result()
    assert set(statuses) <= {200, 201, 503}
    assert statuses[200] + statuses[201] > 0
    assert statuses[503] > 0


def test_neighbouring_addresses_are_separate_clients(serve: Serve) -> None:
    api = serve(RATE_LIMIT_PER_CLIENT="20 per minute")
    request = b"GET /balance HTTP/1.1\r\nHost: x\r\n\r\n"

    own = [send(api.server.port, request)[0].status for _ in range(30)]

    assert own[-1] == 429
    assert send(api.server.port, request, "127.0.0.2")[0].status == 401
