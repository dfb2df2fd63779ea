"""Clients that are slow, rude or many, at a port without a proxy."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support.server import Request
from tests.system.load.client import HEALTH, Client, post
from tests.system.load.conftest import PASSWORD, Api, Serve

COINS = {"amount": 1, "reason": "x"}
LARGE = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"


@contextmanager
def no_writes(store: Path) -> Iterator[None]:
    """Keep the store's writer waiting."""
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("begin immediate")
        yield
        other.execute("rollback")


def assert_served(api: Api) -> None:
    """Read and write, as one more client."""
    before = api.balance()
    assert api.client.ask(post("/earn", COINS, api.token)).status == 201
    assert api.balance() == before + 1


@pytest.mark.parametrize("part", ["headers", "body"])
def test_requests_that_never_end_hold_no_thread(serve: Serve, part: str) -> None:
    api = serve({"THREADS": "2"})
    request = post("/earn", COINS, api.token)
    unfinished = request[:-1] if part == "body" else request[:20]
    slow = [api.client.connect(unfinished) for _ in range(500)]

    assert_served(api)

    # None has happened, and each happens once when it is complete.
    assert api.balance() == 1
    slow[0].send(request[len(unfinished) :])
    assert slow[0].answer().status == 201
    assert api.balance() == 2


def test_readers_who_stop_hold_no_thread(serve: Serve) -> None:
    api = serve({"THREADS": "2"})
    readers = [api.client.connect(LARGE * 3) for _ in range(40)]

    assert_served(api)

    whole = api.client.ask(LARGE).body
    for reader in readers[:3]:
        assert [reader.answer().body == whole for _ in range(3)] == [True] * 3


def test_silent_connections_end(serve: Serve) -> None:
    api = serve(channel_timeout=1, cleanup_interval=1)
    silent = api.client.connect()
    idle = api.client.connect(HEALTH)
    assert idle.answer().status == 200
    stopped = api.client.connect(LARGE * 20)

    assert silent.ends()
    assert idle.ends()
    assert stopped.ends()
    assert_served(api)


def test_connections_beyond_the_limit_wait_and_are_served(serve: Serve) -> None:
    api = serve(connection_limit=20)
    taken = [api.client.connect() for _ in range(30)]
    waiting = api.client.connect(HEALTH)
    time.sleep(0.5)
    assert waiting.is_open()
    for connection in taken:
        connection.socket.close()

    assert waiting.answer().status == 200


def test_requests_that_wait_for_the_store_are_answered_when_it_goes_on(
    serve: Serve, tmp_path: Path
) -> None:
    api = serve({"THREADS": "2"})
    with no_writes(tmp_path / "w.store.sqlite"):
        earning = [api.client.connect(post("/earn", COINS, api.token)) for _ in range(50)]
        time.sleep(0.5)

    assert [connection.answer().status for connection in earning] == [201] * 50
    assert api.balance() == 50


def test_a_queue_of_the_store_has_an_end(serve: Serve, tmp_path: Path) -> None:
    api = serve({"THREADS": "100"})
    batch = post("/events", {"events": [{"eventType": "x"}] * 500}, api.token)
    with no_writes(tmp_path / "w.store.sqlite"):
        # More events than may wait.
        sending = [api.client.connect(batch) for _ in range(60)]
        time.sleep(1)
        # Others are served meanwhile.
        assert api.balance() == 0
    answers = [connection.answer() for connection in sending]

    refused = [answer for answer in answers if answer.status != 200]
    assert {(answer.status, answer.code) for answer in refused} == {(503, "overloaded")}
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
    stats = api.server.call(Request("GET", "/stats", token=api.token))[1]
    assert stats["total"] == 500 * (len(answers) - len(refused))


def test_a_storm_of_logins_starves_nobody(serve: Serve) -> None:
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
            assert_served(api)
        ends.set()
    for login in logins:
        login.result()
    assert set(statuses) <= {200, 201, 503}
    assert statuses[200] + statuses[201] > 0
    assert statuses[503] > 0


def test_addresses_beside_each_other_are_clients_of_their_own(serve: Serve) -> None:
    api = serve({"RATE_LIMIT_PER_CLIENT": "20 per minute"})
    other = Client(api.server.port, "127.0.0.2")
    request = b"GET /balance HTTP/1.1\r\nHost: x\r\n\r\n"

    own = [api.client.ask(request).status for _ in range(30)]

    assert own[-1] == 429
    assert other.ask(request).status == 401
