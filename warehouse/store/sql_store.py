"""The store on a relational database, through SQLAlchemy Core."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    BigInteger,
    Row,
    Select,
    any_,
    bindparam,
    case,
    cast,
    func,
    insert,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection
from sqlalchemy.event import listen
from sqlalchemy.exc import IntegrityError
from uuid_utils import uuid7

from warehouse.store.clock import Clock, utc_now
from warehouse.store.disk import DiskFloor
from warehouse.store.engine import is_postgres, open_engine, sqlite_path, translate_errors
from warehouse.store.erasure import end_sessions, erase, revoke
from warehouse.store.event_types import EARN, SPEND
from warehouse.store.file import StoreFile, translate_open_errors
from warehouse.store.migrations import migrate
from warehouse.store.names import name_key
from warehouse.store.protocol import (
    MAX_BALANCE,
    BalanceOverflowError,
    Idempotency,
    IdempotencyKeyReusedError,
    InsufficientBalanceError,
    NewEvent,
    Player,
    Recorded,
    RememberedKey,
    RevokedToken,
    StoredEvent,
    StoreError,
    StoreUnavailableError,
    UnknownPlayerError,
    UsernameTakenError,
)
from warehouse.store.tables import (
    STORE_ID,
    events,
    idempotency_keys,
    players,
    pruned_events,
    revoked_tokens,
)
from warehouse.store.writer import GroupCommitWriter

T = TypeVar("T")

# The largest balance that the column can hold. An older version allowed more than MAX_BALANCE.
BIGINT_MAX = 2**63 - 1
# The number of requests that can read at a time, each on one connection.
READERS = 32

STORED_EVENT = (
    events.c.event_id,
    events.c.user_id,
    events.c.event_type,
    events.c.occurred_at,
    events.c.received_at,
    events.c.meta,
)
# Constants, because building and compiling a statement takes longer than running it.
REGISTER = insert(players).returning(players.c.user_id)
PLAYER_BY_NAME = (
    select(players)
    .where(
        or_(
            players.c.username == bindparam("username"),
            players.c.username_key == bindparam("username_key"),
        )
    )
    .order_by(case((players.c.username == bindparam("username"), 0), else_=1))
    .limit(1)
)
PLAYER_BY_ID = select(players).where(
    players.c.user_id == bindparam("user_id"), players.c.erased_at.is_(None)
)
CHANGE_PASSWORD = (
    update(players)
    .where(
        players.c.user_id == bindparam("whose"),
        players.c.password_hash == bindparam("old_hash"),
        players.c.erased_at.is_(None),
    )
    .values(
        password_hash=bindparam("new_hash"),
        session_generation=players.c.session_generation + 1,
    )
    .returning(players.c.session_generation)
)
CHANGE_BALANCE = (
    update(players)
    .where(
        players.c.user_id == bindparam("whose"),
        players.c.balance.between(
            bindparam("lowest", type_=BigInteger), bindparam("highest", type_=BigInteger)
        ),
    )
    .values(balance=players.c.balance + bindparam("change", type_=BigInteger))
    .returning(players.c.balance)
)
# All processes lock players in the same order, which prevents deadlocks. An event gets its position
# while its player is locked, so the positions of a player's events are in commit order. Therefore a
# batch never contains an earn or a spend of a player without the earlier ones.
LOCK_PLAYERS = (
    select(players.c.user_id, players.c.erased_at)
    .where(players.c.user_id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
    .order_by(players.c.user_id)
    .with_for_update(key_share=True)
)
WRITE_EVENTS = insert(events)
REMEMBERED = select(idempotency_keys).where(
    idempotency_keys.c.user_id == bindparam("user_id"), idempotency_keys.c.key == bindparam("key")
)
REMEMBERED_ALL = select(idempotency_keys).where(
    idempotency_keys.c.user_id == bindparam("user_id"),
    idempotency_keys.c.key.in_(bindparam("keys", expanding=True)),
)
REMEMBER = insert(idempotency_keys)
REVOKED_AFTER = (
    select(revoked_tokens)
    .where(revoked_tokens.c.position > bindparam("position"))
    .order_by(revoked_tokens.c.position)
)
# Unlike `select 1`, this reads the file.
PING = select(players.c.user_id).limit(1)


@dataclass(frozen=True)
class _Result(Generic[T]):
    """The outcome of a command, and its events, which the end of the transaction inserts.

    Attributes:
        value: The return value for the caller.
        events: Rows of the table `events`.
        erased: The player whom the command erased.
    """

    value: T
    events: Sequence[Mapping[str, object]] = ()
    erased: int | None = None


class SqlStore:
    """Implements `protocol.Store`."""

    def __init__(  # noqa: PLR0913 (independent settings with defaults)
        self,
        url: str,
        *,
        clock: Clock = utc_now,
        queue_limit: int = 1000,
        readers: int = READERS,
        on_commit: Callable[[int], None] = lambda _: None,
        disk_floor_bytes: int = 0,
    ) -> None:
        """Open the database, migrate its schema and start the writer.

        Args:
            url: The SQLAlchemy URL.
            clock: Returns the time at which an event is received.
            queue_limit: The maximum number of commands that wait for the writer.
            readers: The number of threads that read at a time.
            on_commit: Called after each commit with the number of its commands.
            disk_floor_bytes: The minimum of free space on an SQLite file's disk. Below it, the
                store only accepts revoked tokens.

        Raises:
            StoreUnavailableError: The database cannot be opened.
        """
        self._clock = clock
        self._disk = DiskFloor(sqlite_path(url), disk_floor_bytes)
        self._is_postgres = is_postgres(url)
        with translate_open_errors(url):
            self._write_engine = open_engine(url, writes=True)
            migrate(self._write_engine)
        self._file = StoreFile(url)
        # Every read is a single statement. The main thread reads, too.
        self._read_engine = open_engine(url, writes=False, snapshots=False, connections=readers + 1)
        # A later connection must not open a replaced file, or create an empty one.
        listen(self._read_engine, "do_connect", lambda *_: self._file.require_in_place())
        self._writer = GroupCommitWriter(
            self._write_engine,
            queue_limit=queue_limit,
            # On SQLite, a writing transaction locks the whole file.
            prepare=_lock_players if self._is_postgres else lambda _, __: None,
            finish=_write_events,
            check_after_commit=self._file.require_in_place,
            on_commit=on_commit,
        )

    def store_id(self) -> str:
        """See `Store.store_id`."""
        with self._reading() as connection:
            store_id: str = connection.execute(STORE_ID).scalar_one()
            return store_id

    def register(self, username: str, password_hash: str) -> Player:
        """See `Store.register`."""
        created_at = self._clock()

        def command(connection: Connection) -> _Result[Player]:
            key = name_key(username)
            if _player(connection, PLAYER_BY_NAME, username=username, username_key=key):
                raise UsernameTakenError(username)
            account = {
                "username": username,
                "username_key": key,
                "password_hash": password_hash,
                "balance": 0,
                "created_at": created_at,
            }
            user_id: int = connection.execute(REGISTER, account).scalar_one()
            return _Result(Player(user_id, username, password_hash, 0, created_at))

        # Another process may register the name between the query and the insert.
        return self._submit(command, broken_constraint=UsernameTakenError(username))

    def find_player(self, username: str) -> Player | None:
        """See `Store.find_player`."""
        with self._reading() as connection:
            return _player(
                connection, PLAYER_BY_NAME, username=username, username_key=name_key(username)
            )

    def get_player(self, user_id: int) -> Player | None:
        """See `Store.get_player`."""
        with self._reading() as connection:
            return _player(connection, PLAYER_BY_ID, user_id=user_id)

    def change_password(self, user_id: int, old_hash: str, new_hash: str) -> int:
        """See `Store.change_password`."""
        change = {"whose": user_id, "old_hash": old_hash, "new_hash": new_hash}

        def command(connection: Connection) -> _Result[int]:
            generation: int | None = connection.execute(
                CHANGE_PASSWORD, change
            ).scalar_one_or_none()
            if generation is None:
                raise UnknownPlayerError(str(user_id))
            end_sessions(connection, user_id, generation - 1, self._clock())
            return _Result(generation)

        return self._submit(command, user_id=user_id)

    def erase(self, user_id: int, password_hash: str) -> None:
        """See `Store.erase`."""

        def command(connection: Connection) -> _Result[None]:
            if not erase(connection, user_id, self._clock(), password_hash=password_hash):
                raise UnknownPlayerError(str(user_id))
            return _Result(None, erased=user_id)

        self._submit(command, user_id=user_id)

    def keys_of(self, user_id: int, limit: int, after: str = "") -> list[RememberedKey]:
        """See `Store.keys_of`."""
        query = (
            select(idempotency_keys)
            .where(idempotency_keys.c.user_id == user_id, idempotency_keys.c.key > after)
            .order_by(idempotency_keys.c.key)
            .limit(limit)
        )
        with self._reading() as connection:
            rows = connection.execute(query)
            return [RememberedKey(row.key, row.event_id, row.created_at) for row in rows]

    def earn(
        self, user_id: int, amount: int, reason: str, idempotency: Idempotency | None = None
    ) -> Recorded:
        """See `Store.earn`."""
        change = {"whose": user_id, "change": amount, "lowest": 0, "highest": MAX_BALANCE - amount}
        meta = {"amount": amount, "reason": reason}
        overflow = BalanceOverflowError(f"the balance would exceed {MAX_BALANCE}")
        return self._change_balance(EARN, change, meta, overflow, idempotency)

    def spend(
        self, user_id: int, amount: int, reason: str, idempotency: Idempotency | None = None
    ) -> Recorded:
        """See `Store.spend`."""
        change = {"whose": user_id, "change": -amount, "lowest": amount, "highest": BIGINT_MAX}
        meta = {"amount": amount, "reason": reason}
        too_low = InsufficientBalanceError(f"the balance is below {amount}")
        return self._change_balance(SPEND, change, meta, too_low, idempotency)

    def record(
        self, user_id: int | None, event: NewEvent, idempotency: Idempotency | None = None
    ) -> Recorded:
        """See `Store.record`."""
        stored = self._received(user_id, event)

        def command(connection: Connection) -> _Result[Recorded]:
            for key in (idempotency, event.once):
                if user_id is not None and (known := _replay(connection, user_id, key)):
                    return _Result(known)
            outcome = Recorded(stored.event_id, None, replayed=False)
            for key in (idempotency, event.once):
                _remember(connection, stored, key, outcome)
            return _Result(outcome, [_row(stored)])

        return self._submit(
            command, broken_constraint=UnknownPlayerError(str(user_id)), user_id=user_id
        )

    def record_many(self, user_id: int, events: Sequence[NewEvent]) -> list[Recorded | None]:
        """See `Store.record_many`."""
        received = [(event.once, self._received(user_id, event)) for event in events]
        keys = [event.once.key for event in events if event.once]

        def command(connection: Connection) -> _Result[list[Recorded | None]]:
            known = _known_keys(connection, user_id, keys) if keys else {}
            outcomes: list[Recorded | None] = []
            rows, new_keys = [], []
            for once, event in received:
                if once is not None and once.key in known:
                    fingerprint, event_id = known[once.key]
                    is_same = fingerprint == once.fingerprint
                    outcomes.append(Recorded(event_id, None, replayed=True) if is_same else None)
                    continue
                outcome = Recorded(event.event_id, None, replayed=False)
                outcomes.append(outcome)
                rows.append(_row(event))
                if once is not None:
                    known[once.key] = once.fingerprint, event.event_id
                    new_keys.append(_key_row(user_id, event, once, outcome))
            if new_keys:
                connection.execute(REMEMBER, new_keys)
            return _Result(outcomes, rows)

        return self._submit(
            command,
            broken_constraint=UnknownPlayerError(str(user_id)),
            rows=len(received) + len(keys),
            user_id=user_id,
        )

    def recent_events(
        self, user_id: int | None, limit: int, before: str | None = None
    ) -> list[StoredEvent]:
        """See `Store.recent_events`."""
        query = select(*STORED_EVENT).order_by(events.c.position.desc()).limit(limit)
        if user_id is not None:
            query = query.where(events.c.user_id == user_id)
        if before is not None:
            # Ids are in time order, so the next one replaces a pruned event.
            known = (
                select(events.c.position)
                .where(events.c.event_id >= before)
                .order_by(events.c.event_id)
                .limit(1)
                .scalar_subquery()
            )
            query = query.where(events.c.position < known)

        with self._reading() as connection:
            return [stored_event(row) for row in connection.execute(query)]

    def event_counts(self, user_id: int | None) -> dict[str, int]:
        """See `Store.event_counts`."""
        kept = select(events.c.event_type, func.count().label("event_count")).group_by(
            events.c.event_type
        )
        pruned = select(pruned_events.c.event_type, pruned_events.c.event_count)
        if user_id is not None:
            kept = kept.where(events.c.user_id == user_id)
            pruned = pruned.where(pruned_events.c.user_id == user_id)
        # One statement, so that an event that is being pruned counts exactly once.
        both = union_all(kept, pruned).subquery()
        query = select(
            both.c.event_type, cast(func.sum(both.c.event_count), BigInteger).label("total")
        ).group_by(both.c.event_type)

        with self._reading() as connection:
            counts = connection.execute(query.order_by(both.c.event_type))
            return {row.event_type: row.total for row in counts}

    def revoke(self, token_id: str, expires_at: float) -> None:
        """See `Store.revoke`."""

        def command(connection: Connection) -> _Result[None]:
            revoke(connection, token_id, expires_at, self._clock())
            return _Result(None)

        self._writer.submit(command)

    def revoked_after(self, position: int) -> list[RevokedToken]:
        """See `Store.revoked_after`."""
        with self._reading() as connection:
            rows = connection.execute(REVOKED_AFTER, {"position": position})
            return [RevokedToken(row.position, row.token_id, row.expires_at) for row in rows]

    def ping(self) -> None:
        """See `Store.ping`."""
        self._file.require_in_place()
        with self._reading() as connection:
            connection.execute(PING)
        self._disk.require_space()

    def close(self) -> None:
        """See `Store.close`."""
        self._writer.close()
        self._write_engine.dispose()
        self._read_engine.dispose()

    def _change_balance(
        self,
        event_type: str,
        change: Mapping[str, int],
        meta: Mapping[str, object],
        refusal: StoreError,
        idempotency: Idempotency | None,
    ) -> Recorded:
        """Change a balance within its limits and write the event, both or neither."""
        now, event_id, user_id = self._clock(), str(uuid7()), change["whose"]

        def command(connection: Connection) -> _Result[Recorded]:
            if known := _replay(connection, user_id, idempotency):
                return _Result(known)
            balance = connection.execute(CHANGE_BALANCE, change).scalar_one_or_none()
            if balance is None:
                if _player(connection, PLAYER_BY_ID, user_id=user_id):
                    raise refusal
                raise UnknownPlayerError(str(user_id))
            # A client of an older version could send events of the type `spend`. None of them has
            # the balance, so the warehouse can tell them apart.
            details = {**meta, "balance": balance} if event_type == SPEND else meta
            event = StoredEvent(
                event_id, user_id, event_type, now, now, json.dumps(details, ensure_ascii=False)
            )
            outcome = Recorded(event_id, balance, replayed=False)
            _remember(connection, event, idempotency, outcome)
            return _Result(outcome, [_row(event, balance)])

        return self._submit(
            command, broken_constraint=UnknownPlayerError(str(user_id)), user_id=user_id
        )

    def _submit(
        self,
        command: Callable[[Connection], _Result[T]],
        broken_constraint: StoreError | None = None,
        rows: int = 1,
        user_id: int | None = None,
    ) -> T:
        """Run a command; if it violates a constraint, raise `broken_constraint`."""
        self._disk.require_space()
        try:
            return self._writer.submit(command, rows, user_id).value
        except StoreUnavailableError as error:
            if broken_constraint and isinstance(error.__cause__, IntegrityError):
                raise broken_constraint from error
            raise

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
        with translate_errors(), self._read_engine.connect() as connection:
            yield connection


def stored_event(row: Row[Any]) -> StoredEvent:
    """Convert a row that begins with the columns STORED_EVENT."""
    return StoredEvent(*row[: len(STORED_EVENT)])


def _player(connection: Connection, query: Select[Any], **values: object) -> Player | None:
    row = connection.execute(query, values).one_or_none()
    if row is None:
        return None
    return Player(
        user_id=row.user_id,
        username=row.username,
        password_hash=row.password_hash,
        balance=row.balance,
        created_at=row.created_at,
        holds_name=row.username_key is not None,
        session_generation=row.session_generation,
    )


def _row(event: StoredEvent, balance: int | None = None) -> Mapping[str, object]:
    return {
        "event_id": event.event_id,
        "user_id": event.user_id,
        "event_type": event.event_type,
        "occurred_at": event.occurred_at,
        "received_at": event.received_at,
        "meta": event.meta,
        "balance": balance,
    }


def _lock_players(connection: Connection, user_ids: Sequence[int]) -> None:
    """Lock players; raise UnknownPlayerError if one is erased, so that each command runs alone."""
    if not user_ids:
        return
    for row in connection.execute(LOCK_PLAYERS, {"ids": user_ids}):
        if row.erased_at is not None:
            raise UnknownPlayerError(str(row.user_id))


def _write_events(connection: Connection, outcomes: Sequence[_Result[Any]]) -> None:
    """Insert the events of all commands of a transaction, in order.

    An erasure in the same transaction could not empty them, so each command then runs alone.
    """
    rows = [row for outcome in outcomes for row in outcome.events]
    for outcome in outcomes:
        if outcome.erased is not None and any(row["user_id"] == outcome.erased for row in rows):
            raise UnknownPlayerError(str(outcome.erased))
    if rows:
        connection.execute(WRITE_EVENTS, rows)


def _replay(
    connection: Connection, user_id: int, idempotency: Idempotency | None
) -> Recorded | None:
    """Find the outcome of an earlier request with the same key; raise if it was different."""
    if idempotency is None:
        return None
    row = connection.execute(REMEMBERED, {"user_id": user_id, "key": idempotency.key}).one_or_none()
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
    if idempotency is not None and event.user_id is not None:
        row = _key_row(event.user_id, event, idempotency, outcome)
        connection.execute(REMEMBER, row)


def _key_row(
    user_id: int, event: StoredEvent, idempotency: Idempotency, outcome: Recorded
) -> Mapping[str, object]:
    return {
        "user_id": user_id,
        "key": idempotency.key,
        "fingerprint": idempotency.fingerprint,
        "event_id": outcome.event_id,
        "balance": outcome.balance,
        "created_at": event.received_at,
    }


def _known_keys(
    connection: Connection, user_id: int, keys: Sequence[str]
) -> dict[str, tuple[str, str]]:
    """Find keys that were used; return the fingerprint and the event of each."""
    rows = connection.execute(REMEMBERED_ALL, {"user_id": user_id, "keys": keys})
    return {row.key: (row.fingerprint, row.event_id) for row in rows}
