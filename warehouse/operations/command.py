"""The commands of those who run it: backup, verify, restore, adopt, prune and compact.

Only what they are told stands here. What they do brings SQLAlchemy in, which takes longer to import
than other commands take to run; so that is imported when one of them runs.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

MAX_DAYS = 36500
# A week, which is Delta's own default.
DEFAULT_KEEP_HOURS = 168


class CannotOperateError(Exception):
    """A backup, a restore or the like cannot run; the message says why and what to do."""


def add_operations(commands: Commands) -> None:
    """Add them to the commands of `python -m warehouse`."""
    _add_backup(commands)
    _add_verify(commands)
    _add_restore(commands)
    _add_adopt(commands)
    _add_prune(commands)
    _add_compact(commands)


def _of(module: str) -> Callable[[argparse.Namespace], int]:
    def run(options: argparse.Namespace) -> int:
        return int(importlib.import_module(module).run(options))

    return run


def _add_backup(commands: Commands) -> None:
    backup = commands.add_parser(
        "backup",
        help="copy the store and the warehouse, while they are in use, into a folder",
        description="Copies the store and the warehouse, as they are at one moment, into a new"
        " folder backup-TIME of the given one; it appears complete or not at all. The API goes on"
        " meanwhile; the loader and dbt wait while the warehouse is copied. Password hashes are in"
        " the backup, so only its owner can read it. Not in it: JWT_SECRET or the file .jwt_secret,"
        " which you keep elsewhere, and the reports, which a build makes anew.",
        epilog="Settings: WAREHOUSE_PATH and STORE_URL, which must be an SQLite file.",
    )
    backup.add_argument(
        "--to", type=Path, required=True, metavar="FOLDER", help="where backups are kept"
    )
    backup.add_argument(
        "--keep",
        type=_at_least_one,
        metavar="N",
        help="then remove all complete backups of the folder but the newest N (default: keep all)",
    )
    backup.set_defaults(run=_of("warehouse.operations.backup"))


def _at_least_one(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("expected a whole number, 1 or more")
    return int(text)


def _add_verify(commands: Commands) -> None:
    verify = commands.add_parser(
        "verify",
        help="prove that the store and the warehouse, or a backup of them, are whole and agree",
        description="Reads the store and the warehouse, or a backup of them, whole: every table can"
        " be read, every balance is what was earned, no event is there twice, and what was shipped"
        " has arrived. Changes nothing. Exits with 1 where a check fails, with 2 where it cannot"
        " run. Without a folder it holds the warehouse while it runs; events wait meanwhile.",
        epilog="Settings: WAREHOUSE_PATH and STORE_URL.",
    )
    verify.add_argument(
        "folder", type=Path, nargs="?", help="a backup, such as backups/backup-20260131T120000Z"
    )
    verify.set_defaults(run=_of("warehouse.operations.verify"))


def _add_restore(commands: Commands) -> None:
    restore = commands.add_parser(
        "restore",
        help="put a backup where the store and the warehouse are",
        description="Verifies a backup and puts it where the store and the warehouse are. Stop the"
        " API, the loader and the schedule before: while one of them runs it refuses. Files that"
        " are there stay, unless --replace sets them aside; nothing is ever deleted. Where it is"
        " interrupted, run it again. Then it verifies what is there.",
        epilog="Settings: WAREHOUSE_PATH and STORE_URL, which must be an SQLite file. The backup"
        " holds no key: give the API the JWT_SECRET or the .jwt_secret of before, or all players"
        " have to log in again.",
    )
    restore.add_argument(
        "folder", type=Path, help="a backup, such as backups/backup-20260131T120000Z"
    )
    restore.add_argument(
        "--replace",
        action="store_true",
        help="set files that are there aside, into replaced-TIME beside them",
    )
    restore.set_defaults(run=_of("warehouse.operations.restore"))


def _add_adopt(commands: Commands) -> None:
    adopt = commands.add_parser(
        "adopt",
        help="have the warehouse, or the lake, fed from this store although it notes another one",
        description="For a store, a warehouse or a lake that was put back by other means than"
        " `restore`: looks whether the warehouse holds nothing but what the store knows, and then"
        " notes in it that it is fed from this store. A warehouse that holds more is refused and"
        " stays as it is.",
        epilog="Settings: WAREHOUSE_PATH, STORE_URL and EVENTS_URI.",
    )
    adopt.add_argument(
        "--new-id",
        action="store_true",
        help="first give the store a new id, because an older state of it was put back: tokens of"
        " before are refused, since what they name may be another player now",
    )
    adopt.set_defaults(run=_of("warehouse.operations.adopt"))


def _add_prune(commands: Commands) -> None:
    prune = commands.add_parser(
        "prune",
        help="remove old events from the store that are in the warehouse",
        description="Removes events from the store that were received more than DAYS ago and that"
        " the warehouse has. Never removed: what was earned, and the newest 100"
        " events of each player and of anonymous clicks. /stats goes on to"
        " count what was removed. Idempotency keys older than DAYS are removed, too: a request"
        " that is repeated after that counts as a new one. The API may run. Where it is"
        " interrupted, run it again.",
        epilog="Settings: WAREHOUSE_PATH and STORE_URL. The store's file gets no smaller; its free"
        " space is used again.",
    )
    prune.add_argument("--older-than", type=_days, required=True, metavar="DAYS", help="1 or more")
    prune.add_argument(
        "--dry-run", action="store_true", help="only say how many it would be; changes nothing"
    )
    prune.set_defaults(run=_of("warehouse.operations.prune"))


def _add_compact(commands: Commands) -> None:
    compact = commands.add_parser(
        "compact",
        help="make few large files of the many small ones of the lake (EVENTS_URI)",
        description="Rewrites the small files of each day as one, sums up the tables' logs, and"
        " removes files that were replaced more than --keep-hours ago. The loader, builds and"
        " readers may go on meanwhile. Run it once a day; where it is interrupted, run it again.",
        epilog="Settings: EVENTS_URI. A build's views name the files that it found. So build more"
        " often than every --keep-hours, or checkpoints find files missing until the next build.",
    )
    compact.add_argument(
        "--keep-hours",
        type=_at_least_one,
        default=DEFAULT_KEEP_HOURS,
        metavar="HOURS",
        help="how long a replaced file stays, longer than a build takes (default: a week)",
    )
    compact.set_defaults(run=_of("warehouse.operations.compact"))


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:20]) <= MAX_DAYS:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 to {MAX_DAYS}")
    return int(text)
