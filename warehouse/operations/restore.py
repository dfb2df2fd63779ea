"""`python -m warehouse restore`: replace the store and the warehouse by those of a backup.

The restored store gets a new id, and the restored warehouse records it. The store will reuse the
user ids that it assigned after the backup, so newer tokens, warehouses and lakes, which have the
old id, must not be used with it.

Players who were erased in the replaced store are erased in the restored one, too.

Each file exists at every moment, either the old or the new one. After an interruption, the store
may be new and the warehouse old; running the command again completes the restore.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

import duckdb

from warehouse.database import lock_holder
from warehouse.loader.source_store import read_store_id, write_store_id
from warehouse.operations.backup import store_file
from warehouse.operations.command import CannotOperateError
from warehouse.operations.durable_files import (
    SQLITE_LOCKS,
    WHOLE_FILE,
    copy_open_file,
    lock_exclusively,
    sync,
)
from warehouse.operations.inventory import STORE, WAREHOUSE, file_timestamp, inventory_of
from warehouse.operations.progress import NO_CALLBACKS, Callbacks, show_progress
from warehouse.operations.verify import show_checks, verify_backup, verify_live
from warehouse.settings import Settings
from warehouse.store.clock import Clock, utc_now
from warehouse.store.election import FileElection
from warehouse.store.engine import open_copy, translate_errors
from warehouse.store.erasure import erased_players
from warehouse.store.outbox import SqlOutbox
from warehouse.store.protocol import StoreUnavailableError
from warehouse.store.snapshot import StoreInUseError, merge_wal
from warehouse.store.upkeep import SqlUpkeep
from warehouse.terminal import EXIT_FAILED, console_for, echo


def run(options: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    console = console_for(is_log_wide=True)
    settings = Settings.from_environment()
    store_file(settings)
    with show_progress(console) as callbacks:
        checks = verify_backup(options.folder, callbacks)
    if not all(check.holds for check in checks):
        show_checks(checks, console)
        echo(f"Nothing was changed: {options.folder} is damaged.")
        return EXIT_FAILED
    with show_progress(console) as callbacks:
        replaced = restore(settings, options.folder, replace=options.replace, callbacks=callbacks)
    for folder in replaced:
        echo(f"The old files are in {folder}")
    with show_progress(console) as callbacks:
        checks = verify_live(settings, callbacks)
    status = show_checks(checks, console)
    echo(f"Restored {options.folder}")
    return status


def restore(
    settings: Settings,
    folder: Path,
    *,
    replace: bool,
    callbacks: Callbacks = NO_CALLBACKS,
    clock: Clock = utc_now,
) -> list[Path]:
    """Restore a verified backup.

    Args:
        settings: The paths of the store and the warehouse.
        folder: The backup.
        replace: Move existing files away.
        callbacks: Report the progress.
        clock: Returns the time for the names of the folders with the old files.

    Returns:
        The folders with the old files.

    Raises:
        CannotOperateError: Files exist or are in use, or the backup has changed.
        OSError: A file cannot be written.
    """
    parts = json.loads(inventory_of(folder).read_text(encoding="utf-8"))["files"]
    targets = {STORE: store_file(settings), WAREHOUSE: settings.warehouse_path}
    targets = {name: path for name, path in targets.items() if name in parts}
    existing = [str(path) for path in targets.values() if path.exists()]
    if existing and not replace:
        raise CannotOperateError(
            f"{' and '.join(existing)} {'exists' if len(existing) == 1 else 'exist'}. Nothing was"
            " changed. --replace moves existing files into a folder replaced-TIME beside them."
        )
    moment = file_timestamp(clock())
    for path in targets.values():
        require_new_folder(replaced_folder(path, moment))
    with _exclusive_use_of(store_file(settings), settings.warehouse_path):
        drafts = {}
        for name, path in targets.items():
            drafts[name] = _draft(folder / name, path, parts[name]["sha256"], callbacks)
            callbacks.on_step(f"{name} copied")
        if STORE in drafts:
            erased = _erased_in(targets[STORE])
            _renew_id(drafts[STORE], drafts.get(WAREHOUSE), erased, clock())
        replaced = []
        # The store first: the API needs it, and the loader can fill the warehouse from it.
        for name, path in targets.items():
            replaced += _replace(drafts[name], path, moment)
            callbacks.on_step(f"{name} replaced")
    return list(dict.fromkeys(replaced))


def replaced_folder(path: Path, moment: str) -> Path:
    """Return the folder for the old version of a file."""
    return path.parent / f"replaced-{moment}"


def require_new_folder(folder: Path) -> None:
    """Reject an existing folder, because a file in it could be overwritten."""
    if folder.exists():
        raise CannotOperateError(f"{folder} exists. Nothing was changed. Try again in a second.")


@contextmanager
def _exclusive_use_of(store: Path, warehouse: Path) -> Iterator[None]:
    """Lock the store and the warehouse against the API, the loader and dbt.

    Raises:
        CannotOperateError: One of them runs.
    """
    election = FileElection(warehouse)
    if not election.try_acquire():
        raise _in_use(f"A loader ({election.leader()}) ships to {warehouse}")
    try:
        with ExitStack() as files:
            _merge_store_wal(store)
            _merge_warehouse_wal(warehouse)
            for path, span in ((store, SQLITE_LOCKS), (warehouse, WHOLE_FILE)):
                if path.exists() and not lock_exclusively(
                    files.enter_context(path.open("r+b")), span
                ):
                    raise _in_use(f"{path} is in use")
            yield
    finally:
        election.resign()


def _in_use(what: str) -> CannotOperateError:
    return CannotOperateError(
        f"{what}. Nothing was changed. Stop the API, `python -m warehouse load` and the schedule,"
        " and run again."
    )


def _merge_store_wal(store: Path) -> None:
    """Merge the WAL file of the old store, which would otherwise apply to the new one."""
    if not store.exists():
        return
    try:
        merge_wal(store)
    except StoreInUseError as error:
        raise _in_use(f"{store} is in use") from error
    except StoreUnavailableError:
        # The file is damaged; its WAL file is moved away with it.
        return


def _merge_warehouse_wal(warehouse: Path) -> None:
    if not warehouse.exists():
        return
    try:
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute("checkpoint")
    except duckdb.Error as error:
        if holder := lock_holder(error):
            raise _in_use(f"{warehouse} is locked by {holder}") from error


def _draft(source: Path, target: Path, sha256: str, callbacks: Callbacks) -> Path:
    """Copy a file of the backup into the folder of its target."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.restore.tmp")
    for log in _logs(draft):  # of an interrupted restore
        log.unlink()
    with source.open("rb") as file:
        found = copy_open_file(
            file, draft, partial(callbacks.on_progress, f"Copying {source.name}")
        )
    if found != sha256:
        draft.unlink()
        raise CannotOperateError(
            f"{source} changed while it was copied. Nothing was restored. Verify the backup."
        )
    return draft


def _erased_in(store: Path) -> list[tuple[int, datetime]]:
    """Return the erased players of the store to replace; none if it is missing or not readable."""
    if not store.exists():
        return []
    engine = open_copy(store)
    try:
        with translate_errors(), engine.connect() as connection:
            return erased_players(connection)
    except StoreUnavailableError as error:
        echo(f"The old store is not readable, so its erasures are not repeated: {error}")
        return []
    finally:
        engine.dispose()


def _renew_id(
    store: Path,
    warehouse: Path | None,
    erased: Sequence[tuple[int, datetime]],
    now: datetime,
) -> None:
    """Give a store a new id, record it in its warehouse, and repeat erasures.

    A player is the same if the time of registration is, because a restored store reuses ids.
    """
    with closing(SqlUpkeep(f"sqlite:///{store}")) as upkeep:
        old_id, new_id = upkeep.store_id(), upkeep.renew_id()
        for user_id, created_at in erased:
            upkeep.erase(user_id, now, created_at)
    if warehouse is None:
        # The backup has no warehouse, so all events must ship again.
        with closing(SqlOutbox(f"sqlite:///{store}")) as outbox:
            outbox.ship_again()
    merge_wal(store)
    sync(store)
    if warehouse is not None:
        with duckdb.connect(str(warehouse)) as connection:
            # A warehouse of another store keeps its id; an older version recorded none.
            if read_store_id(connection) in (None, old_id):
                write_store_id(connection, new_id)
        sync(warehouse)


def _logs(path: Path) -> list[Path]:
    """Return the existing log files of SQLite or DuckDB beside a file."""
    logs = [path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm", ".wal")]
    return [log for log in logs if log.exists()]


def _replace(draft: Path, path: Path, moment: str) -> list[Path]:
    """Link the old file into another folder and replace it; return that folder, if any."""
    logs = _logs(path)
    folder = replaced_folder(path, moment)
    if path.exists() or logs:
        folder.mkdir(exist_ok=True)
    if path.exists():
        os.link(path, folder / path.name)
    for log in logs:
        log.rename(folder / log.name)
    sync(path.parent)
    draft.replace(path)
    sync(path.parent)
    return [folder] if folder.exists() else []
