"""`python -m warehouse restore`: a backup takes the place of the store and the warehouse.

The store that is put in place gets a new id, and the warehouse of the same backup notes it. For the
store gives again what ids it gave since the backup: tokens, a warehouse or a lake of that time mean
other players by them, and know the store by its old id.

Each of the two files is there at every moment, the old one or the new one. Whoever is interrupted
between them has the store of the backup and the warehouse of before; running again ends it.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

import duckdb

from warehouse.database import holder_of
from warehouse.loader.source_store import read_store_id, write_store_id
from warehouse.operations.backup import store_file
from warehouse.operations.command import CannotOperateError
from warehouse.operations.durable_copy import (
    NOBODY,
    SQLITE_LOCKS,
    WHOLE_FILE,
    Tell,
    copy_open_file,
    lock_alone,
    showing_progress,
    sync,
)
from warehouse.operations.inventory import MANIFEST, STORE, WAREHOUSE, stamp
from warehouse.operations.verify import show_checks, verify_backup, verify_live
from warehouse.settings import Settings
from warehouse.store.clock import Clock, utc_now
from warehouse.store.election import FileElection
from warehouse.store.outbox import SqlOutbox
from warehouse.store.protocol import StoreUnavailableError
from warehouse.store.snapshot import StoreInUseError, fold
from warehouse.store.upkeep import SqlUpkeep
from warehouse.terminal import console_for, say

EXIT_OK, EXIT_FAILED = 0, 1


def run(options: argparse.Namespace) -> int:
    """Run the command; returns its exit status."""
    console = console_for(is_log_wide=True)
    settings = Settings.from_environment()
    store_file(settings)
    with showing_progress(console) as tell:
        checks = verify_backup(options.folder, tell)
    if not all(check.holds for check in checks):
        show_checks(checks, console)
        say(f"Nothing was changed: {options.folder} is damaged.")
        return EXIT_FAILED
    with showing_progress(console) as tell:
        aside = restore(settings, options.folder, replace=options.replace, tell=tell)
    for folder in aside:
        say(f"What was there before is in {folder}")
    with showing_progress(console) as tell:
        checks = verify_live(settings, tell)
    status = show_checks(checks, console)
    say(f"Restored {options.folder}")
    return status


def restore(
    settings: Settings,
    folder: Path,
    *,
    replace: bool,
    tell: Tell = NOBODY,
    clock: Clock = utc_now,
) -> list[Path]:
    """Put a verified backup in place.

    Args:
        settings: Where the files go.
        folder: The backup.
        replace: Set files that are there aside.
        tell: Whom to tell how far it is.
        clock: Tells where they are set aside.

    Returns:
        The folders into which files were set aside.

    Raises:
        CannotOperateError: Files are there, or in use, or the backup changed meanwhile.
        OSError: Something cannot be written.
    """
    parts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    targets = {STORE: store_file(settings), WAREHOUSE: settings.warehouse_path}
    targets = {name: path for name, path in targets.items() if name in parts}
    there = [str(path) for path in targets.values() if path.exists()]
    if there and not replace:
        raise CannotOperateError(
            f"{' and '.join(there)} {'exists' if len(there) == 1 else 'exist'}. Nothing was"
            " changed. --replace sets what is there aside, into a folder replaced-TIME beside it."
        )
    moment = stamp(clock())
    for path in targets.values():
        require_free(aside_of(path, moment))
    with _alone_with(store_file(settings), settings.warehouse_path):
        drafts = {}
        for name, path in targets.items():
            drafts[name] = _draft(folder / name, path, parts[name]["sha256"], tell)
            tell.after(f"{name} copied")
        if STORE in drafts:
            _renew(drafts[STORE], drafts.get(WAREHOUSE))
        aside = []
        # The store comes first: it is what players wait for, and the warehouse can be made of it.
        for name, path in targets.items():
            aside += _replace(drafts[name], path, moment)
            tell.after(f"{name} replaced")
    return list(dict.fromkeys(aside))


def aside_of(path: Path, moment: str) -> Path:
    """Name the folder into which a file is set aside."""
    return path.parent / f"replaced-{moment}"


def require_free(aside: Path) -> None:
    """Refuse to set a file aside where another is."""
    if aside.exists():
        raise CannotOperateError(f"{aside} exists. Nothing was changed. Try again in a second.")


@contextmanager
def _alone_with(store: Path, warehouse: Path) -> Iterator[None]:
    """Keep the API, the loader and dbt out.

    Raises:
        CannotOperateError: One of them is there.
    """
    election = FileElection(warehouse)
    if not election.stand():
        raise _in_use(f"A loader ({election.incumbent()}) is in charge of {warehouse}")
    try:
        with ExitStack() as files:
            _fold_store(store)
            _fold_warehouse(warehouse)
            for path, span in ((store, SQLITE_LOCKS), (warehouse, WHOLE_FILE)):
                if path.exists() and not lock_alone(files.enter_context(path.open("r+b")), span):
                    raise _in_use(f"{path} is in use")
            yield
    finally:
        election.resign()


def _in_use(what: str) -> CannotOperateError:
    return CannotOperateError(
        f"{what}. Nothing was changed. Stop the API, `python -m warehouse load` and the schedule,"
        " and run again."
    )


def _fold_store(store: Path) -> None:
    """Put the log of the old store into its file: beside another file it would be that one's."""
    if not store.exists():
        return
    try:
        fold(store)
    except StoreInUseError as error:
        raise _in_use(f"{store} is in use") from error
    except StoreUnavailableError:
        # It is no database any more; its log is set aside with it.
        return


def _fold_warehouse(warehouse: Path) -> None:
    """Likewise."""
    if not warehouse.exists():
        return
    try:
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("checkpoint")
    except duckdb.Error as error:
        if holder := holder_of(error):
            raise _in_use(f"{warehouse} is held by {holder}") from error


def _draft(source: Path, target: Path, sha256: str, tell: Tell) -> Path:
    """Copy a file of the backup to where it is only to be renamed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.restore.tmp")
    for log in _logs(draft):
        # Of a restore that was interrupted.
        log.unlink()
    with source.open("rb") as file:
        found = copy_open_file(file, draft, partial(tell.report, f"Copying {source.name}"))
    if found != sha256:
        draft.unlink()
        raise CannotOperateError(
            f"{source} changed while it was copied. Nothing was changed; verify the backup."
        )
    return draft


def _renew(store: Path, warehouse: Path | None) -> None:
    """Give a store a new id, and note it in the warehouse that it feeds."""
    with closing(SqlUpkeep(f"sqlite:///{store}")) as upkeep:
        old_id, new_id = upkeep.store_id(), upkeep.renew_id()
    if warehouse is None:
        # The backup is of a time without one: all that the store has is to be shipped.
        with closing(SqlOutbox(f"sqlite:///{store}")) as outbox:
            outbox.ship_again()
    fold(store)
    sync(store)
    if warehouse is not None:
        with duckdb.connect(str(warehouse)) as connection:
            # One that another store feeds stays that one's, and one of an older version becomes
            # this one's.
            if read_store_id(connection) in (None, old_id):
                write_store_id(connection, new_id)
        sync(warehouse)


def _logs(path: Path) -> list[Path]:
    """Find what SQLite or DuckDB has left beside a file."""
    logs = [path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm", ".wal")]
    return [log for log in logs if log.exists()]


def _replace(draft: Path, path: Path, moment: str) -> list[Path]:
    """Put the new file in the place of the old one, which gets a second name before."""
    left = _logs(path)
    aside = aside_of(path, moment)
    if path.exists() or left:
        aside.mkdir(exist_ok=True)
    if path.exists():
        os.link(path, aside / path.name)
    for log in left:
        log.rename(aside / log.name)
    sync(path.parent)
    draft.replace(path)
    sync(path.parent)
    return [aside] if aside.exists() else []
