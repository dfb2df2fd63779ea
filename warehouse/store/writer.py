"""One thread that writes: many commands share a commit, and each waits until it is durable."""

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
from warehouse.store.postgres import TRIES, is_passing, retrying
from warehouse.store.protocol import StoreError, StoreOverloadedError, StoreUnavailableError

T = TypeVar("T")

# Commands in one commit. The wait for the disk is shared by all of them, so more would save little,
# and the first of them would wait for the work of the last.
MAX_BATCH = 256
# Likewise rows, of which a command may write hundreds; a batch has one command at least.
MAX_BATCH_ROWS = 2000
# Rows that may wait: they are in memory.
WAITING_ROWS = 20_000
# Who has waited longer than this is refused: what a client that has given up asked for shall not
# happen later.
PATIENCE_SECONDS = 10.0


class _Task:
    """A command, and its outcome once there is one."""

    __slots__ = ("_outcome", "command", "rows", "submitted_at", "user_id")

    def __init__(
        self, command: Callable[[Connection], Any], rows: int, user_id: int | None
    ) -> None:
        self.command = command
        self.rows = rows
        self.user_id = user_id
        self.submitted_at = time.monotonic()
        # Of one item: cheaper than a Future, at every request.
        self._outcome: queue.SimpleQueue[tuple[Any, Exception | None]] = queue.SimpleQueue()

    def succeed(self, result: object) -> None:
        self._outcome.put((result, None))

    def fail(self, error: Exception) -> None:
        self._outcome.put((None, error))

    def outcome(self) -> Any:  # noqa: ANN401 (whatever the command returns)
        """Wait for the outcome; raises what the command failed with."""
        result, error = self._outcome.get()
        if error is not None:
            raise error
        return result


class GroupCommitWriter:
    """Carries out commands one after the other and commits them together.

    A command is a function of a connection. It raises a StoreError before it has written anything,
    or it succeeds. Any other failure undoes the whole transaction; then each command is tried
    again in a transaction of its own, so that a bad one fails alone. A deadlock with another
    process, or the like, is no fault of a command: the same transaction is tried again.

    Whose commands they are is told before the first of them to `prepare`, which may lock something.
    Commands may leave some of their writing to the end of the transaction, where `finish` does it
    for all of them at once.
    """

    def __init__(  # noqa: PLR0913 (each stands for itself, and most have a default)
        self,
        engine: Engine,
        *,
        queue_limit: int,
        row_limit: int = WAITING_ROWS,
        patience_seconds: float = PATIENCE_SECONDS,
        prepare: Callable[[Connection, Sequence[int]], None] = lambda _, __: None,
        finish: Callable[[Connection, Sequence[Any]], None] = lambda _, __: None,
        confirm: Callable[[], None] = lambda: None,
        on_commit: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Start the thread.

        Args:
            engine: A writing engine.
            queue_limit: Commands that may wait; further ones are refused.
            row_limit: Rows that the commands that wait may write together.
            patience_seconds: How long a command may wait; after that it is refused.
            prepare: Given the players of a transaction, each once and in order; comes before its
                commands.
            finish: Given what the commands of a transaction returned, those that refused left out;
                it writes what they have left, before the commit. Where it fails they fail.
            confirm: Called after each commit. Where it raises a StoreUnavailableError, what was
                committed is not where anybody will find it, and the commands fail with that.
            on_commit: Told after each commit how many commands shared it.
        """
        self._engine = engine
        self._prepare = prepare
        self._finish = finish
        self._confirm = confirm
        self._on_commit = on_commit
        self._queue: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._queue_limit = queue_limit
        self._row_limit = row_limit
        self._patience_seconds = patience_seconds
        self._waiting_rows = 0
        self._closing = threading.Lock()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(
        self, command: Callable[[Connection], T], rows: int = 1, user_id: int | None = None
    ) -> T:
        """Carry out a command and wait until it is durable.

        Args:
            command: It writes through the connection that it is given.
            rows: How many it writes, about.
            user_id: The player whose command it is, if it is anyone's.

        Raises:
            StoreError: What the command refused with.
            StoreOverloadedError: Too many commands wait, or this one did for too long.
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
        """Carry out what was submitted and stop."""
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
            tasks = [task for task in taken if not self._refuse_late(task)]
            if not self._commit_together(tasks):
                for task in tasks:
                    # Each may wait for the disk, and so do those behind it.
                    if not self._refuse_late(task):
                        self._commit_alone(task)

    def _refuse_late(self, task: _Task) -> bool:
        """Refuse a task that has waited for too long, before anything of it has happened."""
        is_late = time.monotonic() - task.submitted_at > self._patience_seconds
        if is_late:
            late = StoreOverloadedError("the request waited too long for the store")
            task.fail(late)
        return is_late

    def _next_tasks(self) -> tuple[list[_Task], bool]:
        """Wait for a task and take what else waits; the flag says that there will be no more."""
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
        """Carry out the tasks in one transaction; False where nothing of it happened."""
        has_ended = None if tasks else True
        for _ in range(TRIES):
            if has_ended is not None:
                break
            has_ended = self._try_together(tasks)
        return has_ended or False

    def _try_together(self, tasks: list[_Task]) -> bool | None:
        """Try to do so; None where it failed for a reason that passes."""
        try:
            connection = self._engine.connect()
        except (SQLAlchemyError, StoreUnavailableError) as error:
            return _fail(tasks, error)
        with connection:
            try:
                transaction = connection.begin()
            except SQLAlchemyError as error:
                # Locked for too long, for example. Alone, each of them would wait as long again.
                return _fail(tasks, error)
            try:
                outcomes = self._outcomes(tasks, connection)
            except Exception as error:  # whatever is raised here: nothing was committed
                # A connection that is lost cannot even be told to undo it.
                with suppress(SQLAlchemyError):
                    connection.rollback()
                return None if is_passing(error) else False
            try:
                transaction.commit()
                self._confirm()
            except (SQLAlchemyError, StoreUnavailableError) as error:
                # Nobody knows whether a failed commit took effect, so it must not be tried again.
                return _fail(tasks, error)
        self._on_commit(len(tasks))
        for task, outcome in zip(tasks, outcomes, strict=True):
            if isinstance(outcome, StoreError):
                task.fail(outcome)
            else:
                task.succeed(outcome)
        return True

    def _outcomes(self, tasks: list[_Task], connection: Connection) -> list[object]:
        """Do all the work of a transaction."""
        self._prepare(connection, _players(tasks))
        outcomes = [_carry_out(task, connection) for task in tasks]
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
            self._confirm()
        except SQLAlchemyError as error:
            task.fail(_unavailable(error))
        except Exception as error:  # the caller's to handle, whatever it is
            task.fail(error)
        else:
            self._on_commit(1)
            task.succeed(outcome)


def _players(tasks: list[_Task]) -> list[int]:
    return sorted({task.user_id for task in tasks if task.user_id is not None})


def _carry_out(task: _Task, connection: Connection) -> object:
    try:
        return task.command(connection)
    except StoreError as refusal:
        return refusal


def _fail(tasks: list[_Task], error: SQLAlchemyError | StoreUnavailableError) -> bool:
    """Fail all tasks; true, because there is nothing more to try."""
    for task in tasks:
        if isinstance(error, StoreUnavailableError):
            task.fail(StoreUnavailableError(str(error)))
        else:
            task.fail(_unavailable(error))
    return True


def _unavailable(error: SQLAlchemyError) -> StoreUnavailableError:
    # What is wrong with a value would be told with the value.
    why = "" if isinstance(error, IntegrityError | DataError) else f": {reason(error)}"
    unavailable = StoreUnavailableError(f"the database failed{why}")
    unavailable.__cause__ = error
    return unavailable
