"""Revoked tokens, and the identity of the store that issued the valid ones."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from api.tokens import Token
from warehouse.store.clock import Clock
from warehouse.store.protocol import Store

# The longest delay until other processes see a logout.
REFRESH_SECONDS = 1.0


class Revocations:
    """An in-memory copy of the store's revoked tokens, because each request needs a lookup."""

    def __init__(
        self, store: Store, clock: Clock, timer: Callable[[], float] = time.monotonic
    ) -> None:
        """Create an empty copy.

        Args:
            store: Source of the revoked tokens.
            clock: Determines which tokens have expired.
            timer: Measures the seconds between refreshes.
        """
        self._store = store
        self._clock = clock
        self._timer = timer
        self._lock = threading.Lock()
        self._expires_at: dict[str, float] = {}
        self._last_seen = 0
        # As of the last refresh; a restore may change it.
        self.store_id = ""
        self._next_refresh = timer()
        self._refreshing: Future[None] | None = None

    def include(self, token_id: str, session: str = "") -> bool:
        """Return whether a token is revoked, or its session ended.

        Raises:
            StoreUnavailableError: The store cannot be read, so the API admits no token.
        """
        if self._timer() >= self._next_refresh:
            self._refresh_once()
        return token_id in self._expires_at or session in self._expires_at

    def revoke(self, token: Token) -> None:
        """Revoke a token durably.

        Raises:
            StoreUnavailableError: The token is not revoked.
        """
        self._store.revoke(token.token_id, token.expires_at)
        self.add(token.token_id, token.expires_at)

    def add(self, name: str, expires_at: float) -> None:
        """Add a token or a session that the store has revoked, for this process."""
        with self._lock:
            self._expires_at[name] = expires_at

    def _refresh_once(self) -> None:
        """Refresh; concurrent callers wait for the same refresh and share its outcome."""
        with self._lock:
            refreshing, is_mine = self._refreshing, self._refreshing is None
            if refreshing is None:
                refreshing = self._refreshing = Future()
        if not is_mine:
            refreshing.result()
            return
        try:
            self._refresh()
        except Exception as error:
            refreshing.set_exception(error)
            raise
        else:
            refreshing.set_result(None)
        finally:
            with self._lock:
                self._refreshing = None

    def _refresh(self) -> None:
        now = self._clock().timestamp()
        store_id = self._store.store_id()
        new_tokens = self._store.revoked_after(self._last_seen if store_id == self.store_id else 0)
        with self._lock:
            self.store_id = store_id
            for revoked in new_tokens:
                self._last_seen = revoked.position
                self._expires_at[revoked.token_id] = revoked.expires_at
            self._expires_at = {
                token_id: expires_at
                for token_id, expires_at in self._expires_at.items()
                if expires_at > now
            }
        self._next_refresh = self._timer() + REFRESH_SECONDS
