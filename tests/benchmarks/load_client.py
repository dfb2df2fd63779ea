"""A load client with many connections, each with one request at a time.

One thread serves all connections and sends prepared bytes, so that it leaves most of the machine to
the server under test. `client_ceiling` measures its maximum throughput.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import re
import selectors
import socket
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.support.server import START_SECONDS, Request
from warehouse.spark.ports import free_port

HOST = "127.0.0.1"
# Longer than any working server needs; a later answer is a failure.
TIMEOUT_SECONDS = 30.0

_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_CONSTANT_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@dataclass(frozen=True)
class Load:
    """The results of a load.

    Attributes:
        requests_per_second: Requests acknowledged with a 2xx status.
        p50_ms: Median latency, from sending to the last byte.
        p95_ms: 95th percentile of the latency.
        p99_ms: 99th percentile of the latency.
        slowest_ms: Maximum latency.
        acknowledged: Number of 2xx answers, including the warm-up.
        failures: Number of other answers, lost connections and missing answers.
    """

    requests_per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    slowest_ms: float
    acknowledged: int
    failures: int


def encode_request(request: Request) -> bytes:
    """Encode an HTTP request."""
    lines = [f"{request.method} {request.path} HTTP/1.1", f"Host: {HOST}"]
    if request.token is not None:
        lines.append(f"Authorization: Bearer {request.token}")
    if request.key is not None:
        lines.append(f"Idempotency-Key: {request.key}")
    content = b""
    if request.body is not None:
        content = json.dumps(request.body).encode()
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


def put_load(
    port: int, requests: Sequence[bytes], *, seconds: float, warmup_seconds: float
) -> Load:
    """Send each request repeatedly over its own connection.

    Args:
        port: The server's port.
        requests: One for each connection.
        seconds: Duration of the measurement.
        warmup_seconds: Duration of the load before it.

    Raises:
        OSError: The server refuses connections.
    """
    return _Client(port, warmup_seconds, seconds).run(requests)


def client_ceiling(connections: int, *, seconds: float, warmup_seconds: float) -> Load:
    """Measure this client against a server that always sends the same short answer."""
    port = free_port()
    server = multiprocessing.get_context("spawn").Process(
        target=_serve_constant, args=[port], daemon=True
    )
    server.start()
    try:
        _wait_for(port)
        requests = [encode_request(Request("GET", "/"))] * connections
        return put_load(port, requests, seconds=seconds, warmup_seconds=warmup_seconds)
    finally:
        server.kill()
        server.join()


class _Exchange:
    """A connection and its request."""

    def __init__(self, port: int, request: bytes) -> None:
        self.socket = socket.create_connection((HOST, port), TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = request
        self.sent_at = 0.0
        self._received = b""

    def send(self) -> None:
        self._received = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(self.request)

    def receive(self) -> int | None:
        """Read available bytes; return the status when the answer is complete.

        Raises:
            OSError: The connection is lost.
        """
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionResetError
        self._received += piece
        head, _, body = self._received.partition(b"\r\n\r\n")
        length = _CONTENT_LENGTH.search(head)
        if length is None or len(body) < int(length[1]):
            return None
        return int(head.split(b" ", 2)[1])


@dataclass
class _Client:
    port: int
    warmup_seconds: float
    seconds: float
    latencies: list[float] = field(default_factory=list)
    acknowledged: int = 0
    failures: int = 0

    def run(self, requests: Sequence[bytes]) -> Load:
        with selectors.DefaultSelector() as selector:
            for request in requests:
                self._connect(selector, request)
            self.begin = time.perf_counter() + self.warmup_seconds
            self.end = self.begin + self.seconds
            for key in list(selector.get_map().values()):
                key.data.send()
            while selector.get_map() and (ready := selector.select(TIMEOUT_SECONDS)):
                for key, _ in ready:
                    self._go_on(selector, key.data)
            for key in list(selector.get_map().values()):
                self.failures += 1
                _disconnect(selector, key.data)
        return self._load()

    def _connect(self, selector: selectors.BaseSelector, request: bytes) -> _Exchange:
        exchange = _Exchange(self.port, request)
        selector.register(exchange.socket, selectors.EVENT_READ, exchange)
        return exchange

    def _go_on(self, selector: selectors.BaseSelector, exchange: _Exchange) -> None:
        """Read an answer, and send the next request after it is complete."""
        try:
            status = exchange.receive()
        except OSError:
            self.failures += 1
            _disconnect(selector, exchange)
            if time.perf_counter() < self.end:
                self._connect(selector, exchange.request).send()
            return
        if status is None:
            return
        now = time.perf_counter()
        if 200 <= status < 300:
            self.acknowledged += 1
            # A request sent in time counts, even if its answer is late.
            if exchange.sent_at >= self.begin:
                self.latencies.append(now - exchange.sent_at)
        else:
            self.failures += 1
        if now < self.end:
            exchange.send()
        else:
            _disconnect(selector, exchange)

    def _load(self) -> Load:
        in_ms = [1000 * seconds for seconds in self.latencies]
        if len(in_ms) < 2:
            raise RuntimeError(f"the server acknowledged nothing; {self.failures} requests failed")
        percentiles = statistics.quantiles(in_ms, n=100, method="inclusive")
        return Load(
            requests_per_second=len(in_ms) / self.seconds,
            p50_ms=percentiles[49],
            p95_ms=percentiles[94],
            p99_ms=percentiles[98],
            slowest_ms=max(in_ms),
            acknowledged=self.acknowledged,
            failures=self.failures,
        )


def _disconnect(selector: selectors.BaseSelector, exchange: _Exchange) -> None:
    selector.unregister(exchange.socket)
    exchange.socket.close()


class _Constant(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, _: bytes) -> None:
        self._transport.write(_CONSTANT_ANSWER)


def _serve_constant(port: int) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(_Constant, HOST, port)
        await server.serve_forever()

    asyncio.run(serve())


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection((HOST, port)).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
