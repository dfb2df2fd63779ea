"""`python -m warehouse compact`: make few large files of the many small ones of the lake.

Nothing that a build or a reader may hold is touched: what a file is replaced by is written beside
it, one commit puts it in its place, and the file itself stays for as long as `--keep-hours` says.
The loader may ship meanwhile: its commits only add files, so neither stops the other.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError

from warehouse.loader.lake import EVENTS_TABLE, PLAYERS_TABLE, Lake, LakeTable
from warehouse.loader.lake_destination import COMPRESSED
from warehouse.operations.command import CannotOperateError
from warehouse.settings import Settings
from warehouse.terminal import say

ATTEMPTS = 5
# A file of this size is read fast, and a day of a large game is a few of them.
TARGET_BYTES = 128 * 1024 * 1024


@dataclass(frozen=True)
class Compacted:
    """What became of a table.

    Attributes:
        files_before: That made it up.
        files_after: Likewise, afterwards.
        removed: Files that no version of the last `--keep-hours` had.
        seconds: How long it took.
    """

    files_before: int
    files_after: int
    removed: int
    seconds: float


def run(options: argparse.Namespace) -> int:
    """Run the command; returns its exit status."""
    settings = Settings.from_environment()
    if settings.events_uri is None:
        raise CannotOperateError(
            "There is no lake: EVENTS_URI is not set, and events are in WAREHOUSE_PATH, which needs"
            " no compaction."
        )
    lake = Lake(settings.events_uri)
    for table in (EVENTS_TABLE, PLAYERS_TABLE):
        done = compact(lake, table, keep_hours=options.keep_hours)
        if done is None:
            say(f"{table.name}: nothing there yet")
            continue
        say(
            f"{table.name}: {done.files_before:,} files are {done.files_after:,} now;"
            f" {done.removed:,} old ones removed, in {done.seconds:.1f} s"
        )
    return 0


def compact(lake: Lake, table: LakeTable, *, keep_hours: int) -> Compacted | None:
    """Compact a table, sum its log up, and remove files that are no part of it any more.

    Args:
        lake: Where it is.
        table: Which one.
        keep_hours: How long files stay after they were replaced; longer than any build takes.

    Returns:
        What was done; None where there is no such table.

    Raises:
        LakeUnavailableError: The lake cannot be read or written.
    """
    begin = time.monotonic()
    opened = lake.open(table)
    if opened is None:
        return None
    before = len(opened.file_uris())
    try:
        _again_if_others_commit(opened, lambda: _merge(opened))
        after = len(opened.file_uris())
        opened.create_checkpoint()
        opened.cleanup_metadata()
        # All of the folder: a loader that lost a race, or its life, left files that no log names.
        removed = opened.vacuum(
            retention_hours=keep_hours, dry_run=False, enforce_retention_duration=False, full=True
        )
    except (DeltaError, OSError) as error:
        raise lake.unavailable("write to", error) from error
    return Compacted(before, after, len(removed), time.monotonic() - begin)


def _merge(opened: DeltaTable) -> None:
    opened.optimize.compact(target_size=TARGET_BYTES, writer_properties=COMPRESSED)


def _again_if_others_commit(opened: DeltaTable, step: Callable[[], None]) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            step()
            return
        except CommitFailedError:
            if attempt == ATTEMPTS:
                raise
            opened.update_incremental()
