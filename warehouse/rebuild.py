"""`python -m warehouse rebuild`: the store makes `raw.game_events` and `raw.players` whole again.

Both are compared, row by row, while the warehouse is held. What is missing is marked in the store,
all of it in one transaction, as not shipped; from then on it is the loader's, this command's own or
that of an API that runs, and a crash changes nothing about that. Nothing is ever removed from a
warehouse: a store that was pruned no longer has all that stands there.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb

from api.clock import Clock, utc_now
from api.store.engine import sqlite_path
from api.store.outbox import SqlOutbox
from api.store.upkeep import Range, SqlUpkeep, reading
from warehouse import comparison
from warehouse.comparison import Comparison
from warehouse.copying import NOBODY, WHOLE_FILE, Tell, lock_alone, showing_progress, sync
from warehouse.database import WarehouseUnavailableError, open_when_free
from warehouse.election import election_of
from warehouse.loader import Loader
from warehouse.manifest import stamp
from warehouse.operations import CannotOperateError
from warehouse.raw_tables import make_raw_tables
from warehouse.restore import aside_of, require_free
from warehouse.settings import Settings
from warehouse.source_store import read_store_id, require_same
from warehouse.terminal import console_for, line, say

BATCH_SIZE = 50_000
POLL_SECONDS = 0.2
# So long another loader may ship nothing before this command gives up.
PATIENCE_SECONDS = 63.0


@dataclass(frozen=True)
class Found:
    """What the comparison of a warehouse with the store came to.

    Attributes:
        missing_events: Shipped, and not there.
        missing_players: Likewise.
        corrected: Rows that were there and different.
        pruned: Events that only the warehouse, or a backup of it, can have.
        pruned_here: How many of these it has.
    """

    missing_events: int
    missing_players: int
    corrected: int
    pruned: int
    pruned_here: int


def run(options: argparse.Namespace) -> int:
    """Run the command; returns its exit status."""
    console = console_for()
    settings = Settings.from_environment()
    if settings.events_uri is not None:
        raise CannotOperateError(
            f"The events are in the lake {settings.events_uri}, which is not put right row by row."
            " Where `python -m warehouse verify` finds it wrong, move it away: the loader ships all"
            " that the store has to a new one. Keep the old one for events that were pruned from"
            " the store. Nothing was changed."
        )
    path = sqlite_path(settings.store_url)
    if path is not None and not path.exists():
        raise CannotOperateError(
            f"There is no store: {path} does not exist. Set STORE_URL to where it is, or"
            " restore a backup."
        )
    with closing(SqlUpkeep(settings.store_url)) as upkeep:
        if options.replace and settings.warehouse_path.exists():
            aside = set_aside(settings.warehouse_path)
            say(f"The warehouse of before is in {aside}")
        with showing_progress(console) as tell:
            found = mark_missing(upkeep, settings.warehouse_path, tell)
        say(
            f"Missing in {settings.warehouse_path}: {found.missing_events:,} events and"
            f" {found.missing_players:,} players; put right: {found.corrected:,} rows"
        )
        with showing_progress(console) as tell:
            ship(upkeep, settings, tell)
    corrected = correct_balances(settings.warehouse_path, say=say)
    if corrected:
        say(f"Balances put right: {corrected:,}")
    if lost := found.pruned - found.pruned_here:
        line(
            console,
            (
                f"{lost:,} of {found.pruned:,} pruned events are neither in the store nor in this"
                " warehouse, only in an older warehouse or a backup. Balances are not touched by"
                " that: what was earned is never pruned.",
                "yellow",
            ),
        )
    say("The warehouse has all that the store has. Run `make build` for the reports.")
    return 0


def set_aside(warehouse: Path, clock: Clock = utc_now) -> Path:
    """Rename the warehouse into a folder beside it; returns the folder.

    Raises:
        WarehouseUnavailableError: Another process holds it.
    """
    aside = aside_of(warehouse, stamp(clock()))
    require_free(aside)
    deadline = time.monotonic() + PATIENCE_SECONDS
    with warehouse.open("r+b") as file:
        while not lock_alone(file, WHOLE_FILE):
            if time.monotonic() > deadline:
                raise WarehouseUnavailableError(
                    f"{warehouse} is held by another process. Nothing was changed. Stop it, and"
                    " run again."
                )
            time.sleep(POLL_SECONDS)
        aside.mkdir()
        # Its log first: beside a new warehouse it would be that one's.
        log = warehouse.with_name(f"{warehouse.name}.wal")
        if log.exists():
            log.rename(aside / log.name)
        warehouse.rename(aside / warehouse.name)
        sync(warehouse.parent)
    return aside


def mark_missing(
    upkeep: SqlUpkeep,
    warehouse_path: Path,
    tell: Tell = NOBODY,
) -> Found:
    """Compare, put right what differs, and mark what is missing as not shipped.

    Args:
        upkeep: The store.
        warehouse_path: The DuckDB file, made where it is missing.
        tell: Whom to tell how far it is.

    Raises:
        AnotherStoreError: The warehouse is fed from another store.
        WarehouseUnavailableError: The warehouse is held for too long, or cannot be read.
        StoreUnavailableError: The store cannot be read or written.
    """
    warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    try:
        warehouse = open_when_free(warehouse_path, read_only=False, report=tell.say)
    except WarehouseUnavailableError as error:
        if isinstance(error.__cause__, duckdb.Error):
            raise _unreadable(warehouse_path, error.__cause__) from error
        raise
    try:
        with warehouse:
            require_same(warehouse_path, read_store_id(warehouse), upkeep.store_id())
            make_raw_tables(warehouse)
            both = Comparison(warehouse)
            with reading(upkeep.read_engine) as reader:
                both.read(reader, partial(tell.report, "Comparing events"))
            corrected = _correct(warehouse)
            tell.after("corrected")
            events = both.positions(comparison.MISSING_POSITIONS, comparison.SHIPPED)
            players = both.column(comparison.MISSING_PLAYERS)
            # A player's row comes with the balance after an earn: so the last of them is sent, too.
            earns = both.column(comparison.LAST_EARNS, [players])
            found = Found(
                missing_events=len(both.column(comparison.MISSING)),
                missing_players=len(players),
                corrected=corrected,
                pruned=both.column(comparison.PRUNED)[0],
                pruned_here=both.column(comparison.PRUNED_HERE)[0],
            )
            upkeep.unmark(
                [*events, *(Range(position, position) for position in earns)],
                [Range(user_id, user_id) for user_id in players],
            )
            tell.after("marked")
    except duckdb.Error as error:
        raise _unreadable(warehouse_path, error) from error
    return found


def _unreadable(warehouse_path: Path, error: duckdb.Error) -> WarehouseUnavailableError:
    return WarehouseUnavailableError(
        f"Cannot read {warehouse_path}: {error}\nNothing was changed. If it is damaged,"
        " `python -m warehouse rebuild --replace` sets it aside and begins with none."
    )


def _correct(warehouse: duckdb.DuckDBPyConnection) -> int:
    """Give rows that differ the values of the store, in one transaction; returns how many."""
    warehouse.begin()
    events = warehouse.execute(comparison.CORRECT_EVENTS).fetchall()
    players = warehouse.execute(comparison.CORRECT_PLAYERS).fetchall()
    warehouse.commit()
    return sum(count for (count,) in [*events, *players])


def ship(
    upkeep: SqlUpkeep,
    settings: Settings,
    tell: Tell = NOBODY,
    *,
    patience_seconds: float = PATIENCE_SECONDS,
) -> None:
    """Have shipped what waits now, by another loader that is in charge or by one of our own.

    Raises:
        WarehouseUnavailableError: The warehouse cannot be written, or the other loader does not get
            on with it.
        StoreUnavailableError: The store cannot be read or written.
    """
    ends = upkeep.ends()
    total = waiting = upkeep.waiting(ends)
    deadline = time.monotonic() + patience_seconds
    election = election_of(settings.store_url, settings.warehouse_path)
    with closing(SqlOutbox(settings.store_url)) as outbox:
        loader = Loader(
            outbox,
            settings.warehouse_path,
            batch_size=BATCH_SIZE,
            patience_seconds=patience_seconds,
            election=election,
        )
        try:
            while waiting:
                if election.stand():
                    loader.ship_once()
                elif time.monotonic() > deadline:
                    raise WarehouseUnavailableError(
                        f"Another loader ({election.incumbent()}) is in charge of"
                        f" {settings.warehouse_path} and ships nothing: {waiting:,} rows wait. See"
                        " what keeps it. What waits stays in the store."
                    )
                else:
                    time.sleep(POLL_SECONDS)
                before, waiting = waiting, upkeep.waiting(ends)
                if waiting < before:
                    deadline = time.monotonic() + patience_seconds
                tell.report("Shipping", total - waiting, total)
        finally:
            election.resign()


def correct_balances(warehouse_path: Path, say: Callable[[str], None] = say) -> int:
    """Give players the balance that their earns there add up to; returns how many had another.

    Raises:
        WarehouseUnavailableError: The warehouse is held for too long, or cannot be written.
    """
    with open_when_free(warehouse_path, read_only=False, report=say) as warehouse:
        try:
            ((count,),) = warehouse.execute(comparison.CORRECT_BALANCES).fetchall()
        except duckdb.Error as error:
            raise WarehouseUnavailableError(f"Cannot write {warehouse_path}: {error}") from error
    return int(count)
