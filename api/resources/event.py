"""`POST /event`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

import falcon

from api.auth import Authenticator
from api.operation import REPLAYED, Access, Answer, Operation, link
from api.quotas import Quotas
from api.requests import fingerprint, read_body, read_idempotency
from api.resources.answers import answer
from api.schemas import EventRequest, IdempotencyHeaders, JudgedEventResponse, dump_meta
from api.taxonomy import warnings_of
from warehouse.store.clock import Clock
from warehouse.store.protocol import Idempotency, NewEvent, Store, event_key
from warehouse.taxonomy.events_file import Taxonomy


def new_event(request: EventRequest, now: datetime) -> NewEvent:
    """Convert a client's event to the store's; its time defaults to `now`."""
    return NewEvent(
        event_type=request.event_type,
        occurred_at=request.occurred_at or now,
        meta=None if request.meta is None else dump_meta(request.meta),
        once=None
        if request.event_id is None
        else Idempotency(event_key(request.event_id), fingerprint("event", request)),
    )


@dataclass(frozen=True)
class EventResource:
    """One event."""

    store: Store
    authenticator: Authenticator
    quotas: Quotas
    clock: Clock
    taxonomy: Taxonomy | None

    @Operation(
        tag="events",
        access=Access.PLAYER,
        body=EventRequest,
        headers=IdempotencyHeaders,
        answers={
            HTTPStatus.CREATED: Answer(
                JudgedEventResponse,
                headers=[REPLAYED],
                links={
                    "older": link(
                        "get__events", "Earlier events.", before="$response.body#/eventId"
                    ),
                    "stats": link("get__stats", "Event counts by type."),
                },
            )
        },
        example={"eventType": "level_up", "meta": {"level": 3}, "tsUtc": "2026-01-29T18:30:00Z"},
        problems=[HTTPStatus.UNPROCESSABLE_ENTITY],
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Record an event of the caller.

        Only the server writes `earn`, `spend`, `deep_link` and `appsflyer_push` events. For these
        types the endpoint returns 400 with code `reserved_event_type`. An event with an `eventId`
        is recorded once, however often it is sent. If the server has an events.yml with mode
        `strict`, it refuses an event that does not fit with 400 and code `event_misfit`.
        """
        user_id = self.authenticator.player(req)
        request = read_body(req, EventRequest)
        warnings = warnings_of(self.taxonomy, request)
        self.quotas.charge(req)
        recorded = self.store.record(
            user_id, new_event(request, self.clock()), read_idempotency(req, request)
        )
        answer(
            resp,
            HTTPStatus.CREATED,
            JudgedEventResponse(event_id=recorded.event_id, warnings=warnings),
            is_replay=recorded.replayed,
        )
