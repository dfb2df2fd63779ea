"""Rate limits for clients, accounts and login attempts.

The library `limits` parses the limits. Each process has its own counters, which start at zero.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Hashable

from limits import RateLimitItem, parse

from api.errors import ProblemError

OFF = "off"
# Enough for the concurrent players of any game, in less than 100 MB.
MAX_COUNTERS = 200_000
# Interval between removals of expired counters.
SWEEP_SECONDS = 10

# A limit of failed logins such as "10 per 5 minutes" applies to one username and one client. All
# clients together may fail 100 times a day in a row for one username (NIST SP 800-63B). One client
# may fail CLIENT_FACTOR times as often for all usernames, because many players can share an
# address.
FAILURES_PER_NAME = parse("100 per day")
CLIENT_FACTOR = 10
# For this long after a login, failures of other clients do not lock the player out.
KNOWN_FOR_SECONDS = 7 * 86400


def parse_limit(text: str) -> RateLimitItem | None:
    """Read a limit such as `1200/minute` or `10 per 5 minutes`; `off` is None.

    Raises:
        ValueError: The text is not a limit.
    """
    if text == OFF:
        return None
    try:
        limit = parse(text)
    except ValueError:
        limit = None
    if limit is None or limit.amount < 1:
        raise ValueError("expected a limit such as 1200/minute or 10 per 5 minutes, or off")
    return limit


class Counters:
    """In-memory counters with fixed time windows.

    The library's storage starts a timer thread at each count and scans all counters each time, so
    requests from many addresses could overload it. This class scans rarely and limits the number
    of counters.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        # The count and the end of its window by key, oldest window first.
        self._counts: dict[Hashable, tuple[int, float]] = {}
        self._next_sweep = clock() + SWEEP_SECONDS

    def __len__(self) -> int:
        """Return the number of counters, including expired ones that are not removed yet."""
        return len(self._counts)

    def incr(self, key: Hashable, expiry: int, amount: int = 1) -> int:
        """Increment a counter; the first increment starts a window of `expiry` seconds."""
        now = self._clock()
        with self._lock:
            if now >= self._next_sweep:
                self._next_sweep = now + SWEEP_SECONDS
                self._counts = {k: count for k, count in self._counts.items() if count[1] > now}
            count, ends_at = self._counts.get(key, (0, 0.0))
            if ends_at <= now:
                self._counts.pop(key, None)
                if len(self._counts) >= MAX_COUNTERS:
                    del self._counts[next(iter(self._counts))]
                count, ends_at = 0, now + expiry
            self._counts[key] = (count + amount, ends_at)
            return count + amount

    def decr(self, key: Hashable, amount: int = 1) -> None:
        """Decrement a counter in its current window."""
        with self._lock:
            count, ends_at = self._counts.get(key, (0, 0.0))
            if count > 0:
                self._counts[key] = (max(count - amount, 0), ends_at)

    def get(self, key: Hashable) -> int:
        """Return the count of the current window."""
        count, ends_at = self._counts.get(key, (0, 0.0))
        return count if ends_at > self._clock() else 0

    def seconds_left(self, key: Hashable) -> float:
        """Return the remaining seconds of the current window; 0 if there is none."""
        now = self._clock()
        return max(self._counts.get(key, (0, now))[1] - now, 0)

    def clear(self, key: Hashable) -> None:
        """Remove a counter."""
        with self._lock:
            self._counts.pop(key, None)


class Limiter:
    """Enforces limits."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    def hit(self, limit: RateLimitItem | None, *key: str, cost: int = 1) -> None:
        """Charge a cost to a limit; each limit needs its own keys.

        Raises:
            ProblemError: 429; the cost exceeds the limit and is not charged.
        """
        if limit is None:
            return
        # The tuple is the key: the library would format a string, which takes longer than counting.
        if self._counters.incr(key, limit.get_expiry(), cost) <= limit.amount:
            return
        self._counters.decr(key, cost)
        seconds = max(math.ceil(self._counters.seconds_left(key)), 1)
        raise ProblemError(
            429,
            "too_many_requests",
            "The client or the account exceeds a limit on requests, events, bytes or failed"
            " logins. Retry after `Retry-After` seconds.",
            headers={"Retry-After": str(seconds)},
        )

    def refund(self, limit: RateLimitItem | None, *key: str, cost: int = 1) -> None:
        """Undo a charge."""
        if limit is not None:
            self._counters.decr(key, cost)


class LoginGuard:
    """Limits failed logins, which also limits the load of hashing.

    A refusal reveals nothing: the limits are the same for unknown names, and a refused attempt does
    not check the password.
    """

    def __init__(self, counters: Counters, failures: RateLimitItem | None) -> None:
        self._counters = counters
        self._limiter = Limiter(counters)
        self._failures = failures
        self._attempts = failures and type(failures)(
            failures.amount * CLIENT_FACTOR, failures.multiples
        )

    def admit(self, username: str, client: str) -> None:
        """Admit a login attempt and count it as a failure until it succeeds.

        Counting later would admit all attempts that arrive at the same time.

        Raises:
            ProblemError: 429; too many attempts failed.
        """
        if self._failures is None:
            return
        self._limiter.hit(self._failures, "login", username, client)
        if not self._counters.get(("known", username, client)):
            self._limiter.hit(FAILURES_PER_NAME, "login", username)
        self._limiter.hit(self._attempts, "login of", client)

    def withdraw(self, username: str, client: str) -> None:
        """Stop counting an attempt that did not check the password."""
        if self._failures is not None:
            self._limiter.refund(self._failures, "login", username, client)
            self._limiter.refund(FAILURES_PER_NAME, "login", username)

    def succeed(self, username: str, client: str, *, holds_name: bool = True) -> None:
        """Reset the failures of a username.

        Args:
            username: The key of the name.
            client: The client's address.
            holds_name: See `Player.holds_name`. A success of another account does not reset the
                failures for the account that holds the name.
        """
        if not holds_name:
            self.withdraw(username, client)
            return
        if self._failures is None:
            return
        self._counters.clear(("login", username, client))
        self._counters.clear(("login", username))
        self._counters.incr(("known", username, client), KNOWN_FOR_SECONDS)
