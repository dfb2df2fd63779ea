"""`python -m warehouse prune`: the store lets go of old events that the warehouse has.

An event is deleted only after the warehouse was asked for it, and has it as the store does. What
was earned is never pruned: every balance can be proven from the store alone, and a warehouse that
is made anew from it proves them, too.
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
from warehouse.operations.durable_copy import NOBODY, Tell, showing_progress
from warehouse.settings import Settings
from warehouse.store.clock import utc_now
from warehouse.store.file import require_store
from warehouse.store.upkeep import Candidates, SqlUpkeep
from warehouse.terminal import console_for, line

EXIT_OK, EXIT_FAILED = 0, 1
# Looked up in the warehouse at a time, and deleted in a transaction.
LOOKED_UP, DELETED = 5000, 200
# After each transaction, so that requests come in between.
PAUSE_SECONDS = 0.02


@dataclass(frozen=True)
class Pruned:
    """What became of old events and keys.

    Attributes:
        events: Removed.
        kept: Marked as shipped, and not in the warehouse as the store has them.
        keys: Idempotency keys removed.
    """

    events: int
    kept: int
    keys: int


def run(options: argparse.Namespace) -> int:
    """Run the command; returns its exit status."""
    console = console_for()
    settings = Settings.from_environment()
    require_store(settings.store_url)
    received_before = utc_now() - timedelta(days=options.older_than)
    with closing(SqlUpkeep(settings.store_url)) as upkeep, showing_progress(console) as tell:
        pruned = prune(
            upkeep,
            settings.warehouse_path,
            received_before,
            lake=Lake(settings.events_uri).pin() if settings.events_uri else None,
            dry_run=options.dry_run,
            tell=tell,
        )
    verb = "Would remove" if options.dry_run else "Removed"
    line(console, f"{verb} {pruned.events:,} events and {pruned.keys:,} idempotency keys.")
    if pruned.kept:
        place = settings.events_uri or settings.warehouse_path
        told = (
            f"Kept {pruned.kept:,} events that are marked as shipped and that {place} does not have"
            " as the store does. `python -m warehouse load --all` ships them again."
        )
        line(console, (told, "yellow"))
        return EXIT_FAILED
    return EXIT_OK


def prune(  # noqa: PLR0913 (each setting stands for itself)
    upkeep: SqlUpkeep,
    warehouse_path: Path,
    received_before: datetime,
    *,
    lake: Pinned | None = None,
    dry_run: bool = False,
    tell: Tell = NOBODY,
) -> Pruned:
    """Remove old events and keys.

    Args:
        upkeep: The store.
        warehouse_path: The DuckDB file.
        received_before: What is older may go.
        lake: Where the events are, if not in the DuckDB file.
        dry_run: Only count.
        tell: Whom to tell how far it is.

    Raises:
        WarehouseUnavailableError: The warehouse is held for too long, or cannot be read.
        StoreUnavailableError: The store cannot be read or written.
    """
    removed = kept = position = 0
    last = upkeep.last_position()
    while candidates := upkeep.candidates(position, received_before, LOOKED_UP):
        alike = _in_warehouse(candidates, warehouse_path, lake, tell)
        kept += len(candidates) - len(alike)
        for start in range(0, len(alike), DELETED):
            these = alike[start : start + DELETED]
            removed += len(these) if dry_run else _deleted(upkeep, these)
            tell.after("deleted")
        position = candidates.columns["position"][-1]
        tell.report("Looking at events", position, last)
    return Pruned(removed, kept, _prune_keys(upkeep, received_before, dry_run=dry_run))


def _in_warehouse(
    candidates: Candidates, warehouse_path: Path, lake: Pinned | None, tell: Tell
) -> list[int]:
    """Tell the positions of those that the warehouse has as the store does."""
    with (
        duckdb.connect()
        if lake
        else open_when_free(warehouse_path, read_only=True, report=tell.say)
    ) as warehouse:
        both = Comparison(warehouse, lake)
        both.add_events(candidates.columns)
        return both.column(comparison.ALIKE)


def _deleted(upkeep: SqlUpkeep, positions: list[int]) -> int:
    count = upkeep.prune(positions)
    time.sleep(PAUSE_SECONDS)
    return count


def _prune_keys(upkeep: SqlUpkeep, created_before: datetime, *, dry_run: bool) -> int:
    count, last = 0, (0, "")
    while keys := upkeep.old_keys(last, created_before, DELETED):
        if not dry_run:
            upkeep.forget(keys)
            time.sleep(PAUSE_SECONDS)
        count += len(keys)
        last = keys[-1]
    return count
