"""What waits to be shipped to the warehouse."""

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

from warehouse.store.engine import open_engine, unavailable_if_it_fails
from warehouse.store.file import StoreFile, opening
from warehouse.store.migrations import migrate
from warehouse.store.postgres import retrying
from warehouse.store.protocol import Backlog, Batch, ShippedEvents, ShippedPlayers
from warehouse.store.tables import events, players, store_identity

T = TypeVar("T")

# SQLite takes 32,766 parameters in a statement.
IDS_PER_QUERY = 10_000
ROWS_AT_A_TIME = 1000
MAX_POSITION = 2**63 - 1


def _as_stored(time: Column[datetime]) -> Label[int]:
    """Select a time as the microseconds that the store keeps, which is what the warehouse gets."""
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
# Lists given when a statement runs: SQLAlchemy takes them without looking at each value.
THESE_PLAYERS = PLAYERS.where(players.c.user_id.in_(bindparam("ids", expanding=True)))
MARK_EVENTS = (
    update(events)
    .where(events.c.event_id.in_(bindparam("ids", expanding=True)))
    .values(is_shipped=true())
)
# In their order, as those do who write their events: see `sql_store.LOCK_PLAYERS`.
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
# The newest event before all that wait. Events are shipped in their order, so it was shipped last.
# On PostgreSQL, one that was committed late may wait before others that are shipped: then this is
# one that was shipped earlier, which the warehouse must have, too.
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
STORE_ID = select(store_identity.c.store_id)
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
            url: SQLAlchemy URL.

        Raises:
            StoreUnavailableError: The database cannot be opened.
        """
        with opening(url):
            self._write_engine = open_engine(url, writes=True)
            migrate(self._write_engine)
        self._file = StoreFile(url)
        self._read_engine = open_engine(url, writes=False)
        listen(self._read_engine, "do_connect", lambda *_: self._file.confirm())

    def next_batch(self, limit: int) -> Batch:
        """See `Outbox.next_batch`."""
        with unavailable_if_it_fails(), self._read_engine.begin() as snapshot:
            *columns, balance_after = _columns(snapshot.execute(OLDEST_EVENTS.limit(limit)))
            oldest = ShippedEvents(*columns)
            # Events are in their order: what stays is each player's balance after the last of them.
            balances = {
                user_id: balance
                for user_id, balance in zip(oldest.user_id, balance_after, strict=True)
                if balance is not None
            }
            found = {row.user_id: row for row in snapshot.execute(NEW_PLAYERS.limit(limit))}
            for ids in _cut(list(balances), IDS_PER_QUERY):
                found |= {row.user_id: row for row in snapshot.execute(THESE_PLAYERS, {"ids": ids})}
            last_shipped = snapshot.execute(LAST_SHIPPED).scalar_one_or_none()
            store_id: str = snapshot.execute(STORE_ID).scalar_one()
        if not oldest and not found:
            # What was acknowledged before the file went is shipped; there is no more to come.
            self._file.confirm()
        return Batch(
            store_id,
            oldest,
            ShippedPlayers(
                user_id=list(found),
                username=[row.username for row in found.values()],
                created_at=[row.created_at for row in found.values()],
                # A new player without an `earn` among these events has none before them either.
                balance=[balances.get(user_id, 0) for user_id in found],
            ),
            last_shipped,
        )

    def mark_shipped(self, batch: Batch) -> None:
        """See `Outbox.mark_shipped`."""

        def mark() -> None:
            with self._write_engine.begin() as connection:
                for event_ids in _cut(batch.events.event_id, IDS_PER_QUERY):
                    connection.execute(MARK_EVENTS, {"ids": event_ids})
                for user_ids in _cut(sorted(batch.players.user_id), IDS_PER_QUERY):
                    connection.execute(LOCK_PLAYERS, {"ids": user_ids})
                    connection.execute(MARK_PLAYERS, {"ids": user_ids})

        with unavailable_if_it_fails():
            retrying(mark)

    def ship_again(self) -> int:
        """See `Outbox.ship_again`."""

        def begin() -> int:
            with self._write_engine.begin() as connection:
                connection.execute(SHIP_PLAYERS_AGAIN)
                newest: int = connection.execute(NEWEST_POSITION).scalar_one()
            return newest

        def go_on() -> int:
            few = {"first": last - IDS_PER_QUERY + 1, "last": last}
            with self._write_engine.begin() as connection:
                return connection.execute(SHIP_EVENTS_AGAIN, few).rowcount

        count = 0
        with unavailable_if_it_fails():
            # On PostgreSQL, an event with a lower position may be committed after this; it waits to
            # be shipped as any new one does.
            last = retrying(begin)
            # The newest first, and not all in one transaction, which would keep the requests
            # waiting. Who dies in between leaves a last shipped event that is still missing.
            while last > 0:
                count += retrying(go_on)
                last -= IDS_PER_QUERY
        return count

    def backlog(self) -> Backlog:
        """See `Outbox.backlog`."""
        waiting = select(
            func.count().label("event_count"),
            func.min(events.c.received_at).label("oldest_received_at"),
        ).where(~events.c.is_shipped)
        with unavailable_if_it_fails(), self._read_engine.begin() as connection:
            row = connection.execute(waiting).one()
        return Backlog(row.event_count, row.oldest_received_at)

    def close(self) -> None:
        """See `Outbox.close`."""
        self._write_engine.dispose()
        self._read_engine.dispose()


def _columns(result: Result[Any]) -> list[list[Any]]:
    """Read all rows, as a list per column.

    A few rows at a time: with all of them alive, garbage collection would look at each, repeatedly.
    """
    columns: list[list[Any]] = [[] for _ in range(len(result.keys()))]
    for rows in result.partitions(ROWS_AT_A_TIME):
        for column, values in zip(columns, zip(*rows, strict=True), strict=True):
            column.extend(values)
    return columns


def _cut(ids: list[T], size: int) -> Iterator[list[T]]:
    """Cut into pieces of at most this size."""
    return (ids[start : start + size] for start in range(0, len(ids), size))
