"""How many events, and how much of them, one account and one client may store.

What is stored stays on the disk, so these are hours where the limits of requests are minutes. A
batch counts as its events, and a request's body as its bytes. Who is refused has stored nothing.
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
    """What may be stored: by an account, and by a client, whoever plays there or only clicks."""

    limiter: Limiter
    settings: Settings

    def charge(self, req: falcon.Request, events: int = 1) -> None:
        """Count the events that a request is about to store, once its body has been read.

        Raises:
            ProblemError: 429; it is more than is left, and nothing of it counts.
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
        for number, (limit, cost, whose) in enumerate(charges):
            try:
                self.limiter.hit(limit, *whose, cost=cost)
            except ProblemError:
                for earlier, its_cost, its_whose in charges[:number]:
                    self.limiter.give_back(earlier, *its_whose, cost=its_cost)
                raise
