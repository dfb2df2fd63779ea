"""The events and players that the loader has not shipped to the warehouse yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    Column,
    Label,
    Result,
    bindparam,
    false,
    func,
    select,
    true,
    type_coerce,
    update,
)
from sqlalchemy.event import listen

from warehouse.store.engine import open_engine, translate_errors
from warehouse.store.file import StoreFile, translate_open_errors
from warehouse.store.migrations import migrate
from warehouse.store.postgres import retrying
from warehouse.store.protocol import Backlog, Batch, ShippedEvents, ShippedPlayers
from warehouse.store.tables import STORE_ID, events, players

T = TypeVar("T")

# SQLite allows 32,766 parameters in a statement.
IDS_PER_QUERY = 10_000
ROWS_AT_A_TIME = 1000
MAX_POSITION = 2**63 - 1


def _as_stored(time: Column[datetime]) -> Label[int]:
    """Select a time as microseconds, the form in which it is stored and shipped."""
    return type_coerce(time, BigInteger).label(time.name)


OLDEST_EVENTS = (
    select(
        events.c.event_id,
        events.c.user_id,
        events.c.event_type,
        _as_stored(events.c.occurred_at),
        _as_stored(events.c.received_at),
        events.c.meta,
        events.c.balance,
    )
    .where(~events.c.is_shipped)
    .order_by(events.c.position)
)
PLAYERS = select(players.c.user_id, players.c.username, _as_stored(players.c.created_at))
NEW_PLAYERS = PLAYERS.where(~players.c.is_shipped).order_by(players.c.user_id)
# Expanding parameters: SQLAlchemy does not process each value.
THESE_PLAYERS = PLAYERS.where(players.c.user_id.in_(bindparam("ids", expanding=True)))
MARK_EVENTS = (
    update(events)
    .where(events.c.event_id.in_(bindparam("ids", expanding=True)))
    .values(is_shipped=true())
)
# In the same order as `sql_store.LOCK_PLAYERS`, to avoid deadlocks.
LOCK_PLAYERS = (
    select(players.c.user_id)
    .where(players.c.user_id.in_(bindparam("ids", expanding=True)))
    .order_by(players.c.user_id)
    .with_for_update(key_share=True)
)
MARK_PLAYERS = (
    update(players)
    .where(players.c.user_id.in_(bindparam("ids", expanding=True)))
    .values(is_shipped=true())
)
# A batch that was read before an erasure does not contain it. A loader that was suspended meanwhile
# may even have undone it in the destination.
SHIP_ERASURES_AGAIN = (
    update(players)
    .where(
        players.c.user_id.in_(bindparam("ids", expanding=True)), players.c.erased_at.is_not(None)
    )
    .values(is_shipped=false())
)
# The last shipped event: the newest before all that wait, because events ship in order. On
# PostgreSQL, an event that committed late may wait before shipped ones. Then this is an earlier
# shipped event, which the warehouse must have, too.
LAST_SHIPPED = (
    select(events.c.event_id)
    .where(
        events.c.is_shipped,
        events.c.position
        < func.coalesce(
            select(func.min(events.c.position)).where(~events.c.is_shipped).scalar_subquery(),
            MAX_POSITION,
        ),
    )
    .order_by(events.c.position.desc())
    .limit(1)
)
NEWEST_POSITION = select(func.coalesce(func.max(events.c.position), 0))
SHIP_EVENTS_AGAIN = (
    update(events)
    .where(events.c.position.between(bindparam("first"), bindparam("last")), events.c.is_shipped)
    .values(is_shipped=false())
)
SHIP_PLAYERS_AGAIN = update(players).where(players.c.is_shipped).values(is_shipped=false())


class SqlOutbox:
    """Implements `protocol.Outbox`."""

    def __init__(self, url: str) -> None:
        """Open the database and migrate its schema.

        Args:
            url: The SQLAlchemy URL.

        Raises:
            StoreUnavailableError: The database cannot be opened.
        """
        with translate_open_errors(url):
            self._write_engine = open_engine(url, writes=True)
            migrate(self._write_engine)
        self._file = StoreFile(url)
        self._read_engine = open_engine(url, writes=False)
        listen(self._read_engine, "do_connect", lambda *_: self._file.require_in_place())

    def next_batch(self, limit: int) -> Batch:
        """See `Outbox.next_batch`."""
        with translate_errors(), self._read_engine.begin() as snapshot:
            *columns, balance_after = _columns(snapshot.execute(OLDEST_EVENTS.limit(limit)))
            oldest = ShippedEvents(*columns)
            # Events are in order, so the last change of each player remains.
            changes = {
                user_id: (balance, event_id)
                for user_id, balance, event_id in zip(
                    oldest.user_id, balance_after, oldest.event_id, strict=True
                )
                if balance is not None
            }
            found = {row.user_id: row for row in snapshot.execute(NEW_PLAYERS.limit(limit))}
            for ids in _chunks(list(changes)):
                found |= {row.user_id: row for row in snapshot.execute(THESE_PLAYERS, {"ids": ids})}
            last_shipped = snapshot.execute(LAST_SHIPPED).scalar_one_or_none()
            store_id: str = snapshot.execute(STORE_ID).scalar_one()
        if not oldest and not found:
            # All acknowledged events are shipped. In a deleted file, no more can arrive.
            self._file.require_in_place()
        return Batch(
            store_id,
            oldest,
            ShippedPlayers(
                user_id=list(found),
                username=[row.username for row in found.values()],
                created_at=[row.created_at for row in found.values()],
                balance=[changes[user_id][0] if user_id in changes else 0 for user_id in found],
            ),
            {user_id: changes[user_id][1] for user_id in found if user_id in changes},
            last_shipped,
        )

    def mark_shipped(self, batch: Batch) -> None:
        """See `Outbox.mark_shipped`."""
        users = {*batch.players.user_id, *filter(None, batch.events.user_id)}
        others = users - batch.players.erased().keys()

        def mark() -> None:
            with self._write_engine.begin() as connection:
                for event_ids in _chunks(batch.events.event_id):
                    connection.execute(MARK_EVENTS, {"ids": event_ids})
                for user_ids in _chunks(sorted(batch.players.user_id)):
                    connection.execute(LOCK_PLAYERS, {"ids": user_ids})
                    connection.execute(MARK_PLAYERS, {"ids": user_ids})
                for user_ids in _chunks(sorted(others)):
                    connection.execute(SHIP_ERASURES_AGAIN, {"ids": user_ids})

        with translate_errors():
            retrying(mark)

    def ship_again(self) -> int:
        """See `Outbox.ship_again`."""

        def begin() -> int:
            with self._write_engine.begin() as connection:
                connection.execute(SHIP_PLAYERS_AGAIN)
                newest: int = connection.execute(NEWEST_POSITION).scalar_one()
            return newest

        def reset_chunk() -> int:
            chunk = {"first": last - IDS_PER_QUERY + 1, "last": last}
            with self._write_engine.begin() as connection:
                return connection.execute(SHIP_EVENTS_AGAIN, chunk).rowcount

        count = 0
        with translate_errors():
            # On PostgreSQL, an event with a lower position may commit after this. It ships as a new
            # one.
            last = retrying(begin)
            # In several transactions, because one would block the requests for long. The newest
            # first: after a crash, the last shipped event is still missing in the warehouse.
            while last > 0:
                count += retrying(reset_chunk)
                last -= IDS_PER_QUERY
        return count

    def backlog(self) -> Backlog:
        """See `Outbox.backlog`."""
        waiting = select(
            func.count().label("event_count"),
            func.min(events.c.received_at).label("oldest_received_at"),
        ).where(~events.c.is_shipped)
        with translate_errors(), self._read_engine.begin() as connection:
            row = connection.execute(waiting).one()
        return Backlog(row.event_count, row.oldest_received_at)

    def close(self) -> None:
        """See `Outbox.close`."""
        self._write_engine.dispose()
        self._read_engine.dispose()


def _columns(result: Result[Any]) -> list[list[Any]]:
    """Read all rows, as a list per column.

    In chunks, because garbage collection scans all live rows repeatedly.
    """
    columns: list[list[Any]] = [[] for _ in range(len(result.keys()))]
    for rows in result.partitions(ROWS_AT_A_TIME):
        for column, values in zip(columns, zip(*rows, strict=True), strict=True):
            column.extend(values)
    return columns


def _chunks(ids: list[T]) -> Iterator[list[T]]:
    return (ids[start : start + IDS_PER_QUERY] for start in range(0, len(ids), IDS_PER_QUERY))
