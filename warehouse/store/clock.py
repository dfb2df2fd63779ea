"""The clock, as an argument: tests bring their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Tell the time in UTC, aware."""
    return datetime.now(UTC)
