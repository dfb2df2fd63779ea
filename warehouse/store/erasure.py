"""Erases a player in the store, in the transaction of the caller."""

from __future__ import annotations

import math
from datetime import datetime

from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    false,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)

from warehouse.store.event_types import EARN, SPEND
from warehouse.store.protocol import MAX_SESSION_SECONDS, session_name
from warehouse.store.tables import events, idempotency_keys, players, revoked_tokens
from warehouse.store.tombstones import coins_alone, tombstone

# The positions of revoked tokens must be in commit order, because other processes read the tokens
# after the last position that they know.
LOCK_REVOKED = text("lock table revoked_tokens in share row exclusive mode")
IS_REVOKED = select(revoked_tokens.c.position).where(
    revoked_tokens.c.token_id == bindparam("token_id")
)
REVOKE = insert(revoked_tokens)
# Keep the newest: SQLite would reuse its position, and other processes would miss the next token.
FORGET_REVOKED = delete(revoked_tokens).where(
    revoked_tokens.c.expires_at < bindparam("now"),
    revoked_tokens.c.position < select(func.max(revoked_tokens.c.position)).scalar_subquery(),
)
COIN_EVENTS = select(events.c.position, events.c.event_type, events.c.meta).where(
    events.c.user_id == bindparam("whose"), events.c.event_type.in_((EARN, SPEND))
)
EMPTY_OTHERS = (
    update(events)
    .where(
        events.c.user_id == bindparam("whose"),
        events.c.event_type.not_in((EARN, SPEND)),
        events.c.meta.is_not(None),
    )
    .values(meta=None)
)
KEEP_COINS = (
    update(events).where(events.c.position == bindparam("which")).values(meta=bindparam("coins"))
)
# Another process accepts events of the player until it knows that the sessions have ended. On
# PostgreSQL, its writer checks the players when it locks them. SQLite has a trigger, which costs a
# batch of events 6 % of its time; therefore the first erasure creates it.
REFUSE_EVENTS = text("""
create trigger if not exists no_events_of_erased_players before insert on events
when (select erased_at from players where user_id = new.user_id) is not null
begin
    select raise(abort, 'the player is erased');
end
""")
FORGET_KEYS = delete(idempotency_keys).where(idempotency_keys.c.user_id == bindparam("whose"))
ERASED = select(players.c.user_id, players.c.created_at).where(players.c.erased_at.is_not(None))


def revoke(connection: Connection, name: str, expires_at: float, now: datetime) -> None:
    """Record a revoked token or an ended session; a repetition has no effect."""
    if connection.dialect.name == "postgresql":
        connection.execute(LOCK_REVOKED)
    connection.execute(FORGET_REVOKED, {"now": now.timestamp()})
    if connection.execute(IS_REVOKED, {"token_id": name}).one_or_none() is None:
        connection.execute(REVOKE, {"token_id": name, "expires_at": math.ceil(expires_at)})


def end_sessions(connection: Connection, user_id: int, generation: int, now: datetime) -> None:
    """End all sessions of a player that began in a generation."""
    name = session_name(user_id, generation)
    revoke(connection, name, now.timestamp() + MAX_SESSION_SECONDS, now)


def erase(
    connection: Connection,
    user_id: int,
    now: datetime,
    *,
    password_hash: str | None = None,
    created_at: datetime | None = None,
) -> bool:
    """Erase a player, and leave a tombstone that the loader ships.

    Args:
        connection: A transaction.
        user_id: The player.
        now: The time for the tombstone.
        password_hash: Erase only a player with this hash.
        created_at: Erase only a player who registered at this time.

    Returns:
        Whether there was such a player.
    """
    which = [players.c.user_id == user_id, players.c.erased_at.is_(None)]
    if password_hash is not None:
        which.append(players.c.password_hash == password_hash)
    if created_at is not None:
        which.append(players.c.created_at == created_at)
    erased = (
        update(players)
        .where(*which)
        .values(
            username=tombstone(user_id, now),
            username_key=None,
            password_hash="",  # matches no password  # nosec B106
            session_generation=players.c.session_generation + 1,
            erased_at=now,
            is_shipped=false(),
        )
        .returning(players.c.session_generation)
    )
    generation = connection.execute(erased).scalar_one_or_none()
    if generation is None:
        return False
    if connection.dialect.name == "sqlite":
        connection.execute(REFUSE_EVENTS)
    connection.execute(FORGET_KEYS, {"whose": user_id})
    connection.execute(EMPTY_OTHERS, {"whose": user_id})
    coins = [
        {"which": row.position, "coins": coins_alone(row.event_type, row.meta)}
        for row in connection.execute(COIN_EVENTS, {"whose": user_id})
    ]
    if coins:
        connection.execute(KEEP_COINS, coins)
    end_sessions(connection, user_id, generation - 1, now)
    return True


def erased_players(connection: Connection) -> list[tuple[int, datetime]]:
    """Return the id and the time of registration of each erased player."""
    columns = {column["name"] for column in inspect(connection).get_columns(players.name)}
    if players.c.erased_at.name not in columns:
        return []  # a store of an older version
    return [(row.user_id, row.created_at) for row in connection.execute(ERASED)]
