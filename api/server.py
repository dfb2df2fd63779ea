"""Waitress, made to refuse with problem documents and to stop without dropping a request."""

from __future__ import annotations

import socket
import time
from http import HTTPStatus

from waitress import wasyncore  # type: ignore[import-untyped]
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.server import create_server  # type: ignore[import-untyped]
from waitress.task import ErrorTask, WSGITask  # type: ignore[import-untyped]

from api.errors import MEDIA_TYPE, App, ProblemError, document
from api.requests import MAX_BODY_BYTES, body_too_large

MAX_HEADER_BYTES = 32 * 1024
MAX_CONNECTIONS = 4096
PENDING_CONNECTIONS = 1024
# How long requests in flight may take to finish once the server stops.
DRAIN_SECONDS = 15.0
# How long a client that sends too much is still listened to after it was refused: a connection
# that is cut while it sends may lose it the answer.
LINGER_SECONDS = 5.0
POLL_SECONDS = 0.2


class Server:
    """An HTTP server around a WSGI application."""

    def __init__(self, app: App, *, host: str, port: int, threads: int) -> None:
        """Listen; `run` answers.

        Args:
            app: The application.
            host: Address to listen on.
            port: Port to listen on.
            threads: Requests handled at a time.

        Raises:
            OSError: The address cannot be listened on; its port may be taken.
        """
        self._is_stopping = False
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family)
        self._waitress = create_server(
            app,
            sockets=[listener],
            threads=threads,
            backlog=PENDING_CONNECTIONS,
            connection_limit=MAX_CONNECTIONS,
            max_request_header_size=MAX_HEADER_BYTES,
            # Waitress refuses what reaches its limit, the application what exceeds its own.
            max_request_body_size=MAX_BODY_BYTES + 1,
            ident=None,
        )
        self._waitress.channel_class = _Channel
        self._waitress.is_stopping = lambda: self._is_stopping

    def stop(self) -> None:
        """Make `run` return once the requests in flight are answered.

        A signal handler may call it: it takes no lock.
        """
        self._is_stopping = True
        self._waitress.pull_trigger()

    def run(self) -> None:
        """Answer requests until `stop` is called."""
        while not self._is_stopping:
            self._turn()
        self._drain()
        self._waitress.task_dispatcher.shutdown()
        wasyncore.close_all(self._waitress._map)

    def _turn(self) -> None:
        """Wait for the network, a little, and handle what it brings."""
        # Not select: it knows no more than 1,024 connections.
        wasyncore.loop(timeout=POLL_SECONDS, use_poll=True, map=self._waitress._map, count=1)

    def _drain(self) -> None:
        """Take no more connections; finish the requests of those that are there."""
        channels = self._waitress.active_channels
        known = -1
        while known < len(channels):
            # Clients that are connected to the system already wait for an answer, too.
            known = len(channels)
            self._waitress.handle_accept()
        # The listener closes, but not what wakes this thread up when a request is answered.
        wasyncore.dispatcher.close(self._waitress)
        deadline = time.monotonic() + DRAIN_SECONDS
        self._turn()
        while channels and time.monotonic() < deadline:
            for channel in list(channels.values()):
                if not (channel.requests or channel.request or channel.total_outbufs_len):
                    channel.will_close = True
            self._turn()


class _LastTask(WSGITask):  # type: ignore[misc]
    """An answer that says when no further one will come on its connection."""

    def build_response_header(self) -> bytes:
        if self.channel.server.is_stopping():
            self.set_close_on_finish()
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
    """A connection that listens for a while after a refusal, and ends then."""

    task_class = _LastTask
    error_task_class = _Refusal
    is_refused = False
    _listens_until: float | None = None

    def handle_close(self) -> None:
        if self.is_refused and self._listens_until is None and self.connected:
            self._listens_until = time.monotonic() + LINGER_SECONDS
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                super().handle_close()
        else:
            super().handle_close()

    def readable(self) -> bool:
        return self._listens_until is not None or bool(super().readable())

    def writable(self) -> bool:
        if self._listens_until is None:
            return bool(super().writable())
        return time.monotonic() > self._listens_until

    def handle_read(self) -> None:
        if self._listens_until is None:
            super().handle_read()
        else:
            # Thrown away; at the end of the stream this closes the channel.
            self.recv(65536)

    def handle_write(self) -> None:
        if self._listens_until is None:
            super().handle_write()
        else:
            super().handle_close()
