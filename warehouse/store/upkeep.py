"""Maintains the store while the API runs: reads all of it, gives it a new id, prunes it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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

from warehouse.store.engine import open_engine, translate_errors
from warehouse.store.erasure import erase
from warehouse.store.event_types import EARN, SPEND
from warehouse.store.file import translate_open_errors
from warehouse.store.migrations import migrate
from warehouse.store.postgres import retrying
from warehouse.store.tables import (
    ANONYMOUS,
    STORE_ID,
    events,
    idempotency_keys,
    players,
    pruned_events,
    store_identity,
)

ROWS_AT_A_TIME = 10_000
# Pruning keeps the newest events of each player and of anonymous clicks for `GET /events`.
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
# Alembic's table.
alembic_version = table("alembic_version", column("version_num"))


class StoreReader:
    """Reads the whole store in one snapshot; `reading` makes one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tables = set(inspect(connection).get_table_names())

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is an SQLite file."""
        return self._connection.dialect.name == "sqlite"

    def faults_of_file(self) -> list[str]:
        """Run SQLite's integrity check; return the faults that it finds."""
        found = [row[0] for row in self._connection.execute(text("pragma integrity_check"))]
        return [] if found == ["ok"] else found

    def broken_references(self) -> int:
        """Count the rows that violate a foreign key."""
        return len(self._connection.execute(text("pragma foreign_key_check")).all())

    def schema_version(self) -> str:
        """Return the version of the schema; empty without one."""
        if alembic_version.name not in self._tables:
            return ""
        found = self._connection.execute(select(alembic_version.c.version_num)).scalar()
        return str(found or "")

    def store_id(self) -> str | None:
        """Return the id of the store; None for a store of an older version."""
        if store_identity.name not in self._tables:
            return None
        return str(self._connection.execute(STORE_ID).scalar_one())

    def players(self) -> Iterator[Columns]:
        """Read all players in chunks, without secrets; times are microseconds since 1970."""
        return self._columns(ALL_PLAYERS)

    def events(self) -> Iterator[Columns]:
        """Read all events in order, in chunks; times are microseconds since 1970."""
        return self._columns(ALL_EVENTS)

    def pruned(self) -> Iterator[Columns]:
        """Read the counts of pruned events, in chunks."""
        # A backup of an older version lacks the table.
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
        """Return the id of the newest event and the time it was received; None without events."""
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
    with translate_errors(), engine.begin() as connection:
        yield StoreReader(connection)


class SqlUpkeep:
    """Maintains a store. Every method may raise StoreUnavailableError."""

    def __init__(self, url: str) -> None:
        """Open the database and migrate its schema."""
        self._write_engine = open_engine(url, writes=True, connections=1)
        self.read_engine = open_engine(url, writes=False, connections=1)
        with translate_open_errors(url):
            migrate(self._write_engine)

    def close(self) -> None:
        """Close the store."""
        self._write_engine.dispose()
        self.read_engine.dispose()

    def store_id(self) -> str:
        """Return the id of the store."""
        with translate_errors(), self.read_engine.begin() as connection:
            return str(connection.execute(STORE_ID).scalar_one())

    def renew_id(self) -> str:
        """Give the store a new id, because it will reuse user ids; return the id.

        Older tokens become invalid, and an older warehouse belongs to another store.
        """
        store_id = str(uuid.uuid4())
        with translate_errors(), self._write_engine.begin() as connection:
            connection.execute(update(store_identity).values(store_id=store_id))
        return store_id

    def erase(self, user_id: int, now: datetime, created_at: datetime | None = None) -> bool:
        """Erase a player; return whether there was one. See `erasure.erase`."""

        def transact() -> bool:
            with self._write_engine.begin() as connection:
                return erase(connection, user_id, now, created_at=created_at)

        with translate_errors():
            return retrying(transact)

    def last_position(self) -> int:
        """Return the position of the last event; 0 without events."""
        with translate_errors(), self.read_engine.begin() as connection:
            return connection.execute(select(func.max(events.c.position))).scalar() or 0

    def candidates(self, after: int, received_before: datetime, limit: int) -> Columns:
        """Find events that may be pruned if the warehouse has them, the oldest first.

        They are shipped, are no `earn` or `spend`, and are not among the newest KEPT_PER_PLAYER
        events of their player or of anonymous clicks.

        Args:
            after: Only events after this position.
            received_before: Only events received before this time.
            limit: The maximum number of events.
        """
        # Two conditions, because PostgreSQL uses no index for `is not distinct from`.
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
                events.c.event_type.not_in((EARN, SPEND)),
                has_enough_newer,
            )
            .order_by(None)
            .order_by(events.c.position)
            .limit(limit)
        )
        with translate_errors(), self.read_engine.begin() as connection:
            result = connection.execute(query)
            names, rows = list(result.keys()), result.all()
        return {name: [row[index] for row in rows] for index, name in enumerate(names)}

    def prune(self, positions: Sequence[int]) -> int:
        """Delete events and count them as pruned, in one transaction.

        Args:
            positions: The positions of a few events.

        Returns:
            The number of deleted events. Another prune may have deleted some before.
        """
        with translate_errors(), self._write_engine.begin() as connection:
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
        """Find old idempotency keys, in order.

        Args:
            after: Only keys after this player and key.
            created_before: Only keys created before this time.
            limit: The maximum number of keys.
        """
        keys = idempotency_keys.c
        query = (
            select(keys.user_id, keys.key)
            .where(tuple_(keys.user_id, keys.key) > after, keys.created_at < created_before)
            .order_by(keys.user_id, keys.key)
            .limit(limit)
        )
        with translate_errors(), self.read_engine.begin() as connection:
            return [(row.user_id, row.key) for row in connection.execute(query)]

    def forget(self, keys: Sequence[tuple[int, str]]) -> None:
        """Delete these idempotency keys, in one transaction."""
        rows = [{"whose": user_id, "name": key} for user_id, key in keys]
        with translate_errors(), self._write_engine.begin() as connection:
            connection.execute(FORGET, rows)


def _has_enough(newer: FromClause, is_of_same: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that an event has KEPT_PER_PLAYER newer ones."""
    return exists(
        select(newer.c.position)
        .where(is_of_same, newer.c.position > events.c.position)
        .order_by(newer.c.position)
        .limit(1)
        .offset(KEPT_PER_PLAYER - 1)
    )
