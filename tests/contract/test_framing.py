"""Requests whose end can be read in two ways, or not at all, over a socket."""

from __future__ import annotations

import json

import pytest

from tests.api.game import Process
from tests.contract.wire import send

HIDDEN = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET http://[::1 HTTP/1.1\r\n\r\n", 400),
        (b"GET http://[ HTTP/1.1\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nContent-Length: 2, 2\r\n\r\n{}", 400),
        (b"GET /health HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
        (b"GET /health HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET /health HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS, 400),
        (b"GET /health HTTP/2.0\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS, 400),
        (b"GET /health HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    ],
    ids=lambda value: repr(value)[:60],
)
@pytest.mark.parametrize("connection", [b"", b"Connection: keep-alive\r\n"])
def test_a_request_without_a_clear_end_is_refused_and_the_connection_ends(
    server: Process, request_: bytes, status: int, connection: bytes
) -> None:
    first, end, rest = request_.partition(b"\r\n")

    (answer,) = send(server.port, first + end + connection + rest + HIDDEN)

    assert answer.status == status
    assert json.loads(answer.body)["code"] == "malformed_request"
    assert answer.headers["connection"] == "close"
    assert '"level":"error"' not in server.log()


def test_a_refusal_ends_a_connection_that_was_to_be_kept(server: Process) -> None:
    (answer,) = send(server.port, b"GET / HTTP/1.0\r\nConnection: keep-alive\r\nno header\r\n\r\n")

    assert (answer.status, answer.headers["connection"]) == (400, "close")


def test_details_of_refusals_end_with_one_full_stop(server: Process) -> None:
    (answer,) = send(server.port, b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n")

    assert json.loads(answer.body)["detail"] == "Transfer-Encoding requested is not supported."
