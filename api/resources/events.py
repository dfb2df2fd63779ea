"""`POST /events` and `GET /events`."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

import falcon
from pydantic import ValidationError

from api.auth import Authenticator
from api.errors import ProblemError
from api.operation import Access, Answer, Operation, link
from api.quotas import Quotas
from api.requests import field_errors, read_body, read_query, validation_code
from api.resources.answers import answer
from api.resources.event import new_event
from api.schemas import (
    Event,
    EventListResponse,
    EventRequest,
    EventsQuery,
    EventsRequest,
    EventsResponse,
    RecordedResult,
    RejectedResult,
)
from warehouse.store.clock import Clock
from warehouse.store.protocol import NewEvent, Store


@dataclass(frozen=True)
class EventsResource:
    """Events."""

    store: Store
    authenticator: Authenticator
    quotas: Quotas
    clock: Clock

    @Operation(
        tag="events",
        access=Access.PLAYER,
        body=EventsRequest,
        answers={
            HTTPStatus.OK: Answer(
                EventsResponse,
                links={
                    "newest": link("get__events", "The newest events."),
                    "stats": link("get__stats", "Event counts by type."),
                },
            )
        },
        example={"events": [{"eventType": "match_won"}, {"eventType": "jump", "meta": {"m": 2}}]},
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Record up to 500 events of the caller and return a result for each, in order.

        The server records the valid events in one transaction and reports the invalid ones. It
        refuses a request with an Idempotency-Key.
        """
        user_id = self.authenticator.player(req)
        if req.get_header("Idempotency-Key") is not None:
            raise ProblemError(
                400,
                "idempotency_not_supported",
                "Batches do not support Idempotency-Key. Send single events to /event.",
            )
        batch = read_body(req, EventsRequest)
        self.quotas.charge(req, events=len(batch.events))
        now = self.clock()
        valid: list[NewEvent] = []
        results: list[RejectedResult | None] = []
        for item in batch.events:
            try:
                valid.append(new_event(EventRequest.model_validate(item), now))
                results.append(None)
            except ValidationError as error:
                code, errors = validation_code(error), field_errors(error)
                rejected = RejectedResult(status=HTTPStatus.BAD_REQUEST, code=code, errors=errors)
                results.append(rejected)
        recorded = iter(self.store.record_many(user_id, valid) if valid else [])
        answer(
            resp,
            HTTPStatus.OK,
            EventsResponse(
                recorded=len(valid),
                rejected=len(results) - len(valid),
                results=[
                    result
                    or RecordedResult(status=HTTPStatus.CREATED, event_id=next(recorded).event_id)
                    for result in results
                ],
            ),
        )

    @Operation(
        tag="events",
        access=Access.ANY_TOKEN,
        query=EventsQuery,
        answers={
            HTTPStatus.OK: Answer(
                EventListResponse,
                links={
                    "older": link(
                        "get__events", "The next page.", before="$response.body#/nextBefore"
                    )
                },
            )
        },
        problems=[HTTPStatus.FORBIDDEN],
    )
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List events, newest first: a player's own events, or all events for an operator."""
        self.authenticator.anyone(req)
        query = read_query(req, EventsQuery)
        user_id = self.authenticator.visible_user(req, query.user_id)
        stored = self.store.recent_events(user_id, query.limit, query.before)
        is_full = len(stored) == query.limit
        answer(
            resp,
            HTTPStatus.OK,
            EventListResponse(
                events=[Event.of(event) for event in stored],
                next_before=stored[-1].event_id if is_full else None,
            ),
        )

    on_head = on_get
