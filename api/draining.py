"""The end of a process: requests in flight are answered, new ones are refused."""

from __future__ import annotations

import threading
import time

from api.errors import unavailable

# How long requests in flight may take to finish.
DRAIN_SECONDS = 15.0
# Then the server sends the last answers, and refuses requests that still wait for a thread.
GRACE_SECONDS = 0.5


class Drain:
    """Counts the requests in flight, until there are no more."""

    def __init__(self) -> None:
        """Take every request."""
        self.is_stopping = False
        self._in_flight = 0
        self._changed = threading.Condition()

    def begin(self) -> None:
        """Refuse requests from now on. A signal handler may call it: it takes no lock."""
        self.is_stopping = True

    def wait(self) -> None:
        """Wait until the requests in flight have their answers, or have taken too long."""
        with self._changed:
            self._changed.wait_for(lambda: self._in_flight == 0, DRAIN_SECONDS)
        time.sleep(GRACE_SECONDS)

    def enter(self) -> None:
        """Let a request in.

        Raises:
            ProblemError: 503 with code `stopping`.
        """
        if self.is_stopping:
            raise unavailable("stopping", "The server stops; nothing was done for this request.")
        with self._changed:
            self._in_flight += 1

    def leave(self) -> None:
        """Count a request that has its answer."""
        with self._changed:
            self._in_flight -= 1
            if self.is_stopping:
                self._changed.notify_all()
