"""`GET /stats`: number of events per type."""

from __future__ import annotations

from http import HTTPStatus

import falcon

from api.auth import Authenticator
from api.operation import Access, Answer, Operation
from api.requests import read_query
from api.resources.answers import answer
from api.schemas import StatsQuery, StatsResponse
from warehouse.store.protocol import Store


class StatsResource:
    """Counts."""

    def __init__(self, store: Store, authenticator: Authenticator) -> None:
        """Use these collaborators."""
        self._store = store
        self._authenticator = authenticator

    @Operation(
        tag="events",
        access=Access.ANYONE,
        query=StatsQuery,
        answers={HTTPStatus.OK: Answer(StatsResponse)},
        problems=[HTTPStatus.FORBIDDEN],
    )
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Count events per type: a player's own, or for an operator everyone's."""
        self._authenticator.anyone(req)
        query = read_query(req, StatsQuery)
        user_id = self._authenticator.visible_user(req, query.user_id)
        counts = self._store.event_counts(user_id)
        answer(resp, HTTPStatus.OK, StatsResponse(counts=counts, total=sum(counts.values())))

    on_head = on_get
