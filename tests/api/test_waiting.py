"""Requests that wait let others go on."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

from api.errors import ProblemError
from api.waiting import Hub, Pause, aside, let_others


class Loop:
    """A hub, and the loop that a server runs around it."""

    def __init__(self, **limits: Any) -> None:  # noqa: ANN401 (the hub's own)
        """Run nothing yet."""
        self._news = threading.Semaphore(0)
        self.hub = Hub(self._news.release, threads=2, **limits)

    def run(self, *functions: Callable[[], object]) -> None:
        """Call functions, each in a greenlet, until all have ended."""
        running = len(functions)

        def counted(function: Callable[[], object]) -> None:
            nonlocal running
            function()
            running -= 1

        for function in functions:
            self.hub.run(lambda function=function: counted(function))  # type: ignore[misc]
        while running:
            assert self._news.acquire(timeout=10), "nothing goes on"
            self.hub.go_on()


@pytest.fixture
def loop() -> Iterator[Loop]:
    """A loop that runs in the thread of the test."""
    loop = Loop()
    yield loop
    loop.hub.close()


def test_others_run_while_one_waits_in_the_order_in_which_waits_end(loop: Loop) -> None:
    seen: list[str] = []
    pauses: dict[str, Pause] = {}

    def wait(name: str) -> None:
        pauses[name] = Pause()
        seen.append(f"{name} waits")
        pauses[name].wait()
        seen.append(f"{name} goes on")

    def end_both() -> None:
        pauses["b"].end()
        pauses["a"].end()
        seen.append("both may go on")

    loop.run(lambda: wait("a"), lambda: wait("b"), end_both)

    assert seen == ["a waits", "b waits", "both may go on", "b goes on", "a goes on"]


def test_pause_that_has_ended_before_it_began_is_none(loop: Loop) -> None:
    def wait() -> None:
        pause = Pause()
        pause.end()
        pause.wait()

    wait()
    loop.run(wait)


def test_other_thread_ends_a_pause(loop: Loop) -> None:
    def wait() -> None:
        pause = Pause()
        thread = threading.Thread(target=pause.end)
        thread.start()
        pause.wait()
        thread.join()

    wait()
    loop.run(wait, wait)


def test_what_takes_long_keeps_nobody_waiting(loop: Loop) -> None:
    is_reached = threading.Event()
    threads: list[threading.Thread] = []

    def take_long() -> None:
        assert aside(lambda: is_reached.wait(10))
        threads.append(threading.current_thread())

    loop.run(take_long, is_reached.set)

    # Only the function is called elsewhere.
    assert threads == [threading.current_thread()]


def test_failure_aside_is_the_callers(loop: Loop) -> None:
    def fail() -> None:
        with pytest.raises(ZeroDivisionError):
            aside(lambda: 1 / 0)

    fail()
    loop.run(fail, fail, fail)


def refusal(function: Callable[[], object]) -> str | None:
    """Call a function; returns the code that it was refused with."""
    try:
        function()
    except ProblemError as error:
        return error.code
    return None


def test_more_calls_than_can_wait_are_refused_at_once() -> None:
    loop = Loop(waiting_limit=3)
    is_reached = threading.Event()
    outcomes: list[str | None] = []

    def call() -> None:
        outcomes.append(refusal(lambda: aside(lambda: is_reached.wait(10))))

    def go_on() -> None:
        outcomes.append("all came")
        is_reached.set()

    # One runs, three wait.
    loop.run(*[call] * 6, go_on)
    assert outcomes == ["overloaded", "overloaded", "all came", *[None] * 4]
    # There is room again.
    outcomes.clear()
    loop.run(*[call] * 4)
    assert outcomes == [None] * 4
    loop.hub.close()


def test_call_that_waited_too_long_is_refused_and_not_made() -> None:
    loop = Loop(patience_seconds=0.05)
    made: list[str] = []
    outcomes: list[str | None] = []

    def keep_busy() -> None:
        # Two kinds, for two threads.
        aside(lambda: time.sleep(0.2))

    def keep_the_other_busy() -> None:
        aside(lambda: time.sleep(0.2))

    def call() -> None:
        outcomes.append(refusal(lambda: aside(lambda: made.append("late"))))

    def go_on_with_an_answer() -> None:
        aside(lambda: made.append("under way"), may_refuse=False)

    loop.run(keep_busy, keep_the_other_busy, call, go_on_with_an_answer)

    assert outcomes == ["overloaded"]
    assert made == ["under way"]
    loop.hub.close()


def test_many_calls_of_one_kind_leave_threads_for_others(loop: Loop) -> None:
    is_reached = threading.Event()
    outcomes: list[bool] = []

    def log_in() -> None:
        outcomes.append(aside(lambda: is_reached.wait(10)))

    def read() -> None:
        # It gets a thread while all the others wait.
        aside(is_reached.set)

    loop.run(*[log_in] * 30, read)
    assert outcomes == [True] * 30


def test_what_belongs_to_an_answer_is_never_refused() -> None:
    loop = Loop(waiting_limit=0)
    is_reached = threading.Event()
    seen: list[bool] = []

    def call() -> None:
        seen.append(aside(lambda: is_reached.wait(10), may_refuse=False))

    loop.run(*[call] * 6, is_reached.set)
    assert seen == [True] * 6
    loop.hub.close()


def test_who_lets_others_go_first_comes_after_them(loop: Loop) -> None:
    seen: list[str] = []

    def polite() -> None:
        for number in range(3):
            seen.append(f"polite {number}")
            let_others()

    loop.run(polite, lambda: seen.append("other"))
    assert seen == ["polite 0", "other", "polite 1", "polite 2"]


def test_greenlets_of_a_crowd_do_not_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.waiting.IDLE_LIMIT", 3)
    loop = Loop()
    fibers: list[weakref.ref[greenlet]] = []

    def wait() -> None:
        fibers.append(weakref.ref(getcurrent()))
        let_others()

    loop.run(*[wait] * 20)
    gc.collect()
    assert sum(fiber() is not None for fiber in fibers) == 3
    loop.run(*[wait] * 20)
    assert len(fibers) == 40
    loop.hub.close()


def test_closed_hub_wakes_nobody_for_those_it_gave_up() -> None:
    wakes: list[int] = []
    hub = Hub(lambda: wakes.append(1), threads=1)
    pauses: list[Pause] = []

    def wait() -> None:
        pauses.append(Pause())
        pauses[-1].wait()

    hub.run(wait)
    hub.run(wait)
    pauses[0].end()
    hub.close()
    pauses[1].end()

    assert len(wakes) == 1


def test_without_a_loop_aside_is_here() -> None:
    assert aside(threading.current_thread) is threading.current_thread()
