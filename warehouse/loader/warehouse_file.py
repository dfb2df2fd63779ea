"""Shipping into the DuckDB file, open for one batch at a time, so that others get at it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from warehouse.database import WarehouseUnavailableError, advice, holder_of, refuse_other_formats
from warehouse.loader.raw_tables import GAME_EVENTS, PLAYERS, RawTable, make_raw_tables
from warehouse.loader.source_store import read_store_id, require_same, write_store_id
from warehouse.loader.waiting import Wait, delays
from warehouse.store.clock import Clock, utc_now
from warehouse.store.protocol import Batch, ShippedEvents, ShippedPlayers

# A batch is too small for more threads to gain anything, and the API wants the other cores.
ONE_THREAD: dict[str, str | bool | int | float | list[str]] = {"threads": 1}

LAST_SHIPPED = f"select 1 from {GAME_EVENTS.name} where {GAME_EVENTS.key} = ?"  # noqa: S608 (names from here)  # nosec B608


class WarehouseFile:
    """Implements `destination.Destination`."""

    batch_size = 5000

    def __init__(self, path: Path, clock: Clock = utc_now) -> None:
        """Name the file; touches nothing yet.

        Args:
            path: The DuckDB file, made where it is missing.
            clock: Tells `loaded_at`; aware.
        """
        self._path = path
        self._clock = clock
        # The file that held all that was shipped, and of which store, when it was last looked at.
        self._whole: tuple[tuple[int, int] | None, str] | None = None

    def __str__(self) -> str:
        """Name it in messages."""
        return str(self._path)

    def has(self, batch: Batch) -> bool:
        """See `Destination.has`.

        It is opened only where it is not the file that was looked at before. While another process
        holds it, that is put off.
        """
        identity = self._identity()
        if batch.last_shipped is None or (identity, batch.store_id) == self._whole:
            return identity is not None or batch.last_shipped is None
        try:
            refuse_other_formats(self._path)
            with duckdb.connect(str(self._path), read_only=True, config=ONE_THREAD) as warehouse:
                require_same(self._path, read_store_id(warehouse), batch.store_id)
                is_whole = _has(warehouse, batch.last_shipped)
        except duckdb.Error as error:
            if identity is None:
                return False
            if holder_of(error) is None:
                raise WarehouseUnavailableError(advice(self._path, error, "read")) from error
            return True
        self._whole = (identity, batch.store_id) if is_whole else None
        return is_whole

    def insert(self, batch: Batch, wait: Wait, report: Callable[[str], None]) -> bool:
        """See `Destination.insert`."""
        if batch.last_shipped is not None and self._identity() is None:
            return False
        events = _as_json(GAME_EVENTS, batch.events)
        players = _as_json(PLAYERS, batch.players)
        try:
            with self._open(wait, report) as warehouse:
                noted = read_store_id(warehouse)
                require_same(self._path, noted, batch.store_id)
                if batch.last_shipped is not None and not _has(warehouse, batch.last_shipped):
                    return False
                if noted is None:
                    write_store_id(warehouse, batch.store_id)
                now = {"loaded_at": _without_zone(self._clock())}
                try:
                    _write(warehouse, GAME_EVENTS.insert, events | now, players | now)
                except duckdb.ConstraintException:
                    # Some of the events are there: a crash kept them from being marked as shipped.
                    warehouse.rollback()
                    _write(warehouse, GAME_EVENTS.upsert, events | now, players | now)
        except duckdb.Error as error:
            raise WarehouseUnavailableError(advice(self._path, error, "write to")) from error
        self._whole = (self._identity(), batch.store_id)
        return True

    def _identity(self) -> tuple[int, int] | None:
        """Tell the file from others that stand in its place; None where there is none."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _open(self, wait: Wait, report: Callable[[str], None]) -> duckdb.DuckDBPyConnection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        refuse_other_formats(self._path)
        pauses = delays()
        while True:
            try:
                return duckdb.connect(str(self._path), config=ONE_THREAD)
            except duckdb.IOException as error:
                holder = holder_of(error)
                if holder is None:
                    raise
                held = f"{self._path} is held by {holder}"
            report(f"{held}; events wait in the store until it is free.")
            if not wait(next(pauses)):
                raise WarehouseUnavailableError(f"{held}; what waits stays in the store.")


def _as_json(table: RawTable, rows: ShippedEvents | ShippedPlayers) -> dict[str, object]:
    """Make the parameters of the table's statements: a JSON array for each column."""
    return {
        column: json.dumps(getattr(rows, column), ensure_ascii=False)
        for column in table.shipped_columns
    }


def _has(warehouse: duckdb.DuckDBPyConnection, event_id: str) -> bool:
    try:
        return warehouse.execute(LAST_SHIPPED, [event_id]).fetchone() is not None
    except duckdb.CatalogException:
        return False  # not even the table


def _without_zone(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _write(
    warehouse: duckdb.DuckDBPyConnection,
    insert_events: str,
    events: dict[str, object],
    players: dict[str, object],
) -> None:
    """Write a batch in one transaction."""
    warehouse.begin()
    make_raw_tables(warehouse)
    warehouse.execute(insert_events, events)
    warehouse.execute(PLAYERS.upsert, players)
    warehouse.commit()
