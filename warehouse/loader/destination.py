"""The interface of a loader's destination, and the choice between the DuckDB file and the lake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from warehouse.loader.lake import Lake
from warehouse.loader.lake_destination import LakeDestination
from warehouse.loader.waiting import Wait
from warehouse.loader.warehouse_file import WarehouseFile
from warehouse.settings import usable_warehouse_path
from warehouse.store.protocol import Batch


class Destination(Protocol):
    """Inserts each batch as a whole or not at all, and each event once."""

    @property
    def batch_size(self) -> int:
        """The best number of events in a batch."""

    def has(self, batch: Batch) -> bool:
        """Return whether the event shipped before the batch is present, if that is cheap to check.

        Args:
            batch: A batch; only its store and the last shipped event matter.

        Raises:
            AnotherStoreError: The destination belongs to another store.
            WarehouseUnavailableError: The destination cannot be read.
            OSError: The destination cannot be read.
        """

    def insert(self, batch: Batch, wait: Wait, report: Callable[[str], None]) -> bool:
        """Insert a batch, unless the event shipped before it is missing.

        The first batch records its store; all others must be of the same store.

        Args:
            batch: The batch; events that exist already are not inserted again.
            wait: Called to wait while another process locks the destination.
            report: Called with a message about that process.

        Returns:
            False if that event is missing; then nothing is inserted.

        Raises:
            AnotherStoreError: The destination belongs to another store.
            WarehouseUnavailableError: The destination is locked too long, or is not writable.
            OSError: The destination is not writable.
        """


def destination_of(warehouse_path: Path, events_uri: str | None) -> Destination:
    """Return the lake if there is one, else the DuckDB file.

    Args:
        warehouse_path: The DuckDB file.
        events_uri: The lake; None for the DuckDB file.

    Raises:
        UnusablePathError: The path of the DuckDB file is not usable.
    """
    if events_uri is None:
        return WarehouseFile(usable_warehouse_path(warehouse_path))
    return LakeDestination(Lake(events_uri))
