"""`python -m warehouse backup`: copies of the store and the warehouse that belong together.

The warehouse is held first; nothing arrives in it from then on. Then the store's snapshot begins,
and the warehouse is copied and let go; the snapshot stays as it is while it is copied after that.
So the copy of the warehouse holds all that the copy of the store has as shipped, and nothing that
the store does not know. Copied one after the other without holding it, the warehouse would be
ahead: of a store that was restored it would know events, and give their players other balances.
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
from warehouse.operations.durable_copy import (
    NOBODY,
    PRIVATE,
    Tell,
    copy_open_file,
    showing_progress,
    sync,
    write_private,
)
from warehouse.operations.inventory import (
    CHECKSUMS,
    MANIFEST,
    NAME,
    STORE,
    WAREHOUSE,
    backups_in,
    stamp,
    store_facts,
    warehouse_facts,
)
from warehouse.settings import Settings
from warehouse.store.clock import Clock, utc_now
from warehouse.store.engine import open_copy, sqlite_path
from warehouse.store.snapshot import SqliteSnapshot
from warehouse.store.upkeep import reading
from warehouse.terminal import console_for, say

PRIVATE_FOLDER = 0o700
# There is a name for each second.
NAME_PATIENCE_SECONDS = 2.0
# Left free beyond what the copies take.
SPARE_BYTES = 16 * 1024 * 1024


def run(options: argparse.Namespace) -> int:
    """Run the command; returns its exit status."""
    with showing_progress(console_for()) as tell:
        backup = make_backup(Settings.from_environment(), options.to, tell=tell)
    manifest = json.loads((backup / MANIFEST).read_text(encoding="utf-8"))
    for part in ("store", "warehouse"):
        facts = manifest[part]
        if facts is None:
            say(f"There is no {part} yet.")
        else:
            say(
                f"{part}: {facts['event_count']:,} events, {facts['player_count']:,} players,"
                f" {facts['balance']:,} coins"
            )
    if manifest["events_uri"] is not None:
        say(f"Not in it: the events and players in the lake {manifest['events_uri']}.")
    say("Not in it: the key that signs tokens. Keep JWT_SECRET or .jwt_secret elsewhere.")
    if options.keep is not None:
        for removed in remove_old(options.to, options.keep, spare=backup):
            say(f"Removed {removed}")
    say(f"Backup: {backup}")
    return 0


def store_file(settings: Settings) -> Path:
    """Name the store's file.

    Raises:
        CannotOperateError: The store is none; only its own tools can copy it.
    """
    path = sqlite_path(settings.store_url)
    if path is None:
        engine = make_url(settings.store_url).get_backend_name()
        raise CannotOperateError(
            f"STORE_URL names a database of {engine}, which its own tools copy: `pg_dump` and"
            " `pg_restore`. Copy WAREHOUSE_PATH first, while no loader and no build runs, and run"
            " pg_dump after it: then the store has all that the warehouse has. After a restore,"
            " `python -m warehouse load --all` ships what came in between."
        )
    return path


def make_backup(
    settings: Settings,
    folder: Path,
    *,
    tell: Tell = NOBODY,
    clock: Clock = utc_now,
) -> Path:
    """Make a backup.

    Args:
        settings: Where things are.
        folder: Where backups are kept; made where it is missing.
        tell: Whom to tell how far it is.
        clock: Tells the name.

    Returns:
        The folder of the backup.

    Raises:
        CannotOperateError: There is nothing to copy, or no room for it.
        WarehouseUnavailableError: The warehouse is held for too long, or cannot be read.
        StoreUnavailableError: The store cannot be read.
        OSError: The folder cannot be written.
    """
    store, warehouse = store_file(settings), settings.warehouse_path
    if not store.exists() and not warehouse.exists():
        raise CannotOperateError(
            f"There is nothing to copy: neither {store} nor {warehouse} exists. Set STORE_URL and"
            " WAREHOUSE_PATH to where they are."
        )
    folder.mkdir(parents=True, exist_ok=True)
    with _alone_in(folder):
        _require_room(folder, [store, warehouse])
        name = _free_name(folder, clock)
        draft = folder / f".{name}.tmp"
        draft.mkdir(mode=PRIVATE_FOLDER)
        try:
            _fill(draft, settings, tell, clock)
            sync(draft)
            tell.after("filled")
            draft.rename(folder / name)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        sync(folder)
    return folder / name


def _free_name(folder: Path, clock: Clock) -> str:
    """Name a backup after the second that it is made in, or after the next one without any."""
    deadline = time.monotonic() + NAME_PATIENCE_SECONDS
    while (folder / (name := f"backup-{stamp(clock())}")).exists():
        if time.monotonic() > deadline:
            raise CannotOperateError(f"{folder / name} exists. See whether the clock stands still.")
        time.sleep(0.05)
    return name


def remove_old(folder: Path, keep: int, spare: Path) -> list[Path]:
    """Remove all complete backups but the newest ones; returns those that are gone.

    Args:
        folder: Where they are.
        keep: How many stay.
        spare: One of them that stays in any case, whatever the clock says.
    """
    old = [path for path in backups_in(folder)[:-keep] if path != spare]
    with _alone_in(folder):
        for path in old:
            # Whoever is interrupted here leaves no backup that has lost half of its files.
            doomed = path.rename(folder / f".{path.name}.tmp")
            shutil.rmtree(doomed)
    return old


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep other backups out of a folder, and remove what one left that was killed."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CannotOperateError(
                f"Another backup is being made in {folder}. Wait for its end, or name another"
                " folder."
            ) from error
        for left in folder.glob(".backup-*.tmp"):
            if NAME.fullmatch(left.name.removeprefix(".").removesuffix(".tmp")):
                shutil.rmtree(left)
        yield
    finally:
        os.close(descriptor)


def _require_room(folder: Path, files: list[Path]) -> None:
    wanted = sum(file.stat().st_size for file in files if file.exists()) + SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise CannotOperateError(
            f"The copies take {wanted / 1e6:,.0f} MB, and {folder} has {free / 1e6:,.0f} MB free."
            " Make room (--keep N removes old backups after a new one), or use another folder."
        )


def _fill(draft: Path, settings: Settings, tell: Tell, clock: Clock) -> None:
    store, warehouse = store_file(settings), settings.warehouse_path
    files: dict[str, dict[str, Any]] = {}
    started_at = clock()
    facts: dict[str, Any] = {"store": None, "warehouse": None}
    with ExitStack() as reading_store:
        with ExitStack() as holding:
            source = holding.enter_context(_held(warehouse, tell)) if warehouse.exists() else None
            snapshot = (
                reading_store.enter_context(SqliteSnapshot(store)) if store.exists() else None
            )
            if source is None and warehouse.exists():
                raise CannotOperateError(f"{warehouse} was made just now. Run again.")
            if source is not None:
                progress = partial(tell.report, "Copying the warehouse")
                sha256 = copy_open_file(source, draft / WAREHOUSE, progress)
                files[WAREHOUSE] = _described(draft / WAREHOUSE, sha256)
                tell.after("warehouse copied")
        if snapshot is not None:
            snapshot.copy_to(draft / STORE, partial(tell.report, "Copying the store"))
    if snapshot is not None:
        (draft / STORE).chmod(PRIVATE)
        sync(draft / STORE)
        tell.after("store copied")
        files[STORE] = _described(draft / STORE, file_sha256(str(draft / STORE)))
        engine = open_copy(draft / STORE)
        with reading(engine) as reader:
            facts["store"] = store_facts(reader)
        engine.dispose()
    if source is not None:
        with duckdb.connect(str(draft / WAREHOUSE), read_only=True) as copy:
            facts["warehouse"] = warehouse_facts(copy)
    manifest = {
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
    write_private(draft / MANIFEST, json.dumps(manifest, indent=2) + "\n")
    sums = {name: described["sha256"] for name, described in files.items()}
    sums[MANIFEST] = file_sha256(str(draft / MANIFEST))
    lines = [f"{sha256}  {name}\n" for name, sha256 in sorted(sums.items())]
    write_private(draft / CHECKSUMS, "".join(lines))


@contextmanager
def _held(warehouse: Path, tell: Tell) -> Iterator[Any]:
    """Hold the warehouse alone, all of it in its one file, and give that file to read.

    The file is opened before DuckDB locks it and closed after: closing it lets go of the lock.
    """
    with (
        warehouse.open("rb") as file,
        open_when_free(warehouse, read_only=False, report=tell.say) as connection,
    ):
        if os.fstat(file.fileno()).st_ino != warehouse.stat().st_ino:
            raise CannotOperateError(f"{warehouse} was replaced just now. Run again.")
        connection.execute("checkpoint")
        yield file


def _described(path: Path, sha256: str) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": sha256}
