"""Ships to the lake: each batch is a commit of players and one of events.

Two loaders may write at the same time, such as one that was suspended and lost its election. Each
commit contains the batch number, so it fails if another commit came first; then the batch starts
again. Players without the events of their batch are from a loader that was killed or is still
writing. An empty commit of events stops the latter, before these players are removed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import compress
from typing import Any

from arro3.core import Array, ChunkedArray, DataType, Table
from deltalake import DeltaTable, QueryBuilder, WriterProperties, write_deltalake
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
from warehouse.loader.source_store import require_same_store
from warehouse.loader.waiting import Wait, delays
from warehouse.store.clock import Clock, utc_now
from warehouse.store.protocol import Batch, ShippedEvents
from warehouse.store.tombstones import coins_alone

# Most of the data are ids, which get half as large as with the default compression.
COMPRESSED = WriterProperties(compression="ZSTD", compression_level=3)
MICROSECONDS_PER_DAY = 24 * 60 * 60 * 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ARROW_TYPES = {
    "text": DataType.utf8(),
    "bigint": DataType.int64(),
    "timestamp": DataType.timestamp("us", tz="UTC"),
    "date": DataType.date32(),
}
# The types of the Python values before the cast to ARROW_TYPES.
SENT_AS = {"timestamp": DataType.int64(), "date": DataType.int32()}


class LakeDestination:
    """Implements `destination.Destination`."""

    batch_size = 50_000

    def __init__(self, lake: Lake, clock: Clock = utc_now) -> None:
        """Store the arguments, without accessing the lake.

        Args:
            lake: The lake, created if it is missing.
            clock: Returns the time for `loaded_at`; aware.
        """
        self._lake = lake
        self._clock = clock
        # The last version of the events that contained all shipped events.
        self._known_complete: tuple[str, int] | None = None

    def __str__(self) -> str:
        return str(self._lake)

    def has(self, batch: Batch) -> bool:
        """See `Destination.has`."""
        if batch.last_shipped is None:
            return True
        events = self._lake.open(EVENTS_TABLE)
        if events is None:
            return False
        require_same_store(self._lake, store_id_of(events), batch.store_id)
        if _identity(events) == self._known_complete:
            return True
        is_complete = self._contains(events, batch.last_shipped)
        self._known_complete = _identity(events) if is_complete else None
        return is_complete

    def insert(self, batch: Batch, wait: Wait, report: Callable[[str], None]) -> bool:
        """See `Destination.insert`."""
        pauses = delays()
        while True:
            try:
                return self._insert(batch)
            except CommitFailedError as error:
                report(f"Another process writes to {self._lake} at the same time; retrying.")
                if not wait(next(pauses)):
                    raise self._lake.unavailable("write to", error) from error
            except (DeltaError, OSError) as error:
                raise self._lake.unavailable("write to", error) from error

    def _contains(self, events: DeltaTable, event_id: str) -> bool:
        try:
            return bool(known_ids(events, event_id, event_id))
        except (DeltaError, OSError) as error:
            raise self._lake.unavailable("read", error) from error

    def _insert(self, batch: Batch) -> bool:
        """Try once to insert a batch.

        Raises:
            CommitFailedError: Another process has written at the same time.
        """
        found = self._lake.open(EVENTS_TABLE)
        if batch.last_shipped is not None and found is None:
            return False
        require_same_store(self._lake, store_id_of(found), batch.store_id)
        # Players before events: a loader whose players are visible here has either committed its
        # events before the next line, or the empty commit below stops it.
        players = self._lake.create(PLAYERS_TABLE)
        events = self._lake.create(EVENTS_TABLE, batch.store_id)
        if store_id_of(events) is None:
            note_store(events, batch.store_id)
        require_same_store(self._lake, store_id_of(events), batch.store_id)
        if batch.last_shipped is not None and not self._contains(events, batch.last_shipped):
            return False
        committed, started = batch_number(events), batch_number(players)
        if started < committed:
            players = self._lake.create(PLAYERS_TABLE)
            if batch_number(players) < committed:
                raise LakeUnavailableError(
                    f"In the lake {self._lake}, `players` lacks batches that `game_events` has: it"
                    " was deleted or restored from an older state. Move both folders away; the"
                    " loader ships all events and players to new ones."
                )
            raise CommitFailedError("another process has committed players")
        now = (self._clock() - EPOCH) // timedelta(microseconds=1)
        number = started + 1
        new_events, known = _new(events, batch.events)
        new_players = _rows(PLAYERS_TABLE, _with_new_balances(batch, known), now, number)
        if started > committed:
            _commit_nothing(events, EVENTS_TABLE, committed)
            events.update_incremental()
            if batch_number(events) != committed:
                raise CommitFailedError("another process has committed events")
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
        _append(events, EVENTS_TABLE, _rows(EVENTS_TABLE, vars(new_events), now, number), number)
        if erased := batch.players.erased():
            _erase(players, events, erased)
        self._known_complete = _identity(events)
        return True


def _identity(events: DeltaTable) -> tuple[str, int]:
    """Identify a version of a table, even if another table replaces it."""
    return str(events.metadata().id), events.version()


def _new(events: DeltaTable, rows: ShippedEvents) -> tuple[ShippedEvents, set[str]]:
    """Return the events that the lake lacks, and the ids of those that it has after a crash."""
    if not len(rows):
        return rows, set()
    known = known_ids(events, min(rows.event_id), max(rows.event_id))
    if not known:
        return rows, known
    new = [event_id not in known for event_id in rows.event_id]
    return ShippedEvents(
        **{name: [*compress(values, new)] for name, values in vars(rows).items()}
    ), known


def _with_new_balances(batch: Batch, known: set[str]) -> dict[str, list[Any]]:
    """Return the columns of the players, without balances that are no newer than the lake's.

    Readers skip a null balance.
    """
    balances = zip(batch.players.balance, batch.has_new_balance(known), strict=True)
    return vars(batch.players) | {
        "balance": [each if is_new else None for each, is_new in balances]
    }


def _rows(table: LakeTable, shipped: dict[str, list[Any]], now: int, number: int) -> Table:
    """Make an Arrow table."""
    count = len(shipped[table.raw.key])
    values = shipped | {"loaded_at": [now] * count, "batch_number": [number] * count}
    if table.partition is not None:
        values[PARTITION] = [time // MICROSECONDS_PER_DAY for time in values["received_at"]]
    return Table.from_pydict(
        {
            name: Array(values[name], SENT_AS.get(kind, ARROW_TYPES[kind])).cast(ARROW_TYPES[kind])
            for name, kind in table.columns.items()
        }
    )


def _erase(players: DeltaTable, events: DeltaTable, erased: dict[int, str]) -> None:
    """Erase players; a repetition has no effect.

    The files with their data are replaced, and `compact` removes them later.
    """
    for user_id, tombstone in erased.items():
        players.update(
            predicate=f"user_id = {user_id} and username != '{tombstone}'",
            new_values={"username": tombstone},
            writer_properties=COMPRESSED,
        )
    ids = ", ".join(map(str, erased))
    whose = f"user_id in ({ids})"
    select = f"select * from events where {whose}"  # noqa: S608 (numbers)  # nosec B608
    found = QueryBuilder().register("events", events).execute(select).read_all()
    metas = found["meta"].to_pylist()
    details = zip(found["event_type"].to_pylist(), metas, strict=True)
    kept = [coins_alone(event_type, meta) for event_type, meta in details]
    if kept == metas:
        return
    column = ChunkedArray([Array(kept, ARROW_TYPES["text"])])
    write_deltalake(
        events,
        found.set_column(found.column_names.index("meta"), "meta", column),
        mode="overwrite",
        predicate=whose,
        writer_properties=COMPRESSED,
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
    """Commit the number of a batch without rows."""
    opened.create_write_transaction(
        [], "append", opened.schema(), table.partitions, commit_properties=numbered(number)
    )
