"""The end of a process: requests in flight are answered, new ones are refused."""

from __future__ import annotations

import time

from api.errors import unavailable

# How long requests in flight may take to finish.
DRAIN_SECONDS = 15.0
LOOK_SECONDS = 0.05
# Then the server sends the last answers, and refuses requests that still wait for a thread.
GRACE_SECONDS = 0.5


class Drain:
    """Counts the requests in flight, until there are no more."""

    def __init__(self) -> None:
        """Take every request."""
        self.is_stopping = False
        # One for each request. To append and to pop are one step each, which needs no lock.
        self._in_flight: list[None] = []

    def begin(self) -> None:
        """Refuse requests from now on. A signal handler may call it: it takes no lock."""
        self.is_stopping = True

    def wait(self) -> None:
        """Wait until the requests in flight have their answers, or have taken too long."""
        deadline = time.monotonic() + DRAIN_SECONDS
        while self._in_flight and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        time.sleep(GRACE_SECONDS)

    def enter(self) -> None:
        """Let a request in.

        Raises:
            ProblemError: 503 with code `stopping`.
        """
        if self.is_stopping:
            raise unavailable("stopping", "The server stops; nothing was done for this request.")
        self._in_flight.append(None)

    def leave(self) -> None:
        """Count a request that has its answer."""
        self._in_flight.pop()
