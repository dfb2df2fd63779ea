"""Shipping into the lake: a commit of players and one of events for each batch.

Several loaders may be at it for a moment, such as one that lost its election while it slept. Each
commit of this module notes the batch's number, and so fails where another one came in since its
table was looked at; then the batch begins anew. Every commit of events is preceded by one of
players that was checked in the same way. Players of a batch whose events never came are those of
somebody who died, or still works: an empty commit of events keeps the latter from finishing before
these players are removed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from arro3.core import Array, DataType, Table
from deltalake import DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

from warehouse.loader.lake import (
    EVENTS_TABLE,
    PARTITION,
    PLAYERS_TABLE,
    Lake,
    LakeTable,
    LakeUnavailableError,
    batch_number,
    known_ids,
    note_store,
    numbered,
    store_id_of,
)
from warehouse.loader.source_store import require_same
from warehouse.loader.waiting import Wait, delays
from warehouse.store.clock import Clock, utc_now
from warehouse.store.protocol import Batch, ShippedEvents, ShippedPlayers

# Ids are most of the data, and compress to a half of what the default makes of them.
COMPRESSED = WriterProperties(compression="ZSTD", compression_level=3)
MICROSECONDS_PER_DAY = 24 * 60 * 60 * 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ARROW_TYPES = {
    "text": DataType.utf8(),
    "bigint": DataType.int64(),
    "timestamp": DataType.timestamp("us", tz="UTC"),
    "date": DataType.date32(),
}
# What Python values become before they are cast.
SENT_AS = {"timestamp": DataType.int64(), "date": DataType.int32()}


class LakeDestination:
    """Implements `destination.Destination`."""

    batch_size = 50_000

    def __init__(self, lake: Lake, clock: Clock = utc_now) -> None:
        """Name the lake; touches nothing yet.

        Args:
            lake: Made where it is missing.
            clock: Tells `loaded_at`; aware.
        """
        self._lake = lake
        self._clock = clock
        # The events that held all that was shipped when they were last looked at.
        self._whole: tuple[str, int] | None = None

    def __str__(self) -> str:
        """Name it in messages."""
        return str(self._lake)

    def has(self, batch: Batch) -> bool:
        """See `Destination.has`."""
        if batch.last_shipped is None:
            return True
        events = self._lake.open(EVENTS_TABLE)
        if events is None:
            return False
        require_same(self._lake, store_id_of(events), batch.store_id)
        if _identity(events) == self._whole:
            return True
        is_whole = self._holds(events, batch.last_shipped)
        self._whole = _identity(events) if is_whole else None
        return is_whole

    def insert(self, batch: Batch, wait: Wait, report: Callable[[str], None]) -> bool:
        """See `Destination.insert`."""
        pauses = delays()
        while True:
            try:
                return self._insert(batch)
            except CommitFailedError as error:
                report(f"Another process writes to {self._lake} at the same time; trying again.")
                if not wait(next(pauses)):
                    raise self._lake.unavailable("write to", error) from error
            except (DeltaError, OSError) as error:
                raise self._lake.unavailable("write to", error) from error

    def _holds(self, events: DeltaTable, event_id: str) -> bool:
        try:
            return bool(known_ids(events, event_id, event_id))
        except (DeltaError, OSError) as error:
            raise self._lake.unavailable("read", error) from error

    def _insert(self, batch: Batch) -> bool:
        """Insert a batch as `insert` does, once.

        Raises:
            CommitFailedError: Another process has written in between.
        """
        found = self._lake.open(EVENTS_TABLE)
        if batch.last_shipped is not None and found is None:
            return False
        require_same(self._lake, store_id_of(found), batch.store_id)
        # In this order: whose players are seen here either has committed its events by the next
        # line, or is kept from it by the fence.
        players = self._lake.create(PLAYERS_TABLE)
        events = self._lake.create(EVENTS_TABLE, batch.store_id)
        if store_id_of(events) is None:
            note_store(events, batch.store_id)
        require_same(self._lake, store_id_of(events), batch.store_id)
        if batch.last_shipped is not None and not self._holds(events, batch.last_shipped):
            return False
        committed, begun = batch_number(events), batch_number(players)
        if begun < committed:
            players = self._lake.create(PLAYERS_TABLE)
            if batch_number(players) < committed:
                raise self._torn()
            raise CommitFailedError("players came in between")
        now = (self._clock() - EPOCH) // timedelta(microseconds=1)
        number = begun + 1
        new_events = _new(events, batch.events)
        new_players = _rows(PLAYERS_TABLE, batch.players, now, number)
        if begun > committed:
            _commit_nothing(events, EVENTS_TABLE, committed)
            events.update_incremental()
            if batch_number(events) != committed:
                raise CommitFailedError("events came in between")
            write_deltalake(
                players,
                new_players,
                mode="overwrite",
                predicate=f"batch_number > {committed}",
                writer_properties=COMPRESSED,
                commit_properties=numbered(number),
            )
        else:
            _append(players, PLAYERS_TABLE, new_players, number)
        _append(events, EVENTS_TABLE, _rows(EVENTS_TABLE, new_events, now, number), number)
        self._whole = _identity(events)
        return True

    def _torn(self) -> LakeUnavailableError:
        return LakeUnavailableError(
            f"In the lake {self._lake}, `players` lacks batches that `game_events` has: it was"
            " deleted, or put back from an older state. Move both folders away; the loader ships"
            " all events and players to new ones."
        )


def _identity(events: DeltaTable) -> tuple[str, int]:
    """Tell a table and its version from others that stand in its place."""
    return str(events.metadata().id), events.version()


def _new(events: DeltaTable, rows: ShippedEvents) -> ShippedEvents:
    """Leave out the events that the lake has: a crash kept them from being marked as shipped."""
    if not len(rows):
        return rows
    known = known_ids(events, min(rows.event_id), max(rows.event_id))
    if not known:
        return rows
    places = [place for place, event_id in enumerate(rows.event_id) if event_id not in known]
    return ShippedEvents(
        **{name: [values[place] for place in places] for name, values in vars(rows).items()}
    )


def _rows(table: LakeTable, rows: ShippedEvents | ShippedPlayers, now: int, number: int) -> Table:
    """Make a table of Arrow's."""
    values: dict[str, list[Any]] = dict(vars(rows))
    values["loaded_at"] = [now] * len(rows)
    values["batch_number"] = [number] * len(rows)
    if table.partition is not None:
        values[PARTITION] = [time // MICROSECONDS_PER_DAY for time in values["received_at"]]
    return Table.from_pydict(
        {
            name: Array(values[name], SENT_AS.get(kind, ARROW_TYPES[kind])).cast(ARROW_TYPES[kind])
            for name, kind in table.columns.items()
        }
    )


def _append(opened: DeltaTable, table: LakeTable, rows: Table, number: int) -> None:
    if not rows.num_rows:
        _commit_nothing(opened, table, number)
        return
    write_deltalake(
        opened,
        rows,
        mode="append",
        writer_properties=COMPRESSED,
        commit_properties=numbered(number),
    )


def _commit_nothing(opened: DeltaTable, table: LakeTable, number: int) -> None:
    """Commit a batch's number alone."""
    opened.create_write_transaction(
        [], "append", opened.schema(), table.partitions, commit_properties=numbered(number)
    )
