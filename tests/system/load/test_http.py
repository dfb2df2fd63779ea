"""What HTTP allows and few clients do."""

from __future__ import annotations

import json
import socket
import struct
from pathlib import Path

import pytest

from api.tokens import Identity, Role, Tokens
from tests.support.long import IS_LONG
from tests.support.server import SECRET, Request
from tests.system.load.client import HEALTH, head, post
from tests.system.load.conftest import Serve

COINS = {"amount": 1, "reason": "x"}
BODY = b'{"amount": 1, "reason": "x"}'
EXPECT = "Expect: 100-continue"


def test_client_that_waits_for_leave_gets_it(serve: Serve) -> None:
    api = serve()
    connection = api.client.connect(
        head("/earn", api.token, f"Content-Length: {len(BODY)}", EXPECT)
    )
    assert connection.answer().status == 100
    connection.send(BODY)
    assert connection.answer().status == 201


def test_client_that_is_done_before_its_request_is_gets_nothing(serve: Serve) -> None:
    api = serve()
    connection = api.client.connect(post("/earn", COINS, api.token)[:-1])
    connection.socket.shutdown(socket.SHUT_WR)
    assert connection.ends()
    assert api.balance() == 0


def test_clients_that_leave_at_once_do_no_harm(serve: Serve) -> None:
    api = serve()
    for _ in range(5000 if IS_LONG else 50):
        connection = api.client.connect(post("/earn", COINS, api.token))
        # The connection is reset.
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.socket.close()
    assert api.client.ask(post("/earn", COINS, api.token)).status == 201
    stats = api.server.call(Request("GET", "/stats", token=api.token))[1]
    assert api.balance() == stats["counts"]["earn"]


def test_body_in_chunks_of_one_byte(serve: Serve) -> None:
    api = serve()
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"
    request = head("/earn", api.token, "Transfer-Encoding: chunked") + chunks
    assert api.client.ask(request).status == 201


@pytest.mark.parametrize(
    ("hosts", "status"),
    [(b"", 400), (b"Host: a\r\nHost: b\r\n", 400), (b"Host: a\r\n", 200)],
)
def test_a_request_has_one_host(serve: Serve, hosts: bytes, status: int) -> None:
    answer = serve().client.ask(b"GET /health/live HTTP/1.1\r\n" + hosts + b"\r\n")
    assert answer.status == status
    if status == 400:
        assert answer.code == "malformed_request"


def test_a_compressed_body_is_415(serve: Serve) -> None:
    api = serve()
    request = post("/earn", COINS, api.token, "Content-Encoding: gzip")
    answer = api.client.ask(request)
    assert (answer.status, answer.code) == (415, "unsupported_content_encoding")
    assert api.balance() == 0


@pytest.mark.parametrize("path", ["/login", "/earn", "/event", "/events"])
def test_thousands_of_unknown_fields_are_refused_by_their_number(serve: Serve, path: str) -> None:
    api = serve()
    hostile = {f"f{number}": 0 for number in range(20_000)}
    body = {"events": [hostile]} if path == "/events" else hostile
    answer = api.client.ask(post(path, body, api.token))
    document = json.loads(answer.body)
    refusal = document["results"][0] if path == "/events" else document
    assert (refusal["status"], refusal["code"]) == (400, "invalid_body")
    assert [error["code"] for error in refusal["errors"]] == ["too_many_fields"]


@pytest.mark.parametrize("name", ["X-Header", "chunk"])
def test_what_has_no_end_is_refused_by_its_size(serve: Serve, name: str) -> None:
    api = serve()
    if name == "chunk":
        start = head("/earn", api.token, "Transfer-Encoding: chunked")
        piece, expected = b"5\r\n     \r\n" * 1000, 413
    else:
        start, piece, expected = b"GET / HTTP/1.1\r\n", b"X-Header: x\r\n" * 100, 431
    connection = api.client.connect(start)
    for _ in range(400):
        try:
            connection.send(piece)
        except OSError:
            break
    assert connection.answer().status == expected
    assert api.client.ask().status == 200


def test_large_files_do_not_stop_the_server(serve: Serve, tmp_path: Path) -> None:
    size = 40 * 1024 * 1024
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports/large.json").write_bytes(b" " * size)
    api = serve({"REPORTS_PATH": str(tmp_path / "reports")})
    token = Tokens(SECRET).mint(Identity(Role.OPERATOR, "operator"), 60)
    request = (
        f"GET /reports/large.json HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
    ).encode()
    connection = api.client.connect(request * 2 + HEALTH)

    assert api.client.ask().status == 200
    assert len(connection.answer().body) == size
    assert len(connection.answer().body) == size
    assert connection.answer().status == 200


def test_chunks_count_as_the_bytes_that_they_are(serve: Serve) -> None:
    api = serve({"BYTE_LIMIT_PER_ACCOUNT": "1000000 per hour"})
    text = b'{"eventType": "x", "meta": {"text": "' + b"x" * 3000 + b'"}}'
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(text), text)
    request = head("/event", api.token, "Transfer-Encoding: chunked") + chunks
    statuses = [api.client.ask(request).status for _ in range(340)]
    assert statuses.index(429) == 1_000_000 // len(text)
