"""What those who run the store do with it: read it whole, give it a new id, prune it.

Everything here goes through the database like the API does, so it works while the API runs.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Select,
    and_,
    bindparam,
    column,
    delete,
    exists,
    func,
    insert,
    inspect,
    or_,
    select,
    table,
    text,
    true,
    tuple_,
    type_coerce,
    update,
)

from warehouse.store.engine import open_engine, unavailable_if_it_fails
from warehouse.store.file import opening
from warehouse.store.migrations import migrate
from warehouse.store.sql_store import EARN
from warehouse.store.tables import (
    ANONYMOUS,
    events,
    idempotency_keys,
    players,
    pruned_events,
    store_identity,
)

ROWS_AT_A_TIME = 10_000
# `GET /events` shows so many at most; pruning leaves them to every player and to anonymous clicks.
KEPT_PER_PLAYER = 100

Columns = dict[str, list[Any]]

ALL_EVENTS = select(
    events.c.position,
    events.c.event_id,
    events.c.user_id,
    events.c.event_type,
    type_coerce(events.c.occurred_at, BigInteger).label("occurred_at"),
    type_coerce(events.c.received_at, BigInteger).label("received_at"),
    events.c.meta,
    events.c.balance,
    events.c.is_shipped,
).order_by(events.c.position)
ALL_PLAYERS = select(
    players.c.user_id,
    players.c.username,
    type_coerce(players.c.created_at, BigInteger).label("created_at"),
    players.c.balance,
    players.c.is_shipped,
).order_by(players.c.user_id)
ALL_PRUNED = select(
    pruned_events.c.user_id, pruned_events.c.event_type, pruned_events.c.event_count
).order_by(pruned_events.c.user_id, pruned_events.c.event_type)

COUNT_MORE = (
    update(pruned_events)
    .where(
        pruned_events.c.user_id == bindparam("whose"),
        pruned_events.c.event_type == bindparam("type"),
    )
    .values(event_count=pruned_events.c.event_count + bindparam("more", type_=BigInteger))
)
FORGET = delete(idempotency_keys).where(
    idempotency_keys.c.user_id == bindparam("whose"), idempotency_keys.c.key == bindparam("name")
)
STORE_ID = select(store_identity.c.store_id)
# Alembic's own table.
alembic_version = table("alembic_version", column("version_num"))


class StoreReader:
    """Reads the whole store in one snapshot."""

    def __init__(self, connection: Connection) -> None:
        """Read in the transaction of this connection; see `reading`."""
        self._connection = connection
        self._tables = set(inspect(connection).get_table_names())

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is an SQLite file."""
        return self._connection.dialect.name == "sqlite"

    def faults_of_file(self) -> list[str]:
        """Have SQLite look at its own file; returns what it finds wrong."""
        found = [row[0] for row in self._connection.execute(text("pragma integrity_check"))]
        return [] if found == ["ok"] else found

    def broken_references(self) -> int:
        """Count the rows that refer to a row that is not there."""
        return len(self._connection.execute(text("pragma foreign_key_check")).all())

    def schema_version(self) -> str:
        """Tell the version of the schema; blank where there is none."""
        if alembic_version.name not in self._tables:
            return ""
        found = self._connection.execute(select(alembic_version.c.version_num)).scalar()
        return str(found or "")

    def store_id(self) -> str | None:
        """Tell which store this is; None for one that an older version made."""
        if store_identity.name not in self._tables:
            return None
        return str(self._connection.execute(STORE_ID).scalar_one())

    def players(self) -> Iterator[Columns]:
        """Read all players, some at a time, times as microseconds since 1970. No secrets."""
        return self._columns(ALL_PLAYERS)

    def events(self) -> Iterator[Columns]:
        """Read all events in their order, some at a time, times as microseconds since 1970."""
        return self._columns(ALL_EVENTS)

    def pruned(self) -> Iterator[Columns]:
        """Read how many events of whom were pruned, some at a time."""
        # A copy that an older version made has no such table.
        return self._columns(ALL_PRUNED) if pruned_events.name in self._tables else iter(())

    def key_count(self) -> int:
        """Count the idempotency keys."""
        count = self._connection.execute(select(func.count()).select_from(idempotency_keys))
        return int(count.scalar_one())

    def event_count(self) -> int:
        """Count the events."""
        return int(self._connection.execute(select(func.count()).select_from(events)).scalar_one())

    def waiting_count(self) -> int:
        """Count the events that wait to be shipped."""
        return int(
            self._connection.execute(select(func.count()).where(~events.c.is_shipped)).scalar_one()
        )

    def last_event(self) -> tuple[str, datetime] | None:
        """Tell the newest event's id and when it was received; None where there is none."""
        query = select(events.c.event_id, events.c.received_at).order_by(events.c.position.desc())
        row = self._connection.execute(query.limit(1)).one_or_none()
        return None if row is None else (row.event_id, row.received_at)

    def _columns(self, query: Select[Any]) -> Iterator[Columns]:
        result = self._connection.execution_options(yield_per=ROWS_AT_A_TIME).execute(query)
        names = list(result.keys())
        for rows in result.partitions(ROWS_AT_A_TIME):
            yield dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


@contextmanager
def reading(engine: Engine) -> Iterator[StoreReader]:
    """Read a store in one snapshot.

    Raises:
        StoreUnavailableError: The database cannot be read.
    """
    with unavailable_if_it_fails(), engine.begin() as connection:
        yield StoreReader(connection)


@dataclass(frozen=True)
class Candidates:
    """Events that may be pruned if the warehouse has them, a list per column, as ALL_EVENTS."""

    columns: Columns

    def __len__(self) -> int:
        """Count them."""
        return len(self.columns["position"])


class SqlUpkeep:
    """Changes a store as a whole. Every method may raise StoreUnavailableError."""

    def __init__(self, url: str) -> None:
        """Open the database and migrate its schema."""
        self._write_engine = open_engine(url, writes=True, connections=1)
        self.read_engine = open_engine(url, writes=False, connections=1)
        with opening(url):
            migrate(self._write_engine)

    def close(self) -> None:
        """Let the store go."""
        self._write_engine.dispose()
        self.read_engine.dispose()

    def store_id(self) -> str:
        """Tell which store this is."""
        with unavailable_if_it_fails(), self.read_engine.begin() as connection:
            return str(connection.execute(STORE_ID).scalar_one())

    def renew_id(self) -> str:
        """Give the store a new id, since the ids of its players are given again; returns it.

        Tokens of before are no longer good, and a warehouse of before is another store's.
        """
        store_id = str(uuid.uuid4())
        with unavailable_if_it_fails(), self._write_engine.begin() as connection:
            connection.execute(update(store_identity).values(store_id=store_id))
        return store_id

    def last_position(self) -> int:
        """Tell the position of the last event; 0 in a store without events."""
        with unavailable_if_it_fails(), self.read_engine.begin() as connection:
            return connection.execute(select(func.max(events.c.position))).scalar() or 0

    def candidates(self, after: int, received_before: datetime, limit: int) -> Candidates:
        """Find events that may be pruned, the oldest first.

        They are shipped, received before that time, no `earn`, and neither among the newest
        KEPT_PER_PLAYER of their player nor of anonymous clicks.

        Args:
            after: Only those behind this position.
            received_before: The time.
            limit: At most so many.
        """
        # Two conditions, since PostgreSQL has no use for an index in `is not distinct from`.
        newer = events.alias()
        has_enough_newer = or_(
            _has_enough(newer, newer.c.user_id == events.c.user_id),
            and_(events.c.user_id.is_(None), _has_enough(newer, newer.c.user_id.is_(None))),
        )
        query = (
            ALL_EVENTS.where(
                events.c.position > after,
                events.c.is_shipped == true(),
                events.c.received_at < received_before,
                events.c.event_type != EARN,
                has_enough_newer,
            )
            .order_by(None)
            .order_by(events.c.position)
            .limit(limit)
        )
        with unavailable_if_it_fails(), self.read_engine.begin() as connection:
            result = connection.execute(query)
            names, rows = list(result.keys()), result.all()
        columns = [[row[index] for row in rows] for index in range(len(names))]
        return Candidates(dict(zip(names, columns, strict=True)))

    def prune(self, positions: Sequence[int]) -> int:
        """Delete events and count them as pruned, in one transaction.

        Args:
            positions: Of the events; they are few.

        Returns:
            How many they were. Another prune may have been there first.
        """
        with unavailable_if_it_fails(), self._write_engine.begin() as connection:
            these = delete(events).where(events.c.position.in_(positions))
            deleted = connection.execute(these.returning(events.c.user_id, events.c.event_type))
            counts = Counter((row.user_id or ANONYMOUS, row.event_type) for row in deleted)
            for (whose, event_type), count in counts.items():
                more = {"whose": whose, "type": event_type, "more": count}
                if connection.execute(COUNT_MORE, more).rowcount == 0:
                    row = {"user_id": whose, "event_type": event_type, "event_count": count}
                    connection.execute(insert(pruned_events), row)
        return counts.total()

    def old_keys(
        self, after: tuple[int, str], created_before: datetime, limit: int
    ) -> list[tuple[int, str]]:
        """Find idempotency keys that were made before a time, in their order.

        Args:
            after: Only those behind this player and key.
            created_before: The time.
            limit: At most so many.
        """
        keys = idempotency_keys.c
        query = (
            select(keys.user_id, keys.key)
            .where(tuple_(keys.user_id, keys.key) > after, keys.created_at < created_before)
            .order_by(keys.user_id, keys.key)
            .limit(limit)
        )
        with unavailable_if_it_fails(), self.read_engine.begin() as connection:
            return [(row.user_id, row.key) for row in connection.execute(query)]

    def forget(self, keys: Sequence[tuple[int, str]]) -> None:
        """Delete these idempotency keys, in one transaction."""
        rows = [{"whose": user_id, "name": key} for user_id, key in keys]
        with unavailable_if_it_fails(), self._write_engine.begin() as connection:
            connection.execute(FORGET, rows)


def _has_enough(newer: FromClause, is_of_same: ColumnElement[bool]) -> ColumnElement[bool]:
    """Say that an event has KEPT_PER_PLAYER newer ones."""
    return exists(
        select(newer.c.position)
        .where(is_of_same, newer.c.position > events.c.position)
        .order_by(newer.c.position)
        .limit(1)
        .offset(KEPT_PER_PLAYER - 1)
    )
