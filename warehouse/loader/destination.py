"""Where a loader ships to: what it asks of a destination, and what destinations have in common."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Protocol

from warehouse.store.protocol import Batch

# Waiting begins with the first of these and doubles up to the second: short enough that the backlog
# ships as soon as the file is free, long enough to cost nothing meanwhile.
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 0.05, 1.0

# Waits for a number of seconds; false where the time for trying is over. `wait(0)` only asks.
Wait = Callable[[float], bool]


class Destination(Protocol):
    """Takes batches, each whole or not at all, and every event once however often it comes."""

    @property
    def batch_size(self) -> int:
        """How many events it best gets at a time."""

    def has(self, batch: Batch) -> bool:
        """Tell whether it has what was shipped before a batch, as far as that costs little.

        Args:
            batch: What it has is of the same store, up to the event that was shipped last.

        Raises:
            AnotherStoreError: It is fed from another store.
            WarehouseUnavailableError: It cannot be read.
            OSError: Likewise.
        """

    def insert(self, batch: Batch, wait: Wait, report: Callable[[str], None]) -> bool:
        """Insert a batch, unless the event that was shipped before it is missing.

        The first batch notes which store it is of; all others must be of the same.

        Args:
            batch: Some of its events may have been inserted before; they are not inserted again.
            wait: Asked to wait while others hold the destination.
            report: Told who holds it.

        Returns:
            False, and nothing is inserted, where that event is missing.

        Raises:
            AnotherStoreError: It is fed from another store.
            WarehouseUnavailableError: It is held for too long, or cannot be written.
            OSError: It cannot be written.
        """


def delays() -> Iterator[float]:
    """Seconds to wait, longer each time; jitter keeps two that wait from staying in step."""
    longest = FIRST_DELAY_SECONDS
    while True:
        yield random.uniform(longest / 2, longest)  # noqa: S311 (guards no secret)  # nosec B311
        longest = min(2 * longest, LONGEST_DELAY_SECONDS)
