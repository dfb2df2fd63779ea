"""Quotas on the number and size of events that one account and one client may store.

Events stay on the disk, so quotas cover hours where rate limits cover minutes. A batch counts each
of its events, and a request counts the bytes of its body. A refused request stores nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import falcon
from limits import RateLimitItem

from api.errors import ProblemError
from api.settings import Settings
from api.throttle import Limiter
from api.tokens import Identity


@dataclass(frozen=True)
class Quotas:
    """The quotas of an account and of a client, which also cover anonymous clicks."""

    limiter: Limiter
    settings: Settings

    def charge(self, req: falcon.Request, events: int = 1) -> None:
        """Charge the events of a request to the quotas; call this after reading its body.

        Raises:
            ProblemError: 429; the request exceeds a quota and is not charged to any.
        """
        body_bytes: int = req.context.get("body_bytes") or 0
        size = body_bytes + len(req.query_string)
        client: str = req.context.client
        identity: Identity | None = req.context.get("identity")
        limits = self.settings
        charges: list[tuple[RateLimitItem | None, int, tuple[str, ...]]] = [
            (limits.event_limit_per_client, events, ("events of client", client)),
            (limits.byte_limit_per_client, size, ("bytes of client", client)),
        ]
        if identity is not None:
            account = (identity.role.value, identity.subject)
            charges += [
                (limits.event_limit_per_account, events, ("events of account", *account)),
                (limits.byte_limit_per_account, size, ("bytes of account", *account)),
            ]
        for number, (limit, cost, key) in enumerate(charges):
            try:
                self.limiter.hit(limit, *key, cost=cost)
            except ProblemError:
                for charged, its_cost, its_key in charges[:number]:
                    self.limiter.refund(charged, *its_key, cost=its_cost)
                raise
