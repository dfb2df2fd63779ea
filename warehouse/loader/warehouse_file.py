"""Ships to the DuckDB file, which is open for one batch at a time so that others can use it."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Sequence
from datetime import UTC, datetime
from itertools import compress
from pathlib import Path

import duckdb

from warehouse.database import (
    WarehouseUnavailableError,
    failure_message,
    lock_holder,
    reject_sqlite_file,
)
from warehouse.loader.coins import CORRECT_BALANCES
from warehouse.loader.raw_tables import GAME_EVENTS, PLAYERS, RawTable, make_raw_tables
from warehouse.loader.source_store import read_store_id, require_same_store, write_store_id
from warehouse.loader.waiting import Wait, delays
from warehouse.store.clock import Clock, utc_now
from warehouse.store.protocol import Batch, ShippedEvents, ShippedPlayers
from warehouse.store.tombstones import coins_alone

# A batch is too small to profit from more threads, and the API needs the other cores.
ONE_THREAD: dict[str, str | bool | int | float | list[str]] = {"threads": 1}

UPDATE_BALANCES, KEEP_BALANCES = PLAYERS.upsert(), PLAYERS.upsert(keep={"balance"})
KNOWN = f"""
select {GAME_EVENTS.key} from {GAME_EVENTS.name}
where {GAME_EVENTS.key} in (select unnest(from_json(?, '["text"]')))
"""  # noqa: S608 (names from here)  # nosec B608
MISSING_PLAYERS = f"""
select unnest(from_json(?, '["bigint"]')) as {PLAYERS.key} except
select {PLAYERS.key} from {PLAYERS.name}
"""  # noqa: S608 (names from here)  # nosec B608
DETAILS = f"""
select event_id, event_type, meta from {GAME_EVENTS.name}
where user_id in (select unnest(from_json(?, '["bigint"]'))) and meta is not null
"""  # noqa: S608 (names from here)  # nosec B608
KEEP_COINS = f"""
update {GAME_EVENTS.name} as landed set meta = kept.meta
from (
    select
        unnest(from_json($event_ids, '["text"]')) as event_id,
        unnest(from_json($metas, '["text"]')) as meta
) as kept
where landed.event_id = kept.event_id and landed.meta is distinct from kept.meta
"""  # noqa: S608 (names from here)  # nosec B608
LAST_SHIPPED = f"select 1 from {GAME_EVENTS.name} where {GAME_EVENTS.key} = ?"  # noqa: S608 (names from here)  # nosec B608


class WarehouseFile:
    """Implements `destination.Destination`."""

    batch_size = 5000

    def __init__(self, path: Path, clock: Clock = utc_now) -> None:
        """Store the arguments, without accessing the file.

        Args:
            path: The DuckDB file, created if it is missing.
            clock: Returns the time for `loaded_at`; aware.
        """
        self._path = path
        self._clock = clock
        # The last file that contained all shipped events, and its store.
        self._known_complete: tuple[tuple[int, int] | None, str] | None = None

    def __str__(self) -> str:
        return str(self._path)

    def has(self, batch: Batch) -> bool:
        """See `Destination.has`.

        It opens only a file that it has not checked before. While another process locks the file,
        it returns True.
        """
        identity = self._identity()
        if batch.last_shipped is None or (identity, batch.store_id) == self._known_complete:
            return identity is not None or batch.last_shipped is None
        try:
            reject_sqlite_file(self._path)
            with duckdb.connect(str(self._path), read_only=True, config=ONE_THREAD) as warehouse:
                require_same_store(self._path, read_store_id(warehouse), batch.store_id)
                is_complete = _has(warehouse, batch.last_shipped)
        except duckdb.Error as error:
            if identity is None:
                return False
            if lock_holder(error) is None:
                raise WarehouseUnavailableError(
                    failure_message(self._path, error, "read")
                ) from error
            return True
        self._known_complete = (identity, batch.store_id) if is_complete else None
        return is_complete

    def insert(self, batch: Batch, wait: Wait, report: Callable[[str], None]) -> bool:
        """See `Destination.insert`."""
        if batch.last_shipped is not None and self._identity() is None:
            return False
        try:
            with self._open(wait, report) as warehouse:
                recorded = read_store_id(warehouse)
                require_same_store(self._path, recorded, batch.store_id)
                if batch.last_shipped is not None and not _has(warehouse, batch.last_shipped):
                    return False
                if recorded is None:
                    write_store_id(warehouse, batch.store_id)
                now = _without_zone(self._clock())
                try:
                    _write(warehouse, batch, now)
                except duckdb.ConstraintException:
                    # Some events exist: a crash prevented their mark as shipped.
                    warehouse.rollback()
                    _write(warehouse, batch, now, _known(warehouse, batch.events.event_id))
        except duckdb.Error as error:
            raise WarehouseUnavailableError(
                failure_message(self._path, error, "write to")
            ) from error
        self._known_complete = (self._identity(), batch.store_id)
        return True

    def _identity(self) -> tuple[int, int] | None:
        """Identify the file, even if another replaces it; None if it is missing."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _open(self, wait: Wait, report: Callable[[str], None]) -> duckdb.DuckDBPyConnection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        reject_sqlite_file(self._path)
        pauses = delays()
        while True:
            try:
                return duckdb.connect(str(self._path), config=ONE_THREAD)
            except duckdb.IOException as error:
                holder = lock_holder(error)
                if holder is None:
                    raise
            report(
                f"{self._path} is locked by {holder}; events wait in the store until it is free."
            )
            if not wait(next(pauses)):
                raise WarehouseUnavailableError(
                    f"{self._path} is still locked by {holder}. The events remain in the store."
                    " Close that program, or stop that process."
                )


def _as_json(
    table: RawTable, rows: ShippedEvents | ShippedPlayers, which: Sequence[bool] | None = None
) -> dict[str, object]:
    """Make the parameters of the table's statements, a JSON array for each column.

    Args:
        table: The table.
        rows: Its rows.
        which: Selects some of the rows; by default all.
    """
    return {
        column: json.dumps(
            getattr(rows, column) if which is None else [*compress(getattr(rows, column), which)],
            ensure_ascii=False,
        )
        for column in table.shipped_columns
    }


def _has(warehouse: duckdb.DuckDBPyConnection, event_id: str) -> bool:
    try:
        return warehouse.execute(LAST_SHIPPED, [event_id]).fetchone() is not None
    except duckdb.CatalogException:
        return False  # the table is missing


def _known(warehouse: duckdb.DuckDBPyConnection, event_ids: list[str]) -> set[str]:
    """Return the ids of the events that the warehouse has."""
    rows = warehouse.execute(KNOWN, [json.dumps(event_ids)]).fetchall()
    return {row[0] for row in rows}


def _without_zone(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _write(
    warehouse: duckdb.DuckDBPyConnection,
    batch: Batch,
    now: datetime,
    known: Container[str] = (),
) -> None:
    """Write a batch in one transaction.

    A batch that is shipped again may be older than other events in the warehouse, and so are its
    balances. So those of players who miss an event, or are missing, become what their events add up
    to.

    Args:
        warehouse: The open file.
        batch: The batch.
        now: The time for `loaded_at`.
        known: The ids of its events that the warehouse has.
    """
    is_new = [not known and each for each in batch.has_new_balance(known)]
    is_old = [not each for each in is_new]
    warehouse.begin()
    make_raw_tables(warehouse)
    incomplete = _incomplete(warehouse, batch, known) if known else ""
    insert = GAME_EVENTS.upsert() if known else GAME_EVENTS.insert
    warehouse.execute(insert, {**_as_json(GAME_EVENTS, batch.events), "loaded_at": now})
    for which, upsert in ((is_new, UPDATE_BALANCES), (is_old, KEEP_BALANCES)):
        if any(which):
            players = _as_json(PLAYERS, batch.players, which)
            warehouse.execute(upsert, {**players, "loaded_at": now})
    if known:
        warehouse.execute(CORRECT_BALANCES, {"user_ids": incomplete})
    _erase(warehouse, [*batch.players.erased()])
    warehouse.commit()


def _erase(warehouse: duckdb.DuckDBPyConnection, user_ids: Sequence[int]) -> None:
    """Remove what the events of erased players say of them; a repetition has no effect."""
    if not user_ids:
        return
    rows = warehouse.execute(DETAILS, [json.dumps(user_ids)]).fetchall()
    kept = {event_id: coins_alone(event_type, meta) for event_id, event_type, meta in rows}
    sent = {"event_ids": json.dumps(list(kept)), "metas": json.dumps(list(kept.values()))}
    warehouse.execute(KEEP_COINS, sent)


def _incomplete(warehouse: duckdb.DuckDBPyConnection, batch: Batch, known: Container[str]) -> str:
    """Return the ids of the players of a batch who miss an event or a row, as JSON.

    Of those who miss an event, only the ones who earn or spend in the batch: the others' balances
    do not change.
    """
    events = zip(batch.events.user_id, batch.events.event_id, strict=True)
    user_ids = {user_id for user_id, event_id in events if event_id not in known}
    rows = warehouse.execute(MISSING_PLAYERS, [json.dumps(batch.players.user_id)]).fetchall()
    missing = {user_id for (user_id,) in rows}
    return json.dumps([*missing, *(user_ids & batch.last_changes.keys() - missing)])
