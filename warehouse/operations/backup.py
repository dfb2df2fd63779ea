"""`python -m warehouse backup`: make consistent copies of the store and the warehouse.

The steps are: lock the warehouse, begin the store's snapshot, copy the warehouse, release it, copy
the snapshot. So the copy of the warehouse has exactly the events that the copy of the store marks
as shipped. Without the lock, the warehouse could have events that the store lacks, and other
balances.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import platform
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import make_url

from warehouse import __version__
from warehouse.database import open_when_free
from warehouse.inputs.functions import file_sha256
from warehouse.operations.command import CannotOperateError
from warehouse.operations.durable_files import PRIVATE, copy_open_file, sync, write_private
from warehouse.operations.inventory import (
    CHECKSUMS,
    INVENTORY,
    NAME,
    STORE,
    WAREHOUSE,
    backups_in,
    file_timestamp,
    store_facts,
    warehouse_facts,
)
from warehouse.operations.progress import NO_CALLBACKS, Callbacks, show_progress
from warehouse.settings import Settings
from warehouse.store.clock import Clock, utc_now
from warehouse.store.engine import open_copy, sqlite_path
from warehouse.store.snapshot import SqliteSnapshot
from warehouse.store.upkeep import reading
from warehouse.terminal import console_for, echo

PRIVATE_FOLDER = 0o700
# How long to wait for a free name; there is one per second.
MAX_NAME_WAIT_SECONDS = 2.0
# The space that must remain free.
SPARE_BYTES = 16 * 1024 * 1024


def run(options: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    with show_progress(console_for()) as callbacks:
        backup = make_backup(Settings.from_environment(), options.to, callbacks=callbacks)
    inventory = json.loads((backup / INVENTORY).read_text(encoding="utf-8"))
    for part in ("store", "warehouse"):
        facts = inventory[part]
        if facts is None:
            echo(f"No {part} exists.")
        else:
            echo(
                f"{part}: {facts['event_count']:,} events, {facts['player_count']:,} players,"
                f" {facts['balance']:,} coins"
            )
    if inventory["events_uri"] is not None:
        echo(f"Not included: the events and players in the lake {inventory['events_uri']}.")
    echo("Not included: the key that signs tokens. Back up JWT_SECRET or .jwt_secret separately.")
    if options.keep is not None:
        for removed in remove_old(options.to, options.keep, spare=backup):
            echo(f"Removed {removed}")
    echo(f"Backup: {backup}")
    return 0


def store_file(settings: Settings) -> Path:
    """Return the path of the store.

    Raises:
        CannotOperateError: The store is not an SQLite file.
    """
    path = sqlite_path(settings.store_url)
    if path is None:
        engine = make_url(settings.store_url).get_backend_name()
        raise CannotOperateError(
            f"STORE_URL names a {engine} database. Back it up with `pg_dump` and `pg_restore`: stop"
            " the loader and builds, copy WAREHOUSE_PATH, then run pg_dump, so that the store has"
            " all events of the warehouse. After a restore, run `python -m warehouse load --all` to"
            " ship the events in between."
        )
    return path


def make_backup(
    settings: Settings,
    folder: Path,
    *,
    callbacks: Callbacks = NO_CALLBACKS,
    clock: Clock = utc_now,
) -> Path:
    """Make a backup.

    Args:
        settings: The paths of the store and the warehouse.
        folder: The folder of all backups, created if it is missing.
        callbacks: Report the progress.
        clock: Returns the time for the name.

    Returns:
        The folder of the backup.

    Raises:
        CannotOperateError: There is nothing to copy, or too little space.
        WarehouseUnavailableError: The warehouse is locked too long, or cannot be read.
        StoreUnavailableError: The store cannot be read.
        OSError: The folder is not writable.
    """
    store, warehouse = store_file(settings), settings.warehouse_path
    if not store.exists() and not warehouse.exists():
        raise CannotOperateError(
            f"There is nothing to copy: neither {store} nor {warehouse} exists. Set STORE_URL and"
            " WAREHOUSE_PATH to their paths."
        )
    folder.mkdir(parents=True, exist_ok=True)
    with _exclusive_use_of(folder):
        _require_space(folder, [store, warehouse])
        name = _free_name(folder, clock)
        draft = folder / f".{name}.tmp"
        draft.mkdir(mode=PRIVATE_FOLDER)
        try:
            _fill(draft, settings, callbacks, clock)
            sync(draft)
            callbacks.on_step("filled")
            draft.rename(folder / name)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        sync(folder)
    return folder / name


def _free_name(folder: Path, clock: Clock) -> str:
    """Return a name with the current second; wait if a backup with that name exists."""
    deadline = time.monotonic() + MAX_NAME_WAIT_SECONDS
    while (folder / (name := f"backup-{file_timestamp(clock())}")).exists():
        if time.monotonic() > deadline:
            raise CannotOperateError(f"{folder / name} exists. Check that the clock runs.")
        time.sleep(0.05)
    return name


def remove_old(folder: Path, keep: int, spare: Path) -> list[Path]:
    """Remove all complete backups except the newest; return the removed ones.

    Args:
        folder: The folder of all backups.
        keep: The number of backups to keep.
        spare: A backup to keep even if the clock went backwards.
    """
    old = [path for path in backups_in(folder)[:-keep] if path != spare]
    with _exclusive_use_of(folder):
        for path in old:
            # After an interruption, no backup is incomplete.
            shutil.rmtree(path.rename(folder / f".{path.name}.tmp"))
    return old


@contextmanager
def _exclusive_use_of(folder: Path) -> Iterator[None]:
    """Lock a folder against other backups, and remove incomplete ones of killed processes."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CannotOperateError(
                f"Another backup is running in {folder}. Wait for its end, or use another folder."
            ) from error
        for incomplete in folder.glob(".backup-*.tmp"):
            if NAME.fullmatch(incomplete.name.removeprefix(".").removesuffix(".tmp")):
                shutil.rmtree(incomplete)
        yield
    finally:
        os.close(descriptor)


def _require_space(folder: Path, files: list[Path]) -> None:
    needed = sum(file.stat().st_size for file in files if file.exists()) + SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise CannotOperateError(
            f"The copies need {needed / 1e6:,.0f} MB, but {folder} has {free / 1e6:,.0f} MB free."
            " Free some space, or use another folder. --keep N removes old backups after a new one."
        )


def _fill(draft: Path, settings: Settings, callbacks: Callbacks, clock: Clock) -> None:
    store, warehouse = store_file(settings), settings.warehouse_path
    files: dict[str, dict[str, Any]] = {}
    started_at = clock()
    facts: dict[str, Any] = {"store": None, "warehouse": None}
    with ExitStack() as reading_store:
        with ExitStack() as locking:
            source = (
                locking.enter_context(_locked(warehouse, callbacks)) if warehouse.exists() else None
            )
            snapshot = (
                reading_store.enter_context(SqliteSnapshot(store)) if store.exists() else None
            )
            if source is None and warehouse.exists():
                raise CannotOperateError(f"{warehouse} was just created. Run again.")
            if source is not None:
                progress = partial(callbacks.on_progress, "Copying the warehouse")
                sha256 = copy_open_file(source, draft / WAREHOUSE, progress)
                files[WAREHOUSE] = _described(draft / WAREHOUSE, sha256)
                callbacks.on_step("warehouse copied")
        if snapshot is not None:
            snapshot.copy_to(draft / STORE, partial(callbacks.on_progress, "Copying the store"))
    if snapshot is not None:
        (draft / STORE).chmod(PRIVATE)
        sync(draft / STORE)
        callbacks.on_step("store copied")
        files[STORE] = _described(draft / STORE, file_sha256(str(draft / STORE)))
        engine = open_copy(draft / STORE)
        with reading(engine) as reader:
            facts["store"] = store_facts(reader)
        engine.dispose()
    if source is not None:
        with duckdb.connect(str(draft / WAREHOUSE), read_only=True) as copy:
            facts["warehouse"] = warehouse_facts(copy)
    inventory = {
        "format": 1,
        "created_at": started_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "versions": {
            "gamehouse": __version__,
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            "duckdb": duckdb.__version__,
        },
        "files": files,
        "events_uri": settings.events_uri,
        **facts,
    }
    write_private(draft / INVENTORY, json.dumps(inventory, indent=2) + "\n")
    sums = {name: described["sha256"] for name, described in files.items()}
    sums[INVENTORY] = file_sha256(str(draft / INVENTORY))
    lines = [f"{sha256}  {name}\n" for name, sha256 in sorted(sums.items())]
    write_private(draft / CHECKSUMS, "".join(lines))


@contextmanager
def _locked(warehouse: Path, callbacks: Callbacks) -> Iterator[Any]:
    """Lock the warehouse, merge its WAL file, and open it for reading.

    The file is open before DuckDB locks it and until DuckDB closes it, because closing it would
    release the lock.
    """
    with (
        warehouse.open("rb") as file,
        open_when_free(warehouse, read_only=False, report=callbacks.on_wait) as connection,
    ):
        if os.fstat(file.fileno()).st_ino != warehouse.stat().st_ino:
            raise CannotOperateError(f"{warehouse} was just replaced. Run again.")
        connection.execute("checkpoint")
        yield file


def _described(path: Path, sha256: str) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": sha256}
