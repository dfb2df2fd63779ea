"""Clients that take their time: each has an end, and nobody waits for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from api.limits import Limits
from api.waiting import TURN
from tests.api.game import PROBLEM, Game
from tests.load.client import HEALTH, Client, Connection, head, post

Serve = Callable[..., Client]

COINS = {"amount": 1, "reason": "x"}
# Long enough for a slow machine to answer in, and soon over.
SHORT = Limits(header_seconds=0.5, request_seconds=1.0, idle_seconds=1.0, reading_seconds=1.0)
LARGE = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"


def drip(connection: Connection, data: bytes, until: threading.Event) -> None:
    """Send a byte at a time, as slowly as it takes, until the server has had enough."""
    for byte in data * 1000:
        if until.wait(0.02):
            return
        try:
            connection.send(bytes([byte]))
        except OSError:
            return


@pytest.mark.parametrize(
    ("start", "rest"),
    [
        (b"GET /health/live HTTP/1.1\r\n", b"X-Header: x\r\n"),
        (b"POST /earn HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n", b"{"),
        (b"POST /earn HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n"),
        (b"POST /earn HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"T: x\r\n"),
    ],
    ids=["headers", "body", "chunks", "trailers"],
)
def test_request_that_never_ends_is_408(serve: Serve, start: bytes, rest: bytes) -> None:
    client = serve(SHORT)
    slow = client.connect(start)
    is_over = threading.Event()
    dripping = threading.Thread(target=drip, args=(slow, rest, is_over))
    dripping.start()
    assert client.ask().status == 200

    answer = slow.answer()

    is_over.set()
    dripping.join()
    assert (answer.status, answer.code) == (408, "request_timeout")
    assert answer.headers["content-type"] == PROBLEM
    assert answer.headers["connection"] == "close"
    assert slow.ends()
    assert client.ask().status == 200


def test_request_that_stops_half_way_has_not_happened(serve: Serve, game: Game) -> None:
    client = serve(SHORT)
    alice = game.player()
    whole = post("/earn", COINS, alice.token)

    slow = client.connect(whole[:-1])
    assert slow.answer().status == 408
    # It comes too late.
    slow.send(whole[-1:] + whole)

    assert slow.ends()
    assert game.get("/balance", alice).json["balance"] == 0


@pytest.mark.parametrize("sent", [b"", b"\r\n\r\n"], ids=["nothing", "blank lines"])
def test_who_says_nothing_is_let_go_without_a_word(serve: Serve, sent: bytes) -> None:
    client = serve(SHORT)
    silent = client.connect(sent)
    deadline = time.monotonic() + 10
    while silent.is_open() and time.monotonic() < deadline:
        try:
            silent.send(sent)
        except OSError:
            break
        time.sleep(0.05)

    assert not silent.is_open()


def test_connection_is_kept_while_it_is_used_and_ends_after(serve: Serve) -> None:
    client = serve(Limits(header_seconds=0.5, idle_seconds=0.5))
    connection = client.connect()
    began = time.monotonic()
    while time.monotonic() < began + 1.5:
        connection.send(HEALTH)
        assert connection.answer().status == 200
        time.sleep(0.05)

    assert connection.ends()


def test_reader_who_stops_is_let_go(serve: Serve) -> None:
    client = serve(SHORT)
    # More than the system takes for a client that reads nothing.
    connection = client.connect(LARGE * 20)
    assert client.ask().status == 200
    time.sleep(0.5)
    assert client.ask().status == 200
    # Nothing is read before the server has given up.
    time.sleep(1.5)

    assert connection.ends()
    assert client.ask(LARGE).status == 200


def test_reader_who_is_slow_and_steady_gets_everything(serve: Serve) -> None:
    client = serve(Limits(reading_seconds=1.0))
    whole = client.ask(LARGE).body
    connection = client.connect(LARGE * 6)
    for _ in range(6):
        assert connection.answer().body == whole
        # Six times the half of what the server bears with.
        time.sleep(0.5)

    connection.send(HEALTH)
    assert connection.answer().status == 200


def test_many_requests_at_once_do_not_go_before_those_of_others(serve: Serve, game: Game) -> None:
    client = serve()
    many, few = client.connect(HEALTH), client.connect(HEALTH)
    assert many.answer().status == few.answer().status == 200
    named = "GET /health/live HTTP/1.1\r\nHost: x\r\nX-Request-ID: {}\r\n\r\n"
    with TURN:
        many.send("".join(named.format(f"many-{number}") for number in range(100)).encode())
        few.send(named.format("few").encode())

    assert few.answer().status == 200
    assert [many.answer().status for _ in range(100)] == [200] * 100

    order = [line["request_id"] for line in game.log_lines()]
    assert order.index("few") <= order.index("many-0") + 2


def test_who_holds_much_memory_is_let_go_first(serve: Serve, game: Game) -> None:
    client = serve(Limits(held_bytes=150_000))
    token = game.player().token
    start = head("/events", token, "Content-Length: 200000")
    small = client.connect(start + b" " * 1000)
    large = client.connect(start + b" " * 160_000)

    answer = large.answer()

    assert (answer.status, answer.code) == (503, "overloaded")
    assert answer.headers["retry-after"] == "1"
    assert small.is_open()
