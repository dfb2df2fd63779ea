"""Tokens that are no longer good although they have not expired: revoked, or of another store."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from api.tokens import Token
from warehouse.store.clock import Clock
from warehouse.store.protocol import Store

# How long another process may take to hear of a logout.
REFRESH_SECONDS = 1.0


class Revocations:
    """The revoked tokens, as the store keeps them; asked for each request, so held in memory."""

    def __init__(
        self, store: Store, clock: Clock, timer: Callable[[], float] = time.monotonic
    ) -> None:
        """Read nothing yet.

        Args:
            store: Keeps them.
            clock: Tells which have expired.
            timer: Tells the seconds between two looks at the store.
        """
        self._store = store
        self._clock = clock
        self._timer = timer
        self._lock = threading.Lock()
        self._expires_at: dict[str, float] = {}
        self._last_seen = 0
        # Which store this is, as of the last look at it; a restore may change that.
        self.store_id = ""
        self._next_refresh = timer()
        self._reading: Future[None] | None = None

    def include(self, token_id: str) -> bool:
        """Tell whether a token was revoked.

        Raises:
            StoreUnavailableError: Nobody knows; so nobody gets in.
        """
        if self._timer() >= self._next_refresh:
            self._refresh_once()
        return token_id in self._expires_at

    def revoke(self, token: Token) -> None:
        """Revoke a token, durably.

        Raises:
            StoreUnavailableError: It was not revoked.
        """
        self._store.revoke(token.token_id, token.expires_at)
        with self._lock:
            self._expires_at[token.token_id] = token.expires_at

    def _refresh_once(self) -> None:
        """Read what is new; callers that arrive meanwhile wait for it and share how it ends."""
        with self._lock:
            reading, is_mine = self._reading, self._reading is None
            if reading is None:
                reading = self._reading = Future()
        if not is_mine:
            reading.result()
            return
        try:
            self._refresh()
        except Exception as error:
            reading.set_exception(error)
            raise
        else:
            reading.set_result(None)
        finally:
            with self._lock:
                self._reading = None

    def _refresh(self) -> None:
        now = self._clock().timestamp()
        store_id = self._store.store_id()
        news = self._store.revoked_after(self._last_seen if store_id == self.store_id else 0)
        with self._lock:
            self.store_id = store_id
            for revoked in news:
                self._last_seen = revoked.position
                self._expires_at[revoked.token_id] = revoked.expires_at
            self._expires_at = {
                token_id: expires_at
                for token_id, expires_at in self._expires_at.items()
                if expires_at > now
            }
        self._next_refresh = self._timer() + REFRESH_SECONDS
