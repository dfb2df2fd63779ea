"""Structured logs: one JSON object per line, never a password, token, secret or query value."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TextIO, cast

import falcon
import structlog
from pydantic_core import to_json
from structlog.typing import FilteringBoundLogger
from uuid_utils import uuid4

from api.tokens import Identity, Role

_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class _Log:
    """Writes to a stream, and goes on where that fails: a full disk must not stop the requests."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # full, or closed
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):  # full, or closed
            self._stream.flush()


def create_logger(stream: TextIO) -> FilteringBoundLogger:
    """Make a logger that writes lines with `time`, `level`, `event` and what else is given.

    A line that cannot be written is left out.
    """
    # Bound at once: a logger that is bound at its first use is bound anew at every use.
    logger: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(cast(TextIO, _Log(stream))),
        processors=[structlog.processors.format_exc_info, _as_line],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    ).bind()
    return logger


def _as_line(_: object, level: str, line: MutableMapping[str, Any]) -> str:
    """Add the level and the time, and write JSON.

    In one step and by pydantic, because there is a line for every request: structlog's own steps
    and the `json` module took a twentieth of one.
    """
    line["level"] = level
    line["time"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return to_json(line, fallback=repr).decode()


class LibraryLogs(logging.Handler):
    """Passes what libraries log to our logger, so that all lines are JSON."""

    def __init__(self, logger: FilteringBoundLogger) -> None:
        """Write to this logger."""
        super().__init__()
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; its `event` is the name of the library's logger."""
        self._logger.log(
            record.levelno,
            record.name,
            # The name of a file may hold what cannot be written as UTF-8.
            message=record.getMessage().encode(errors="backslashreplace").decode(),
            exc_info=record.exc_info,
        )


class RequestLog:
    """Falcon middleware: names each request and logs it when it is answered."""

    def __init__(self, logger: FilteringBoundLogger) -> None:
        """Write to this logger."""
        self._logger = logger

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Take the client's request id where it is a sane one, or make one, and send it back."""
        given = req.get_header("X-Request-ID")
        is_sane = given is not None and _REQUEST_ID.fullmatch(given)
        req.context.request_id = given if is_sane else str(uuid4())
        req.context.started = time.perf_counter()
        resp.set_header("X-Request-ID", req.context.request_id)

    def process_response(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        resource: object,  # noqa: ARG002 (Falcon's interface)
        req_succeeded: bool,  # noqa: ARG002
    ) -> None:
        """Log the request."""
        identity: Identity | None = req.context.get("identity")
        self._logger.info(
            "request",
            request_id=req.context.request_id,
            method=req.method,
            route=req.uri_template,
            status=resp.status_code,
            duration_ms=round((time.perf_counter() - req.context.started) * 1000, 3),
            user_id=identity and identity.user_id,
            is_operator=identity is not None and identity.role is Role.OPERATOR,
        )
