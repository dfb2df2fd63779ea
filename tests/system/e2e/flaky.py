"""A proxy that loses connections as a mobile network does."""

from __future__ import annotations

import random
import socket
import threading
from dataclasses import dataclass, field
from typing import Literal

Fate = Literal["whole", "refused", "cut", "answer lost"]


@dataclass
class FlakyProxy:
    """Forwards connections to a port, and loses some of them.

    Attributes:
        target: The port of the server.
        weights: How often a connection is whole, refused, cut within the request, or loses its
            answer.
        fates: The fate of each connection so far.
    """

    target: int
    weights: tuple[int, int, int, int] = (6, 1, 1, 2)
    fates: list[Fate] = field(default_factory=list)
    _random: random.Random = field(default_factory=lambda: random.Random(20260105))
    _listener: socket.socket = field(
        default_factory=lambda: socket.create_server(("127.0.0.1", 0), backlog=128)
    )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def start(self) -> None:
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        # A blocked `accept` ends with shutdown, not with close.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        every: tuple[Fate, ...] = ("whole", "refused", "cut", "answer lost")
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            (fate,) = self._random.choices(every, self.weights)
            self.fates.append(fate)
            threading.Thread(target=self._serve, args=(client, fate), daemon=True).start()

    def _serve(self, client: socket.socket, fate: Fate) -> None:
        try:
            with client, socket.create_connection(("127.0.0.1", self.target)) as server:
                if fate == "refused":
                    return
                request = _request(client)
                if fate == "cut":
                    server.sendall(request[: len(request) // 2])
                    return
                server.sendall(request)
                answer = server.recv(65_536)
                while answer and fate == "whole":
                    client.sendall(answer)
                    answer = server.recv(65_536)
        except OSError:
            # The server is being killed, or the client has hung up: a lost connection, too.
            return


def _request(client: socket.socket) -> bytes:
    """Read a request with its body."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += _some(client)
    head, _, body = request.partition(b"\r\n\r\n")
    lengths = [
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    ]
    while len(body) < sum(lengths):
        body += _some(client)
    return head + b"\r\n\r\n" + body


def _some(client: socket.socket) -> bytes:
    received = client.recv(65_536)
    if not received:
        raise ConnectionError("the client has hung up")
    return received
