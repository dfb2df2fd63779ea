"""`python -m warehouse adopt`: record that a warehouse or a lake belongs to this store.

It is for copies that were restored by other means than `restore`. The two belong together if the
store has all rows of the warehouse, with the same values.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial

import duckdb

from warehouse.database import open_when_free
from warehouse.loader import comparison
from warehouse.loader.comparison import Comparison
from warehouse.loader.lake import Lake
from warehouse.loader.source_store import write_store_id
from warehouse.operations.command import CannotOperateError
from warehouse.operations.progress import NO_CALLBACKS, Callbacks, show_progress
from warehouse.settings import Settings
from warehouse.store.file import require_store
from warehouse.store.upkeep import SqlUpkeep, reading
from warehouse.terminal import console_for, echo

# The rows that the warehouse of another store has.
CONFLICTS = (
    ("players that the store lacks", comparison.UNKNOWN_PLAYERS),
    ("players with another name in the store", comparison.DIFFERENT_PLAYERS),
    ("players with events that the store lacks", comparison.UNKNOWN),
    ("events with other values in the store", comparison.DIFFERENT),
)


def run(options: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    settings = Settings.from_environment()
    require_store(settings.store_url)
    with closing(SqlUpkeep(settings.store_url)) as upkeep:
        if options.new_id:
            echo(f"The store has a new id, {upkeep.renew_id()}. All players must log in again.")
        with show_progress(console_for()) as callbacks:
            place = adopt(upkeep, settings, callbacks)
    echo("No warehouse exists; the loader creates it." if place is None else f"Adopted {place}")
    return 0


def adopt(upkeep: SqlUpkeep, settings: Settings, callbacks: Callbacks = NO_CALLBACKS) -> str | None:
    """Record that the warehouse or the lake belongs to this store.

    Args:
        upkeep: The store.
        settings: The paths of the warehouse and the lake.
        callbacks: Report the progress.

    Returns:
        The path or URI of the warehouse or the lake; None if there is none.

    Raises:
        CannotOperateError: The warehouse has rows that conflict with the store.
        WarehouseUnavailableError: The warehouse is locked too long, or cannot be read or written.
        StoreUnavailableError: The store cannot be read.
    """
    lake = Lake(settings.events_uri) if settings.events_uri else None
    if lake is None and not settings.warehouse_path.exists():
        return None
    place = str(lake or settings.warehouse_path)
    with _opened(settings, lake, callbacks) as warehouse:
        both = Comparison(warehouse, lake.pin() if lake else None)
        with reading(upkeep.read_engine) as reader:
            both.read(reader, partial(callbacks.on_progress, "Comparing events"))
        conflicts = [
            f"{len(found):,} {what} ({', '.join(map(str, found[:3]))})"
            for what, query in CONFLICTS
            if (found := both.column(query))
        ]
        if conflicts:
            raise CannotOperateError(
                f"{place} belongs to another store: it has {', '.join(conflicts)}. Nothing"
                " was changed in it. Move it away; the loader ships all events to a new one."
            )
        if lake is None:
            write_store_id(warehouse, upkeep.store_id())
        else:
            lake.note_store(upkeep.store_id())
    return place


@contextmanager
def _opened(
    settings: Settings, lake: Lake | None, callbacks: Callbacks
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Lock the warehouse against the loader; for a lake, open an in-memory database."""
    if lake is None:
        opened = open_when_free(settings.warehouse_path, read_only=False, report=callbacks.on_wait)
    else:
        opened = duckdb.connect()
    with opened:
        yield opened
