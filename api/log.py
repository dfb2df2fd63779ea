"""Structured logs: one JSON object per line, never a password, token, secret or query value."""

from __future__ import annotations

import json
import logging
import re
import time
from typing import Any, TextIO

import falcon
import structlog
from structlog.typing import FilteringBoundLogger
from uuid_utils import uuid4

from api.auth import Identity, Role

# `json.dumps` would make one for every line.
_ENCODER = json.JSONEncoder(default=repr)
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def create_logger(stream: TextIO) -> FilteringBoundLogger:
    """Make a logger that writes lines with `time`, `level`, `event` and what else is given."""
    # Bound at once: a logger that is bound at its first use is bound anew at every use.
    logger: FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(_as_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    ).bind()
    return logger


def _as_json(line: dict[str, Any], **_: object) -> str:
    return _ENCODER.encode(line)


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
            message=record.getMessage(),
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
