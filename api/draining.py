"""Graceful shutdown: finish requests in flight and refuse new ones."""

from __future__ import annotations

import time

from api.errors import unavailable

# The time limit for requests in flight.
DRAIN_SECONDS = 15.0
POLL_SECONDS = 0.05
# After that, the server sends the last answers and refuses requests that still wait for a thread.
GRACE_SECONDS = 0.5


class Drain:
    """Counts the requests in flight."""

    def __init__(self) -> None:
        self.is_stopping = False
        # One item per request. append() and pop() are atomic, so the list needs no lock.
        self._in_flight: list[None] = []

    def begin(self) -> None:
        """Refuse new requests. Takes no lock, so that a signal handler can call it."""
        self.is_stopping = True

    def wait(self) -> None:
        """Wait until no requests are in flight or the time limit expires."""
        deadline = time.monotonic() + DRAIN_SECONDS
        while self._in_flight and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        time.sleep(GRACE_SECONDS)

    def enter(self) -> None:
        """Admit a request.

        Raises:
            ProblemError: 503 with code `stopping`.
        """
        if self.is_stopping:
            raise unavailable(
                "stopping", "The server is shutting down and did not process this request."
            )
        self._in_flight.append(None)

    def leave(self) -> None:
        """Mark an admitted request as answered."""
        self._in_flight.pop()
