"""The writing thread: many commands share a commit, and each waits until it is durable."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from warehouse.store.engine import reason
from warehouse.store.postgres import MAX_ATTEMPTS, is_transient, retrying
from warehouse.store.protocol import StoreError, StoreOverloadedError, StoreUnavailableError

T = TypeVar("T")

# The maximum number of commands in a commit. All of them share one wait for the disk, so more would
# save little, and the first would wait for the last.
MAX_BATCH = 256
# The maximum number of rows in a commit with several commands, each of which may write hundreds.
MAX_BATCH_ROWS = 2000
# The maximum number of rows that wait, in memory.
MAX_WAITING_ROWS = 20_000
# A command that waits longer is rejected, because its client may have given up.
MAX_WAIT_SECONDS = 10.0


class _Task:
    """A command and its outcome."""

    __slots__ = ("_outcome", "command", "rows", "submitted_at", "user_id")

    def __init__(
        self, command: Callable[[Connection], Any], rows: int, user_id: int | None
    ) -> None:
        self.command = command
        self.rows = rows
        self.user_id = user_id
        self.submitted_at = time.monotonic()
        # A queue for one item is cheaper than a Future.
        self._outcome: queue.SimpleQueue[tuple[Any, Exception | None]] = queue.SimpleQueue()

    def succeed(self, result: object) -> None:
        self._outcome.put((result, None))

    def fail(self, error: Exception) -> None:
        self._outcome.put((None, error))

    def outcome(self) -> Any:  # noqa: ANN401 (whatever the command returns)
        """Wait for the outcome; raise the command's error."""
        result, error = self._outcome.get()
        if error is not None:
            raise error
        return result


class GroupCommitWriter:
    """Runs commands one after the other and commits them together.

    A command is a function of a connection. It raises a StoreError before it writes anything, or it
    succeeds. Any other error rolls the whole transaction back; then each command runs in a separate
    transaction, so that only a bad one fails. After a transient error, such as a deadlock with
    another process, the same transaction is retried.

    `prepare` runs before the commands and can lock their players. `finish` runs after them and
    writes what the commands have left to it.
    """

    def __init__(  # noqa: PLR0913 (independent settings, most with a default)
        self,
        engine: Engine,
        *,
        queue_limit: int,
        row_limit: int = MAX_WAITING_ROWS,
        max_wait_seconds: float = MAX_WAIT_SECONDS,
        prepare: Callable[[Connection, Sequence[int]], None] = lambda _, __: None,
        finish: Callable[[Connection, Sequence[Any]], None] = lambda _, __: None,
        check_after_commit: Callable[[], None] = lambda: None,
        on_commit: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Start the thread.

        Args:
            engine: A writing engine.
            queue_limit: The maximum number of commands that wait.
            row_limit: The maximum number of rows of all commands that wait.
            max_wait_seconds: How long a command may wait before it is rejected.
            prepare: Called before the commands of a transaction with their players, without
                duplicates and in order.
            finish: Called before the commit with the results of the commands that succeeded. If it
                fails, the commands fail.
            check_after_commit: Called after each commit. If it raises a StoreUnavailableError, the
                commit went to a lost file, and the commands fail with that error.
            on_commit: Called after each commit with the number of its commands.
        """
        self._engine = engine
        self._prepare = prepare
        self._finish = finish
        self._check_after_commit = check_after_commit
        self._on_commit = on_commit
        self._queue: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._queue_limit = queue_limit
        self._row_limit = row_limit
        self._max_wait_seconds = max_wait_seconds
        self._waiting_rows = 0
        self._closing = threading.Lock()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(
        self, command: Callable[[Connection], T], rows: int = 1, user_id: int | None = None
    ) -> T:
        """Run a command and wait until it is durable.

        Args:
            command: A function that writes through a connection.
            rows: The approximate number of rows that it writes.
            user_id: The player of the command; None for an anonymous one.

        Raises:
            StoreError: The command raised it.
            StoreOverloadedError: Too many commands wait, or this one waited too long.
            StoreUnavailableError: The writer is closed, or the disk fails.
        """
        task = _Task(command, rows, user_id)
        with self._closing:
            if self._is_closed:
                raise StoreUnavailableError("the store is closed")
            if (
                self._queue.qsize() >= self._queue_limit
                or self._waiting_rows + rows > self._row_limit
            ):
                raise StoreOverloadedError("too many requests wait for the store")
            self._waiting_rows += rows
            self._queue.put(task)
        outcome: T = task.outcome()
        return outcome

    def close(self) -> None:
        """Finish the submitted commands and stop."""
        with self._closing:
            was_closed, self._is_closed = self._is_closed, True
        if not was_closed:
            self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        is_last = False
        while not is_last:
            taken, is_last = self._next_tasks()
            with self._closing:
                self._waiting_rows -= sum(task.rows for task in taken)
            tasks = [task for task in taken if not self._reject_expired(task)]
            if tasks and not self._commit_together(tasks):
                for task in tasks:
                    # The commits before this one take time.
                    if not self._reject_expired(task):
                        self._commit_alone(task)

    def _reject_expired(self, task: _Task) -> bool:
        """Reject a task that has waited too long, before it starts; return whether it has."""
        is_expired = time.monotonic() - task.submitted_at > self._max_wait_seconds
        if is_expired:
            task.fail(StoreOverloadedError("the request waited too long for the store"))
        return is_expired

    def _next_tasks(self) -> tuple[list[_Task], bool]:
        """Wait for a task and take all that wait; also return whether the writer must stop."""
        tasks: list[_Task] = []
        rows = 0
        task = self._queue.get()
        while task is not None:
            tasks.append(task)
            rows += task.rows
            if len(tasks) == MAX_BATCH or rows >= MAX_BATCH_ROWS:
                return tasks, False
            try:
                task = self._queue.get_nowait()
            except queue.Empty:
                return tasks, False
        return tasks, True

    def _commit_together(self, tasks: list[_Task]) -> bool:
        """Run the tasks in one transaction; return False if it was rolled back."""
        for _ in range(MAX_ATTEMPTS):
            error = self._try_together(tasks)
            if error is None or not is_transient(error):
                return error is None
        return False

    def _try_together(self, tasks: list[_Task]) -> Exception | None:
        """Return the error that rolled the transaction back; None if all tasks have an outcome."""
        try:
            connection = self._engine.connect()
        except (SQLAlchemyError, StoreUnavailableError) as error:
            _fail(tasks, error)
            return None
        with connection:
            try:
                transaction = connection.begin()
            except SQLAlchemyError as error:
                # A lock timeout, for example, which each task alone would wait for again.
                _fail(tasks, error)
                return None
            try:
                outcomes = self._outcomes(tasks, connection)
            except Exception as error:  # any error of a command; nothing was committed
                # A lost connection cannot roll back.
                with suppress(SQLAlchemyError):
                    connection.rollback()
                return error
            try:
                transaction.commit()
                self._check_after_commit()
            except (SQLAlchemyError, StoreUnavailableError) as error:
                # A failed commit may have taken effect, so it must not be retried.
                _fail(tasks, error)
                return None
        self._on_commit(len(tasks))
        for task, outcome in zip(tasks, outcomes, strict=True):
            if isinstance(outcome, StoreError):
                task.fail(outcome)
            else:
                task.succeed(outcome)
        return None

    def _outcomes(self, tasks: list[_Task], connection: Connection) -> list[object]:
        self._prepare(connection, _players(tasks))
        outcomes = [_run(task, connection) for task in tasks]
        self._finish(
            connection, [outcome for outcome in outcomes if not isinstance(outcome, StoreError)]
        )
        return outcomes

    def _commit_alone(self, task: _Task) -> None:
        def transact() -> object:
            with self._engine.begin() as connection:
                self._prepare(connection, _players([task]))
                outcome = task.command(connection)
                self._finish(connection, [outcome])
            return outcome

        try:
            outcome = retrying(transact)
            self._check_after_commit()
        except SQLAlchemyError as error:
            task.fail(_unavailable(error))
        except Exception as error:  # the caller handles any error
            task.fail(error)
        else:
            self._on_commit(1)
            task.succeed(outcome)


def _players(tasks: list[_Task]) -> list[int]:
    return sorted({task.user_id for task in tasks if task.user_id is not None})


def _run(task: _Task, connection: Connection) -> object:
    try:
        return task.command(connection)
    except StoreError as error:
        return error


def _fail(tasks: list[_Task], error: SQLAlchemyError | StoreUnavailableError) -> None:
    for task in tasks:
        if isinstance(error, StoreUnavailableError):
            task.fail(StoreUnavailableError(str(error)))
        else:
            task.fail(_unavailable(error))


def _unavailable(error: SQLAlchemyError) -> StoreUnavailableError:
    # The message of these errors contains the values.
    why = "" if isinstance(error, IntegrityError | DataError) else f": {reason(error)}"
    unavailable = StoreUnavailableError(f"the database failed{why}")
    unavailable.__cause__ = error
    return unavailable
