"""Moving committed events and players from the operational store into the warehouse.

A batch is inserted in one DuckDB transaction, and only then marked as shipped in the store. Whoever
dies in between leaves a batch that is inserted a second time, which changes nothing: every event is
in the warehouse exactly once. The DuckDB file is open for one batch at a time, so that dbt and
readers get at it. While one of them holds it, the batch waits in memory and nothing of the store is
held.

The event that was shipped last must be in the warehouse. Where it is not, somebody deleted the
file, replaced it, or put an older state of it back; then everything is shipped again.
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from api.clock import Clock, utc_now
from api.store.protocol import Batch, Outbox, ShippedEvents, ShippedPlayers, StoreError
from warehouse.database import WarehouseUnavailableError, advice, holder_of, refuse_other_formats
from warehouse.election import Election, FileElection
from warehouse.raw_tables import GAME_EVENTS, PLAYERS, RawTable, make_raw_tables

logger = logging.getLogger(__name__)

# Waiting begins with the first of these and doubles up to the second: short enough that the backlog
# ships as soon as the file is free, long enough to cost nothing meanwhile.
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 0.05, 1.0
# Who is not elected stands again so often, at least: events wait no longer for another loader.
STANDBY_SECONDS = 1.0
# As long as `open_when_free` waits.
DEFAULT_PATIENCE_SECONDS = 63.0

# A batch is too small for more threads to gain anything, and the API wants the other cores.
ONE_THREAD: dict[str, str | bool | int | float | list[str]] = {"threads": 1}

LAST_SHIPPED = f"select 1 from {GAME_EVENTS.name} where {GAME_EVENTS.key} = ?"  # noqa: S608 (names from here)  # nosec B608

# What can happen to files and databases; anything else is logged with its traceback.
FORESEEN = (OSError, StoreError, WarehouseUnavailableError)

# Waits for a number of seconds; false where the time for trying is over. `wait(0)` only asks.
Wait = Callable[[float], bool]


@dataclass(frozen=True)
class Status:
    """What the loader did so far, and how it is.

    Attributes:
        is_elected: It is the one loader, or it stands by; None before that is known.
        event_count: Events shipped since its start, those shipped again after a crash included.
        player_count: Likewise, players.
        last_success_at: When it last shipped a batch or found that nothing waited; UTC, aware.
        trouble: What keeps it from shipping; None where nothing does.
    """

    is_elected: bool | None = None
    event_count: int = 0
    player_count: int = 0
    last_success_at: datetime | None = None
    trouble: str | None = None


class Loader:
    """Ships what waits in an outbox to a warehouse.

    `run` is for a thread or a process of its own, `ship_all` for a command. One thread at a time
    may call a loader; `status` may be read from any.
    """

    def __init__(  # noqa: PLR0913 (each setting stands for itself and has a default)
        self,
        outbox: Outbox,
        warehouse_path: Path,
        *,
        interval_seconds: float = 1.0,
        batch_size: int = 5000,
        patience_seconds: float = DEFAULT_PATIENCE_SECONDS,
        last_attempt_seconds: float = 5.0,
        election: Election | None = None,
        clock: Clock = utc_now,
        on_progress: Callable[[Status], None] = lambda _: None,
        after_commit: Callable[[], None] = lambda: None,
    ) -> None:
        """Make a loader; touches neither the store nor the warehouse yet.

        Args:
            outbox: The store. It stays the caller's to close.
            warehouse_path: The DuckDB file, made where it is missing.
            interval_seconds: How long `run` rests when nothing waits.
            batch_size: At most this many events per transaction.
            patience_seconds: How long `ship_once` and `ship_all` wait for what another process
                holds; `run` waits until it is stopped.
            last_attempt_seconds: How long `run` still ships after it was stopped.
            election: Who is the one loader, see `election_of`; by default a lock file beside the
                warehouse decides.
            clock: Tells `loaded_at`; aware.
            on_progress: Told after every batch.
            after_commit: Called when a batch is in the warehouse and not yet marked as shipped,
                where a crash does most harm.
        """
        self._outbox = outbox
        self._path = warehouse_path
        self._interval_seconds = interval_seconds
        self._batch_size = batch_size
        self._patience_seconds = patience_seconds
        self._last_attempt_seconds = last_attempt_seconds
        self._election = election or FileElection(warehouse_path)
        self._clock = clock
        self._on_progress = on_progress
        self._after_commit = after_commit
        self._status = Status()
        # The file that held all that was shipped when it was last looked at.
        self._whole: tuple[int, int] | None = None

    @property
    def status(self) -> Status:
        """The state at this moment."""
        return self._status

    def ship_once(self) -> int:
        """Ship one batch, whoever is elected.

        Returns:
            The number of events and players in it; 0 where nothing waits, and then the warehouse is
            not even opened.

        Raises:
            WarehouseUnavailableError: The warehouse is held for too long or cannot be written.
            StoreError: The store cannot be read, or the batch not be marked as shipped.
        """
        return self._ship_batch(_for_seconds(self._patience_seconds))

    def ship_all(self) -> None:
        """Ship until nothing waits, or until another loader has done so.

        Raises:
            WarehouseUnavailableError: As `ship_once`, or another loader does not get on with it.
            StoreError: As `ship_once`.
        """
        try:
            if self._is_left_to_me(_for_seconds(self._patience_seconds)):
                while self._election.stand() and self.ship_once():
                    pass
        finally:
            self._resign()

    def run(self, stop: threading.Event) -> None:
        """Ship what is committed, about once per interval, until `stop` is set.

        Whatever goes wrong is logged, once until it is over, and tried again. What waits when
        `stop` is set ships within `last_attempt_seconds`, or else stays in the store for the next
        start.
        """
        delays = _delays()
        while not stop.is_set():
            pause = self._interval_seconds
            try:
                self._ship_waiting(lambda seconds: not stop.wait(seconds))
                delays = _delays()
                if not self._status.is_elected:
                    pause = min(pause, STANDBY_SECONDS)
            except Exception as error:  # a thread that died would ship nothing more, ever
                if not stop.is_set():
                    self._report_trouble(error)
                pause = next(delays)
            stop.wait(pause)
        try:
            self._ship_waiting(_for_seconds(self._last_attempt_seconds))
        except Exception as error:
            logger.warning("Stopped before all was shipped, the rest stays in the store: %s", error)
        finally:
            self._resign()

    def _ship_waiting(self, wait: Wait) -> None:
        """Ship until no full batch waits or the time is over, where this loader is the elected one.

        What comes in meanwhile waits for the next turn: with a few events at a time the loader
        would take more of the processor than the requests.
        """
        while self._is_elected() and wait(0) and self._ship_batch(wait) >= self._batch_size:
            pass

    def _is_elected(self) -> bool:
        """Tell whether this is the one loader; asked before each batch, for that may end."""
        is_elected = self._election.stand()
        if is_elected != self._status.is_elected:
            role = "In charge of" if is_elected else "Standing by: another loader is in charge of"
            logger.info("%s %s", role, self._path)
            self._status = replace(self._status, is_elected=is_elected)
        return is_elected

    def _is_left_to_me(self, wait: Wait) -> bool:
        """Wait until this loader is elected (true), or until nothing waits (false)."""
        delays = _delays()
        while not self._election.stand():
            if _is_empty(self._outbox.next_batch(1)):
                return False
            if not wait(next(delays)):
                raise WarehouseUnavailableError(
                    f"Another loader ({self._election.incumbent()}) is in charge of {self._path},"
                    " and events still wait. Nothing was changed. See what keeps it, or stop it."
                )
        return True

    def _resign(self) -> None:
        self._election.resign()
        self._status = replace(self._status, is_elected=False)

    def _ship_batch(self, wait: Wait) -> int:
        batch = self._outbox.next_batch(self._batch_size)
        is_empty = _is_empty(batch)
        is_whole = self._is_whole(batch.last_shipped) if is_empty else self._insert(batch, wait)
        if not is_whole:
            count = self._outbox.ship_again()
            logger.warning(
                "%s lacks events that were shipped to it: it was deleted, replaced, or put back"
                " from an older state. All %s shipped events are shipped to it again.",
                self._path,
                f"{count:,}",
            )
            return self._ship_batch(wait)
        if not is_empty:
            self._after_commit()
            self._outbox.mark_shipped(batch)
        self._report_success(batch)
        return len(batch.events) + len(batch.players)

    def _is_whole(self, last_shipped: str | None) -> bool:
        """Tell, while nothing waits, whether the warehouse has what was shipped.

        It is opened only where it is not the file that was looked at before. While another process
        holds it, that is put off.
        """
        identity = self._identity()
        if last_shipped is None or identity == self._whole:
            return identity is not None or last_shipped is None
        try:
            refuse_other_formats(self._path)
            with duckdb.connect(str(self._path), read_only=True, config=ONE_THREAD) as warehouse:
                is_whole = _has(warehouse, last_shipped)
        except duckdb.Error as error:
            if identity is None:
                return False
            if holder_of(error) is None:
                raise WarehouseUnavailableError(advice(self._path, error, "read")) from error
            return True
        self._whole = identity
        return is_whole

    def _insert(self, batch: Batch, wait: Wait) -> bool:
        """Insert a batch; false, and nothing is inserted, where the warehouse lacks what it had."""
        if batch.last_shipped is not None and self._identity() is None:
            return False
        events = _as_json(GAME_EVENTS, batch.events)
        players = _as_json(PLAYERS, batch.players)
        try:
            with self._open(wait) as warehouse:
                if batch.last_shipped is not None and not _has(warehouse, batch.last_shipped):
                    return False
                now = {"loaded_at": _without_zone(self._clock())}
                try:
                    _write(warehouse, GAME_EVENTS.insert, events | now, players | now)
                except duckdb.ConstraintException:
                    # Some of the events are there: a crash kept them from being marked as shipped.
                    warehouse.rollback()
                    _write(warehouse, GAME_EVENTS.insert_missing, events | now, players | now)
        except duckdb.Error as error:
            raise WarehouseUnavailableError(advice(self._path, error, "write to")) from error
        self._whole = self._identity()
        return True

    def _identity(self) -> tuple[int, int] | None:
        """Tell the file from others that stand in its place; None where there is none."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _open(self, wait: Wait) -> duckdb.DuckDBPyConnection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        refuse_other_formats(self._path)
        delays = _delays()
        while True:
            try:
                return duckdb.connect(str(self._path), config=ONE_THREAD)
            except duckdb.IOException as error:
                holder = holder_of(error)
                if holder is None:
                    raise
                held = f"{self._path} is held by {holder}"
            self._report_trouble(f"{held}; events wait in the store until it is free.")
            if not wait(next(delays)):
                raise WarehouseUnavailableError(f"{held}; what waits stays in the store.")

    def _report_success(self, batch: Batch) -> None:
        if self._status.trouble:
            logger.info("Shipping to %s again", self._path)
        self._status = replace(
            self._status,
            event_count=self._status.event_count + len(batch.events),
            player_count=self._status.player_count + len(batch.players),
            last_success_at=self._clock(),
            trouble=None,
        )
        if not _is_empty(batch):
            self._on_progress(self._status)

    def _report_trouble(self, trouble: Exception | str) -> None:
        """Keep what is wrong, and log it where all was well before."""
        if self._status.trouble is None:
            known = isinstance(trouble, (str, *FORESEEN))
            logger.warning("%s", trouble, exc_info=not known)
        self._status = replace(self._status, trouble=str(trouble))


def _is_empty(batch: Batch) -> bool:
    return not batch.events and not batch.players


def _as_json(table: RawTable, rows: ShippedEvents | ShippedPlayers) -> dict[str, object]:
    """Make the parameters of the table's statements: a JSON array for each column."""
    return {
        column: json.dumps(getattr(rows, column), ensure_ascii=False)
        for column in table.shipped_columns
    }


def _has(warehouse: duckdb.DuckDBPyConnection, event_id: str) -> bool:
    try:
        return warehouse.execute(LAST_SHIPPED, [event_id]).fetchone() is not None
    except duckdb.CatalogException:
        return False  # not even the table


def _without_zone(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _write(
    warehouse: duckdb.DuckDBPyConnection,
    insert_events: str,
    events: dict[str, object],
    players: dict[str, object],
) -> None:
    """Write a batch in one transaction."""
    warehouse.begin()
    make_raw_tables(warehouse)
    warehouse.execute(insert_events, events)
    warehouse.execute(PLAYERS.upsert, players)
    warehouse.commit()


def _delays() -> Iterator[float]:
    """Seconds to wait, longer each time; jitter keeps two that wait from staying in step."""
    longest = FIRST_DELAY_SECONDS
    while True:
        yield random.uniform(longest / 2, longest)  # noqa: S311 (guards no secret)  # nosec B311
        longest = min(2 * longest, LONGEST_DELAY_SECONDS)


def _for_seconds(patience: float) -> Wait:
    """Wait as often as needed, but no longer than this many seconds from now on."""
    deadline = time.monotonic() + patience

    def wait(seconds: float) -> bool:
        remaining = deadline - time.monotonic()
        time.sleep(max(0.0, min(seconds, remaining)))
        return remaining > 0

    return wait
