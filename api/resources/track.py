"""`GET /track`."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

import falcon

from api.auth import Authenticator
from api.operation import Access, Answer, Operation
from api.quotas import Quotas
from api.requests import read_query
from api.resources.answers import answer
from api.schemas import EventResponse, TrackQuery, dump_meta
from warehouse.store.clock import Clock
from warehouse.store.event_types import DEEP_LINK
from warehouse.store.protocol import NewEvent, Store


@dataclass(frozen=True)
class TrackResource:
    """Clicks on deep links."""

    store: Store
    authenticator: Authenticator
    quotas: Quotas
    clock: Clock

    @Operation(
        tag="deep links",
        access=Access.OPTIONAL,
        query=TrackQuery,
        answers={HTTPStatus.OK: Answer(EventResponse)},
        example={"character": "dragon_queen"},
    )
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Record a click on a deep link, and its player if a player's token is sent.

        The server trims the character. It refuses HEAD, which must not record a click.
        """
        identity = self.authenticator.optional(req)
        query = read_query(req, TrackQuery)
        self.quotas.charge(req)
        event = NewEvent(DEEP_LINK, self.clock(), dump_meta({"character": query.character}))
        recorded = self.store.record(identity.user_id if identity else None, event)
        answer(resp, HTTPStatus.OK, EventResponse(event_id=recorded.event_id))
