"""Waiting without keeping others waiting.

Requests run in greenlets, all in one thread: a request that waits, for a commit or a long query,
lets the next one go on, which takes less than a microsecond. With a thread for each of them most of
the time goes into handing over from one to the other, at the start of a request, at its end, and at
every call of the system between.

Nothing waits in a queue without an end: whoever finds too many before it is refused at once, and
whoever waited so long that the client may have given up is refused instead of answered.

The same code may run where there are no greenlets, in a test or another WSGI server. There it waits
as any code does.
"""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

from api.errors import overloaded

T = TypeVar("T")

# Calls of one kind that may wait for a thread of `aside`; further ones are refused.
WAITING_LIMIT = 64
# The part of the threads that calls of one kind may have. Many logins at once, each of which waits
# for its turn to hash, would else have all of them.
KIND_SHARE = 4
# Who has waited longer than this for a thread is refused. Clients give up after half a minute or
# so, and what comes then only keeps others waiting.
PATIENCE_SECONDS = 10.0
# Greenlets that have ended and are kept to be used again: more than wait at a time on a usual day.
IDLE_LIMIT = 256

# Who runs much Python holds this: the thread of the requests and the one that writes to the store.
# Without it they would interrupt each other many times for each request, to no one's gain.
TURN = threading.Lock()


class Hub:
    """Runs greenlets in the thread that makes it."""

    def __init__(
        self,
        wake: Callable[[], None],
        threads: int,
        *,
        waiting_limit: int = WAITING_LIMIT,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        """Run nothing yet.

        Args:
            wake: Called, in any thread, when `go_on` has something to do.
            threads: How many work for `aside` at a time.
            waiting_limit: How many calls of one kind may wait for one of them.
            patience_seconds: How long a call may wait for one of them.
        """
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="aside")
        self._share = max(1, threads // KIND_SHARE)
        self._waiting_limit = waiting_limit
        self._patience_seconds = patience_seconds
        # By the place in the code that makes the call: there are some few.
        self._kinds: defaultdict[object, _Kind] = defaultdict(_Kind)
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
        # Who gets ready meanwhile, or again, goes on after the news that came before.
        for _ in range(len(self._ready)):
            self._ready.popleft().switch()

    def aside(self, function: Callable[[], T], *, may_refuse: bool) -> T:
        """See `aside`, for a greenlet."""
        kind = self._kinds[getattr(function, "__code__", None)]
        deadline = time.monotonic() + self._patience_seconds if may_refuse else math.inf
        if kind.running < self._share:
            kind.running += 1
        elif may_refuse and len(kind.waiting) >= self._waiting_limit:
            raise overloaded()
        else:
            turn = Pause()
            kind.waiting.append(turn)
            # Who ends it leaves its place to this one.
            turn.wait()

        def call() -> T:
            if time.monotonic() > deadline:
                raise overloaded()
            return function()

        pause = Pause()
        try:
            future = self._pool.submit(call)
            future.add_done_callback(lambda _: pause.end())
            pause.wait()
        finally:
            if kind.waiting:
                kind.waiting.popleft().end()
            else:
                kind.running -= 1
        return future.result()

    def end(self, fiber: _Fiber) -> Callable[[], object] | None:
        """Let others run until the greenlet is given another function; None where it is to end."""
        if len(self._idle) >= IDLE_LIMIT:
            return None
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
        self._pool.shutdown(wait=False, cancel_futures=True)


class _Kind:
    """Calls of one kind. Only greenlets count here, all in one thread."""

    __slots__ = ("running", "waiting")

    def __init__(self) -> None:
        self.running = 0
        self.waiting: deque[Pause] = deque()


class _Fiber(greenlet):  # type: ignore[misc]
    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self.hub = hub

    def run(self, function: Callable[[], object] | None) -> None:
        while function is not None:
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


def let_others() -> None:
    """Let those run who have waited for longer. Only a greenlet may ask for it."""
    pause = Pause()
    pause.end()
    pause.wait()


def aside(function: Callable[[], T], *, may_refuse: bool = True) -> T:
    """Call what takes long in another thread, if others would have to wait for it in this one.

    Calls from one place in the code are of one kind, which has a share of the threads: however many
    there are of it, others get on.

    Args:
        function: What to call.
        may_refuse: False for what belongs to an answer that is on its way: it waits its turn.

    Raises:
        ProblemError: 503; too many wait, or this call waited for too long and was not made.
    """
    current = getcurrent()
    if not isinstance(current, _Fiber):
        return function()
    return current.hub.aside(function, may_refuse=may_refuse)
