"""The tables of the operational store. Changing them takes a migration in `migrations/versions`."""

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
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# SQLite numbers rows by itself only in a column that is declared `integer`; it holds 64 bits there.
RowNumber = BigInteger().with_variant(Integer, "sqlite")


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time, kept as microseconds since 1970: exact and alike on every engine."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Turn a time into microseconds."""
        del dialect
        return None if value is None else (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Turn microseconds into a time."""
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
    # What all spellings of the name have in common, see `warehouse/store/names.py`. Null where an
    # older account has the same: it was registered before spelling made no difference.
    Column("username_key", Text),
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
    # The order in which the store took the events; clients and the warehouse know them by event_id.
    Column("position", RowNumber, primary_key=True),
    Column("event_id", String(36), nullable=False, unique=True),
    Column("user_id", BigInteger, ForeignKey("players.user_id")),
    Column("event_type", String(64), nullable=False),
    Column("occurred_at", UtcTime, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("meta", Text),
    # What the player's balance was after an `earn`, as read back from the player; else null.
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

# Tokens that were revoked and have not expired, in the order in which they were.
revoked_tokens = Table(
    "revoked_tokens",
    metadata,
    Column("position", RowNumber, primary_key=True),
    Column("token_id", String(64), nullable=False, unique=True),
    # Seconds since 1970, as in tokens, and rounded up.
    Column("expires_at", BigInteger, nullable=False),
    Index("revoked_tokens_by_expiry", "expires_at"),
)

# One row: a random id, made by the migration. User ids mean something in this store alone, so
# tokens and the warehouse name it. A restore, after which ids are given again, makes a new one.
store_identity = Table(
    "store_identity",
    metadata,
    Column("store_id", String(36), primary_key=True),
)

# Whose `pruned_events` those of anonymous clicks are: a key holds no null, and players begin at 1.
ANONYMOUS = 0

pruned_events = Table(
    "pruned_events",
    metadata,
    # How many events were removed once the warehouse had them, see `warehouse/store/upkeep.py`.
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("event_type", String(64), primary_key=True),
    Column("event_count", BigInteger, nullable=False),
)
