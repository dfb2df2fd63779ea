"""Keeps some of the disk free, because shipping, builds and repairs need space, too."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from warehouse.store.protocol import DiskFullError

# How long a measurement of the free space is valid.
CACHE_SECONDS = 1.0
MEGABYTE = 1_000_000


class DiskFloor:
    """Rejects writes while the store's disk has less free space than a minimum.

    It measures the free space at most once a second, so it is cheap enough for every request.
    Writes within that second can use up some of the minimum.
    """

    def __init__(
        self, store: Path | None, floor_bytes: int, timer: Callable[[], float] = time.monotonic
    ) -> None:
        """Prepare to measure; the first call of `require_space` does.

        Args:
            store: A file on the disk; None for a store on a server.
            floor_bytes: The minimum of free space; 0 for none.
            timer: Returns the time in seconds.
        """
        self._folder = store.absolute().parent if store is not None and floor_bytes else None
        self._floor_bytes = floor_bytes
        self._timer = timer
        self._measure_at = timer()
        self._free_bytes = floor_bytes

    def require_space(self) -> None:
        """Check the free space.

        Raises:
            DiskFullError: It is less than the minimum.
        """
        if self._folder is not None and self._timer() >= self._measure_at:
            self._measure_at = self._timer() + CACHE_SECONDS
            self._free_bytes = _free_bytes(self._folder, self._floor_bytes)
        if self._free_bytes < self._floor_bytes:
            raise DiskFullError(
                f"{self._folder} has {self._free_bytes / MEGABYTE:,.0f} MB free, less than the"
                f" {self._floor_bytes / MEGABYTE:,.0f} MB of DISK_FLOOR_MB. Free some space there"
            )


def _free_bytes(folder: Path, unknown: int) -> int:
    try:
        found = os.statvfs(folder)
    except OSError:
        # The store reports what is wrong with its folder.
        return unknown
    return found.f_bavail * found.f_frsize
