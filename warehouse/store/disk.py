"""Keeping some of the disk free: what is full takes no shipment, no build and no repair either."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from warehouse.store.protocol import DiskFullError

# How old an answer about the disk may be.
LOOK_SECONDS = 1.0
MEGABYTE = 1_000_000


class DiskFloor:
    """Refuses to write where less than so much of the store's disk is free.

    The file system is asked once a second at most, which takes microseconds, so this may be asked
    for every request. What is written within that second comes out of the floor.
    """

    def __init__(
        self, store: Path | None, floor_bytes: int, timer: Callable[[], float] = time.monotonic
    ) -> None:
        """Watch over a disk.

        Args:
            store: A file on it; None for a store on a server, whose disk is not this machine's.
            floor_bytes: How much shall stay free; 0 for no floor.
            timer: Tells the seconds between two looks.
        """
        self._folder = store.absolute().parent if store is not None and floor_bytes else None
        self._floor_bytes = floor_bytes
        self._timer = timer
        self._next_look = timer()
        self._free_bytes = floor_bytes

    def confirm(self) -> None:
        """Do nothing where enough is free.

        Raises:
            DiskFullError: It is not.
        """
        if self._folder is not None and self._timer() >= self._next_look:
            self._next_look = self._timer() + LOOK_SECONDS
            self._free_bytes = _free_bytes(self._folder, self._floor_bytes)
        if self._free_bytes < self._floor_bytes:
            raise DiskFullError(
                f"{self._folder} has {self._free_bytes / MEGABYTE:,.0f} MB free, less than the"
                f" {self._floor_bytes / MEGABYTE:,.0f} MB of DISK_FLOOR_MB. Make room there"
            )


def _free_bytes(folder: Path, unknown: int) -> int:
    try:
        found = os.statvfs(folder)
    except OSError:
        # The store itself says what is wrong with its folder.
        return unknown
    return found.f_bavail * found.f_frsize
