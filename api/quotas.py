"""How many events, and how much of them, one account and one client may store.

What is stored stays on the disk, so these are hours where the limits of requests are minutes. A
batch counts as its events, and a request's body as its bytes. Who is refused has stored nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import falcon
from limits import RateLimitItem

from api.errors import ProblemError
from api.throttle import Limiter
from api.tokens import Identity


@dataclass(frozen=True)
class Quotas:
    """What may be stored.

    Attributes:
        limiter: Counts.
        account_events: Events of one account; None for no limit, as for the others.
        account_bytes: Bytes of their requests' bodies.
        client_events: Events of one client, whoever plays there, anonymous clicks included.
        client_bytes: Bytes of their requests' bodies.
    """

    limiter: Limiter
    account_events: RateLimitItem | None
    account_bytes: RateLimitItem | None
    client_events: RateLimitItem | None
    client_bytes: RateLimitItem | None

    def charge(self, req: falcon.Request, events: int = 1) -> None:
        """Count what a request is about to store.

        Args:
            req: The request. Its sender is known by now, and its body has been read.
            events: How many they are.

        Raises:
            ProblemError: 429; it is more than is left, and nothing of it counts.
        """
        body_bytes: int = req.context.get("body_bytes") or 0
        size = body_bytes + len(req.query_string)
        client: str = req.context.client
        identity: Identity | None = req.context.get("identity")
        charges: list[tuple[RateLimitItem | None, int, tuple[str, ...]]] = [
            (self.client_events, events, ("events of client", client)),
            (self.client_bytes, size, ("bytes of client", client)),
        ]
        if identity is not None:
            account = (identity.role.value, identity.subject)
            charges += [
                (self.account_events, events, ("events of account", *account)),
                (self.account_bytes, size, ("bytes of account", *account)),
            ]
        for number, (limit, cost, whose) in enumerate(charges):
            try:
                self.limiter.hit(limit, *whose, cost=cost)
            except ProblemError:
                for earlier, its_cost, its_whose in charges[:number]:
                    self.limiter.give_back(earlier, *its_whose, cost=its_cost)
                raise
