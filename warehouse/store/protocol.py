"""The interface of the operational store for the API and the loader, whatever the engine."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

# The store could count up to 2^63 - 1, but clients that read JSON numbers as doubles, such as
# JavaScript, represent integers exactly only up to here.
MAX_BALANCE = 2**53 - 1
# The longest lifetime of a player's token that a setting allows.
MAX_SESSION_SECONDS = 366 * 86400
# How a tombstone begins, see `warehouse/store/tombstones.py`. A username cannot contain a space.
TOMBSTONE = "erased player "


def event_key(event_id: str) -> str:
    """Return the key of a client's id of an event; an Idempotency-Key contains no space."""
    return f"event {event_id}"


def session_name(user_id: int, generation: int) -> str:
    """Return the name of all sessions of a player that began in a generation.

    It is revoked like the id of a token; such an id contains no space.
    """
    return f"player {user_id} {generation}"


def is_tombstone(username: str) -> bool:
    """Return whether the text replaces the name of an erased player."""
    return username.startswith(TOMBSTONE)


class StoreError(Exception):
    """The base class of the store's errors."""


class UsernameTakenError(StoreError):
    """The username exists already."""


class UnknownPlayerError(StoreError):
    """No player has this id."""


class BalanceOverflowError(StoreError):
    """The balance would exceed MAX_BALANCE."""


class InsufficientBalanceError(StoreError):
    """The balance is smaller than the amount to spend."""


class IdempotencyKeyReusedError(StoreError):
    """The player used this idempotency key before, with another request."""


class StoreUnavailableError(StoreError):
    """The store cannot run the command now: it is overloaded, stopped, or its disk fails.

    The command had no effect, unless the store failed during the commit. A retry with the same
    idempotency key is safe.
    """


class DiskFullError(StoreUnavailableError):
    """The store's disk has too little free space. The command had no effect; reads still work."""


class StoreUrlError(StoreUnavailableError, ValueError):
    """The URL is not valid. The message leaves it out, because it may contain a password."""


class StoreOverloadedError(StoreUnavailableError):
    """Too many commands wait, or this one waited too long. It had no effect."""


@dataclass(frozen=True)
class Player:
    """An account.

    Attributes:
        user_id: The id, 1 or greater.
        username: The name as registered, unique across all spellings.
        password_hash: argon2id's encoded hash, which contains the salt.
        balance: Coins, 0 to MAX_BALANCE; an older version allowed more.
        created_at: UTC, aware.
        holds_name: Whether every spelling of the name finds the account. False for an account of an
            older version if an earlier account has the same name in another spelling: only the
            exact name finds it.
        session_generation: How often all sessions of the player ended.
    """

    user_id: int
    username: str
    password_hash: str
    balance: int
    created_at: datetime
    holds_name: bool = True
    session_generation: int = 0


@dataclass(frozen=True)
class Idempotency:
    """Identifies a repeated request or event of a player.

    Attributes:
        key: The client's Idempotency-Key, or `event_key` of the client's id of an event.
        fingerprint: Hash of the content, which must be the same for the same key.
    """

    key: str
    fingerprint: str


@dataclass(frozen=True)
class NewEvent:
    """An event as a client reports it.

    Attributes:
        event_type: The type of the event.
        occurred_at: The client's time of the event; UTC, aware.
        meta: Details as a JSON object in text form, or None.
        once: Identifies the event if it is sent again; None without a client's id.
    """

    event_type: str
    occurred_at: datetime
    meta: str | None = None
    once: Idempotency | None = None


@dataclass(frozen=True)
class StoredEvent:
    """An event in the store; `raw.game_events` has the same columns.

    Attributes:
        event_id: UUID version 7 as text.
        user_id: The player; None for an anonymous click.
        event_type: The type of the event.
        occurred_at: The client's time of the event; UTC, aware.
        received_at: The time at which the API received it; UTC, aware.
        meta: Details as a JSON object in text form, or None.
    """

    event_id: str
    user_id: int | None
    event_type: str
    occurred_at: datetime
    received_at: datetime
    meta: str | None


@dataclass(frozen=True)
class ShippedEvents:
    """Events to ship to `raw.game_events`: the fields of StoredEvent, a list per column.

    Times are microseconds since 1970. Creating an object per event and time would take longer than
    the rest of a shipment.
    """

    event_id: list[str]
    user_id: list[int | None]
    event_type: list[str]
    occurred_at: list[int]
    received_at: list[int]
    meta: list[str | None]

    def __len__(self) -> int:
        return len(self.event_id)


@dataclass(frozen=True)
class ShippedPlayers:
    """Players to ship to `raw.players`, a list per column, without secrets.

    Attributes:
        created_at: Microseconds since 1970.
        username: The name, or a tombstone.
        balance: The balance after the player's last earn or spend in the batch; 0 without one.
    """

    user_id: list[int]
    username: list[str]
    created_at: list[int]
    balance: list[int]

    def __len__(self) -> int:
        return len(self.user_id)

    def erased(self) -> dict[int, str]:
        """Return the tombstones of erased players, by id."""
        named = zip(self.user_id, self.username, strict=True)
        return {user_id: name for user_id, name in named if is_tombstone(name)}


@dataclass(frozen=True)
class Recorded:
    """The outcome of a command that wrote one event.

    Attributes:
        event_id: The event's id.
        balance: The player's balance after an earn or a spend; None after any other event.
        replayed: Whether an earlier request wrote the event, with the same idempotency key or with
            the client's id of the event.
    """

    event_id: str
    balance: int | None
    replayed: bool


@dataclass(frozen=True)
class RememberedKey:
    """An idempotency key in the store.

    Attributes:
        key: The client's Idempotency-Key, or `event_key` of the client's id of an event.
        event_id: The event that it wrote.
        created_at: UTC, aware.
    """

    key: str
    event_id: str
    created_at: datetime


@dataclass(frozen=True)
class RevokedToken:
    """A revoked token.

    Attributes:
        position: A number that increases with each revocation.
        token_id: The `jti` of the token, or a `session_name`.
        expires_at: The expiry time of the token, in seconds since 1970.
    """

    position: int
    token_id: str
    expires_at: float


@dataclass(frozen=True)
class Batch:
    """Events and players of one snapshot, for the loader.

    For each player who earns or spends in it, the earns less the spends of this and all earlier
    batches are the balance.

    Attributes:
        store_id: The id of the store.
        events: The oldest events that wait.
        players: Players who earn or spend in these events, and players who were never shipped.
        last_changes: The id of each player's last earn or spend among these events, by user id.
        last_shipped: The id of the event before them, which must be in the warehouse; None if no
            event was shipped.
    """

    store_id: str
    events: ShippedEvents
    players: ShippedPlayers
    last_changes: dict[int, str]
    last_shipped: str | None

    def has_new_balance(self, known: Container[str]) -> list[bool]:
        """Return, per player, whether the balance is newer than that of a destination.

        A player's earns and spends ship in order. So a destination that has the last one of this
        batch has this balance, or a newer one.

        Args:
            known: The ids of these events that the destination has.
        """
        last = map(self.last_changes.get, self.players.user_id)
        return [event_id is not None and event_id not in known for event_id in last]


@dataclass(frozen=True)
class Backlog:
    """The size of the backlog.

    Attributes:
        event_count: The number of events that are not marked as shipped.
        oldest_received_at: The time at which the oldest was received; None without one.
    """

    event_count: int
    oldest_received_at: datetime | None


class Store(Protocol):
    """The store for the API. Every method may raise StoreUnavailableError.

    A method that writes returns when its transaction is durable.
    """

    def store_id(self) -> str:
        """Return the id of the store; user ids and tokens belong to one store."""

    def register(self, username: str, password_hash: str) -> Player:
        """Create an account with balance 0.

        Raises:
            UsernameTakenError: The username exists, in this or another spelling.
        """

    def find_player(self, username: str) -> Player | None:
        """Find an account by its username, in any spelling; the exact one comes first."""

    def get_player(self, user_id: int) -> Player | None:
        """Find an account by its id."""

    def change_password(self, user_id: int, old_hash: str, new_hash: str) -> int:
        """Replace the hash of a password and end all sessions, both or neither.

        Args:
            user_id: The player.
            old_hash: The hash to replace.
            new_hash: The new hash.

        Returns:
            The new generation of the player's sessions.

        Raises:
            UnknownPlayerError: No player has this id and this hash; another request changed it.
        """

    def erase(self, user_id: int, password_hash: str) -> None:
        """Erase a player's name, password, keys and events' details, and end all sessions.

        The coins of the events remain, and so does the player, with a tombstone as the name. The
        name is free again.

        Raises:
            UnknownPlayerError: No player has this id and this hash; another request changed it.
        """

    def keys_of(self, user_id: int, limit: int, after: str = "") -> list[RememberedKey]:
        """Read the player's idempotency keys after this one, in order."""

    def earn(
        self, user_id: int, amount: int, reason: str, idempotency: Idempotency | None = None
    ) -> Recorded:
        """Raise a balance and write an `earn` event with `{"amount", "reason"}`, both or neither.

        Raises:
            UnknownPlayerError: No player has this id.
            BalanceOverflowError: The balance would exceed MAX_BALANCE.
            IdempotencyKeyReusedError: The key was used with another fingerprint.
        """

    def spend(
        self, user_id: int, amount: int, reason: str, idempotency: Idempotency | None = None
    ) -> Recorded:
        """Lower a balance and write a `spend` event, both or neither.

        Its meta is `{"amount", "reason", "balance"}`, with the balance afterwards.

        Raises:
            UnknownPlayerError: No player has this id.
            InsufficientBalanceError: The balance is smaller than the amount.
            IdempotencyKeyReusedError: The key was used with another fingerprint.
        """

    def record(
        self, user_id: int | None, event: NewEvent, idempotency: Idempotency | None = None
    ) -> Recorded:
        """Write one event; `user_id` is None for an anonymous click.

        Raises:
            UnknownPlayerError: No player has this id.
            IdempotencyKeyReusedError: A key was used with another fingerprint.
        """

    def record_many(self, user_id: int, events: Sequence[NewEvent]) -> list[Recorded | None]:
        """Write the new events in one transaction.

        Returns:
            The outcomes in the same order; None if the event's key was used with another
            fingerprint.

        Raises:
            UnknownPlayerError: No player has this id.
        """

    def recent_events(
        self, user_id: int | None, limit: int, before: str | None = None
    ) -> list[StoredEvent]:
        """Read the newest events first, of one player or of all.

        Args:
            user_id: The player; None for all.
            limit: The maximum number of events.
            before: Return only events older than the one with this id. If that was pruned, the
                next newer event counts; if there is none, the result is empty.
        """

    def event_counts(self, user_id: int | None) -> dict[str, int]:
        """Count events per type, of one player or of all, including pruned events."""

    def revoke(self, token_id: str, expires_at: float) -> None:
        """Record a revoked token until its expiry; a repetition has no effect."""

    def revoked_after(self, position: int) -> list[RevokedToken]:
        """Read the tokens revoked after this position, in order."""

    def ping(self) -> None:
        """Check that the store is readable and that its disk has space."""

    def close(self) -> None:
        """Finish the submitted commands, then reject all others."""


class Outbox(Protocol):
    """The store for the loader. Every method may raise StoreUnavailableError."""

    def next_batch(self, limit: int) -> Batch:
        """Read the oldest unshipped events, at most `limit`, and the players to ship with them.

        An empty batch means that nothing waits.
        """

    def mark_shipped(self, batch: Batch) -> None:
        """Record that the warehouse has the batch; a repetition has no effect."""

    def ship_again(self) -> int:
        """Mark all events and players as unshipped; return how many events were shipped."""

    def backlog(self) -> Backlog:
        """Measure the backlog."""

    def close(self) -> None:
        """Close the store."""
