"""Where a loader ships to: what it asks of a destination, and which one it has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from warehouse.loader.waiting import Wait
from warehouse.loader.warehouse_file import WarehouseFile
from warehouse.settings import usable_warehouse_path
from warehouse.store.protocol import Batch


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


def destination_of(warehouse_path: Path, events_uri: str | None) -> Destination:
    """Choose the lake, where there is to be one, or else the DuckDB file.

    Args:
        warehouse_path: The DuckDB file.
        events_uri: The lake; None for the DuckDB file.

    Raises:
        UnusablePathError: The DuckDB file must have another name.
    """
    if events_uri is None:
        return WarehouseFile(usable_warehouse_path(warehouse_path))
    # Who has no lake does without deltalake, which is large.
    from warehouse.loader.lake import Lake  # noqa: PLC0415
    from warehouse.loader.lake_destination import LakeDestination  # noqa: PLC0415

    return LakeDestination(Lake(events_uri))
