"""Requests that wait let others go on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from api.waiting import Hub, Pause, aside


class Loop:
    """A hub, and the loop that a server runs around it."""

    def __init__(self) -> None:
        """Run nothing yet."""
        self._news = threading.Semaphore(0)
        self.hub = Hub(self._news.release, threads=2)

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
