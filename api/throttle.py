"""How much one client, one account and one guesser of passwords may ask for.

The library limits reads the limits. The counters are this process's own: beside other API processes
each of them allows as much, and a restart begins at zero.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Hashable

from limits import RateLimitItem, parse

from api.errors import ProblemError

OFF = "off"
# More than any game has players at a time, in less than 100 MB.
MAX_COUNTERS = 200_000
# How often counters whose time is over are looked for.
SWEEP_SECONDS = 10

# A limit of failed logins such as "10 per 5 minutes" holds for one username as tried by one client.
# All clients together may fail for it 100 times in a row, as NIST SP 800-63B has it, within a day.
# And one client may try so many times as often, whoever it is for: many may share an address.
FAILURES_PER_NAME = parse("100 per day")
CLIENT_FACTOR = 10
# Whoever has logged in from an address lately is not locked out there by what others try elsewhere.
KNOWN_FOR_SECONDS = 7 * 86400


def parse_limit(text: str) -> RateLimitItem | None:
    """Read a limit such as `1200/minute` or `10 per 5 minutes`; `off` is None.

    Raises:
        ValueError: It is none.
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
    """Counters in memory, each of a window of time.

    The storage that the library has keeps a timer that starts a thread whenever something is
    counted, and looks through all counters every time: whoever comes from many addresses would keep
    it busy. These are looked through seldom, and there is a most of them.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Count nothing yet; `clock` tells seconds since any moment."""
        self._clock = clock
        self._lock = threading.Lock()
        # The count, and when it ends, by key; those that began first stand first.
        self._counts: dict[Hashable, tuple[int, float]] = {}
        self._next_sweep = clock() + SWEEP_SECONDS

    def __len__(self) -> int:
        """Tell how many there are, with those whose time is over and that are not yet forgotten."""
        return len(self._counts)

    def incr(self, key: Hashable, expiry: int, amount: int = 1) -> int:
        """Count; the first one starts a window of `expiry` seconds."""
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
        """Count so many less, in the current window."""
        with self._lock:
            count, ends_at = self._counts.get(key, (0, 0.0))
            if count > 0:
                self._counts[key] = (max(count - amount, 0), ends_at)

    def get(self, key: Hashable) -> int:
        """Tell the count of the current window."""
        count, ends_at = self._counts.get(key, (0, 0.0))
        return count if ends_at > self._clock() else 0

    def seconds_left(self, key: Hashable) -> float:
        """Tell how long the current window still lasts; 0 where there is none."""
        now = self._clock()
        return max(self._counts.get(key, (0, now))[1] - now, 0)

    def clear(self, key: Hashable) -> None:
        """Forget a counter."""
        with self._lock:
            self._counts.pop(key, None)


class Limiter:
    """Refuses what is more than enough."""

    def __init__(self, counters: Counters) -> None:
        """Count here."""
        self._counters = counters

    def hit(self, limit: RateLimitItem | None, *whose: str, cost: int = 1) -> None:
        """Count one, or as many as a request costs, under a name that no other limit has.

        Raises:
            ProblemError: 429; that is more than the limit still allows, and does not count.
        """
        if limit is None:
            return
        # The library would make a text of this, which takes longer than to count.
        if self._counters.incr(whose, limit.get_expiry(), cost) <= limit.amount:
            return
        self._counters.decr(whose, cost)
        seconds = max(math.ceil(self._counters.seconds_left(whose)), 1)
        raise ProblemError(
            429,
            "too_many_requests",
            "These were too many requests, events or bytes of them; wait as long as the header"
            " Retry-After says.",
            headers={"Retry-After": str(seconds)},
        )

    def give_back(self, limit: RateLimitItem | None, *whose: str, cost: int = 1) -> None:
        """Count no longer what came to nothing."""
        if limit is not None:
            self._counters.decr(whose, cost)


class LoginGuard:
    """Keeps passwords from being guessed, and hashing from being all that the machine does.

    A name that nobody has is treated as one that somebody has, so that a refusal tells nothing. So
    is the right password: while a name is refused, it is not even looked at.
    """

    def __init__(self, counters: Counters, failures: RateLimitItem | None) -> None:
        """Allow one client so many failed logins for a name, and the rest in proportion."""
        self._counters = counters
        self._limiter = Limiter(counters)
        self._failures = failures
        self._attempts = failures and type(failures)(
            failures.amount * CLIENT_FACTOR, failures.multiples
        )

    def admit(self, username: str, client: str) -> None:
        """Let somebody try; it counts as a failure until it has succeeded.

        Counted any later, tries that are made at once would all be admitted.

        Raises:
            ProblemError: 429; there were too many tries.
        """
        if self._failures is None:
            return
        self._limiter.hit(self._failures, "login", username, client)
        if not self._counters.get(("known", username, client)):
            self._limiter.hit(FAILURES_PER_NAME, "login", username)
        self._limiter.hit(self._attempts, "login of", client)

    def withdrawn(self, username: str, client: str) -> None:
        """Count a try no longer that came to nothing, because of the server or of the rules."""
        if self._failures is not None:
            self._limiter.give_back(self._failures, "login", username, client)
            self._limiter.give_back(FAILURES_PER_NAME, "login", username)

    def succeeded(self, username: str, client: str) -> None:
        """Begin at zero: what is counted are failures without a success between them."""
        if self._failures is None:
            return
        self._counters.clear(("login", username, client))
        self._counters.clear(("login", username))
        self._counters.incr(("known", username, client), KNOWN_FOR_SECONDS)
