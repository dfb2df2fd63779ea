"""The arguments of the commands backup, verify, restore, adopt, erase, prune, compact.

Their modules are imported when a command runs, because SQLAlchemy and Alembic take a second to
import, which other commands do not need.
"""

from __future__ import annotations

import argparse
import importlib
from functools import partial
from pathlib import Path
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

MAX_DAYS = 36500
# A week, Delta's default.
DEFAULT_KEEP_HOURS = 168


class CannotOperateError(Exception):
    """A command of this package cannot run; the message says why and what to do."""


def add_operations(commands: Commands) -> None:
    """Add the commands to those of `python -m warehouse`."""
    _add_backup(commands)
    _add_verify(commands)
    _add_restore(commands)
    _add_adopt(commands)
    _add_erase(commands)
    _add_prune(commands)
    _add_compact(commands)


def _run(module: str, options: argparse.Namespace) -> int:
    return int(importlib.import_module(f"warehouse.operations.{module}").run(options))


def _add_backup(commands: Commands) -> None:
    backup = commands.add_parser(
        "backup",
        help="copy the store and the warehouse into a folder while they are in use",
        description="Copies a consistent state of the store and the warehouse into a new folder"
        " backup-TIME, which appears when it is complete. Meanwhile the API runs; the loader and"
        " dbt wait while the warehouse is copied. The backup contains password hashes, so only its"
        " owner can read it. It does not contain JWT_SECRET or the file .jwt_secret, which you must"
        " back up separately, nor the reports, which a build writes again.",
        epilog="Settings: WAREHOUSE_PATH and STORE_URL, which must be an SQLite file.",
    )
    backup.add_argument(
        "--to", type=Path, required=True, metavar="FOLDER", help="the folder of all backups"
    )
    backup.add_argument(
        "--keep",
        type=_at_least_one,
        metavar="N",
        help="then remove all complete backups except the newest N (default: keep all)",
    )
    backup.set_defaults(run=partial(_run, "backup"))


def _at_least_one(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("expected a whole number, 1 or more")
    return int(text)


def _add_verify(commands: Commands) -> None:
    verify = commands.add_parser(
        "verify",
        help="check that the store and the warehouse, or a backup, are undamaged and agree",
        description="Reads all of the store and the warehouse, or of a backup, and checks that"
        " every table is readable, every balance is the earns less the spends, no event exists"
        " twice, and every shipped event has arrived. Changes nothing. Exits with 1 if a check"
        " fails and with 2 if it cannot run. Without a folder, it locks the warehouse; meanwhile"
        " events wait.",
        epilog="Settings: WAREHOUSE_PATH and STORE_URL.",
    )
    verify.add_argument(
        "folder", type=Path, nargs="?", help="a backup, such as backups/backup-20260131T120000Z"
    )
    verify.set_defaults(run=partial(_run, "verify"))


def _add_restore(commands: Commands) -> None:
    restore = commands.add_parser(
        "restore",
        help="restore the store and the warehouse from a backup",
        description="Verifies a backup, restores the store and the warehouse from it, and verifies"
        " the result. Stop the API, the loader and the schedule first; while one of them runs,"
        " nothing is restored. --replace moves existing files away; no file is deleted. After an"
        " interruption, run it again.",
        epilog="Settings: WAREHOUSE_PATH and STORE_URL, which must be an SQLite file. The backup"
        " contains no key: also restore JWT_SECRET or .jwt_secret, or all players must log in"
        " again.",
    )
    restore.add_argument(
        "folder", type=Path, help="a backup, such as backups/backup-20260131T120000Z"
    )
    restore.add_argument(
        "--replace",
        action="store_true",
        help="move existing files into a folder replaced-TIME beside them",
    )
    restore.set_defaults(run=partial(_run, "restore"))


def _add_adopt(commands: Commands) -> None:
    adopt = commands.add_parser(
        "adopt",
        help="record that the warehouse or the lake belongs to this store",
        description="For a store, a warehouse or a lake that was restored by other means than"
        " `restore`: checks that the store has all rows of the warehouse, and then records in the"
        " warehouse that it belongs to this store. If the check fails, the warehouse does not"
        " change.",
        epilog="Settings: WAREHOUSE_PATH, STORE_URL and EVENTS_URI.",
    )
    adopt.add_argument(
        "--new-id",
        action="store_true",
        help="first give the store a new id, because it was restored from an older state: its older"
        " tokens become invalid, because they may name another player now",
    )
    adopt.set_defaults(run=partial(_run, "adopt"))


def _add_erase(commands: Commands) -> None:
    erase = commands.add_parser(
        "erase",
        help="erase players, as they can themselves with DELETE /account",
        description="Erases the name, the password, the keys and the details of the events of each"
        " player; the amounts of coins remain. The loader ships this to the warehouse or the lake."
        " The API may run.",
        epilog="Settings: WAREHOUSE_PATH and STORE_URL.",
    )
    erase.add_argument("user_id", type=_at_least_one, nargs="+", metavar="USER_ID")
    erase.set_defaults(run=partial(_run, "erase"))


def _add_prune(commands: Commands) -> None:
    prune = commands.add_parser(
        "prune",
        help="remove old events from the store that the warehouse has",
        description="Removes events from the store that were received more than DAYS ago and that"
        " the warehouse has, except earns, spends and the newest 100 events of each player and of"
        " anonymous clicks. /stats still counts removed events. Also removes idempotency keys older"
        " than DAYS; a later retry of their request counts as a new one. The API may run. After an"
        " interruption, run it again.",
        epilog="Settings: WAREHOUSE_PATH and STORE_URL. The store's file does not shrink; new"
        " events use its free space.",
    )
    prune.add_argument("--older-than", type=_days, required=True, metavar="DAYS", help="1 or more")
    prune.add_argument(
        "--dry-run", action="store_true", help="print what would be removed, and change nothing"
    )
    prune.set_defaults(run=partial(_run, "prune"))


def _add_compact(commands: Commands) -> None:
    compact = commands.add_parser(
        "compact",
        help="merge the small files of the lake (EVENTS_URI)",
        description="Merges the small files of each day, writes checkpoints of the tables' logs,"
        " and removes files that were replaced more than --keep-hours ago. The loader, builds and"
        " readers may run. Run it once a day; after an interruption, run it again.",
        epilog="Settings: EVENTS_URI. The views of a build name the files of the lake. Build more"
        " often than every --keep-hours, or checkpoints miss files until the next build.",
    )
    compact.add_argument(
        "--keep-hours",
        type=_at_least_one,
        default=DEFAULT_KEEP_HOURS,
        metavar="HOURS",
        help="how long to keep replaced files, longer than a build takes (default: a week)",
    )
    compact.set_defaults(run=partial(_run, "compact"))


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:20]) <= MAX_DAYS:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 to {MAX_DAYS}")
    return int(text)
