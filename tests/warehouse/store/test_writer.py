"""Many commands, one commit; one bad command, no bad neighbour."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import Connection

from warehouse.store.engine import open_engine
from warehouse.store.protocol import StoreError, StoreOverloadedError, StoreUnavailableError
from warehouse.store.writer import MAX_BATCH_ROWS, GroupCommitWriter


@pytest.fixture
def url(database_url: str) -> str:
    """Where the database is."""
    return database_url


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
        self.entered = threading.Event()
        self.opened = threading.Event()

    def __call__(self, _: Connection) -> None:
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


def test_rows_that_wait_have_a_limit(engine: Engine) -> None:
    writer = GroupCommitWriter(engine, queue_limit=100, row_limit=10)
    gate = Gate()
    with ThreadPoolExecutor(max_workers=3) as pool:
        pool.submit(writer.submit, gate)
        gate.entered.wait()
        waiting = pool.submit(writer.submit, insert(1), 8)
        while writer._queue.qsize() < 1:
            threading.Event().wait(0.001)
        with pytest.raises(StoreOverloadedError):
            writer.submit(insert(2), rows=3)
        small = pool.submit(writer.submit, insert(3), 2)
        while writer._queue.qsize() < 2:
            threading.Event().wait(0.001)
        gate.opened.set()
        assert (waiting.result(), small.result()) == (1, 3)
    # What was taken leaves room for others.
    assert writer.submit(insert(4), rows=10) == 4
    writer.close()
    assert numbers(engine) == [1, 3, 4]


def test_large_commands_share_no_commit(engine: Engine) -> None:
    sizes: list[int] = []
    writer = GroupCommitWriter(engine, queue_limit=100, on_commit=sizes.append)
    gate = Gate()
    with ThreadPoolExecutor(max_workers=9) as pool:
        pool.submit(writer.submit, gate)
        gate.entered.wait()
        waiting = [pool.submit(writer.submit, insert(n), MAX_BATCH_ROWS // 2) for n in range(8)]
        while writer._queue.qsize() < 8:
            threading.Event().wait(0.001)
        gate.opened.set()
        assert [future.result() for future in waiting] == list(range(8))
    writer.close()
    assert sizes == [1, 2, 2, 2, 2]


def test_who_waited_too_long_is_refused_and_nothing_happens(engine: Engine) -> None:
    writer = GroupCommitWriter(engine, queue_limit=100, max_wait_seconds=0.05)
    gate = Gate()
    with ThreadPoolExecutor(max_workers=2) as pool:
        pool.submit(writer.submit, gate)
        gate.entered.wait()
        late = pool.submit(writer.submit, insert(1))
        threading.Event().wait(0.1)
        gate.opened.set()
        with pytest.raises(StoreOverloadedError, match="too long"):
            late.result()
    assert writer.submit(insert(2)) == 2
    writer.close()
    assert numbers(engine) == [2]


@pytest.mark.sqlite_only("PostgreSQL locks rows; see tests/system/postgres")
def test_database_that_another_holds_refuses_all_that_wait_at_once(
    url: str, engine: Engine
) -> None:
    """Tried one by one, each would wait as long as the one before."""
    impatient = create_engine(url, connect_args={"timeout": 0.3})
    tries: list[object] = []

    @event.listens_for(impatient, "begin")
    def begin(connection: Connection) -> None:
        tries.append(connection)
        connection.exec_driver_sql("begin immediate")

    @event.listens_for(impatient, "connect")
    def leave_transactions_to_us(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None

    with engine.connect() as other:
        other.exec_driver_sql("insert into numbers values (0)")
        writer = GroupCommitWriter(impatient, queue_limit=100)
        with ThreadPoolExecutor(max_workers=20) as pool:
            waiting = [pool.submit(writer.submit, insert(number)) for number in range(1, 21)]
            errors = [future.exception() for future in waiting]
        other.rollback()
    assert [type(error) for error in errors] == [StoreUnavailableError] * 20
    # Those that came while the first try waited share the next one.
    assert len(tries) < 20
    assert writer.submit(insert(21)) == 21
    writer.close()
    impatient.dispose()
    assert numbers(engine) == [21]


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
