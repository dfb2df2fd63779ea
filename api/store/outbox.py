"""What waits to be shipped to the warehouse."""

from __future__ import annotations

from sqlalchemy import bindparam, func, or_, select, true, update

from api.store.engine import open_engine
from api.store.migrations import migrate
from api.store.protocol import Backlog, Batch, ShippedPlayer
from api.store.sql_store import STORED_EVENT, stored_event
from api.store.tables import events, players


class SqlOutbox:
    """Implements `protocol.Outbox`."""

    def __init__(self, url: str) -> None:
        """Open the database and migrate its schema.

        Args:
            url: SQLAlchemy URL.
        """
        self._write_engine = open_engine(url, writes=True)
        self._read_engine = open_engine(url, writes=False)
        migrate(self._write_engine)

    def next_batch(self, limit: int) -> Batch:
        """See `Outbox.next_batch`."""
        oldest = (
            select(events.c.position, *STORED_EVENT)
            .where(~events.c.is_shipped)
            .order_by(events.c.position)
            .limit(limit)
        )
        with self._read_engine.begin() as snapshot:
            rows = snapshot.execute(oldest).all()
            last = rows[-1].position if rows else 0
            concerned = (
                select(events.c.user_id)
                .where(~events.c.is_shipped, events.c.position <= last)
                .distinct()
            )
            new = (
                select(players.c.user_id)
                .where(~players.c.is_shipped)
                .order_by(players.c.user_id)
                .limit(limit)
            )
            # Coins of the snapshot that this batch leaves for a later one.
            later = (
                select(events.c.user_id, func.sum(events.c.amount).label("amount"))
                .where(~events.c.is_shipped, events.c.position > last, events.c.amount.is_not(None))
                .group_by(events.c.user_id)
                .subquery()
            )
            found = snapshot.execute(
                select(
                    players.c.user_id,
                    players.c.username,
                    players.c.created_at,
                    (players.c.balance - func.coalesce(later.c.amount, 0)).label("balance"),
                )
                .join_from(players, later, players.c.user_id == later.c.user_id, isouter=True)
                .where(or_(players.c.user_id.in_(new), players.c.user_id.in_(concerned)))
                .order_by(players.c.user_id)
            ).all()
        return Batch(
            events=[stored_event(row) for row in rows],
            players=[
                ShippedPlayer(row.user_id, row.username, row.created_at, int(row.balance))
                for row in found
            ],
        )

    def mark_shipped(self, batch: Batch) -> None:
        """See `Outbox.mark_shipped`."""
        with self._write_engine.begin() as connection:
            if batch.events:
                connection.execute(
                    update(events)
                    .where(events.c.event_id == bindparam("shipped"))
                    .values(is_shipped=true()),
                    [{"shipped": event.event_id} for event in batch.events],
                )
            if batch.players:
                connection.execute(
                    update(players)
                    .where(players.c.user_id == bindparam("shipped"))
                    .values(is_shipped=true()),
                    [{"shipped": player.user_id} for player in batch.players],
                )

    def backlog(self) -> Backlog:
        """See `Outbox.backlog`."""
        waiting = select(
            func.count().label("event_count"),
            func.min(events.c.received_at).label("oldest_received_at"),
        ).where(~events.c.is_shipped)
        with self._read_engine.begin() as connection:
            row = connection.execute(waiting).one()
        return Backlog(row.event_count, row.oldest_received_at)

    def close(self) -> None:
        """See `Outbox.close`."""
        self._write_engine.dispose()
        self._read_engine.dispose()
