"""One thread that writes: many commands share a commit, and each waits until it is durable."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from api.store.protocol import StoreError, StoreUnavailableError

T = TypeVar("T")

# Commands in one commit. The wait for the disk is shared by all of them, so more would save little,
# and the first of them would wait for the work of the last.
MAX_BATCH = 256


@dataclass(frozen=True)
class _Task:
    command: Callable[[Connection], Any]
    outcome: Future[Any] = field(default_factory=Future)


class GroupCommitWriter:
    """Carries out commands one after the other and commits them together.

    A command is a function of a connection. It raises a StoreError before it has written anything,
    or it succeeds. Any other failure undoes the whole transaction; then each command is tried
    again in a transaction of its own, so that a bad one fails alone.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        queue_limit: int,
        on_commit: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Start the thread.

        Args:
            engine: A writing engine.
            queue_limit: Commands that may wait; further ones are refused.
            on_commit: Told after each commit how many commands shared it.
        """
        self._engine = engine
        self._on_commit = on_commit
        self._queue: queue.Queue[_Task | None] = queue.Queue(queue_limit)
        self._closing = threading.Lock()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, command: Callable[[Connection], T]) -> T:
        """Carry out a command and wait until it is durable.

        Raises:
            StoreError: What the command refused with.
            StoreUnavailableError: Too many commands wait, the writer is closed, or the disk fails.
        """
        task = _Task(command)
        with self._closing:
            if self._is_closed:
                raise StoreUnavailableError("the store is closed")
            try:
                self._queue.put_nowait(task)
            except queue.Full:
                raise StoreUnavailableError("too many requests wait for the store") from None
        outcome: T = task.outcome.result()
        return outcome

    def close(self) -> None:
        """Carry out what was submitted and stop."""
        with self._closing:
            was_closed, self._is_closed = self._is_closed, True
        if not was_closed:
            self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        is_last = False
        while not is_last:
            tasks, is_last = self._next_tasks()
            if not self._commit_together(tasks):
                for task in tasks:
                    self._commit_alone(task)

    def _next_tasks(self) -> tuple[list[_Task], bool]:
        """Wait for a task and take what else waits; the flag says that there will be no more."""
        tasks: list[_Task] = []
        task = self._queue.get()
        while task is not None:
            tasks.append(task)
            if len(tasks) == MAX_BATCH:
                return tasks, False
            try:
                task = self._queue.get_nowait()
            except queue.Empty:
                return tasks, False
        return tasks, True

    def _commit_together(self, tasks: list[_Task]) -> bool:
        """Carry out the tasks in one transaction; False where nothing of it happened."""
        if not tasks:
            return True
        try:
            connection = self._engine.connect()
        except SQLAlchemyError:
            return False
        with connection:
            try:
                transaction = connection.begin()
                outcomes = [_carry_out(task, connection) for task in tasks]
            except Exception:  # whatever a command or the database may raise: nothing was committed
                connection.rollback()
                return False
            try:
                transaction.commit()
            except SQLAlchemyError as error:
                # Nobody knows whether a failed commit took effect, so it must not be tried again.
                for task in tasks:
                    task.outcome.set_exception(_unavailable(error))
                return True
        self._on_commit(len(tasks))
        for task, outcome in zip(tasks, outcomes, strict=True):
            if isinstance(outcome, StoreError):
                task.outcome.set_exception(outcome)
            else:
                task.outcome.set_result(outcome)
        return True

    def _commit_alone(self, task: _Task) -> None:
        try:
            with self._engine.begin() as connection:
                outcome = task.command(connection)
        except SQLAlchemyError as error:
            task.outcome.set_exception(_unavailable(error))
        except Exception as error:  # the caller's to handle, whatever it is
            task.outcome.set_exception(error)
        else:
            self._on_commit(1)
            task.outcome.set_result(outcome)


def _carry_out(task: _Task, connection: Connection) -> object:
    try:
        return task.command(connection)
    except StoreError as refusal:
        return refusal


def _unavailable(error: SQLAlchemyError) -> StoreUnavailableError:
    unavailable = StoreUnavailableError("the database failed")
    unavailable.__cause__ = error
    return unavailable
