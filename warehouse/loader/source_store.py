"""The id of the store that feeds a warehouse or a lake, because user ids differ between stores.

The first shipment records the id of its store; then the events of other stores are rejected. The
DuckDB file has the id in the table `raw.source_store`, the lake in the description of its events.
"""

from __future__ import annotations

import duckdb

from warehouse.database import WarehouseUnavailableError

TABLE = "raw.source_store"


class AnotherStoreError(WarehouseUnavailableError):
    """A warehouse or a lake belongs to another store; the message names it and says what to do."""


def read_store_id(warehouse: duckdb.DuckDBPyConnection) -> str | None:
    """Return the id of the store that feeds a warehouse; None if it is not recorded."""
    try:
        row = warehouse.execute(f"select store_id from {TABLE}").fetchone()  # noqa: S608 (a name)  # nosec B608
    except duckdb.CatalogException:
        return None
    return row[0] if row else None


def write_store_id(warehouse: duckdb.DuckDBPyConnection, store_id: str) -> None:
    """Record the id of the store that feeds a warehouse, and replace an earlier one."""
    warehouse.execute("create schema if not exists raw")
    warehouse.execute(
        f"create or replace table {TABLE} as select ?::text as store_id",
        [store_id],
    )


def require_same_store(place: object, recorded: str | None, store_id: str | None) -> None:
    """Reject the events of a second store.

    Args:
        place: The warehouse or the lake, for the message.
        recorded: The id of the store that feeds it; None if it is not recorded.
        store_id: The id of the current store.

    Raises:
        AnotherStoreError: They differ.
    """
    if recorded is not None and recorded != store_id:
        raise AnotherStoreError(
            f"{place} contains the events of the store {recorded}, but STORE_URL names the store"
            f" {store_id}, whose players have the same ids. Nothing was changed. Set STORE_URL to"
            " the first store, or WAREHOUSE_PATH or EVENTS_URI to a new path. If they belong"
            " together and one of the two was restored from a copy, run `python -m warehouse"
            " adopt`, which checks that."
        )
