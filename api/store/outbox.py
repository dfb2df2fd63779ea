"""What waits to be shipped to the warehouse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from sqlalchemy import bindparam, func, select, true, update

from api.store.engine import open_engine, unavailable_if_it_fails
from api.store.migrations import migrate
from api.store.protocol import Backlog, Batch, ShippedPlayer
from api.store.sql_store import STORED_EVENT, stored_event
from api.store.tables import events, players

# SQLite takes 32,766 parameters in a statement.
IDS_PER_QUERY = 10_000

OLDEST_EVENTS = (
    select(*STORED_EVENT, events.c.balance).where(~events.c.is_shipped).order_by(events.c.position)
)
PLAYERS = select(players.c.user_id, players.c.username, players.c.created_at)
NEW_PLAYERS = PLAYERS.where(~players.c.is_shipped).order_by(players.c.user_id)


class SqlOutbox:
    """Implements `protocol.Outbox`."""

    def __init__(self, url: str) -> None:
        """Open the database and migrate its schema.

        Args:
            url: SQLAlchemy URL.

        Raises:
            StoreUnavailableError: The database cannot be opened.
        """
        self._write_engine = open_engine(url, writes=True)
        self._read_engine = open_engine(url, writes=False)
        with unavailable_if_it_fails():
            migrate(self._write_engine)

    def next_batch(self, limit: int) -> Batch:
        """See `Outbox.next_batch`."""
        with unavailable_if_it_fails(), self._read_engine.begin() as snapshot:
            rows = snapshot.execute(OLDEST_EVENTS.limit(limit)).all()
            # Rows are in their order: what stays is each player's balance after the last of them.
            balances = {row.user_id: row.balance for row in rows if row.balance is not None}
            found = list(snapshot.execute(NEW_PLAYERS.limit(limit)))
            for some in _batched(balances, IDS_PER_QUERY):
                found += snapshot.execute(PLAYERS.where(players.c.user_id.in_(some)))
        # A new player without an `earn` among these events has none before them either.
        shipped = {
            row.user_id: ShippedPlayer(
                row.user_id, row.username, row.created_at, balances.get(row.user_id, 0)
            )
            for row in found
        }
        return Batch([stored_event(row) for row in rows], list(shipped.values()))

    def mark_shipped(self, batch: Batch) -> None:
        """See `Outbox.mark_shipped`."""
        with unavailable_if_it_fails(), self._write_engine.begin() as connection:
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
        with unavailable_if_it_fails(), self._read_engine.begin() as connection:
            row = connection.execute(waiting).one()
        return Backlog(row.event_count, row.oldest_received_at)

    def close(self) -> None:
        """See `Outbox.close`."""
        self._write_engine.dispose()
        self._read_engine.dispose()


def _batched(numbers: Iterable[int], size: int) -> Iterator[list[int]]:
    """Cut into lists of at most this size."""
    rest = iter(numbers)
    while some := list(islice(rest, size)):
        yield some
