"""Rare and invalid uses of HTTP, without a proxy.

The proxy refuses some of them first: see `tests/system/postgres/test_behind_proxy.py`.
"""

from __future__ import annotations

import json
import socket
import struct

import pytest

from tests.api.game import PROBLEM, Process
from tests.support.long import IS_LONG
from tests.system.contract.test_wire import is_healthy
from tests.system.contract.wire import HEALTH, Connection, head, post, send

COINS = {"amount": 1, "reason": "x"}
BODY = json.dumps(COINS).encode()
JSON = {"Content-Type": "application/json"}
HIDDEN = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
GET = b"GET /health HTTP/1.1\r\n"
POST = b"POST / HTTP/1.1\r\n"


def balance(server: Process, alice: dict[str, str]) -> int:
    return int(server.ask("GET", "/balance", alice).json()["balance"])


@pytest.mark.parametrize(
    ("request_", "statuses"),
    [
        (b"nonsense\r\n\r\n", [400]),
        (b"GET / HTTP/1.1\r\nno header\r\n\r\n", [400]),
        (b"GET http://[::1 HTTP/1.1\r\n\r\n", []),
        (b"GET http://[ HTTP/1.1\r\n\r\n", []),
        (GET + b"X: " + b"x" * 2**18, [431]),
        (GET + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", []),
        (GET + b"Content-Length: 2, 2\r\n\r\n{}", [400]),
        (GET + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", [400]),
        (GET + b"Content-Length: 4\r\n" + CHUNKED, [400]),
        (POST + b"Content-Length: -1\r\n\r\n", [400]),
        (POST + b"Content-Length: 1e3\r\n\r\n", [400]),
        (POST + CHUNKED + b"zz\r\n", [400]),
        (GET.replace(b"1.1", b"1.0") + CHUNKED + CHUNKS, [200]),
        (GET.replace(b"1.1", b"2.0") + CHUNKED + CHUNKS, [200]),
        (GET + b"Transfer-Encoding: gzip\r\n\r\n", [501]),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_ambiguous_framing_hides_no_second_request(
    server: Process, request_: bytes, statuses: list[int]
) -> None:
    answers = send(server.port, request_ + HIDDEN)

    # The connection ended without an answer to the hidden request.
    assert [answer.status for answer in answers] == statuses
    assert is_healthy(server)


def test_a_request_needs_exactly_one_host(server: Process) -> None:
    for hosts in (b"", b"Host: a\r\nHost: b\r\n"):
        answer = send(server.port, GET + hosts + b"\r\n")[0]
        assert (answer.status, answer.code) == (400, "malformed_request"), hosts


@pytest.mark.parametrize("value", [b"a\x1b[31m", b"a\x00b", b"a\rb", b"a\nb", b"\x7f"], ids=ascii)
def test_headers_hold_no_control_characters(server: Process, value: bytes) -> None:
    for name in (b"X-Request-ID", b"Idempotency-Key", b"Authorization", b"Cookie"):
        (answer,) = send(server.port, GET + b"Host: x\r\n%s: %s\r\n\r\n" % (name, value))
        assert answer.status == 400, name


def test_requests_sent_at_once_are_answered_in_their_order(
    server: Process, alice: dict[str, str]
) -> None:
    before = balance(server, alice)

    answers = send(server.port, post("/earn", COINS, alice) * 30 + HEALTH)

    earned = [json.loads(answer.body)["balance"] - before for answer in answers[:-1]]
    assert earned == [*range(1, 31)]
    assert json.loads(answers[-1].body) == {"status": "ok"}


def test_client_that_expects_100_continue_gets_it(server: Process, alice: dict[str, str]) -> None:
    expecting = head("/earn", alice, f"Content-Length: {len(BODY)}", "Expect: 100-continue")
    connection = Connection(server.port, expecting)
    with connection.socket:
        assert connection.answer().status == 100
        connection.socket.sendall(BODY)
        assert connection.answer().status == 201


def test_incomplete_request_has_no_effect(server: Process, alice: dict[str, str]) -> None:
    before = balance(server, alice)

    assert send(server.port, post("/earn", COINS, alice)[:-1]) == []

    assert balance(server, alice) == before


def test_clients_that_disconnect_at_once_do_no_harm(server: Process, alice: dict[str, str]) -> None:
    for _ in range(5000 if IS_LONG else 50):
        connection = Connection(server.port, post("/earn", COINS, alice))
        # Closing now resets the connection.
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.socket.close()

    assert server.ask("POST", "/earn", alice, json=COINS).status_code == 201
    stats = server.ask("GET", "/stats", alice).json()
    assert balance(server, alice) == stats["counts"]["earn"]


def test_body_in_chunks_of_one_byte(server: Process, alice: dict[str, str]) -> None:
    chunks = (b"%c" % byte for byte in BODY)

    assert server.ask("POST", "/earn", alice, data=chunks, headers=JSON).status_code == 201


@pytest.mark.parametrize("size", [300_000, 10_000_000])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_that_is_too_large_is_413(
    server: Process, alice: dict[str, str], size: int, is_chunked: bool
) -> None:
    body = (b" " * 50_000 for _ in range(size // 50_000)) if is_chunked else b" " * size

    answer = server.ask("POST", "/earn", alice, data=body, headers=JSON)

    assert answer.status_code == 413
    # The server refuses larger bodies before the application.
    if size == 300_000:
        assert answer.headers["Content-Type"] == PROBLEM
        assert answer.json()["code"] == "body_too_large"


@pytest.mark.parametrize("name", ["X-Header", "chunk"])
def test_endless_requests_are_refused_by_their_size(
    server: Process, alice: dict[str, str], name: str
) -> None:
    start, piece, status = b"GET / HTTP/1.1\r\n", b"X-Header: x\r\n" * 100, 431
    if name == "chunk":
        start = head("/earn", alice, "Transfer-Encoding: chunked")
        piece, status = b"5\r\n     \r\n" * 1000, 413

    (answer,) = send(server.port, start + piece * 400)

    assert answer.status == status
    assert is_healthy(server)
