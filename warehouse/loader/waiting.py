"""Waiting for a destination that another process holds."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

# Waiting begins with the first of these and doubles up to the second: short enough that the backlog
# ships as soon as the file is free, long enough to cost nothing meanwhile.
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 0.05, 1.0

# Waits for a number of seconds; false where the time for trying is over. `wait(0)` only asks.
Wait = Callable[[float], bool]


def delays() -> Iterator[float]:
    """Seconds to wait, longer each time; jitter keeps two that wait from staying in step."""
    longest = FIRST_DELAY_SECONDS
    while True:
        yield random.uniform(longest / 2, longest)  # noqa: S311 (guards no secret)  # nosec B311
        longest = min(2 * longest, LONGEST_DELAY_SECONDS)
