"""`python -m warehouse prune`: delete old events from the store that the warehouse has.

An event is deleted only if the warehouse has it with the same values. Earns and spends are never
deleted, so the store alone proves every balance, and so does a new warehouse.
"""

from __future__ import annotations

import argparse
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from warehouse.database import open_when_free
from warehouse.loader import comparison
from warehouse.loader.comparison import Comparison
from warehouse.loader.lake import Lake, Pinned
from warehouse.operations.progress import NO_CALLBACKS, Callbacks, show_progress
from warehouse.settings import Settings
from warehouse.store.clock import utc_now
from warehouse.store.file import require_store
from warehouse.store.upkeep import Columns, SqlUpkeep
from warehouse.terminal import EXIT_FAILED, EXIT_OK, console_for, print_line

# The number of events per query of the warehouse, and of rows per deleting transaction.
EVENTS_PER_QUERY, ROWS_PER_DELETE = 5000, 200
# A pause after each transaction lets requests in.
PAUSE_SECONDS = 0.02


@dataclass(frozen=True)
class Pruned:
    """The result of pruning.

    Attributes:
        events: The number of removed events.
        kept: The number of shipped events that the warehouse lacks or has with other values.
        keys: The number of removed idempotency keys.
    """

    events: int
    kept: int
    keys: int


def run(options: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    console = console_for()
    settings = Settings.from_environment()
    require_store(settings.store_url)
    received_before = utc_now() - timedelta(days=options.older_than)
    with closing(SqlUpkeep(settings.store_url)) as upkeep, show_progress(console) as callbacks:
        pruned = prune(
            upkeep,
            settings.warehouse_path,
            received_before,
            lake=Lake(settings.events_uri).pin() if settings.events_uri else None,
            dry_run=options.dry_run,
            callbacks=callbacks,
        )
    verb = "Would remove" if options.dry_run else "Removed"
    print_line(console, f"{verb} {pruned.events:,} events and {pruned.keys:,} idempotency keys.")
    if pruned.kept:
        place = settings.events_uri or settings.warehouse_path
        message = (
            f"Kept {pruned.kept:,} shipped events that {place} lacks or has with other values. Run"
            " `python -m warehouse load --all` to ship them again."
        )
        print_line(console, (message, "yellow"))
        return EXIT_FAILED
    return EXIT_OK


def prune(  # noqa: PLR0913 (independent settings)
    upkeep: SqlUpkeep,
    warehouse_path: Path,
    received_before: datetime,
    *,
    lake: Pinned | None = None,
    dry_run: bool = False,
    callbacks: Callbacks = NO_CALLBACKS,
) -> Pruned:
    """Remove old events and keys.

    Args:
        upkeep: The store.
        warehouse_path: The DuckDB file.
        received_before: Remove only events and keys before this time.
        lake: The lake, if it has the events instead of the DuckDB file.
        dry_run: Count, and change nothing.
        callbacks: Report the progress.

    Raises:
        WarehouseUnavailableError: The warehouse is locked too long, or cannot be read.
        StoreUnavailableError: The store cannot be read or written.
    """
    removed = kept = position = 0
    last = upkeep.last_position()
    while True:
        candidates = upkeep.candidates(position, received_before, EVENTS_PER_QUERY)
        positions = candidates["position"]
        if not positions:
            break
        alike = _in_warehouse(candidates, warehouse_path, lake, callbacks)
        kept += len(positions) - len(alike)
        for start in range(0, len(alike), ROWS_PER_DELETE):
            chunk = alike[start : start + ROWS_PER_DELETE]
            removed += len(chunk) if dry_run else _deleted(upkeep, chunk)
            callbacks.on_step("deleted")
        position = positions[-1]
        callbacks.on_progress("Comparing events", position, last)
    return Pruned(removed, kept, _prune_keys(upkeep, received_before, dry_run=dry_run))


def _in_warehouse(
    candidates: Columns, warehouse_path: Path, lake: Pinned | None, callbacks: Callbacks
) -> list[int]:
    """Return the positions of the events that the warehouse has with the same values."""
    with (
        duckdb.connect()
        if lake
        else open_when_free(warehouse_path, read_only=True, report=callbacks.on_wait)
    ) as warehouse:
        both = Comparison(warehouse, lake)
        both.add_events(candidates)
        return both.column(comparison.ALIKE)


def _deleted(upkeep: SqlUpkeep, positions: list[int]) -> int:
    count = upkeep.prune(positions)
    time.sleep(PAUSE_SECONDS)
    return count


def _prune_keys(upkeep: SqlUpkeep, created_before: datetime, *, dry_run: bool) -> int:
    count, last = 0, (0, "")
    while keys := upkeep.old_keys(last, created_before, ROWS_PER_DELETE):
        if not dry_run:
            upkeep.forget(keys)
            time.sleep(PAUSE_SECONDS)
        count += len(keys)
        last = keys[-1]
    return count
