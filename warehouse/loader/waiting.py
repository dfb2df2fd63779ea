"""Waits for a destination that another process locks."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

# The delay doubles from the first to the second.
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 0.05, 1.0

# Sleeps for a number of seconds; returns False when the time is over. `wait(0)` only checks.
Wait = Callable[[float], bool]


def delays() -> Iterator[float]:
    """Yield increasing delays in seconds, with jitter between several waiting processes."""
    longest = FIRST_DELAY_SECONDS
    while True:
        yield random.uniform(longest / 2, longest)  # noqa: S311 (guards no secret)  # nosec B311
        longest = min(2 * longest, LONGEST_DELAY_SECONDS)
