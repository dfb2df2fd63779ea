"""The store on a relational database, through SQLAlchemy Core."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Row, Select, func, insert, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError
from uuid_utils import uuid7

from api.clock import Clock, utc_now
from api.store.engine import open_engine, unavailable_if_it_fails
from api.store.migrations import migrate
from api.store.protocol import (
    MAX_BALANCE,
    BalanceOverflowError,
    Idempotency,
    IdempotencyKeyReusedError,
    NewEvent,
    Player,
    Recorded,
    StoredEvent,
    StoreError,
    StoreUnavailableError,
    UnknownPlayerError,
    UsernameTakenError,
)
from api.store.tables import events, idempotency_keys, players
from api.store.writer import GroupCommitWriter

EARN = "earn"

STORED_EVENT = (
    events.c.event_id,
    events.c.user_id,
    events.c.event_type,
    events.c.occurred_at,
    events.c.received_at,
    events.c.meta,
)


class SqlStore:
    """Implements `protocol.Store`."""

    def __init__(
        self,
        url: str,
        *,
        clock: Clock = utc_now,
        queue_limit: int = 1000,
        on_commit: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Open the database, migrate its schema and start the writer.

        Args:
            url: SQLAlchemy URL.
            clock: Tells when events are received.
            queue_limit: Commands that may wait for the writer.
            on_commit: Told after each commit how many commands shared it.

        Raises:
            StoreUnavailableError: The database cannot be opened.
        """
        self._clock = clock
        self._write_engine = open_engine(url, writes=True)
        self._read_engine = open_engine(url, writes=False)
        with unavailable_if_it_fails():
            migrate(self._write_engine)
        self._writer = GroupCommitWriter(
            self._write_engine, queue_limit=queue_limit, on_commit=on_commit
        )

    def register(self, username: str, password_hash: str) -> Player:
        """See `Store.register`."""
        created_at = self._clock()

        def command(connection: Connection) -> Player:
            if _player(connection, select(players).where(players.c.username == username)):
                raise UsernameTakenError(username)
            user_id: int = connection.execute(
                insert(players)
                .values(
                    username=username,
                    password_hash=password_hash,
                    balance=0,
                    created_at=created_at,
                )
                .returning(players.c.user_id)
            ).scalar_one()
            return Player(user_id, username, password_hash, 0, created_at)

        # Another process may register the name between the look and the insert.
        with _integrity_means(UsernameTakenError(username)):
            return self._writer.submit(command)

    def find_player(self, username: str) -> Player | None:
        """See `Store.find_player`."""
        with self._reading() as connection:
            return _player(connection, select(players).where(players.c.username == username))

    def get_player(self, user_id: int) -> Player | None:
        """See `Store.get_player`."""
        with self._reading() as connection:
            return _player(connection, select(players).where(players.c.user_id == user_id))

    def earn(
        self, user_id: int, amount: int, reason: str, idempotency: Idempotency | None = None
    ) -> Recorded:
        """See `Store.earn`."""
        now = self._clock()
        meta = json.dumps({"amount": amount, "reason": reason}, ensure_ascii=False)
        event = StoredEvent(str(uuid7()), user_id, EARN, now, now, meta)

        def command(connection: Connection) -> Recorded:
            if done := _replay(connection, user_id, idempotency):
                return done
            balance = connection.execute(
                update(players)
                .where(players.c.user_id == user_id, players.c.balance <= MAX_BALANCE - amount)
                .values(balance=players.c.balance + amount)
                .returning(players.c.balance)
            ).scalar_one_or_none()
            if balance is None:
                if _player(connection, select(players).where(players.c.user_id == user_id)):
                    raise BalanceOverflowError(f"the balance would exceed {MAX_BALANCE}")
                raise UnknownPlayerError(str(user_id))
            _write_event(connection, event, balance)
            outcome = Recorded(event.event_id, balance, replayed=False)
            _remember(connection, event, idempotency, outcome)
            return outcome

        return self._writer.submit(command)

    def record(
        self, user_id: int | None, event: NewEvent, idempotency: Idempotency | None = None
    ) -> Recorded:
        """See `Store.record`."""
        stored = self._received(user_id, event)

        def command(connection: Connection) -> Recorded:
            if user_id is not None and (done := _replay(connection, user_id, idempotency)):
                return done
            _write_event(connection, stored)
            outcome = Recorded(stored.event_id, None, replayed=False)
            _remember(connection, stored, idempotency, outcome)
            return outcome

        with _integrity_means(UnknownPlayerError(str(user_id))):
            return self._writer.submit(command)

    def record_many(self, user_id: int, events: Sequence[NewEvent]) -> list[Recorded]:
        """See `Store.record_many`."""
        stored = [self._received(user_id, event) for event in events]

        def command(connection: Connection) -> list[Recorded]:
            for event in stored:
                _write_event(connection, event)
            return [Recorded(event.event_id, None, replayed=False) for event in stored]

        with _integrity_means(UnknownPlayerError(str(user_id))):
            return self._writer.submit(command)

    def recent_events(
        self, user_id: int | None, limit: int, before: str | None = None
    ) -> list[StoredEvent]:
        """See `Store.recent_events`."""
        query = select(*STORED_EVENT).order_by(events.c.position.desc()).limit(limit)
        if user_id is not None:
            query = query.where(events.c.user_id == user_id)
        if before is not None:
            known = select(events.c.position).where(events.c.event_id == before).scalar_subquery()
            query = query.where(events.c.position < known)
        with self._reading() as connection:
            return [stored_event(row) for row in connection.execute(query)]

    def event_counts(self, user_id: int | None) -> dict[str, int]:
        """See `Store.event_counts`."""
        query = select(events.c.event_type, func.count().label("total")).group_by(
            events.c.event_type
        )
        if user_id is not None:
            query = query.where(events.c.user_id == user_id)
        with self._reading() as connection:
            counts = connection.execute(query.order_by(events.c.event_type))
            return {row.event_type: row.total for row in counts}

    def ping(self) -> None:
        """See `Store.ping`."""
        with self._reading() as connection:
            connection.execute(text("select 1"))

    def close(self) -> None:
        """See `Store.close`."""
        self._writer.close()
        self._write_engine.dispose()
        self._read_engine.dispose()

    def _received(self, user_id: int | None, event: NewEvent) -> StoredEvent:
        return StoredEvent(
            str(uuid7()),
            user_id,
            event.event_type,
            event.occurred_at,
            self._clock(),
            event.meta,
        )

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with unavailable_if_it_fails(), self._read_engine.begin() as connection:
            yield connection


@contextmanager
def _integrity_means(meaning: StoreError) -> Iterator[None]:
    """Raise this where a command broke a constraint: the database looks closer than we did."""
    try:
        yield
    except StoreUnavailableError as error:
        if isinstance(error.__cause__, IntegrityError):
            raise meaning from error
        raise


def stored_event(row: Row[Any]) -> StoredEvent:
    """Make an event of a row that begins with the columns STORED_EVENT."""
    return StoredEvent(*row[: len(STORED_EVENT)])


def _player(connection: Connection, query: Select[Any]) -> Player | None:
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Player(row.user_id, row.username, row.password_hash, row.balance, row.created_at)


def _write_event(connection: Connection, event: StoredEvent, balance: int | None = None) -> None:
    connection.execute(
        insert(events).values(
            event_id=event.event_id,
            user_id=event.user_id,
            event_type=event.event_type,
            occurred_at=event.occurred_at,
            received_at=event.received_at,
            meta=event.meta,
            balance=balance,
        )
    )


def _replay(
    connection: Connection, user_id: int, idempotency: Idempotency | None
) -> Recorded | None:
    """Find the outcome of an earlier request with the same key; raise where it was another one."""
    if idempotency is None:
        return None
    row = connection.execute(
        select(idempotency_keys).where(
            idempotency_keys.c.user_id == user_id, idempotency_keys.c.key == idempotency.key
        )
    ).one_or_none()
    if row is None:
        return None
    if row.fingerprint != idempotency.fingerprint:
        raise IdempotencyKeyReusedError(idempotency.key)
    return Recorded(row.event_id, row.balance, replayed=True)


def _remember(
    connection: Connection,
    event: StoredEvent,
    idempotency: Idempotency | None,
    outcome: Recorded,
) -> None:
    if idempotency is None or event.user_id is None:
        return
    connection.execute(
        insert(idempotency_keys).values(
            user_id=event.user_id,
            key=idempotency.key,
            fingerprint=idempotency.fingerprint,
            event_id=outcome.event_id,
            balance=outcome.balance,
            created_at=event.received_at,
        )
    )
