"""A client's connection: waitress's, served by greenlets, and ended where it takes too long.

Each state has its time: a request has to arrive within one, an answer has to be read at some speed,
and between two requests nobody may be silent for ever. The server looks once a second.
"""

from __future__ import annotations

import fcntl
import selectors
import socket
import struct
import termios
import time
from collections.abc import Callable
from email.utils import formatdate
from enum import IntEnum
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from typing import Any

from waitress.buffers import ReadOnlyFileBasedBuffer  # type: ignore[import-untyped]
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.task import ErrorTask, WSGITask  # type: ignore[import-untyped]
from waitress.utilities import Error  # type: ignore[import-untyped]

from api.errors import MEDIA_TYPE, ProblemError, document, overloaded
from api.limits import Limits
from api.requests import body_too_large
from api.waiting import let_others

MAX_HEADER_BYTES = 32 * 1024
# An answer is sent as a whole up to this size, and in pieces of it beyond.
SEND_BYTES = 64 * 1024
# How long a client that sends too much is still listened to after it was refused: a connection
# that is cut while it sends may lose it the answer.
LINGER_SECONDS = 5.0


class Use(IntEnum):
    """What a connection is good for, beginning with those that are missed least."""

    REFUSED = 0
    IDLE = 1
    NEW = 2
    ARRIVING = 3
    READING = 4
    SERVED = 5


class _LastTask(WSGITask):  # type: ignore[misc]
    """An answer that says when no further one will come on its connection."""

    def build_response_header(self) -> bytes:
        if self.channel.server.is_stopping:
            _announce_end(self)
        # Waitress would write one anew for each answer.
        self.response_headers.append(("Date", _http_date(int(self.start_time))))
        header: bytes = super().build_response_header()
        return header


class _Refusal(ErrorTask):  # type: ignore[misc]
    """The answer to what does not reach the application: no HTTP, too much of it, or too late."""

    def execute(self) -> None:
        error = _problem(HTTPStatus(self.request.error.code), str(self.request.error.body))
        body = document(error, request_id=None)
        self.status = f"{error.status.value} {error.status.phrase}"
        self.response_headers.append(("Content-Type", MEDIA_TYPE))
        self.response_headers.append(("X-Content-Type-Options", "nosniff"))
        self.response_headers.extend(error.headers.items())
        self.content_length = len(body)
        self.channel.is_refused = True
        _announce_end(self)
        self.write(body)


def _announce_end(task: _LastTask | _Refusal) -> None:
    """Close the connection after an answer, and say so in it, once.

    Waitress would add that it keeps the connection for a client of HTTP/1.0 who asked for that.
    """
    task.request.headers["CONNECTION"] = "close"
    task.set_close_on_finish()


class _LateError(Error):  # type: ignore[misc]
    code = HTTPStatus.REQUEST_TIMEOUT.value
    reason = HTTPStatus.REQUEST_TIMEOUT.phrase


class _SurplusError(Error):  # type: ignore[misc]
    code = HTTPStatus.SERVICE_UNAVAILABLE.value
    reason = HTTPStatus.SERVICE_UNAVAILABLE.phrase


def surplus_answer() -> bytes:
    """Write the answer to a client for whose connection there is no room."""
    error = overloaded()
    body = document(error, request_id=None)
    headers = {
        "Content-Type": MEDIA_TYPE,
        "Content-Length": str(len(body)),
        "Connection": "close",
        **error.headers,
    }
    lines = [f"{name}: {value}" for name, value in headers.items()]
    status = f"HTTP/1.1 {error.status.value} {error.status.phrase}"
    return "\r\n".join([status, *lines, "", ""]).encode() + body


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
        case HTTPStatus.REQUEST_TIMEOUT:
            return ProblemError(
                status, "request_timeout", "The request did not arrive in time; send it again."
            )
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return overloaded()
        case HTTPStatus.INTERNAL_SERVER_ERROR:
            return ProblemError(status, "internal_error", "The server made a mistake.")
    return ProblemError(status, "malformed_request", f"{detail.rstrip('.')}.")


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection. After a refusal it listens for a while, and ends then.

    Attributes:
        is_served: A greenlet is at work for it, or waits.
        is_refused: What it sent was no HTTP, too much of it, or came too late.
        since: When it got into the state that it is in: connected, answered, or a request began.
    """

    task_class = _LastTask
    error_task_class = _Refusal
    # Of which a part has come; waitress's parser.
    request: Any
    is_served = False
    is_refused = False
    since = 0.0
    _watched = 0
    _was_answered = False
    _listens_until: float | None = None
    # The request of which a part has come, at the last look.
    _arriving: object = None
    # Given to the system to be sent; and how much the client had of it, and when that was noted.
    _sent = 0
    _noted: tuple[float, int] | None = None

    def add_channel(self, map: dict[int, object] | None = None) -> None:  # noqa: A002
        """Begin."""
        super().add_channel(map)
        self.since = time.monotonic()
        self._watch(selectors.EVENT_READ)

    def del_channel(self, map: dict[int, object] | None = None) -> None:  # noqa: A002
        """End."""
        self._watch(0)
        if self._fileno in self.server.active_channels:
            self.server.forget(self)
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

    @property
    def use(self) -> Use:
        """What it is doing."""
        if self.is_served or self.requests:
            return Use.SERVED
        if self._listens_until is not None or self.will_close:
            return Use.REFUSED
        if self.has_output():
            return Use.READING
        if self.request is not None:
            return Use.ARRIVING
        return Use.IDLE if self._was_answered else Use.NEW

    def is_idle(self) -> bool:
        """Tell whether no request is under way."""
        if self.use not in (Use.IDLE, Use.NEW):
            return False
        try:
            self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            pass
        # A request that nobody has read yet, or the end, which who reads it handles.
        return False

    def held_bytes(self) -> int:
        """Tell how much memory its request or its answer takes, while it arrives or leaves."""
        held = 0 if self.request is None else int(self.request.body_bytes_received)
        if self.has_output():
            held += sum(len(part) for part in self.outbufs if not _is_on_disk(part))
        return held

    def look_after(self, now: float, limits: Limits) -> None:
        """End it, or refuse what arrives, where that takes too long."""
        match self.use:
            case Use.REFUSED:
                if self._listens_until is None:
                    self.handle_write()
                elif now > self._listens_until:
                    self.handle_close()
            case Use.READING:
                self._look_after_reader(now, limits)
            case Use.ARRIVING:
                is_body = self.request.headers_finished
                allowed = limits.request_seconds if is_body else limits.header_seconds
                if now - self.since > allowed:
                    self._refuse(_LateError(""))
            case Use.IDLE | Use.NEW as use:
                allowed = limits.idle_seconds if use is Use.IDLE else limits.header_seconds
                # It says nothing and is told nothing: a client takes that for a good end.
                if now - self.since > allowed and self.is_idle():
                    self.handle_close()

    def _look_after_reader(self, now: float, limits: Limits) -> None:
        taken = self._sent - _untaken_bytes(self.socket)
        if self._noted is None or taken - self._noted[1] >= limits.reading_bytes:
            self._noted = (now, taken)
        elif now - self._noted[0] > limits.reading_seconds:
            self.handle_close()

    def make_room(self) -> bool:
        """End it, because others need its place.

        What has come and was not looked at is looked at before. A request of which there is a part
        is refused.

        Returns:
            False where there is a request that is served now; then it has not ended.
        """
        if self.use in (Use.IDLE, Use.NEW) and not self.is_idle():
            self.handle_news()
            if self.use in (Use.SERVED, Use.READING):
                return False
        if self.use is Use.ARRIVING:
            self._refuse(_SurplusError(""))
        if self.socket is not None:
            # It is not listened to after a refusal, for which there is no room.
            self._listens_until = 0.0
            self.handle_close()
        return True

    def _refuse(self, error: Error) -> None:
        """Answer a request that has not come to its end."""

        def end_request() -> None:
            self.request.error = error
            self.request.completed = True
            self.requests.append(self.request)
            self.request = None

        self.server.hub.run(lambda: self._serve(end_request))

    def handle_news(self) -> None:
        """Serve the client, if it is not already served."""
        if self.is_served:
            # It sends more, or goes; that is looked at when it has its answer.
            self._watch(0)
        else:
            self.server.hub.run(self._go_on)

    def _go_on(self) -> None:
        """Take what has come, or send what is left."""
        self._serve(self.handle_write if self.has_output() else self.handle_read)

    def _serve(self, begin: Callable[[], None]) -> None:
        """Begin, and answer the requests that are there then."""
        self.is_served = True
        try:
            begin()
            # Nothing more is read or answered for a client that does not take its answers.
            while self.requests and self.connected and not self.has_output():
                self.service()
                self.handle_write()
                self._was_answered = True
                self.since = time.monotonic()
                self._noted = None
                if self.requests:
                    # Who sends many at once is not served before all others.
                    let_others()
        except Exception:  # what breaks the server's code ends a connection, and no other one
            self.handle_error()
        finally:
            self.is_served = False
        if self.socket is not None:
            self._watch(selectors.EVENT_WRITE if self.has_output() else selectors.EVENT_READ)

    def handle_read(self) -> None:
        """Take what has come."""
        try:
            data = self.socket.recv(self.adj.recv_bytes)
        except OSError:
            data = b""
        if not data:
            self.handle_close()
        elif self._listens_until is None:
            self.received(data)
            if self.request is not self._arriving:
                self._arriving = self.request
                if self.request is not None:
                    self.since = time.monotonic()

    def send_continue(self) -> None:
        """Ask for the body that a request announced."""
        if self.request.completed:
            # There is no body to wait for, or it is refused already. Waitress would take what
            # comes next for a part of this request.
            self.request.expect_continue = False
        else:
            super().send_continue()

    def write_soon(self, data: bytes | ReadOnlyFileBasedBuffer) -> int:
        """Take a part of an answer."""
        if isinstance(data, bytes) and len(data) >= SEND_BYTES:
            # Waitress would copy it, and from some size on into a file.
            whole = ReadOnlyFileBasedBuffer(BytesIO(data))
            whole.prepare()
            data = whole
        written: int = super().write_soon(data)
        return written

    def _flush_outbufs_below_high_watermark(self) -> None:
        """Do nothing: waitress would wait until another thread has sent enough, and there is none.

        A connection has one answer at a time, and no further one before that is sent.
        """

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Give bytes to the system; returns how many it took."""
        sent: int = super().send(data, do_close)
        self._sent += sent
        return sent

    def handle_write(self) -> None:
        """Send what is left."""
        # Waitress would wait for more where further requests wait.
        self._flush_exception(self._flush_some)
        super().handle_write()

    def handle_close(self) -> None:
        """End it, or listen for a while after a refusal."""
        if self.is_refused and self._listens_until is None and self.connected:
            self._listens_until = time.monotonic() + LINGER_SECONDS
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                super().handle_close()
        else:
            super().handle_close()


def _is_on_disk(part: object) -> bool:
    return isinstance(part, ReadOnlyFileBasedBuffer) and not isinstance(part.file, BytesIO)


def _untaken_bytes(connection: socket.socket) -> int:
    """Tell how much of what was given to the system the client has not acknowledged."""
    try:
        answer = fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4))
    except OSError:
        return 0
    (count,) = struct.unpack("i", answer)
    return int(count)
