"""Requests whose end can be read in two ways, or not at all, on a bare port.

The proxy refuses them before the API sees them: `tests/system/postgres/test_behind_proxy.py`.
"""

from __future__ import annotations

import pytest

from tests.api.game import Process
from tests.system.contract.test_wire import is_healthy
from tests.system.contract.wire import send

HIDDEN = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("request_", "statuses"),
    [
        (b"GET http://[::1 HTTP/1.1\r\n\r\n", []),
        (b"GET http://[ HTTP/1.1\r\n\r\n", []),
        (b"GET /health HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", []),
        (b"GET /health HTTP/1.1\r\nContent-Length: 2, 2\r\n\r\n{}", [400]),
        (b"GET /health HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", [400]),
        (b"GET /health HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", [400]),
        (b"GET /health HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS, [200]),
        (b"GET /health HTTP/2.0\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS, [200]),
        (b"GET /health HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", [501]),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_no_request_hides_behind_one_without_a_clear_end(
    server: Process, request_: bytes, statuses: list[int]
) -> None:
    answers = send(server.port, request_ + HIDDEN)

    # The connection has ended, and what was hidden has no answer.
    assert [answer.status for answer in answers] == statuses
    assert is_healthy(server)
