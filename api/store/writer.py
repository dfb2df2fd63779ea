"""One thread that writes: many commands share a commit, and each waits until it is durable."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from api.store.engine import reason
from api.store.protocol import StoreError, StoreUnavailableError
from api.waiting import TURN, Pause

T = TypeVar("T")

# Commands in one commit. The wait for the disk is shared by all of them, so more would save little,
# and the first of them would wait for the work of the last.
MAX_BATCH = 256


class _Task:
    """A command, and its outcome once there is one."""

    __slots__ = ("_error", "_pause", "_result", "command")

    def __init__(self, command: Callable[[Connection], Any]) -> None:
        self.command = command
        self._result: Any = None
        self._error: Exception | None = None
        self._pause = Pause()

    def succeed(self, result: object) -> None:
        self._result = result
        self._pause.end()

    def fail(self, error: Exception) -> None:
        self._error = error
        self._pause.end()

    def outcome(self) -> Any:  # noqa: ANN401 (whatever the command returns)
        """Wait for the outcome; raises what the command failed with."""
        self._pause.wait()
        if self._error is not None:
            raise self._error
        return self._result


class GroupCommitWriter:
    """Carries out commands one after the other and commits them together.

    A command is a function of a connection. It raises a StoreError before it has written anything,
    or it succeeds. Any other failure undoes the whole transaction; then each command is tried
    again in a transaction of its own, so that a bad one fails alone.

    Commands may leave some of their writing to the end of the transaction, where `finish` does it
    for all of them at once.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        queue_limit: int,
        finish: Callable[[Connection, Sequence[Any]], None] = lambda _, __: None,
        confirm: Callable[[], None] = lambda: None,
        on_commit: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Start the thread.

        Args:
            engine: A writing engine.
            queue_limit: Commands that may wait; further ones are refused.
            finish: Given what the commands of a transaction returned, those that refused left out;
                it writes what they have left, before the commit. Where it fails they fail.
            confirm: Called after each commit. Where it raises a StoreUnavailableError, what was
                committed is not where anybody will find it, and the commands fail with that.
            on_commit: Told after each commit how many commands shared it.
        """
        self._engine = engine
        self._finish = finish
        self._confirm = confirm
        self._on_commit = on_commit
        self._queue: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._queue_limit = queue_limit
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
            if self._queue.qsize() >= self._queue_limit:
                raise StoreUnavailableError("too many requests wait for the store")
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
            tasks, is_last = self._next_tasks()
            if not self._commit_together(tasks):
                for task in tasks:
                    self._commit_alone(task)

    def _next_tasks(self) -> tuple[list[_Task], bool]:
        """Wait for a task and take what else waits; the flag says that there will be no more."""
        tasks: list[_Task] = []
        task = self._queue.get()
        # Requests that run now submit theirs first, instead of missing this commit by a little.
        with TURN:
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
        except SQLAlchemyError as error:
            return _fail(tasks, error)
        with connection:
            try:
                transaction = connection.begin()
            except SQLAlchemyError as error:
                # Locked for too long, for example. Alone, each of them would wait as long again.
                return _fail(tasks, error)
            try:
                with TURN:
                    outcomes = [_carry_out(task, connection) for task in tasks]
                    self._finish(
                        connection,
                        [outcome for outcome in outcomes if not isinstance(outcome, StoreError)],
                    )
            except Exception:  # whatever a command or the database may raise: nothing was committed
                connection.rollback()
                return False
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

    def _commit_alone(self, task: _Task) -> None:
        try:
            with self._engine.begin() as connection:
                outcome = task.command(connection)
                self._finish(connection, [outcome])
            self._confirm()
        except SQLAlchemyError as error:
            task.fail(_unavailable(error))
        except Exception as error:  # the caller's to handle, whatever it is
            task.fail(error)
        else:
            self._on_commit(1)
            task.succeed(outcome)


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
