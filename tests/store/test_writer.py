"""Many commands, one commit; one bad command, no bad neighbour."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import Connection

from api.store.engine import open_engine
from api.store.protocol import StoreError, StoreUnavailableError
from api.store.writer import GroupCommitWriter


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """A database with one table."""
    engine = open_engine(url, writes=True)
    with engine.begin() as connection:
        connection.execute(text("create table numbers (number integer primary key)"))
    yield engine
    engine.dispose()


def numbers(engine: Engine) -> list[int]:
    with engine.begin() as connection:
        return list(connection.execute(text("select number from numbers order by 1")).scalars())


def insert(number: int) -> Callable[[Connection], int]:
    def command(connection: Connection) -> int:
        connection.execute(text("insert into numbers values (:number)"), {"number": number})
        return number

    return command


class Gate:
    """A command that holds the writer until the test has queued what it wants."""

    def __init__(self) -> None:
        """Begin closed."""
        self.entered = threading.Event()
        self.opened = threading.Event()

    def __call__(self, _: Connection) -> None:
        """Wait for the test."""
        self.entered.set()
        self.opened.wait()


def run_together(
    writer: GroupCommitWriter, commands: list[Callable[[Connection], object]]
) -> list[object]:
    """Queue all commands behind a gate, so that they share a transaction."""
    gate = Gate()

    def submit(command: Callable[[Connection], object]) -> object:
        try:
            return writer.submit(command)
        except Exception as error:
            return error

    with ThreadPoolExecutor(max_workers=len(commands) + 1) as pool:
        pool.submit(writer.submit, gate)
        gate.entered.wait()
        waiting = [pool.submit(submit, command) for command in commands]
        while writer._queue.qsize() < len(commands):
            threading.Event().wait(0.001)
        gate.opened.set()
        return [future.result() for future in waiting]


def test_commands_that_wait_share_a_commit(engine: Engine) -> None:
    sizes: list[int] = []
    writer = GroupCommitWriter(engine, queue_limit=100, on_commit=sizes.append)
    results = run_together(writer, [insert(number) for number in range(20)])
    writer.close()
    assert results == list(range(20))
    assert numbers(engine) == list(range(20))
    assert sizes == [1, 20]


def test_refusal_leaves_its_neighbours_alone(engine: Engine) -> None:
    def refuse(_: Connection) -> None:
        raise StoreError("no")

    writer = GroupCommitWriter(engine, queue_limit=100)
    results = run_together(writer, [insert(1), refuse, insert(2)])
    writer.close()
    assert numbers(engine) == [1, 2]
    assert isinstance(results[1], StoreError)


def test_command_that_breaks_the_database_fails_alone(engine: Engine) -> None:
    writer = GroupCommitWriter(engine, queue_limit=100)
    results = run_together(writer, [insert(1), insert(1), insert(2)])
    writer.close()
    assert numbers(engine) == [1, 2]
    assert [type(result) for result in results] == [int, StoreUnavailableError, int]


def test_command_with_a_bug_fails_alone_and_undoes_what_it_wrote(engine: Engine) -> None:
    def write_and_fail(connection: Connection) -> None:
        insert(7)(connection)
        raise ZeroDivisionError

    writer = GroupCommitWriter(engine, queue_limit=100)
    results = run_together(writer, [insert(1), write_and_fail, insert(2)])
    writer.close()
    assert numbers(engine) == [1, 2]
    assert isinstance(results[1], ZeroDivisionError)


def test_full_queue_refuses_at_once(engine: Engine) -> None:
    writer = GroupCommitWriter(engine, queue_limit=1)
    gate = Gate()
    with ThreadPoolExecutor(max_workers=2) as pool:
        pool.submit(writer.submit, gate)
        gate.entered.wait()
        waiting = pool.submit(writer.submit, insert(1))
        while writer._queue.qsize() < 1:
            threading.Event().wait(0.001)
        with pytest.raises(StoreUnavailableError, match="too many requests"):
            writer.submit(insert(2))
        gate.opened.set()
        assert waiting.result() == 1
    writer.close()
    assert numbers(engine) == [1]


def test_close_carries_out_what_was_submitted(engine: Engine) -> None:
    writer = GroupCommitWriter(engine, queue_limit=100)
    gate = Gate()
    with ThreadPoolExecutor(max_workers=12) as pool:
        pool.submit(writer.submit, gate)
        gate.entered.wait()
        waiting = [pool.submit(writer.submit, insert(number)) for number in range(10)]
        while writer._queue.qsize() < 10:
            threading.Event().wait(0.001)
        closing = pool.submit(writer.close)
        gate.opened.set()
        closing.result()
        assert sorted(future.result() for future in waiting) == list(range(10))
    assert numbers(engine) == list(range(10))
    with pytest.raises(StoreUnavailableError, match="closed"):
        writer.submit(insert(11))
