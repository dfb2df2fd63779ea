"""Which destination a loader has."""

from __future__ import annotations

from pathlib import Path

from warehouse.loader.destination import Destination
from warehouse.loader.warehouse_file import WarehouseFile
from warehouse.settings import usable_warehouse_path


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
