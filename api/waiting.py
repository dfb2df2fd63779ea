"""Waiting without keeping others waiting.

Requests run in greenlets, all in one thread: a request that waits, for a commit or a long query,
lets the next one go on, which takes less than a microsecond. With a thread for each of them most of
the time goes into handing over from one to the other, at the start of a request, at its end, and at
every call of the system between.

The same code may run where there are no greenlets, in a test or another WSGI server. There it waits
as any code does.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

T = TypeVar("T")

# Who runs much Python holds this: the thread of the requests and the one that writes to the store.
# Without it they would interrupt each other many times for each request, to no one's gain.
TURN = threading.Lock()


class Hub:
    """Runs greenlets in the thread that makes it."""

    def __init__(self, wake: Callable[[], None], threads: int) -> None:
        """Run nothing yet.

        Args:
            wake: Called, in any thread, when `go_on` has something to do.
            threads: How many work for `aside` at a time.
        """
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="aside")
        self._main = getcurrent()
        self._wake = wake
        self._waking = threading.Lock()
        # From a call of `wake` until `go_on`, when there is no need to call it again.
        self._is_awake = False
        self._ready: deque[_Fiber] = deque()
        # Those that have ended are used again: a new one costs memory from the system.
        self._idle: list[_Fiber] = []

    def run(self, function: Callable[[], object]) -> None:
        """Call a function; returns when it has ended or waits for the first time."""
        fiber = self._idle.pop() if self._idle else _Fiber(self)
        fiber.switch(function)

    def go_on(self) -> None:
        """Let those go on that need not wait any more, until they have ended or wait again."""
        self._is_awake = False
        while self._ready:
            self._ready.popleft().switch()

    def end(self, fiber: _Fiber) -> Callable[[], object]:
        """Let others run until the greenlet is given another function to call."""
        self._idle.append(fiber)
        function: Callable[[], object] = self._main.switch()
        return function

    def wait(self) -> None:
        """Let others run until somebody calls `resume` for this greenlet."""
        self._main.switch()

    def resume(self, fiber: _Fiber) -> None:
        """Have a greenlet go on. Any thread may say so."""
        self._ready.append(fiber)
        with self._waking:
            if not self._is_awake:
                self._is_awake = True
                self._wake()

    def close(self) -> None:
        """Run nothing more: whoever still waits is given up, and `wake` is not called again."""
        with self._waking:
            self._is_awake = True
        self.pool.shutdown(wait=False, cancel_futures=True)


class _Fiber(greenlet):  # type: ignore[misc]
    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self.hub = hub

    def run(self, function: Callable[[], object]) -> None:
        while True:
            function()
            function = self.hub.end(self)


class Pause:
    """A wait of the one that makes it, until somebody ends it. It may have ended before it begins.

    A greenlet lets others run meanwhile; a thread sleeps.
    """

    __slots__ = ("_fiber", "_lock")

    def __init__(self) -> None:
        """Make it; `wait` waits."""
        current = getcurrent()
        self._fiber = current if isinstance(current, _Fiber) else None
        if self._fiber is None:
            self._lock = threading.Lock()
            self._lock.acquire()

    def wait(self) -> None:
        """Wait until the end."""
        if self._fiber is None:
            self._lock.acquire()
        else:
            self._fiber.hub.wait()

    def end(self) -> None:
        """Let it end, once. Any thread may say so."""
        if self._fiber is None:
            self._lock.release()
        else:
            self._fiber.hub.resume(self._fiber)


def aside(function: Callable[[], T]) -> T:
    """Call what takes long in another thread, if others would have to wait for it in this one."""
    current = getcurrent()
    if not isinstance(current, _Fiber):
        return function()
    pause = Pause()
    future = current.hub.pool.submit(function)
    future.add_done_callback(lambda _: pause.end())
    pause.wait()
    return future.result()
