"""`python -m warehouse verify`: check that the store and the warehouse are undamaged and agree.

It verifies the files in use, while it locks the warehouse and the loader waits, or a backup.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from rich import box
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from warehouse.database import WarehouseUnavailableError, open_when_free
from warehouse.inputs.functions import file_sha256
from warehouse.loader import comparison
from warehouse.loader.comparison import Comparison
from warehouse.loader.lake import Lake, Pinned
from warehouse.loader.source_store import read_store_id
from warehouse.operations.command import CannotOperateError
from warehouse.operations.inventory import (
    CHECKSUMS,
    INVENTORY,
    STORE,
    WAREHOUSE,
    backups_in,
    inventory_of,
    store_facts,
    warehouse_facts,
)
from warehouse.operations.progress import NO_CALLBACKS, Callbacks, show_progress
from warehouse.settings import Settings
from warehouse.store.engine import open_copy, open_engine, sqlite_path
from warehouse.store.migrations import versions
from warehouse.store.protocol import StoreUnavailableError
from warehouse.store.upkeep import StoreReader, reading
from warehouse.terminal import EXIT_FAILED, EXIT_OK, cell, console_for, print_line, print_table

# The maximum number of examples of a fault.
EXAMPLES = 5
# The number of attempts while the loader ships to the lake.
ATTEMPTS = 5


@dataclass(frozen=True)
class _Sides:
    """The parts that exist, even if they are not readable.

    Attributes:
        has_store: Whether there is a store.
        has_warehouse: Whether there is a DuckDB file.
        lake: The lake, if it has the events instead of the DuckDB file.
        lake_elsewhere: The lake of a backup, which does not contain it.
    """

    has_store: bool
    has_warehouse: bool
    lake: Pinned | None
    lake_elsewhere: str | None


class _LakeMovedError(Exception):
    """The loader has shipped to the lake before the store's snapshot began."""


@dataclass(frozen=True)
class Check:
    """The result of one check.

    Attributes:
        subject: What is checked: `files`, `store`, `warehouse`, `lake` or `both`.
        name: The condition.
        holds: Whether the condition holds.
        found: The result in a few words.
        details: A longer description of a fault.
    """

    subject: str
    name: str
    holds: bool
    found: str
    details: str = ""


def run(options: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    console = console_for(is_log_wide=True)
    with show_progress(console) as callbacks:
        if options.folder is None:
            checks = verify_live(Settings.from_environment(), callbacks)
        else:
            checks = verify_backup(options.folder, callbacks)
    return show_checks(checks, console)


def show_checks(checks: Sequence[Check], console: Console) -> int:
    """Print the checks and the verdict; return the exit status."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for header in ("", "must hold", "found", "verdict"):
        table.add_column(header)
    for check in checks:
        word = cell("ok", "green") if check.holds else cell("FAILED", "bold red")
        table.add_row(cell(check.subject), cell(check.name), cell(check.found), word)
    print_table(console, table)
    failed = [check for check in checks if not check.holds]
    for check in failed:
        # Not in the table, because the details may be long.
        print_line(console, f"{check.subject}: {check.name}: {check.details or check.found}")
    if failed:
        print_line(console, (f"{len(failed)} of {len(checks)} checks FAILED", "bold red"))
        return EXIT_FAILED
    print_line(console, (f"{len(checks)} checks, all hold", "green"))
    return EXIT_OK


def verify_live(settings: Settings, callbacks: Callbacks = NO_CALLBACKS) -> list[Check]:
    """Verify the store and the warehouse that are in use.

    Raises:
        CannotOperateError: Both are missing.
        WarehouseUnavailableError: Another process locks the warehouse, or the lake is not readable.
    """
    path = sqlite_path(settings.store_url)
    has_store = path is None or path.exists()
    has_warehouse = settings.warehouse_path.exists()
    if not has_store and not has_warehouse:
        raise CannotOperateError(
            f"There is neither a store ({path}) nor a warehouse ({settings.warehouse_path})."
            " Set STORE_URL and WAREHOUSE_PATH to their paths."
        )

    def connect() -> duckdb.DuckDBPyConnection:
        return open_when_free(settings.warehouse_path, read_only=True, report=callbacks.on_wait)

    lake = Lake(settings.events_uri) if settings.events_uri else None
    for _ in range(ATTEMPTS):
        engine = open_engine(settings.store_url, writes=False) if has_store else None
        with suppress(_LakeMovedError):
            return _verify(engine, connect if has_warehouse else None, callbacks, lake=lake)
    raise CannotOperateError(f"The loader ships to {lake} continuously. Run again later.")


def verify_backup(folder: Path, callbacks: Callbacks = NO_CALLBACKS) -> list[Check]:
    """Verify a backup.

    Raises:
        CannotOperateError: The folder is not a backup.
    """
    if not inventory_of(folder).exists():
        backups = backups_in(folder) if folder.is_dir() else []
        hint = f" It contains backups; the newest is {backups[-1]}." if backups else ""
        raise CannotOperateError(f"{folder} is not a backup: it has no {INVENTORY}.{hint}")
    checks, inventory = _verify_files(folder)
    if inventory is None:
        return checks
    parts = inventory["files"]
    store, warehouse = folder / STORE, folder / WAREHOUSE

    def connect() -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(warehouse), read_only=True)

    return [
        *checks,
        *_verify(
            open_copy(store) if STORE in parts else None,
            connect if WAREHOUSE in parts else None,
            callbacks,
            inventory=inventory,
        ),
    ]


def _verify_files(folder: Path) -> tuple[list[Check], dict[str, Any] | None]:
    """Compare the files of a backup with its checksums and its inventory."""
    name_of_inventory = inventory_of(folder).name
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="ascii").splitlines()
        recorded = {name: sha256 for sha256, name in (line.split("  ") for line in lines)}
        inventory = json.loads((folder / name_of_inventory).read_text(encoding="utf-8"))
        files = {name: part["sha256"] for name, part in inventory["files"].items()}
        found = {
            name: file_sha256(str(folder / name)) if (folder / name).is_file() else None
            for name in {*recorded, *files, name_of_inventory}
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return [_unreadable("files", "can be read", error)], None
    others = sorted(path.name for path in folder.iterdir() if path.name not in {*found, CHECKSUMS})
    wrong = sorted(
        name
        for name, sha256 in found.items()
        if sha256 is None
        or sha256 != recorded.get(name)
        or (name != name_of_inventory and sha256 != files.get(name))
    )
    name = f"match {CHECKSUMS} and {name_of_inventory}"
    return [
        _none("files", name, wrong, f"{len(found)} files"),
        _none("files", "none were added", others, "none"),
    ], inventory


def _verify(
    engine: Engine | None,
    connect: Callable[[], duckdb.DuckDBPyConnection] | None,
    callbacks: Callbacks,
    *,
    inventory: dict[str, Any] | None = None,
    lake: Lake | None = None,
) -> list[Check]:
    """Verify the parts that exist. A missing part counts as empty, a damaged one does not."""
    checks: list[Check] = []
    try:
        sides = _Sides(
            engine is not None,
            connect is not None,
            lake.pin() if lake else None,
            (inventory or {}).get("events_uri"),
        )
        with _open(connect, checks) as warehouse, _read(engine, checks) as reader:
            if warehouse is not None:
                checks += _run("warehouse", lambda: _check_warehouse(warehouse, callbacks))
            if reader is not None:
                checks += _run("store", lambda: _check_store(reader))
            # If the lake did not change since before the store's snapshot, it has exactly the
            # events that the snapshot marks as shipped.
            if lake and lake.pin() != sides.lake:
                raise _LakeMovedError
            checks += _run("both", lambda: _check_both(reader, warehouse, sides, callbacks))
            if inventory is not None:
                checks += _run("files", lambda: _check_inventory(inventory, reader, warehouse))
    finally:
        if engine is not None:
            engine.dispose()
    return checks


def _run(subject: str, checks: Callable[[], Iterator[Check]]) -> list[Check]:
    """Run checks; if a part is not readable, return a failed check instead."""
    try:
        return list(checks())
    except (duckdb.Error, SQLAlchemyError, TypeError, ValueError) as error:
        # A damaged page may also contain values of a wrong type.
        return [_unreadable(subject, "can be read", error)]


@contextmanager
def _open(
    connect: Callable[[], duckdb.DuckDBPyConnection] | None, checks: list[Check]
) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """Open the warehouse; None if it is missing or not readable."""
    if connect is None:
        yield None
        return
    try:
        warehouse = connect()
    except duckdb.Error as error:
        checks.append(_unreadable("warehouse", "can be opened", error))
        yield None
        return
    except WarehouseUnavailableError as error:
        if not isinstance(error.__cause__, duckdb.Error):
            raise
        checks.append(_unreadable("warehouse", "can be opened", error.__cause__))
        yield None
        return
    with warehouse:
        yield warehouse


@contextmanager
def _read(engine: Engine | None, checks: list[Check]) -> Iterator[StoreReader | None]:
    """Begin a snapshot of the store; None if it is missing or not readable."""
    if engine is None:
        yield None
        return
    snapshot = reading(engine)
    try:
        reader = snapshot.__enter__()
    except StoreUnavailableError as error:
        checks.append(_unreadable("store", "can be opened", error))
        yield None
        return
    try:
        yield reader
    finally:
        # A damaged file may fail again here; a check has already reported it.
        with suppress(StoreUnavailableError):
            snapshot.__exit__(None, None, None)


def _check_warehouse(warehouse: duckdb.DuckDBPyConnection, callbacks: Callbacks) -> Iterator[Check]:
    tables = warehouse.execute(
        "select table_schema, table_name from information_schema.tables"
        " where table_type = 'BASE TABLE' and table_catalog = current_database() order by all"
    ).fetchall()
    total = 0
    for number, (schema, name) in enumerate(tables, start=1):
        # A hash of all columns makes DuckDB read every block, and verify its checksum.
        quoted = ".".join('"{}"'.format(part.replace('"', '""')) for part in (schema, name))
        row = warehouse.execute(f"select count(*), bit_xor(hash(t)) from {quoted} as t").fetchone()  # noqa: S608 (quoted)  # nosec B608
        total += row[0] if row else 0
        callbacks.on_progress("Reading tables", number, len(tables))
    yield Check(
        "warehouse", "every table can be read", True, f"{len(tables)} tables, {total:,} rows"
    )


def _check_store(reader: StoreReader) -> Iterator[Check]:
    if reader.is_sqlite:
        yield _none("store", "its file is intact", reader.faults_of_file(), "ok")
        broken = reader.broken_references()
        yield Check("store", "every foreign key is valid", broken == 0, f"{broken:,} are not")
    version = reader.schema_version()
    yield Check("store", "schema is known", version in versions(), f"version {version or 'none'}")


def _check_both(
    reader: StoreReader | None,
    warehouse: duckdb.DuckDBPyConnection | None,
    sides: _Sides,
    callbacks: Callbacks,
) -> Iterator[Check]:
    both = Comparison(warehouse or duckdb.connect(), sides.lake)
    if reader is not None:
        both.read(reader, lambda done, total: callbacks.on_progress("Reading events", done, total))
        yield from _check_side(both, "store", "stored")
        wrong = both.column(comparison.LAST_BALANCES)
        yield _none("store", "balances are those of the last change", wrong, "all", "player")
    if sides.lake is not None:
        yield from _check_side(both, "lake", "landed")
    elif warehouse is not None:
        yield from _check_side(both, "warehouse", "landed")
    if not sides.has_store:
        events, players = both.column(comparison.COUNTS)
        found = f"no store; the warehouse has {events:,} events and {players:,} players"
        name = "the store exists, or the warehouse has no events"
        yield Check("both", name, events + players == 0, found)
    if sides.lake_elsewhere is not None:
        found = sides.lake_elsewhere
        yield Check("both", "events are in a lake (not in the backup)", True, found)
        return
    is_unreadable = sides.lake is None and sides.has_warehouse and warehouse is None
    if reader is None or is_unreadable:
        return
    yield _check_store_id(reader, warehouse, sides)
    for name, query, what in (
        ("shipped events have arrived", comparison.MISSING, "event"),
        ("shipped players have arrived", comparison.MISSING_PLAYERS, "player"),
        ("events are equal", comparison.DIFFERENT, "event"),
        ("players are equal", comparison.DIFFERENT_PLAYERS, "player"),
        ("the store has all players", comparison.UNKNOWN_PLAYERS, "player"),
        ("the store has or has pruned all events", comparison.UNKNOWN, "of player"),
        ("balances differ by the unshipped changes", comparison.BALANCES, "player"),
    ):
        yield _none("both", name, both.column(query), "all", what)
    (pruned,), (here,) = both.column(comparison.PRUNED), both.column(comparison.PRUNED_HERE)
    if pruned:
        # A new warehouse cannot get them from the store, which is not a fault.
        found = f"{pruned:,}, {here:,} of them in the warehouse"
        yield Check("both", "pruned events (not a fault)", True, found)


def _check_store_id(
    reader: StoreReader, warehouse: duckdb.DuckDBPyConnection | None, sides: _Sides
) -> Check:
    if sides.lake is not None:
        recorded = sides.lake.store_id
    else:
        recorded = read_store_id(warehouse) if warehouse is not None else None
    store_id = reader.store_id()
    return Check(
        "both",
        "the warehouse belongs to this store",
        recorded in (None, store_id),
        "yes" if recorded else "not recorded yet",
        f"it belongs to {recorded}, and the store is {store_id}. If they belong together, run"
        " `python -m warehouse adopt`",
    )


def _check_side(both: Comparison, subject: str, prefix: str) -> Iterator[Check]:
    events, players = f"{prefix}_events", f"{prefix}_players"
    ((count, total),) = both.rows(
        f"select count(*), coalesce(sum(balance), 0)::varchar from {players}"  # noqa: S608  # nosec B608
    )
    yield _none(
        subject,
        "balances are earns less spends",
        both.column(comparison.MONEY.format(events=events, players=players)),
        f"{count:,} players, {int(total):,} coins",
        "player",
    )
    ((event_count,),) = both.rows(f"select count(*) from {events}")  # noqa: S608  # nosec B608
    repeated = both.column(comparison.REPEATED.format(events=events))
    yield _none(subject, "no event exists twice", repeated, f"{event_count:,} events", "event")
    repeated = both.column(comparison.REPEATED_PLAYERS.format(players=players))
    yield _none(subject, "no player exists twice", repeated, f"{count:,} players", "player")


def _check_inventory(
    inventory: dict[str, Any],
    reader: StoreReader | None,
    warehouse: duckdb.DuckDBPyConnection | None,
) -> Iterator[Check]:
    for name, facts in (
        ("store", store_facts(reader) if reader else None),
        ("warehouse", warehouse_facts(warehouse) if warehouse else None),
    ):
        recorded = inventory.get(name)
        differing = sorted(
            key
            for key in {*(recorded or {}), *(facts or {})}
            if (recorded or {}).get(key) != (facts or {}).get(key)
        )
        yield _none(name, "matches the inventory", differing, "all")


def _none(subject: str, name: str, wrong: Sequence[Any], found: str, what: str = "") -> Check:
    """Make a check that holds if nothing is wrong."""
    if not wrong:
        return Check(subject, name, True, found)
    shown = ", ".join(str(each) for each in wrong[:EXAMPLES])
    more = ", ..." if len(wrong) > EXAMPLES else ""
    return Check(
        subject,
        name,
        False,
        f"{len(wrong):,} not",
        " ".join(filter(None, ("not", what, shown))) + more,
    )


def _unreadable(subject: str, name: str, error: BaseException) -> Check:
    return Check(subject, name, False, "no", _first_line(error))


def _first_line(error: BaseException) -> str:
    # SQLAlchemy's own message contains the statement and its values.
    error = getattr(error, "orig", None) or error
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
