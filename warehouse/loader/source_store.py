"""Which store a warehouse or a lake is fed from: of another one, the same user ids are strangers'.

The first shipment notes the id of its store; from then on no other store's events come in. The
DuckDB file has it in a table of its own, which stands beside those that the loader fills; the lake
has it in the description of its table of events.
"""

from __future__ import annotations

import duckdb

from warehouse.database import WarehouseUnavailableError

TABLE = "raw.source_store"


class AnotherStoreError(WarehouseUnavailableError):
    """A warehouse or a lake is fed from another store; the message says which, and what to do."""


def read_store_id(warehouse: duckdb.DuckDBPyConnection) -> str | None:
    """Tell which store a warehouse is fed from; None where none has been noted."""
    try:
        row = warehouse.execute(f"select store_id from {TABLE}").fetchone()  # noqa: S608 (a name)  # nosec B608
    except duckdb.CatalogException:
        return None
    return row[0] if row else None


def write_store_id(warehouse: duckdb.DuckDBPyConnection, store_id: str) -> None:
    """Note which store a warehouse is fed from, in place of what was noted before."""
    warehouse.execute("create schema if not exists raw")
    warehouse.execute(
        f"create or replace table {TABLE} as select ?::text as store_id",
        [store_id],
    )


def require_same(place: object, noted: str | None, store_id: str | None) -> None:
    """Refuse to mix two stores.

    Args:
        place: The warehouse or the lake, for the message.
        noted: Which store it is fed from, as far as that was noted.
        store_id: Which store is to feed it.

    Raises:
        AnotherStoreError: It is another one.
    """
    if noted is not None and noted != store_id:
        raise AnotherStoreError(
            f"{place} holds the events of the store {noted}, and STORE_URL names the store"
            f" {store_id}, whose players have the same ids. Nothing was changed. Set STORE_URL to"
            " the store of before, or WAREHOUSE_PATH or EVENTS_URI to a new place. If one of the"
            " two was put back from a copy and they belong together, run"
            " `python -m warehouse adopt`, which looks whether that is so."
        )
