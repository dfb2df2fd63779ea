"""The clock, which is an argument so that tests can replace it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time in UTC, aware."""
    return datetime.now(UTC)
