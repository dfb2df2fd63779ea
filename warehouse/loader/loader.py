"""Ships committed events and players from the operational store to the warehouse or the lake.

A batch is inserted as a whole or not at all, and then marked as shipped in the store. After a crash
between the two, the batch is inserted again, which has no effect: every event arrives exactly once.
While another process locks the destination, the batch waits in memory and the store is not locked.

The destination must have the last shipped event. If it lacks that event, it was deleted, replaced,
restored from an older state or renamed; then all events ship again.

A destination belongs to one store, see `warehouse/loader/source_store.py`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from warehouse.database import WarehouseUnavailableError
from warehouse.loader.destination import Destination
from warehouse.loader.waiting import Wait, delays
from warehouse.loader.warehouse_file import WarehouseFile
from warehouse.store.clock import Clock, utc_now
from warehouse.store.election import Election, FileElection
from warehouse.store.protocol import Batch, Outbox, StoreError

logger = logging.getLogger(__name__)

# As long as `open_when_free` waits.
DEFAULT_MAX_WAIT_SECONDS = 63.0

# The interval at which a standby loader tries to become the leader, if the other is longer.
STANDBY_SECONDS = 2.0

# Errors of files and databases; any other error is logged with its traceback.
EXPECTED_ERRORS = (OSError, StoreError, WarehouseUnavailableError)


@dataclass(frozen=True)
class Status:
    """The progress and the state of a loader.

    Attributes:
        is_elected: Whether this loader is the leader, not a standby; None if unknown.
        event_count: The number of events shipped since the start, including repetitions.
        player_count: The number of players shipped since the start, including repetitions.
        last_success_at: When it last shipped a batch or found an empty backlog; UTC, aware.
        trouble: The error that prevents shipping; None without one.
    """

    is_elected: bool | None = None
    event_count: int = 0
    player_count: int = 0
    last_success_at: datetime | None = None
    trouble: str | None = None


class Loader:
    """Ships the backlog of an outbox to a warehouse.

    `run` is for a separate thread or process, `ship_all` for a command. Only one thread at a time
    may call a loader; any thread may read `status`.
    """

    def __init__(  # noqa: PLR0913 (independent settings with defaults)
        self,
        outbox: Outbox,
        warehouse_path: Path,
        *,
        interval_seconds: float = 1.0,
        batch_size: int | None = None,
        max_wait_seconds: float = DEFAULT_MAX_WAIT_SECONDS,
        last_attempt_seconds: float = 5.0,
        election: Election | None = None,
        destination: Destination | None = None,
        clock: Clock = utc_now,
        on_progress: Callable[[Status], None] = lambda _: None,
        after_commit: Callable[[], None] = lambda: None,
    ) -> None:
        """Store the settings, without accessing the store or the warehouse.

        Args:
            outbox: The store, which the caller closes.
            warehouse_path: The DuckDB file, created if it is missing and the destination.
            interval_seconds: The pause of `run` when nothing waits.
            batch_size: The maximum number of events per transaction; by default that of the
                destination.
            max_wait_seconds: How long `ship_once` and `ship_all` wait for a locked destination;
                `run` waits until it is stopped.
            last_attempt_seconds: How long `run` continues to ship after it was stopped.
            election: Elects the one loader, see `election_of`; by default with a lock file beside
                the warehouse.
            destination: The destination, by default the DuckDB file.
            clock: Returns the time of success, and `loaded_at` in the DuckDB file; aware.
            on_progress: Called after every batch.
            after_commit: Called between the insert of a batch and its mark as shipped, for tests of
                a crash.
        """
        self._outbox = outbox
        self._destination = destination or WarehouseFile(warehouse_path, clock)
        self._interval_seconds = interval_seconds
        self._batch_size = batch_size or self._destination.batch_size
        self._max_wait_seconds = max_wait_seconds
        self._last_attempt_seconds = last_attempt_seconds
        self._election = election or FileElection(warehouse_path)
        self._clock = clock
        self._on_progress = on_progress
        self._after_commit = after_commit
        self._status = Status()

    @property
    def status(self) -> Status:
        """The current progress and state."""
        return self._status

    def ship_once(self) -> int:
        """Ship one batch, without an election.

        Returns:
            The number of events and players in it; 0 if nothing waits.

        Raises:
            WarehouseUnavailableError: The warehouse is locked too long, or is not writable.
            StoreError: The store cannot be read, or the batch cannot be marked as shipped.
        """
        return self._ship_batch(_wait_up_to(self._max_wait_seconds))

    def ship_all(self) -> None:
        """Ship until nothing waits, or until another loader has shipped the current backlog.

        Raises:
            WarehouseUnavailableError: See `ship_once`; or another loader makes no progress.
            StoreError: See `ship_once`.
        """
        try:
            if self._wait_for_turn():
                while self._election.try_acquire() and self.ship_once():
                    pass
        finally:
            self._resign()

    def run(self, stop: threading.Event) -> None:
        """Ship committed events about once per interval until `stop` is set.

        An error is logged once until it is over, and shipping is retried. Events that wait when
        `stop` is set ship within `last_attempt_seconds` or after the next start.
        """
        pauses = delays()
        while not stop.is_set():
            pause = self._interval_seconds
            try:
                self._ship_waiting(lambda seconds: not stop.wait(seconds))
                pauses = delays()
                if not self._status.is_elected:
                    pause = min(pause, STANDBY_SECONDS)
            except Exception as error:  # any error, because the thread must survive
                if not stop.is_set():
                    self._report_trouble(error)
                pause = next(pauses)
            stop.wait(pause)
        try:
            self._ship_waiting(_wait_up_to(self._last_attempt_seconds))
        except Exception as error:
            logger.warning("Stopped with unshipped events, which remain in the store: %s", error)
        finally:
            self._resign()

    def _ship_waiting(self, wait: Wait) -> None:
        """Ship until no full batch waits or the time is over, while this loader is the leader.

        Events of an incomplete batch wait for the next interval, because small batches would use
        more processor time than the requests.
        """
        while self._is_elected() and wait(0) and self._ship_batch(wait) >= self._batch_size:
            pass

    def _is_elected(self) -> bool:
        """Return whether this loader is the leader now."""
        is_elected = self._election.try_acquire()
        if is_elected != self._status.is_elected:
            role = "This loader" if is_elected else "On standby: another loader"
            logger.info("%s ships to %s", role, self._destination)
            self._status = replace(self._status, is_elected=is_elected)
        return is_elected

    def _wait_for_turn(self) -> bool:
        """Wait until this loader is the leader (True) or the current backlog is shipped (False)."""
        started = self._clock().timestamp() * 1_000_000
        last: Batch | None = None
        while not self._election.try_acquire():
            first = self._outbox.next_batch(1)
            if _is_empty(first) or any(received > started for received in first.events.received_at):
                return False
            if first != last:
                # The other loader makes progress.
                last, wait, pauses = first, _wait_up_to(self._max_wait_seconds), delays()
            if not wait(next(pauses)):
                raise WarehouseUnavailableError(
                    f"Another loader ({self._election.leader()}) ships to {self._destination} but"
                    " makes no progress. Nothing was changed. Check that loader, or stop it."
                )
        return True

    def _resign(self) -> None:
        self._election.resign()
        self._status = replace(self._status, is_elected=False)

    def _ship_batch(self, wait: Wait) -> int:
        batch = self._outbox.next_batch(self._batch_size)
        is_empty = _is_empty(batch)
        if is_empty:
            is_complete = self._destination.has(batch)
        else:
            is_complete = self._destination.insert(batch, wait, self._report_trouble)
        if not is_complete:
            count = self._outbox.ship_again()
            logger.warning(
                "%s lacks events that were shipped to it: it was deleted, replaced, or restored"
                " from an older state. Shipping all %s events to it again.",
                self._destination,
                f"{count:,}",
            )
            return self._ship_batch(wait)
        if not is_empty:
            self._after_commit()
            self._outbox.mark_shipped(batch)
        self._report_success(batch)
        return len(batch.events) + len(batch.players)

    def _report_success(self, batch: Batch) -> None:
        if self._status.trouble:
            logger.info("Shipping to %s again", self._destination)
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
        """Store an error in the status, and log the first of several."""
        if self._status.trouble is None:
            is_expected = isinstance(trouble, (str, *EXPECTED_ERRORS))
            logger.warning("%s", trouble, exc_info=not is_expected)
        self._status = replace(self._status, trouble=str(trouble))


def _is_empty(batch: Batch) -> bool:
    return not batch.events and not batch.players


def _wait_up_to(max_seconds: float) -> Wait:
    """Make a `Wait` whose time is over after this many seconds."""
    deadline = time.monotonic() + max_seconds

    def wait(seconds: float) -> bool:
        remaining = deadline - time.monotonic()
        time.sleep(max(0.0, min(seconds, remaining)))
        return remaining > 0

    return wait
