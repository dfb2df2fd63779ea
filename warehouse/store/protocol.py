"""What the API and the loader may ask of the operational store, independent of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

# What would exceed this is refused. The store could count on to 2^63 - 1, but clients that read
# numbers of JSON as doubles, such as JavaScript, know whole ones exactly only up to here.
MAX_BALANCE = 2**53 - 1


class StoreError(Exception):
    """The base of what the store refuses or cannot do."""


class UsernameTakenError(StoreError):
    """Somebody registered this username first."""


class UnknownPlayerError(StoreError):
    """There is no player with this id."""


class BalanceOverflowError(StoreError):
    """The balance would exceed MAX_BALANCE."""


class IdempotencyKeyReusedError(StoreError):
    """The player used this idempotency key before, with another request."""


class StoreUnavailableError(StoreError):
    """The store cannot take the command now: it is overloaded, stopped, or its disk fails.

    The command was not carried out, unless the store went away while it committed; repeating it
    with the same idempotency key is safe.
    """


class DiskFullError(StoreUnavailableError):
    """Too little of the store's disk is free. The command was not carried out; reading goes on."""


class StoreUrlError(StoreUnavailableError, ValueError):
    """The URL names no store. Nothing of it is told: it may hold a password."""


class StoreOverloadedError(StoreUnavailableError):
    """Too many commands wait, or this one waited for too long. It was not carried out."""


@dataclass(frozen=True)
class Player:
    """An account.

    Attributes:
        user_id: Its id, 1 or greater.
        username: As given at registration, unique however it is spelled.
        password_hash: argon2id's encoded hash, which holds the salt.
        balance: Coins, 0 to MAX_BALANCE; more where an older version let them be earned.
        created_at: UTC, aware.
        holds_name: Whether it is found by any spelling of its name. False for an account of before
            spelling made no difference, where an older one has the same name: its own spelling
            alone finds it.
    """

    user_id: int
    username: str
    password_hash: str
    balance: int
    created_at: datetime
    holds_name: bool = True


@dataclass(frozen=True)
class NewEvent:
    """An event as a client reports it.

    Attributes:
        event_type: What happened.
        occurred_at: When, according to the client; UTC, aware.
        meta: Details as JSON text of an object, or None.
    """

    event_type: str
    occurred_at: datetime
    meta: str | None = None


@dataclass(frozen=True)
class StoredEvent:
    """An event as the store keeps it; `raw.game_events` has the same columns.

    Attributes:
        event_id: UUID version 7 as text.
        user_id: None for an anonymous click.
        event_type: What happened.
        occurred_at: When, according to the client; UTC, aware.
        received_at: When the API took it; UTC, aware.
        meta: Details as JSON text of an object, or None.
    """

    event_id: str
    user_id: int | None
    event_type: str
    occurred_at: datetime
    received_at: datetime
    meta: str | None


@dataclass(frozen=True)
class ShippedEvents:
    """Stored events on their way to `raw.game_events`: what StoredEvent has, a list per column.

    Times are microseconds since 1970. Objects for a million events and their times would take
    longer to make than all the rest of shipping them.
    """

    event_id: list[str]
    user_id: list[int | None]
    event_type: list[str]
    occurred_at: list[int]
    received_at: list[int]
    meta: list[str | None]

    def __len__(self) -> int:
        """Count them."""
        return len(self.event_id)


@dataclass(frozen=True)
class ShippedPlayers:
    """Players as `raw.players` has them, a list per column: no secrets.

    Attributes:
        created_at: Microseconds since 1970.
        balance: The balance after the last of the player's earns that the batch or an earlier one
            holds.
    """

    user_id: list[int]
    username: list[str]
    created_at: list[int]
    balance: list[int]

    def __len__(self) -> int:
        """Count them."""
        return len(self.user_id)


@dataclass(frozen=True)
class Idempotency:
    """What makes a repeated request the same one.

    Attributes:
        key: The client's Idempotency-Key.
        fingerprint: Hash of the endpoint and the body: the same key must come with the same.
    """

    key: str
    fingerprint: str


@dataclass(frozen=True)
class Recorded:
    """The outcome of a command that wrote one event.

    Attributes:
        event_id: The event's id.
        balance: The player's balance after an earn; None after any other event.
        replayed: True where an earlier request with the same idempotency key did the work.
    """

    event_id: str
    balance: int | None
    replayed: bool


@dataclass(frozen=True)
class RevokedToken:
    """A token that is no longer good.

    Attributes:
        position: Greater than those of the tokens that were revoked before.
        token_id: Its `jti`.
        expires_at: When it would have expired, in seconds since 1970.
    """

    position: int
    token_id: str
    expires_at: float


@dataclass(frozen=True)
class Batch:
    """Events and players of one snapshot, for the loader.

    The money proof holds on it: with all batches before, the `earn` amounts of each player in it
    add up to the player's balance in it.

    Attributes:
        store_id: Which store they are of.
        events: The oldest that wait.
        players: Those who earn in them, and those who were never shipped.
        last_shipped: The id of the event before them, which must be in the warehouse; None where
            there is none.
    """

    store_id: str
    events: ShippedEvents
    players: ShippedPlayers
    last_shipped: str | None


@dataclass(frozen=True)
class Backlog:
    """What waits to be shipped.

    Attributes:
        event_count: Events not yet marked as shipped.
        oldest_received_at: When the oldest of them was received; None where there is none.
    """

    event_count: int
    oldest_received_at: datetime | None


class Store(Protocol):
    """The store as the API uses it. Every method may raise StoreUnavailableError.

    A method that writes returns when its transaction is durable, not before.
    """

    def store_id(self) -> str:
        """Tell which store this is: a user id, and so a player's token, belongs to one store."""

    def register(self, username: str, password_hash: str) -> Player:
        """Make an account with balance 0.

        Raises:
            UsernameTakenError: The username exists, in this or another spelling.
        """

    def find_player(self, username: str) -> Player | None:
        """Look an account up by its username, in any spelling; its own finds it first."""

    def get_player(self, user_id: int) -> Player | None:
        """Look an account up by its id."""

    def earn(
        self, user_id: int, amount: int, reason: str, idempotency: Idempotency | None = None
    ) -> Recorded:
        """Raise a balance and write an `earn` event with `{"amount", "reason"}`, both or neither.

        Raises:
            UnknownPlayerError: There is no such player.
            BalanceOverflowError: The balance would exceed MAX_BALANCE.
            IdempotencyKeyReusedError: The key came before with another fingerprint.
        """

    def record(
        self, user_id: int | None, event: NewEvent, idempotency: Idempotency | None = None
    ) -> Recorded:
        """Write one event; `user_id` is None for an anonymous click.

        Raises:
            UnknownPlayerError: There is no such player.
            IdempotencyKeyReusedError: The key came before with another fingerprint.
        """

    def record_many(self, user_id: int, events: Sequence[NewEvent]) -> list[Recorded]:
        """Write all these events in one transaction; returns the outcomes in their order.

        Raises:
            UnknownPlayerError: There is no such player.
        """

    def recent_events(
        self, user_id: int | None, limit: int, before: str | None = None
    ) -> list[StoredEvent]:
        """Read the newest events first: of one player, or of everyone where `user_id` is None.

        Args:
            user_id: Whose.
            limit: At most this many.
            before: Only events stored before the one with this id. Where it was pruned, those
                before the next newer one; none where it is newer than all.
        """

    def event_counts(self, user_id: int | None) -> dict[str, int]:
        """Count events per type, of one player or of everyone, pruned ones included."""

    def revoke(self, token_id: str, expires_at: float) -> None:
        """Remember until it would have expired that a token is revoked; twice does no harm."""

    def revoked_after(self, position: int) -> list[RevokedToken]:
        """Read the tokens that were revoked after the one at this position, in their order."""

    def ping(self) -> None:
        """Do nothing, if the store can be read and its disk has room to write."""

    def close(self) -> None:
        """Finish what was submitted, then refuse everything."""


class Outbox(Protocol):
    """The store as the loader uses it. Every method may raise StoreUnavailableError."""

    def next_batch(self, limit: int) -> Batch:
        """Read the oldest unshipped events, at most `limit`, and the players whom they change.

        Those are the players who earn in them, and players who were never shipped. An empty batch
        means that nothing waits.
        """

    def mark_shipped(self, batch: Batch) -> None:
        """Note that the batch is in the warehouse. Marking twice does no harm."""

    def ship_again(self) -> int:
        """Note that nothing is in the warehouse: all events and players wait again.

        Returns:
            How many events had been shipped.
        """

    def backlog(self) -> Backlog:
        """Measure what waits."""

    def close(self) -> None:
        """Let the store go."""
