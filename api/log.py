"""Structured logs: one JSON object per line, never a password, token, secret or query value."""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TextIO, cast

import structlog
from pydantic_core import to_json
from structlog.typing import FilteringBoundLogger


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
