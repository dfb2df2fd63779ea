"""Moving committed events and players from the operational store into the warehouse or the lake.

A batch is inserted whole or not at all, and only then marked as shipped in the store. Whoever dies
in between leaves a batch that is inserted a second time, which changes nothing: every event arrives
exactly once. While somebody holds the destination, the batch waits in memory and nothing of the
store is held.

The event that was shipped last must be there. Where it is not, somebody deleted the destination,
replaced it, put an older state of it back or named another one; then everything is shipped again.

A destination takes the events of one store, see `warehouse/loader/source_store.py`.
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
DEFAULT_PATIENCE_SECONDS = 63.0

# So often one that stands by asks whether it is needed, where the interval is longer.
STANDBY_SECONDS = 2.0

# What can happen to files and databases; anything else is logged with its traceback.
FORESEEN = (OSError, StoreError, WarehouseUnavailableError)


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
        batch_size: int | None = None,
        patience_seconds: float = DEFAULT_PATIENCE_SECONDS,
        last_attempt_seconds: float = 5.0,
        election: Election | None = None,
        destination: Destination | None = None,
        clock: Clock = utc_now,
        on_progress: Callable[[Status], None] = lambda _: None,
        after_commit: Callable[[], None] = lambda: None,
    ) -> None:
        """Make a loader; touches neither the store nor the warehouse yet.

        Args:
            outbox: The store. It stays the caller's to close.
            warehouse_path: The DuckDB file, made where it is missing and nothing else is named.
            interval_seconds: How long `run` rests when nothing waits.
            batch_size: At most this many events per transaction; the destination's own by default.
            patience_seconds: How long `ship_once` and `ship_all` wait for what another process
                holds; `run` waits until it is stopped.
            last_attempt_seconds: How long `run` still ships after it was stopped.
            election: Who is the one loader, see `election_of`; by default a lock file beside the
                warehouse decides.
            destination: Where it ships to, by default the DuckDB file.
            clock: Tells the time of success, and `loaded_at` in the DuckDB file; aware.
            on_progress: Told after every batch.
            after_commit: Called when a batch is in the warehouse and not yet marked as shipped,
                where a crash does most harm.
        """
        self._outbox = outbox
        self._destination = destination or WarehouseFile(warehouse_path, clock)
        self._interval_seconds = interval_seconds
        self._batch_size = batch_size or self._destination.batch_size
        self._patience_seconds = patience_seconds
        self._last_attempt_seconds = last_attempt_seconds
        self._election = election or FileElection(warehouse_path)
        self._clock = clock
        self._on_progress = on_progress
        self._after_commit = after_commit
        self._status = Status()

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
        """Ship until nothing waits, or until another loader has shipped what waits now.

        Raises:
            WarehouseUnavailableError: As `ship_once`, or another loader does not get on with it.
            StoreError: As `ship_once`.
        """
        try:
            if self._is_left_to_me():
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
        pauses = delays()
        while not stop.is_set():
            pause = self._interval_seconds
            try:
                self._ship_waiting(lambda seconds: not stop.wait(seconds))
                pauses = delays()
                if not self._status.is_elected:
                    pause = min(pause, STANDBY_SECONDS)
            except Exception as error:  # a thread that died would ship nothing more, ever
                if not stop.is_set():
                    self._report_trouble(error)
                pause = next(pauses)
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
            logger.info("%s %s", role, self._destination)
            self._status = replace(self._status, is_elected=is_elected)
        return is_elected

    def _is_left_to_me(self) -> bool:
        """Wait until this loader is elected (true), or what waits now is shipped (false)."""
        began = self._clock().timestamp() * 1_000_000
        last: Batch | None = None
        while not self._election.stand():
            first = self._outbox.next_batch(1)
            if _is_empty(first) or any(received > began for received in first.events.received_at):
                return False
            if first != last:
                # The other loader gets on with it.
                last, wait, pauses = first, _for_seconds(self._patience_seconds), delays()
            if not wait(next(pauses)):
                raise WarehouseUnavailableError(
                    f"Another loader ({self._election.incumbent()}) is in charge of"
                    f" {self._destination}, and events still wait. Nothing was changed. See what"
                    " keeps it, or stop it."
                )
        return True

    def _resign(self) -> None:
        self._election.resign()
        self._status = replace(self._status, is_elected=False)

    def _ship_batch(self, wait: Wait) -> int:
        batch = self._outbox.next_batch(self._batch_size)
        is_empty = _is_empty(batch)
        if is_empty:
            is_whole = self._destination.has(batch)
        else:
            is_whole = self._destination.insert(batch, wait, self._report_trouble)
        if not is_whole:
            count = self._outbox.ship_again()
            logger.warning(
                "%s lacks events that were shipped to it: it was deleted, replaced, or put back"
                " from an older state. All %s shipped events are shipped to it again.",
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
        """Keep what is wrong, and log it where all was well before."""
        if self._status.trouble is None:
            known = isinstance(trouble, (str, *FORESEEN))
            logger.warning("%s", trouble, exc_info=not known)
        self._status = replace(self._status, trouble=str(trouble))


def _is_empty(batch: Batch) -> bool:
    return not batch.events and not batch.players


def _for_seconds(patience: float) -> Wait:
    """Wait as often as needed, but no longer than this many seconds from now on."""
    deadline = time.monotonic() + patience

    def wait(seconds: float) -> bool:
        remaining = deadline - time.monotonic()
        time.sleep(max(0.0, min(seconds, remaining)))
        return remaining > 0

    return wait
