"""The tables of the operational store. Each change needs a migration in `migrations/versions`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
    select,
    text,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# SQLite numbers rows only in a column declared as `integer`, which has 64 bits.
RowNumber = BigInteger().with_variant(Integer, "sqlite")


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time, stored as microseconds since 1970 on every engine."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Convert a time to microseconds."""
        del dialect
        return None if value is None else (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Convert microseconds to a time."""
        del dialect
        return None if value is None else EPOCH + timedelta(microseconds=value)


metadata = MetaData()

players = Table(
    "players",
    metadata,
    Column("user_id", RowNumber, primary_key=True),
    Column("username", String(64), nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("balance", BigInteger, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("is_shipped", Boolean, nullable=False, server_default=false()),
    # The key that all spellings of the name share, see `warehouse/store/names.py`. Null if an
    # earlier account has the same key: both are from a version that compared exact names.
    Column("username_key", Text),
    # Counts how often all sessions of the player ended; each token names the count of its issue.
    Column("session_generation", Integer, nullable=False, server_default=text("0")),
    # See `warehouse/store/erasure.py`.
    Column("erased_at", UtcTime),
)
Index("players_by_name", players.c.username_key, unique=True)
Index(
    "players_to_ship",
    players.c.user_id,
    sqlite_where=players.c.is_shipped == false(),
    postgresql_where=players.c.is_shipped == false(),
)

events = Table(
    "events",
    metadata,
    # The order in which the store received the events. Clients and the warehouse use event_id.
    Column("position", RowNumber, primary_key=True),
    Column("event_id", String(36), nullable=False, unique=True),
    Column("user_id", BigInteger, ForeignKey("players.user_id")),
    Column("event_type", String(64), nullable=False),
    Column("occurred_at", UtcTime, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("meta", Text),
    # The player's balance after an `earn` or a `spend`; null for other events.
    Column("balance", BigInteger),
    Column("is_shipped", Boolean, nullable=False, server_default=false()),
)
Index("events_by_player", events.c.user_id, events.c.position)
Index(
    "events_to_ship",
    events.c.position,
    sqlite_where=events.c.is_shipped == false(),
    postgresql_where=events.c.is_shipped == false(),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("user_id", BigInteger, ForeignKey("players.user_id"), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("event_id", String(36), nullable=False),
    Column("balance", BigInteger),
    Column("created_at", UtcTime, nullable=False),
)

# Revoked tokens and ended sessions (`protocol.session_name`) that have not expired, in the order of
# their revocation.
revoked_tokens = Table(
    "revoked_tokens",
    metadata,
    Column("position", RowNumber, primary_key=True),
    Column("token_id", String(64), nullable=False, unique=True),
    # Seconds since 1970, rounded up.
    Column("expires_at", BigInteger, nullable=False),
    Index("revoked_tokens_by_expiry", "expires_at"),
)

# One row: a random id, created by the migration. User ids are unique only within a store, so tokens
# and the warehouse contain its id. A restore creates a new one, because it reuses user ids.
store_identity = Table(
    "store_identity",
    metadata,
    Column("store_id", String(36), primary_key=True),
)
STORE_ID = select(store_identity.c.store_id)

# The `user_id` of anonymous clicks in `pruned_events`, where it cannot be null; players start at 1.
ANONYMOUS = 0

pruned_events = Table(
    "pruned_events",
    metadata,
    # The number of events that the store has removed, see `warehouse/store/upkeep.py`.
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("event_type", String(64), primary_key=True),
    Column("event_count", BigInteger, nullable=False),
)
