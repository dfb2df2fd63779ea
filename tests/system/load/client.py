"""A client that does what no good one does: it sends bytes as it likes, and reads when it likes."""

from __future__ import annotations

import json
import select
import socket
import time
from dataclasses import dataclass, field
from typing import Any

WAIT_SECONDS = 20.0
HEALTH = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"


@dataclass(frozen=True)
class Answer:
    """An answer as it came.

    Attributes:
        status: Its status.
        headers: By their names in lower case.
        body: What followed.
    """

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> object:
        """The code of a problem document."""
        return json.loads(self.body)["code"]


class Connection:
    """A connection; what came on it and belongs to the next answer is kept."""

    def __init__(self, port: int, source: str) -> None:
        """Connect."""
        self.socket = socket.create_connection(("127.0.0.1", port), WAIT_SECONDS, (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self.socket.sendall(data)

    def answer(self) -> Answer:
        """Read the next answer.

        Raises:
            ConnectionError: The connection ended before there was one.
            TimeoutError: There is none.
        """
        while b"\r\n\r\n" not in self._received:
            self._read()
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        status = int(first.split(" ")[1])
        length = int(headers.get("content-length", 0))
        while len(self._received) < length:
            self._read()
        body, self._received = self._received[:length], self._received[length:]
        return Answer(status, headers, body)

    def _read(self) -> None:
        data = self.socket.recv(1 << 20)
        if not data:
            raise ConnectionResetError("the server closed the connection")
        self._received += data

    def is_open(self) -> bool:
        """Tell whether the server has not closed it, as far as is known."""
        readable, _, _ = select.select([self.socket], [], [], 0)
        if not readable:
            return True
        try:
            return bool(self.socket.recv(1, socket.MSG_PEEK))
        except ConnectionError:
            return False

    def ends(self, seconds: float = WAIT_SECONDS) -> bool:
        """Read until the server closes it; False where it does not in time."""
        deadline = time.monotonic() + seconds
        self.socket.settimeout(0.1)
        while time.monotonic() < deadline:
            try:
                if not self.socket.recv(1 << 20):
                    return True
            except TimeoutError:
                continue
            except ConnectionError:
                return True
        return False


@dataclass
class Client:
    """Connects to a server.

    Attributes:
        port: Where it listens.
        source: From which address.
    """

    port: int
    source: str = "127.0.0.1"
    _connections: list[Connection] = field(default_factory=list)

    def connect(self, data: bytes = b"") -> Connection:
        """Open a connection, which is closed after the test, and send bytes."""
        connection = Connection(self.port, self.source)
        self._connections.append(connection)
        connection.send(data)
        return connection

    def ask(self, data: bytes = HEALTH) -> Answer:
        """Send a request on a connection of its own."""
        connection = Connection(self.port, self.source)
        try:
            connection.send(data)
            return connection.answer()
        finally:
            connection.socket.close()

    def close(self) -> None:
        """Close all connections."""
        for connection in self._connections:
            connection.socket.close()


def post(path: str, body: Any, token: str, *headers: str) -> bytes:  # noqa: ANN401 (JSON)
    """Write a request with a body."""
    content = json.dumps(body).encode()
    return head(path, token, f"Content-Length: {len(content)}", *headers) + content


def head(path: str, token: str, *headers: str) -> bytes:
    """Write the headers of a POST."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode()
