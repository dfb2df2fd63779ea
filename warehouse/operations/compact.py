"""`python -m warehouse compact`: merge the small files of the lake.

Builds and readers can continue: a commit replaces the old files, which remain for `--keep-hours`.
The loader can ship meanwhile: its commits only add files, so they do not conflict.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError

from warehouse.loader.lake import EVENTS_TABLE, PLAYERS_TABLE, Lake, LakeTable
from warehouse.loader.lake_destination import COMPRESSED
from warehouse.operations.command import CannotOperateError
from warehouse.settings import Settings
from warehouse.terminal import echo

ATTEMPTS = 5
# A file of this size is fast to read, and a day of a large game needs only a few.
TARGET_BYTES = 128 * 1024 * 1024


@dataclass(frozen=True)
class Compacted:
    """The result of a compaction.

    Attributes:
        files_before: The number of files of the table before.
        files_after: The number of files of the table afterwards.
        removed: The number of files removed because no version of the last `--keep-hours` has them.
        seconds: The duration.
    """

    files_before: int
    files_after: int
    removed: int
    seconds: float


def run(options: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    settings = Settings.from_environment()
    if settings.events_uri is None:
        raise CannotOperateError(
            "There is no lake: EVENTS_URI is not set. The DuckDB file needs no compaction."
        )
    lake = Lake(settings.events_uri)
    for table in (EVENTS_TABLE, PLAYERS_TABLE):
        done = compact(lake, table, keep_hours=options.keep_hours)
        if done is None:
            echo(f"{table.name}: no table yet")
            continue
        echo(
            f"{table.name}: merged {done.files_before:,} files into {done.files_after:,},"
            f" removed {done.removed:,} old files, in {done.seconds:.1f} s"
        )
    return 0


def compact(lake: Lake, table: LakeTable, *, keep_hours: int) -> Compacted | None:
    """Compact a table, write a checkpoint of its log, and remove old files.

    Args:
        lake: The lake.
        table: The table.
        keep_hours: How long to keep replaced files; longer than any build takes.

    Returns:
        The result; None if the table is missing.

    Raises:
        LakeUnavailableError: The lake cannot be read or written.
    """
    begin = time.monotonic()
    opened = lake.open(table)
    if opened is None:
        return None
    before = len(opened.file_uris())
    try:
        _merge(opened)
        after = len(opened.file_uris())
        opened.create_checkpoint()
        opened.cleanup_metadata()
        # full: also files that are not in the log, from a loader that was killed or lost a race.
        removed = opened.vacuum(
            retention_hours=keep_hours, dry_run=False, enforce_retention_duration=False, full=True
        )
    except (DeltaError, OSError) as error:
        raise lake.unavailable("write to", error) from error
    return Compacted(before, after, len(removed), time.monotonic() - begin)


def _merge(opened: DeltaTable) -> None:
    """Merge small files; retry if another process commits at the same time."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            opened.optimize.compact(target_size=TARGET_BYTES, writer_properties=COMPRESSED)
            return
        except CommitFailedError:
            if attempt == ATTEMPTS:
                raise
            opened.update_incremental()
