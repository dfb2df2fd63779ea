"""`python -m warehouse verify`: whether the store and the warehouse are whole and agree.

What is verified is either in use (then the warehouse is held for as long as it takes, and the
loader waits) or a backup, which is only read.
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
from warehouse.operations.durable_copy import NOBODY, Tell, showing_progress
from warehouse.operations.inventory import (
    CHECKSUMS,
    MANIFEST,
    STORE,
    WAREHOUSE,
    backups_in,
    store_facts,
    warehouse_facts,
)
from warehouse.settings import Settings
from warehouse.store.engine import open_copy, open_engine, sqlite_path
from warehouse.store.migrations import versions
from warehouse.store.protocol import StoreUnavailableError
from warehouse.store.upkeep import StoreReader, reading
from warehouse.terminal import cell, console_for, line, show

EXIT_OK, EXIT_FAILED = 0, 1
# What is wrong is shown with so many examples.
EXAMPLES = 5
# So often the lake is looked at anew, where the loader ships to it just then.
LOOKS = 5
# A log is as wide as its longest line.
LOG_WIDTH = 160


@dataclass(frozen=True)
class _Sides:
    """What there is, readable or not.

    Attributes:
        has_store: There is a store.
        has_warehouse: There is a DuckDB file.
        lake: Where the events are, if not in that file.
        lake_elsewhere: The lake that a backup leaves out.
    """

    has_store: bool
    has_warehouse: bool
    lake: Pinned | None
    lake_elsewhere: str | None


class _LakeMovedError(Exception):
    """The loader has shipped to the lake between looking at it and at the store."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        subject: What it is about: `files`, `store`, `warehouse` or `both`.
        name: What should be so.
        holds: Whether it is.
        found: What was seen, in a few words.
        details: What is wrong, where it is more than that.
    """

    subject: str
    name: str
    holds: bool
    found: str
    details: str = ""


def run(options: argparse.Namespace) -> int:
    """Run the command; returns its exit status."""
    console = console_for(is_log_wide=True)
    with showing_progress(console) as tell:
        if options.folder is None:
            checks = verify_live(Settings.from_environment(), tell)
        else:
            checks = verify_backup(options.folder, tell)
    return show_checks(checks, console)


def show_checks(checks: Sequence[Check], console: Console) -> int:
    """Print the checks and the verdict; returns the exit status."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for header in ("", "must hold", "found", "verdict"):
        table.add_column(header)
    for check in checks:
        word = cell("ok", "green") if check.holds else cell("FAILED", "bold red")
        table.add_row(cell(check.subject), cell(check.name), cell(check.found), word)
    show(console, table)
    failed = [check for check in checks if not check.holds]
    for check in failed:
        # Whole lines: what was found may be longer than a cell.
        line(console, f"{check.subject}: {check.name}: {check.details or check.found}")
    if failed:
        line(console, (f"{len(failed)} of {len(checks)} checks FAILED", "bold red"))
        return EXIT_FAILED
    line(console, (f"{len(checks)} checks, all hold", "green"))
    return EXIT_OK


def verify_live(settings: Settings, tell: Tell = NOBODY) -> list[Check]:
    """Verify the store and the warehouse where they are.

    Raises:
        CannotOperateError: There is neither.
        WarehouseUnavailableError: Another process holds the warehouse, or the lake cannot be read.
    """
    path = sqlite_path(settings.store_url)
    has_store = path is None or path.exists()
    has_warehouse = settings.warehouse_path.exists()
    if not has_store and not has_warehouse:
        raise CannotOperateError(
            f"There is neither a store ({path}) nor a warehouse ({settings.warehouse_path})."
            " Set STORE_URL and WAREHOUSE_PATH to where they are."
        )

    def connect() -> duckdb.DuckDBPyConnection:
        return open_when_free(settings.warehouse_path, read_only=True, report=tell.say)

    lake = Lake(settings.events_uri) if settings.events_uri else None
    for _ in range(LOOKS):
        engine = open_engine(settings.store_url, writes=False) if has_store else None
        with suppress(_LakeMovedError):
            return _verify(engine, connect if has_warehouse else None, tell, lake=lake)
    raise CannotOperateError(f"The loader ships to {lake} all the time. Run again later.")


def verify_backup(folder: Path, tell: Tell = NOBODY) -> list[Check]:
    """Verify a backup.

    Raises:
        CannotOperateError: The folder holds none.
    """
    if not (folder / MANIFEST).exists():
        inside = backups_in(folder) if folder.is_dir() else []
        hint = f" It holds backups; the newest is {inside[-1]}." if inside else ""
        raise CannotOperateError(f"{folder} is no backup: there is no {MANIFEST} in it.{hint}")
    checks, manifest = _verify_files(folder)
    if manifest is None:
        return checks
    parts = manifest["files"]
    store, warehouse = folder / STORE, folder / WAREHOUSE

    def connect() -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(warehouse), read_only=True)

    return [
        *checks,
        *_verify(
            open_copy(store) if STORE in parts else None,
            connect if WAREHOUSE in parts else None,
            tell,
            manifest=manifest,
        ),
    ]


def _verify_files(folder: Path) -> tuple[list[Check], dict[str, Any] | None]:
    """Compare what a backup holds with its checksums and its manifest."""
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="ascii").splitlines()
        noted = {name: sha256 for sha256, name in (line.split("  ") for line in lines)}
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files = {name: part["sha256"] for name, part in manifest["files"].items()}
        found = {
            name: file_sha256(str(folder / name)) if (folder / name).is_file() else None
            for name in {*noted, *files, MANIFEST}
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return [_unreadable("files", "can be read", error)], None
    others = sorted(path.name for path in folder.iterdir() if path.name not in {*found, CHECKSUMS})
    wrong = sorted(
        name
        for name, sha256 in found.items()
        if sha256 is None
        or sha256 != noted.get(name)
        or (name != MANIFEST and sha256 != files.get(name))
    )
    return [
        _none("files", f"are as {CHECKSUMS} and {MANIFEST} say", wrong, f"{len(found)} files"),
        _none("files", "nothing was added", others, "nothing"),
    ], manifest


def _verify(
    engine: Engine | None,
    connect: Callable[[], duckdb.DuckDBPyConnection] | None,
    tell: Tell,
    *,
    manifest: dict[str, Any] | None = None,
    lake: Lake | None = None,
) -> list[Check]:
    """Verify what there is. A side that is missing is taken as empty, one that is broken is not."""
    checks: list[Check] = []
    try:
        sides = _Sides(
            engine is not None,
            connect is not None,
            lake.pin() if lake else None,
            (manifest or {}).get("events_uri"),
        )
        with _open(connect, checks) as warehouse, _read(engine, checks) as reader:
            if warehouse is not None:
                checks += _guarded("warehouse", lambda: list(_of_warehouse(warehouse, tell)))
            if reader is not None:
                checks += _guarded("store", lambda: list(_of_store(reader)))
            # The store's snapshot has begun by now. What it has as shipped is in the lake, and
            # nothing else is, if nothing came in around its beginning.
            if lake and lake.pin() != sides.lake:
                raise _LakeMovedError
            checks += _guarded("both", lambda: list(_of_both(reader, warehouse, sides, tell)))
            if manifest is not None:
                checks += _guarded("files", lambda: list(_of_manifest(manifest, reader, warehouse)))
    finally:
        if engine is not None:
            engine.dispose()
    return checks


def _guarded(subject: str, look: Callable[[], list[Check]]) -> list[Check]:
    """Look; what cannot be read is a check that fails, and the others go on."""
    try:
        return look()
    except (duckdb.Error, SQLAlchemyError, TypeError, ValueError) as error:
        # A damaged page may also hold values of a wrong kind.
        return [_unreadable(subject, "can be read", error)]


@contextmanager
def _open(
    connect: Callable[[], duckdb.DuckDBPyConnection] | None, checks: list[Check]
) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """Open the warehouse; None where there is none, or none that can be read."""
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
    """Begin a snapshot of the store; None where there is none, or none that can be read."""
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
        # A damaged file may fail once more here. What there is to say about it has been said.
        with suppress(StoreUnavailableError):
            snapshot.__exit__(None, None, None)


def _of_warehouse(warehouse: duckdb.DuckDBPyConnection, tell: Tell) -> Iterator[Check]:
    tables = warehouse.execute(
        "select table_schema, table_name from information_schema.tables"
        " where table_type = 'BASE TABLE' and table_catalog = current_database() order by all"
    ).fetchall()
    total = 0
    for number, (schema, name) in enumerate(tables, start=1):
        # A hash of all its columns makes DuckDB read, and check, every block of a table.
        quoted = ".".join('"{}"'.format(part.replace('"', '""')) for part in (schema, name))
        row = warehouse.execute(f"select count(*), bit_xor(hash(t)) from {quoted} as t").fetchone()  # noqa: S608 (quoted)  # nosec B608
        total += row[0] if row else 0
        tell.report("Reading tables", number, len(tables))
    yield Check(
        "warehouse", "every table can be read", True, f"{len(tables)} tables, {total:,} rows"
    )


def _of_store(reader: StoreReader) -> Iterator[Check]:
    if reader.is_sqlite:
        yield _none("store", "its file is whole", reader.faults_of_file(), "ok")
        broken = reader.broken_references()
        yield Check("store", "every reference is to a row", broken == 0, f"{broken:,} are not")
    version = reader.schema_version()
    yield Check("store", "schema is known", version in versions(), f"version {version or 'none'}")


def _of_both(
    reader: StoreReader | None,
    warehouse: duckdb.DuckDBPyConnection | None,
    sides: _Sides,
    tell: Tell,
) -> Iterator[Check]:
    both = Comparison(warehouse or duckdb.connect(), sides.lake)
    if reader is not None:
        both.read(reader, lambda done, total: tell.report("Reading events", done, total))
        yield from _of_side(both, "store", "stored")
        wrong = both.column(comparison.LAST_BALANCES)
        yield _none("store", "balances are as written with the last earn", wrong, "all", "player")
    if sides.lake is not None:
        yield from _of_side(both, "lake", "landed")
    elif warehouse is not None:
        yield from _of_side(both, "warehouse", "landed")
    if not sides.has_store:
        events, players = both.column(comparison.COUNTS)
        found = f"no store; the warehouse has {events:,} events and {players:,} players"
        yield Check("both", "there is a store, or nothing of one", events + players == 0, found)
    if sides.lake_elsewhere is not None:
        found = sides.lake_elsewhere
        yield Check("both", "events are in a lake (no part of a backup)", True, found)
        return
    is_unreadable = sides.lake is None and sides.has_warehouse and warehouse is None
    if reader is None or is_unreadable:
        return
    yield _of_one_store(reader, warehouse, sides)
    for name, query, what in (
        ("what was shipped has arrived", comparison.MISSING, "event"),
        ("shipped players have arrived", comparison.MISSING_PLAYERS, "player"),
        ("events are the same", comparison.DIFFERENT, "event"),
        ("players are the same", comparison.DIFFERENT_PLAYERS, "player"),
        ("no players are unknown to the store", comparison.UNKNOWN_PLAYERS, "player"),
        ("no events are, but pruned ones", comparison.UNKNOWN, "of player"),
        ("balances are those shipped and what waits", comparison.BALANCES, "player"),
    ):
        yield _none("both", name, both.column(query), "all", what)
    (pruned,), (here,) = both.column(comparison.PRUNED), both.column(comparison.PRUNED_HERE)
    if pruned:
        # A warehouse that was lost cannot get them back from the store; that is no fault of it.
        found = f"{pruned:,}, {here:,} of them in the warehouse"
        yield Check("both", "pruned events (no fault)", True, found)


def _of_one_store(
    reader: StoreReader, warehouse: duckdb.DuckDBPyConnection | None, sides: _Sides
) -> Check:
    if sides.lake is not None:
        noted = sides.lake.store_id
    else:
        noted = read_store_id(warehouse) if warehouse is not None else None
    store_id = reader.store_id()
    return Check(
        "both",
        "the warehouse is fed from this store",
        noted in (None, store_id),
        "yes" if noted else "none noted yet",
        f"it is fed from {noted}, and the store is {store_id}. If they belong together,"
        " `python -m warehouse adopt` notes it",
    )


def _of_side(both: Comparison, subject: str, prefix: str) -> Iterator[Check]:
    events, players = f"{prefix}_events", f"{prefix}_players"
    ((count, total),) = both.rows(
        f"select count(*), coalesce(sum(balance), 0)::varchar from {players}"  # noqa: S608  # nosec B608
    )
    yield _none(
        subject,
        "balances are what was earned",
        both.column(comparison.MONEY.format(events=events, players=players)),
        f"{count:,} players, {int(total):,} coins",
        "player",
    )
    ((event_count,),) = both.rows(f"select count(*) from {events}")  # noqa: S608  # nosec B608
    repeated = both.column(comparison.REPEATED.format(events=events))
    yield _none(subject, "no event is there twice", repeated, f"{event_count:,} events", "event")
    repeated = both.column(comparison.REPEATED_PLAYERS.format(players=players))
    yield _none(subject, "no player is there twice", repeated, f"{count:,} players", "player")


def _of_manifest(
    manifest: dict[str, Any],
    reader: StoreReader | None,
    warehouse: duckdb.DuckDBPyConnection | None,
) -> Iterator[Check]:
    for name, facts in (
        ("store", store_facts(reader) if reader else None),
        ("warehouse", warehouse_facts(warehouse) if warehouse else None),
    ):
        noted = manifest.get(name)
        differing = sorted(
            key
            for key in {*(noted or {}), *(facts or {})}
            if (noted or {}).get(key) != (facts or {}).get(key)
        )
        yield _none(name, f"holds what {MANIFEST} says", differing, "all")


def _none(subject: str, name: str, wrong: Sequence[Any], found: str, what: str = "") -> Check:
    """Make a check that holds where nothing is wrong."""
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
    # SQLAlchemy's own text holds the statement and its values.
    error = getattr(error, "orig", None) or error
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
