"""`GET /stats`."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

import falcon

from api.auth import Authenticator
from api.operation import Access, Answer, Operation
from api.requests import read_query
from api.resources.answers import answer
from api.schemas import StatsQuery, StatsResponse
from warehouse.store.protocol import Store


@dataclass(frozen=True)
class StatsResource:
    """Event counts."""

    store: Store
    authenticator: Authenticator

    @Operation(
        tag="events",
        access=Access.ANY_TOKEN,
        query=StatsQuery,
        answers={HTTPStatus.OK: Answer(StatsResponse)},
        problems=[HTTPStatus.FORBIDDEN],
    )
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Count events by type: a player's own events, or all events for an operator."""
        self.authenticator.anyone(req)
        query = read_query(req, StatsQuery)
        user_id = self.authenticator.visible_user(req, query.user_id)
        counts = self.store.event_counts(user_id)
        answer(resp, HTTPStatus.OK, StatsResponse(counts=counts, total=sum(counts.values())))

    on_head = on_get
