"""Bytes on a connection, and what comes back, read as strictly as HTTP is written."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from tests.api.game import PROBLEM

TIMEOUT_SECONDS = 30
# No greater than what the server reads at a time; it is no news where a request is cut.
_READ_BYTES = 65536

_STATUS_LINE = re.compile(rb"HTTP/1[.][01] ([1-5][0-9]{2}) [ -~]*")
_HEADER_LINE = re.compile(rb"([A-Za-z0-9!#$%&'*+.^_`|~-]+): ([ -~\x80-\xff]*)")
_BODILESS = {204, 304}


@dataclass(frozen=True)
class Answer:
    """What a server answered.

    Attributes:
        status: Its status.
        headers: By their names in lower case.
        body: Its content.
    """

    status: int
    headers: dict[str, str]
    body: bytes


def send(port: int, data: bytes) -> list[Answer]:
    """Send bytes on a connection of their own, and nothing after them; read what comes back.

    Raises:
        AssertionError: It is not a row of whole answers of HTTP.
    """
    received = bytearray()
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # It was refused before its end; the answer may still be read.
        try:
            while block := connection.recv(_READ_BYTES):
                received += block
        except ConnectionResetError:
            pass  # As after any refusal of what is still being sent.
    return read_answers(bytes(received), may_have_no_body=b"HEAD" in data)


def read_answers(received: bytes, *, may_have_no_body: bool) -> list[Answer]:
    """Read answers to the last byte.

    Args:
        received: The bytes.
        may_have_no_body: Some of the requests may be HEAD, whose answers announce a body that does
            not come; which ones, nobody knows who sends anything.
    """
    for answers in _readings(received, may_have_no_body=may_have_no_body):
        return answers
    raise AssertionError(f"these are no answers of HTTP: {received[:2000]!r}")


def _readings(received: bytes, *, may_have_no_body: bool) -> Iterator[list[Answer]]:
    if not received:
        yield []
        return
    head, separator, rest = received.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    status_line = _STATUS_LINE.fullmatch(first)
    matches = [_HEADER_LINE.fullmatch(line) for line in lines]
    if not separator or status_line is None or None in matches:
        return
    status = int(status_line[1])
    pairs = [(match[1].decode().lower(), match[2].decode("latin-1")) for match in matches if match]
    headers = dict(pairs)
    if len(headers) != len(pairs):
        return  # No header comes twice.
    for length in _lengths(status, headers, len(rest), may_have_no_body=may_have_no_body):
        if length <= len(rest):
            answer = Answer(status, headers, rest[:length])
            for others in _readings(rest[length:], may_have_no_body=may_have_no_body):
                yield [answer, *others]


def _lengths(
    status: int, headers: dict[str, str], remaining: int, *, may_have_no_body: bool
) -> list[int]:
    """Tell how long the body may be."""
    if status < 200 or status in _BODILESS:
        return [0]
    if "content-length" not in headers:
        return [remaining] if headers.get("connection") == "close" else []
    length = int(headers["content-length"])
    return [length, 0] if may_have_no_body else [length]


def assert_documented(answer: Answer) -> None:
    """Check that an answer is one that the API gives, whatever it was asked."""
    assert answer.status < 500 or answer.status == 501, answer
    if answer.status >= 400 and answer.body:
        assert answer.headers["content-type"] == PROBLEM, answer
        problem = json.loads(answer.body)
        assert problem["status"] == answer.status, answer
        assert problem["code"], answer
        assert "Traceback" not in problem["detail"], answer
    if answer.status == 501:
        assert b"ransfer-" in answer.body or b"ransfer " in answer.body or not answer.body, answer
    if answer.status == 405:
        assert answer.headers["allow"], answer
    if answer.status == 401:
        assert "Bearer" in answer.headers["www-authenticate"], answer
