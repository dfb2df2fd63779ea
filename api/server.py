"""Waitress, made to answer in one thread, to refuse with problem documents, and to stop gently.

Waitress reads HTTP, calls the application and writes the answer. Who does it when is decided here:
a request is handled in a greenlet (see `api.waiting`) from its first byte to the last one of its
answer, instead of by a thread that reads for all of them and another one that answers.

Nobody takes more than a share. Connections have a limit, and so has each client; where there are as
many, those that have been idle or slow for longest make room for who comes. What a request waits
for, the store or a thread, has a queue with an end (`api.store.writer`, `api.waiting`). All of them
together are shorter than the connections are many, so that whoever sends a request is answered,
with a refusal if need be.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from waitress import wasyncore  # type: ignore[import-untyped]
from waitress.adjustments import Adjustments  # type: ignore[import-untyped]
from waitress.server import TcpWSGIServer  # type: ignore[import-untyped]
from waitress.task import ThreadedTaskDispatcher  # type: ignore[import-untyped]

from api.addresses import client_of
from api.connection import MAX_HEADER_BYTES, SEND_BYTES, Channel, Use, surplus_answer
from api.errors import App
from api.limits import Limits, possible_connections
from api.requests import MAX_BODY_BYTES
from api.waiting import TURN, Hub

PENDING_CONNECTIONS = 1024
# Connections that are accepted before those that are there get their turn again.
ACCEPTED_AT_A_TIME = 128
# Where room is needed, this part of the connections makes it: to find them costs more than to end
# them.
SHARE_TO_END = 64
# How long requests in flight may take to finish once the server stops.
DRAIN_SECONDS = 15.0
# How often connections are looked through for those that take too long.
SWEEP_SECONDS = 1.0
DRAIN_SWEEP_SECONDS = 0.05


class Server:
    """An HTTP server around a WSGI application."""

    def __init__(
        self,
        app: App,
        *,
        host: str,
        port: int,
        threads: int,
        limits: Limits | None = None,
    ) -> None:
        """Listen; `run` answers, in the same thread.

        Args:
            app: The application.
            host: Address to listen on.
            port: Port to listen on.
            threads: How many requests that take long are handled at a time, beside all others.
            limits: What clients may take.

        Raises:
            OSError: The address cannot be listened on; its port may be taken.
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family)
        self._waitress = _Waitress(app, listener, threads, limits or Limits())

    def stop(self) -> None:
        """Make `run` return once the requests in flight are answered.

        A signal handler may call it, and call it again: it takes no lock.
        """
        if not self._waitress.is_stopping:
            self._waitress.is_stopping = True
            self._waitress.trigger.pull_trigger()

    def run(self) -> None:
        """Answer requests until `stop` is called."""
        while not self._waitress.is_stopping:
            self._waitress.take_turn(SWEEP_SECONDS)
        self._drain()
        self._waitress.hub.close()
        wasyncore.close_all(self._waitress.channels)

    def _drain(self) -> None:
        """Take no more connections; finish the requests of those that are there."""
        # Clients that are connected to the system already wait for an answer, too.
        self._waitress.accept_all()
        self._waitress.close_listener()
        deadline = time.monotonic() + DRAIN_SECONDS
        while self._waitress.active_channels and time.monotonic() < deadline:
            self._waitress.close_idle()
            self._waitress.take_turn(DRAIN_SWEEP_SECONDS)


class _Waitress(TcpWSGIServer):  # type: ignore[misc]
    """Waitress's server, driven by news of its connections."""

    active_channels: dict[int, Channel]

    def __init__(
        self,
        app: App,
        listener: socket.socket,
        threads: int,
        limits: Limits,
    ) -> None:
        self.is_stopping = False
        self.channels: dict[int, wasyncore.dispatcher] = {}
        self._limits = replace(limits, connections=possible_connections(limits.connections))
        self._of_client: Counter[str] = Counter()
        self._is_crowded = False
        self._news = selectors.DefaultSelector()
        self._next_sweep = 0.0
        self._has_told_of_room = False
        adjustments = Adjustments(
            sockets=[listener],
            backlog=PENDING_CONNECTIONS,
            max_request_header_size=MAX_HEADER_BYTES,
            # Waitress refuses what reaches its limit, the application what exceeds its own.
            max_request_body_size=MAX_BODY_BYTES + 1,
            ident=None,
        )
        adjustments.send_bytes = SEND_BYTES
        super().__init__(
            app,
            self.channels,
            _sock=listener,
            dispatcher=ThreadedTaskDispatcher(),  # which has no threads
            adj=adjustments,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            bind_socket=False,
        )
        self.hub = Hub(self.trigger.pull_trigger, threads)
        self._news.register(self.trigger.socket, selectors.EVENT_READ, self.trigger.handle_read)
        self._listen()

    def add_task(self, channel: Channel) -> None:
        """Do nothing: whoever has read a request answers it."""

    def pull_trigger(self) -> None:
        """Do nothing: whoever has answered a request sends the answer."""

    def take_turn(self, seconds: float) -> None:
        """Wait for news, not longer than this, and handle them."""
        news = self._news.select(seconds)
        with TURN:
            for key, _ in news:
                key.data()
            self.hub.go_on()
            if time.monotonic() >= self._next_sweep:
                self._next_sweep = time.monotonic() + seconds
                self._sweep()

    def _sweep(self) -> None:
        """End what takes too long, and those who hold most where too much memory is held."""
        now = time.monotonic()
        held: list[tuple[int, Channel]] = []
        for channel in list(self.active_channels.values()):
            if not channel.is_served:
                channel.look_after(now, self._limits)
                held.append((channel.held_bytes(), channel))
        surplus = sum(count for count, _ in held) - self._limits.held_bytes
        if surplus > 0:
            held.sort(key=lambda item: item[0])
            while surplus > 0:
                count, channel = held.pop()
                channel.make_room()
                surplus -= count
        if len(self.active_channels) < self._limits.connections:
            self._is_crowded = False
        if self.accepting:
            self._listen()

    def handle_accept(self) -> None:
        """Accept some of those who wait."""
        for _ in range(ACCEPTED_AT_A_TIME):
            if not self._accept_one():
                return

    def accept_all(self) -> None:
        """Accept all who wait."""
        while self._accept_one():
            pass

    def _accept_one(self) -> bool:
        try:
            accepted = self.accept()
        except OSError as error:
            # The system is out of descriptors or memory. Who waits would be news again at once.
            if not self._has_told_of_room:
                self._has_told_of_room = True
                self.logger.warning("No further connections until others end: %s", error.strerror)
            self._make_room(self.active_channels.values(), self._limits.connections)
            self._ignore_listener()
            return False
        if accepted is None:
            return False
        self._has_told_of_room = False
        connection, address = accepted
        if self._has_room(address[0]):
            try:
                self.set_socket_options(connection)
                Channel(self, connection, address, self.adj, map=self._map)
                self._of_client[client_of(address[0])] += 1
            except OSError:  # it is gone already
                connection.close()
        else:
            _turn_away(connection)
        return True

    def _has_room(self, address: str) -> bool:
        """Tell whether there is room for one more connection, after others have made some."""
        of_client = self._limits.connections_per_address
        client = client_of(address)
        if of_client and self._of_client[client] >= of_client:
            own = [c for c in self.active_channels.values() if client_of(c.addr[0]) == client]
            if not self._make_room(own, of_client):
                return False
        if len(self.active_channels) < self._limits.connections:
            return True
        if not self._is_crowded:
            self._is_crowded = True
            self.logger.warning(
                "All %s connections are taken; those that are idle or slow make room",
                self._limits.connections,
            )
        return self._make_room(self.active_channels.values(), self._limits.connections)

    def _make_room(self, channels: Iterable[Channel], limit: int) -> bool:
        """End those that are missed least and have been so for longest; False where none is."""
        share = max(1, limit // SHARE_TO_END)
        free = [(c.use, c.since, id(c), c) for c in channels if c.use is not Use.SERVED]
        ended = 0
        for *_, channel in sorted(free):
            ended += channel.make_room()
            if ended == share:
                break
        return ended > 0

    def forget(self, channel: Channel) -> None:
        """Note that a connection has ended."""
        client = client_of(channel.addr[0])
        self._of_client[client] -= 1
        if not self._of_client[client]:
            del self._of_client[client]

    def _listen(self) -> None:
        """Handle news of clients who want to connect."""
        if self.socket not in self._news.get_map():
            self._news.register(self.socket, selectors.EVENT_READ, self.handle_accept)

    def _ignore_listener(self) -> None:
        """Accept nobody until the next look at all connections."""
        if self.socket in self._news.get_map():
            self._news.unregister(self.socket)

    def close_listener(self) -> None:
        """Accept nobody any more; what wakes this thread up stays."""
        self._ignore_listener()
        wasyncore.dispatcher.close(self)

    def close_idle(self) -> None:
        """Close the connections of those who wait for nothing."""
        for channel in list(self.active_channels.values()):
            if channel.is_idle():
                channel.handle_close()

    def watch(self, channel: Channel, event: int) -> None:
        """Handle news of a connection: that there is something to read, or room to write."""
        self._news.register(channel.socket, event, channel.handle_news)

    def ignore(self, channel: Channel) -> None:
        """Handle no news of a connection any more."""
        self._news.unregister(channel.socket)


def _turn_away(connection: socket.socket) -> None:
    """Refuse a client whose connection there is no room for, if it listens."""
    try:
        connection.setblocking(False)
        connection.send(surplus_answer())
        connection.shutdown(socket.SHUT_WR)
        # What is not read when a connection is closed may lose the client the answer.
        connection.recv(SEND_BYTES)
    except OSError:  # it is the client's loss
        pass
    finally:
        connection.close()
