"""Waitress, made to answer in one thread, to refuse with problem documents, and to stop gently.

Waitress reads HTTP, calls the application and writes the answer. Who does it when is decided here:
a request is handled in a greenlet (see `api.waiting`) from its first byte to the last one of its
answer, instead of by a thread that reads for all of them and another one that answers.
"""

from __future__ import annotations

import errno
import os
import resource
import selectors
import socket
import time
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from waitress import wasyncore  # type: ignore[import-untyped]
from waitress.adjustments import Adjustments  # type: ignore[import-untyped]
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.server import TcpWSGIServer  # type: ignore[import-untyped]
from waitress.task import (  # type: ignore[import-untyped]
    ErrorTask,
    ThreadedTaskDispatcher,
    WSGITask,
)

from api.errors import MEDIA_TYPE, App, ProblemError, document
from api.requests import MAX_BODY_BYTES, body_too_large
from api.waiting import TURN, Hub

MAX_HEADER_BYTES = 32 * 1024
MAX_CONNECTIONS = 4096
# File descriptors that connections leave to the store, the warehouse and the log; DuckDB ends the
# whole process where it gets none.
RESERVED_DESCRIPTORS = 128
PENDING_CONNECTIONS = 1024
# An answer is sent as a whole up to this size, and in pieces of it beyond.
SEND_BYTES = 64 * 1024
# How long requests in flight may take to finish once the server stops.
DRAIN_SECONDS = 15.0
# How long a client that sends too much is still listened to after it was refused: a connection
# that is cut while it sends may lose it the answer.
LINGER_SECONDS = 5.0
# What keeps the system from accepting a connection that is there, until others end.
NO_ROOM = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
# How often connections are looked through for those that have been idle or refused for too long.
SWEEP_SECONDS = 1.0
DRAIN_SWEEP_SECONDS = 0.05


class Server:
    """An HTTP server around a WSGI application."""

    def __init__(self, app: App, *, host: str, port: int, threads: int) -> None:
        """Listen; `run` answers, in the same thread.

        Args:
            app: The application.
            host: Address to listen on.
            port: Port to listen on.
            threads: How many requests that take long are handled at a time, beside all others.

        Raises:
            OSError: The address cannot be listened on; its port may be taken.
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family)
        self._waitress = _Waitress(app, listener, threads)

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
        self._waitress.handle_accept()
        self._waitress.close_listener()
        deadline = time.monotonic() + DRAIN_SECONDS
        while self._waitress.active_channels and time.monotonic() < deadline:
            self._waitress.close_idle()
            self._waitress.take_turn(DRAIN_SWEEP_SECONDS)


class _Waitress(TcpWSGIServer):  # type: ignore[misc]
    """Waitress's server, driven by news of its connections."""

    def __init__(self, app: App, listener: socket.socket, threads: int) -> None:
        self.is_stopping = False
        self.channels: dict[int, wasyncore.dispatcher] = {}
        self._news = selectors.DefaultSelector()
        self._next_sweep = 0.0
        self._is_out_of_room = self._has_told_of_room = False
        adjustments = Adjustments(
            sockets=[listener],
            backlog=PENDING_CONNECTIONS,
            connection_limit=_connection_limit(),
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
        self.channel_class = _Channel
        self.hub = Hub(self.trigger.pull_trigger, threads)
        self._news.register(self.trigger.socket, selectors.EVENT_READ, self.trigger.handle_read)
        self._watch_listener()

    def add_task(self, channel: _Channel) -> None:
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
        """Close what waitress or a refusal wants closed; this may make room for others."""
        for channel in list(self.active_channels.values()):
            if not channel.is_served and channel.is_due():
                channel.handle_write()
        self._is_out_of_room = False
        if self.accepting:
            self._watch_listener()

    def handle_accept(self) -> None:
        """Accept all who wait, as long as there is room."""
        known = -1
        while known < len(self.active_channels) and self.readable():
            known = len(self.active_channels)
            super().handle_accept()
        if not self._is_out_of_room:
            self._watch_listener()

    def accept(self) -> tuple[socket.socket, object] | None:
        """Accept one who waits, if the system lets us.

        Where it does not, for want of file descriptors or memory, those who wait would be news at
        every turn. They are not looked at until the next sweep, which may find room.
        """
        try:
            accepted: tuple[socket.socket, object] | None = super().accept()
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            if not self._has_told_of_room:
                self._has_told_of_room = True
                self.logger.warning(
                    "No further connections until others end: %s", os.strerror(error.errno)
                )
            self._is_out_of_room = True
            if self.socket in self._news.get_map():
                self._news.unregister(self.socket)
            return None
        if accepted is not None:
            self._has_told_of_room = False
        return accepted

    def _watch_listener(self) -> None:
        """Handle news of clients who want to connect, as long as there is room."""
        is_watched = self.socket in self._news.get_map()
        if self.readable() and not is_watched:
            self._news.register(self.socket, selectors.EVENT_READ, self.handle_accept)
        elif is_watched and self.in_connection_overflow:
            self._news.unregister(self.socket)

    def close_listener(self) -> None:
        """Accept nobody any more; what wakes this thread up stays."""
        if self.socket in self._news.get_map():
            self._news.unregister(self.socket)
        wasyncore.dispatcher.close(self)

    def close_idle(self) -> None:
        """Close the connections of those who wait for nothing."""
        for channel in list(self.active_channels.values()):
            if not channel.is_served and channel.is_idle():
                channel.handle_close()

    def watch(self, channel: _Channel, event: int) -> None:
        """Handle news of a connection: that there is something to read, or room to write."""
        self._news.register(channel.socket, event, channel.handle_news)

    def ignore(self, channel: _Channel) -> None:
        """Handle no news of a connection any more."""
        self._news.unregister(channel.socket)


def _connection_limit() -> int:
    """Have as many file descriptors as the system allows, and tell how many are for connections."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return min(MAX_CONNECTIONS, max(hard - RESERVED_DESCRIPTORS, hard // 2))


class _LastTask(WSGITask):  # type: ignore[misc]
    """An answer that says when no further one will come on its connection."""

    def build_response_header(self) -> bytes:
        if self.channel.server.is_stopping:
            self.set_close_on_finish()
        # Waitress would write one anew for each answer.
        self.response_headers.append(("Date", _http_date(int(self.start_time))))
        header: bytes = super().build_response_header()
        return header


class _Refusal(ErrorTask):  # type: ignore[misc]
    """The answer to what does not reach the application: no HTTP, or too much of it."""

    def execute(self) -> None:
        error = _problem(HTTPStatus(self.request.error.code), str(self.request.error.body))
        body = document(error, request_id=None)
        self.status = f"{error.status.value} {error.status.phrase}"
        self.response_headers.append(("Content-Type", MEDIA_TYPE))
        self.response_headers.append(("X-Content-Type-Options", "nosniff"))
        self.content_length = len(body)
        self.channel.is_refused = True
        self.set_close_on_finish()
        self.write(body)


@lru_cache(maxsize=2)
def _http_date(second: int) -> str:
    """Write a time, in seconds since 1970, as HTTP does."""
    return formatdate(second, usegmt=True)


def _problem(status: HTTPStatus, detail: str) -> ProblemError:
    match status:
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return body_too_large()
        case HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
            return ProblemError(
                status, "headers_too_large", f"The headers exceed {MAX_HEADER_BYTES} bytes."
            )
        case HTTPStatus.INTERNAL_SERVER_ERROR:
            return ProblemError(status, "internal_error", "The server made a mistake.")
    return ProblemError(status, "malformed_request", f"{detail}.")


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection. After a refusal it listens for a while, and ends then.

    Attributes:
        is_served: A greenlet is at work for it, or waits.
        is_refused: What it sent was no HTTP, or too much.
    """

    task_class = _LastTask
    error_task_class = _Refusal
    is_served = False
    is_refused = False
    _watched = 0
    _listens_until: float | None = None

    def add_channel(self, map: dict[int, object] | None = None) -> None:  # noqa: A002
        super().add_channel(map)
        self._watch(selectors.EVENT_READ)

    def del_channel(self, map: dict[int, object] | None = None) -> None:  # noqa: A002
        self._watch(0)
        super().del_channel(map)

    def _watch(self, event: int) -> None:
        """Ask for other news; for none with 0."""
        if event == self._watched:
            return
        if self._watched:
            self.server.ignore(self)
        if event:
            self.server.watch(self, event)
        self._watched = event

    def has_output(self) -> bool:
        """Tell whether something is still to be sent."""
        return bool(self.total_outbufs_len)

    def is_due(self) -> bool:
        """Tell whether it is to be closed, by waitress for its silence or after a refusal."""
        if self._listens_until is None:
            return bool(self.will_close)
        return time.monotonic() > self._listens_until

    def is_idle(self) -> bool:
        """Tell whether no request is under way."""
        if self.requests or self.request or self.has_output() or self._listens_until is not None:
            return False
        try:
            self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            pass
        # A request that nobody has read yet, or the end, which who reads it handles.
        return False

    def handle_news(self) -> None:
        """Serve the client, if it is not already served."""
        if self.is_served:
            # It sends more, or goes; that is looked at when it has its answer.
            self._watch(0)
        else:
            self.server.hub.run(self._serve)

    def _serve(self) -> None:
        """Take what has come, and answer the requests in it."""
        self.is_served = True
        try:
            if self.has_output():
                self.handle_write()
            else:
                self.handle_read()
            # Nothing more is read or answered for a client that does not take its answers.
            while self.requests and self.connected and not self.has_output():
                self.service()
                self.handle_write()
        except Exception:  # what breaks the server's code ends a connection, and no other one
            self.handle_error()
        finally:
            self.is_served = False
        if self.socket is not None:
            self._watch(selectors.EVENT_WRITE if self.has_output() else selectors.EVENT_READ)

    def handle_read(self) -> None:
        try:
            data = self.socket.recv(self.adj.recv_bytes)
        except OSError:
            data = b""
        if not data:
            self.handle_close()
        elif self._listens_until is None:
            self.last_activity = time.time()
            self.received(data)

    def send(self, data: bytes, do_close: bool = True) -> int:
        sent: int = super().send(data, do_close)
        if sent:
            # Waitress notes it when no more can be sent just now. Reading a large file from a slow
            # disk, that may take so long that it would close the connection as an idle one.
            self.last_activity = time.time()
        return sent

    def handle_write(self) -> None:
        # Waitress would wait for more where further requests wait.
        self._flush_exception(self._flush_some)
        super().handle_write()

    def handle_close(self) -> None:
        if self.is_refused and self._listens_until is None and self.connected:
            self._listens_until = time.monotonic() + LINGER_SECONDS
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                super().handle_close()
        else:
            super().handle_close()
