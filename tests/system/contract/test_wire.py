"""The server sends well-formed answers to arbitrary bytes and continues to serve other clients."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.api.game import Process
from tests.support.long import IS_LONG
from tests.system.contract.wire import HEALTH, assert_documented, send

FUZZ = settings(
    max_examples=20_000 if IS_LONG else 400,
    derandomize=not IS_LONG,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
    print_blob=IS_LONG,
)

METHODS = [
    *(b"GET", b"POST", b"HEAD", b"OPTIONS", b"PUT", b"DELETE", b"PATCH", b"TRACE", b"CONNECT"),
    *(b"QUERY", b"PROPFIND", b"get", b"FOO", b"", b"GET GET", b"PRI", b"\xff", b"G\x00T"),
]
TARGETS = [
    *(b"/health", b"/balance", b"/earn", b"/event", b"/events", b"/stats", b"/metrics", b"/login"),
    *(b"/track?character=x", b"/events?limit=1&before=x", b"/stats?userId=1", b"/reports/"),
    *(b"/reports/manifest.json", b"/reports", b"/docs", b"/docs/start.js", b"/openapi.json"),
    *(b"*", b"/", b"//", b"//[", b"///", b"", b"/%", b"/%00", b"/%ff", b"/%c3%28", b"/\xff\xfe"),
    *(b"http://localhost/health", b"http://[::1", b"http://[", b"http://x]/", b"https://a:b@c/"),
    *(b"http://[v1.x]/health", b"http://\xe2\x84\xaa/", b"http://a\xef\xbc\x8fb/health"),
    *(b"/health#x", b"/health?#", b"/health;x", b"/events?limit", b"/events?&&=&limit=1"),
    *(b"/track?character=%00", b"/track?character=%ff", b"/track?character=a&character=b"),
    *(b"/reports/../../etc/passwd", b"/docs/..%2f..%2fsettings.py", b"/a b", b"/" + b"a" * 5000),
    *(b"/track?" + b"a&" * 3000, b"/reports/" + b"%2e%2e%2f" * 20, b"\\health", b"health"),
]
GOOD_TARGETS = [
    target for target in TARGETS if target[:1] == b"/" and target.isascii() and b" " not in target
]
VERSIONS = [
    *(b" HTTP/1.1", b" HTTP/1.0", b"", b" HTTP/0.9", b" HTTP/2.0", b" HTTP/9.9", b" HTTP/1.11"),
    *(b" http/1.1", b" HTTP/1.1 ", b" HTTP/", b" HTTP/1.1\x00", b"  HTTP/1.1", b" SIP/2.0"),
]
ENDS = [b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\r\r\n"]
BODIES = [
    *(b"", b"{}", b"null", b"[", b'{"amount": 1, "reason": "x"}', b'{"eventType": "jump"}'),
    *(b'{"events": [{"eventType": "jump"}]}', b'{"amount": 1e999}', b"\xff", b"\x00" * 10),
    *(b"[" * 3000, b"x" * 5000, b"GET /health HTTP/1.1\r\n\r\n"),
]
NUMBERS = [
    *(b"0", b"1", b"2", b"5", b"28", b"262144", b"262145", b"99999999999", b"-1", b"+2", b" 2"),
    *(b"", b"0x10", b"1e3", b"2, 2", b"2,3", b"\xb2", b"9" * 30, b"9" * 5000, b"02"),
]
ENCODINGS = [
    *(b"chunked", b"Chunked", b"chunked, chunked", b"gzip, chunked", b"chunked, gzip"),
    *(b"identity", b"xchunked", b"\x0bchunked", b"chunked;q=1", b""),
]
OTHER_HEADERS = [
    *(b"Host: localhost", b"Host:", b"Host: a\x00b", b"Host: a, b", b"Host: [::1"),
    *(b"Connection: close", b"Connection: keep-alive", b"Connection: upgrade, \xff"),
    *(b"Expect: 100-continue", b"Expect: x", b"Upgrade: h2c", b"X-Forwarded-For: \xff"),
    *(b"Content-Type: application/json", b"Content-Type: \xff", b"Content-Type: a/b"),
    *(b"Authorization: Bearer x", b"Authorization: Basic eDp4", b"Authorization: \xff"),
    *(b"Authorization: Basic \xff", b"Authorization: Bearer " + b"." * 9000),
    *(b"Idempotency-Key: k", b"Idempotency-Key: \xe9", b"X-Request-ID: a\x1b[31m"),
    *(b"If-None-Match: *", b'If-None-Match: "', b"If-Modified-Since: x", b"Range: bytes=0-1"),
    *(b"If-Modified-Since: Thu, 32 Foo 99999 99:99:99 GMT", b"Cookie: a=\xff; =", b"Accept:"),
    *(b"A" * 40_000 + b": x", b"X: " + b"y" * 40_000, b" folded", b"\tfolded", b": x", b"X"),
    *(b"X : y", b"X\x00: y", b"X: a\x00b", b"X: a\rb", b"X: a\nb", b"Content_Length: 5"),
]
HEADERS = st.one_of(
    st.builds(b"Content-Length: %s".__mod__, st.sampled_from(NUMBERS)),
    st.builds(b"Transfer-Encoding: %s".__mod__, st.sampled_from(ENCODINGS)),
    st.sampled_from(OTHER_HEADERS),
    st.binary(max_size=40),
)


def chunked(sizes_and_data: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join(size + b"\r\n" + data + b"\r\n" for size, data in sizes_and_data)


SIZES = [
    *(b"0", b"1", b"ffffffff", b"F" * 40, b"-1", b"0x1", b"", b"1;a=b", b"1;\n", b"g"),
    *(b" 1", b"1 ", b"+1", b"\xb2", b"40001", b"f" * 5000),
]
CHUNKS = st.lists(
    st.binary(min_size=1, max_size=20).map(lambda data: (b"%x" % len(data), data))
    | st.tuples(st.sampled_from(SIZES), st.sampled_from([b"", b"x", b"{}", b"\r\n"])),
    max_size=4,
).map(chunked)


@st.composite
def near_requests(draw: st.DrawFn) -> bytes:
    """A request that may be invalid."""
    end = draw(st.sampled_from(ENDS))
    lines = [
        draw(st.sampled_from(METHODS))
        + draw(st.sampled_from([b" ", b" ", b" ", b"  ", b"\t", b""]))
        + draw(st.sampled_from(TARGETS) | st.binary(max_size=30))
        + draw(st.sampled_from(VERSIONS)),
        *draw(st.lists(HEADERS, max_size=5)),
    ]
    return end.join(lines) + end + end + draw(st.sampled_from(BODIES) | CHUNKS)


@st.composite
def good_requests(draw: st.DrawFn) -> bytes:
    """A request with correct framing, so that the server finds the next request."""
    method = draw(st.sampled_from([b"GET", b"POST", b"HEAD", b"OPTIONS", b"PUT"]))
    target = draw(st.sampled_from(GOOD_TARGETS))
    body = draw(st.sampled_from(BODIES))
    framing = b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    if draw(st.booleans()):
        pieces = [piece for piece in (body[:3], body[3:]) if piece]
        chunks = chunked([*((b"%X" % len(piece), piece) for piece in pieces), (b"0", b"")])
        framing = b"Transfer-Encoding: chunked\r\n\r\n" + chunks
    head = b"%s %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" % (method, target)
    return head + framing


@st.composite
def spoilt(draw: st.DrawFn, source: st.SearchStrategy[bytes]) -> bytes:
    """Bytes with random insertions, deletions, repetitions and replacements."""
    data = draw(source)
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 8)))
        put_in = draw(
            st.sampled_from([b"", b"\r\n", b"\n", b"\x00", b" ", b":", data[start:end] * 2])
        )
        data = data[:start] + put_in + data[end:]
    return data


def is_healthy(server: Process) -> bool:
    (answer,) = send(server.port, HEALTH)
    return answer.status == 200 and json.loads(answer.body) == {"status": "ok"}


@FUZZ
@given(data=spoilt(st.lists(near_requests(), min_size=1, max_size=3).map(b"".join)))
def test_nearly_valid_requests_are_answered_or_end(server: Process, data: bytes) -> None:
    for answer in send(server.port, data):
        assert_documented(answer)
    assert is_healthy(server)


@FUZZ
@given(data=st.binary(max_size=300) | spoilt(good_requests()))
def test_any_bytes_are_answered_or_end(server: Process, data: bytes) -> None:
    for answer in send(server.port, data):
        assert_documented(answer)
    assert is_healthy(server)


@FUZZ
@given(data=st.lists(good_requests(), min_size=1, max_size=6))
def test_every_request_on_a_connection_is_answered(server: Process, data: list[bytes]) -> None:
    answers = send(server.port, b"".join(data))

    assert len(answers) == len(data)
    for answer in answers:
        assert_documented(answer)
        assert answer.status != 501
