"""`python -m warehouse adopt`: a warehouse or a lake is fed from this store from now on.

That is for those that were put back by other means than `restore`. They belong together if the
warehouse holds nothing that the store does not know, or knows otherwise: then the store was ahead.
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
from warehouse.operations.durable_copy import NOBODY, Tell, showing_progress
from warehouse.settings import Settings
from warehouse.store.file import require_store
from warehouse.store.upkeep import SqlUpkeep, reading
from warehouse.terminal import console_for, say

# What a stranger's warehouse has, in words of the one who reads it.
STRANGE = (
    ("players that the store does not know", comparison.UNKNOWN_PLAYERS),
    ("players that the store knows by another name", comparison.DIFFERENT_PLAYERS),
    ("players with events that the store does not know", comparison.UNKNOWN),
    ("events that the store knows otherwise", comparison.DIFFERENT),
)


def run(options: argparse.Namespace) -> int:
    """Run the command; returns its exit status."""
    settings = Settings.from_environment()
    require_store(settings.store_url)
    with closing(SqlUpkeep(settings.store_url)) as upkeep:
        if options.new_id:
            say(f"The store has a new id, {upkeep.renew_id()}. All players log in again.")
        with showing_progress(console_for()) as tell:
            place = adopt(upkeep, settings, tell)
    say("There is no warehouse yet; the loader makes it." if place is None else f"Adopted {place}")
    return 0


def adopt(upkeep: SqlUpkeep, settings: Settings, tell: Tell = NOBODY) -> str | None:
    """Note that the warehouse or the lake is fed from this store; returns where it is.

    Args:
        upkeep: The store.
        settings: Where the warehouse or the lake is.
        tell: Whom to tell how far it is.

    Returns:
        Its place; None where there is none.

    Raises:
        CannotOperateError: It holds what this store does not know.
        WarehouseUnavailableError: It is held for too long, or cannot be read or written.
        StoreUnavailableError: The store cannot be read.
    """
    lake = Lake(settings.events_uri) if settings.events_uri else None
    if lake is None and not settings.warehouse_path.exists():
        return None
    place = str(lake or settings.warehouse_path)
    with _opened(settings, lake, tell) as warehouse:
        both = Comparison(warehouse, lake.pin() if lake else None)
        with reading(upkeep.read_engine) as reader:
            both.read(reader, partial(tell.report, "Comparing events"))
        strange = [
            f"{len(found):,} {what} ({', '.join(map(str, found[:3]))})"
            for what, query in STRANGE
            if (found := both.column(query))
        ]
        if strange:
            raise CannotOperateError(
                f"{place} is not this store's: it has {', '.join(strange)}. Nothing was changed in"
                " it. Move it away; the loader ships all that the store has to a new one."
            )
        if lake is None:
            write_store_id(warehouse, upkeep.store_id())
        else:
            lake.note_store(upkeep.store_id())
    return place


@contextmanager
def _opened(
    settings: Settings, lake: Lake | None, tell: Tell
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Hold the warehouse, so that nothing arrives in it; for a lake, compare in memory."""
    if lake is None:
        opened = open_when_free(settings.warehouse_path, read_only=False, report=tell.say)
    else:
        opened = duckdb.connect()
    with opened:
        yield opened
