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
    FieldError,
    RecordedResult,
    RejectedResult,
)
from api.taxonomy import warnings_of
from warehouse.store.clock import Clock
from warehouse.store.protocol import NewEvent, Recorded, Store
from warehouse.taxonomy.events_file import Taxonomy


@dataclass(frozen=True)
class EventsResource:
    """Events."""

    store: Store
    authenticator: Authenticator
    quotas: Quotas
    clock: Clock
    taxonomy: Taxonomy | None

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
        example={
            "events": [
                {"eventType": "match_won", "eventId": "0e8dd9f3-5e1c-4a53-9c40-3b8f4d3a1c11"},
                {"eventType": "jump", "meta": {"m": 2}},
            ]
        },
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Record up to 500 events of the caller and return a result for each, in order.

        The server records the valid events in one transaction and reports the invalid ones. An
        event with an `eventId` is recorded once. So a client can send a batch again after a lost
        answer, and gets the same results. The server refuses a request with an Idempotency-Key.
        """
        user_id = self.authenticator.player(req)
        if req.get_header("Idempotency-Key") is not None:
            raise ProblemError(
                400,
                "idempotency_not_supported",
                "Batches do not support Idempotency-Key. Give each event an `eventId`.",
            )
        batch = read_body(req, EventsRequest)
        self.quotas.charge(req, events=len(batch.events))
        now = self.clock()
        valid: list[NewEvent] = []
        # The result of an invalid event, or the warnings of a valid one.
        results: list[RejectedResult | list[FieldError] | None] = []
        for item in batch.events:
            try:
                request = EventRequest.model_validate(item)
                results.append(warnings_of(self.taxonomy, request))
                valid.append(new_event(request, now))
            except ValidationError as error:
                results.append(_rejected(validation_code(error), field_errors(error)))
            except ProblemError as error:
                results.append(_rejected(error.code, list(error.errors)))
        recorded = iter(self.store.record_many(user_id, valid) if valid else [])
        results_in_order = [
            result if isinstance(result, RejectedResult) else _result(next(recorded), result)
            for result in results
        ]
        count = sum(isinstance(result, RecordedResult) for result in results_in_order)
        answer(
            resp,
            HTTPStatus.OK,
            EventsResponse(recorded=count, rejected=len(results) - count, results=results_in_order),
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


def _rejected(code: str, errors: list[FieldError]) -> RejectedResult:
    return RejectedResult(status=HTTPStatus.BAD_REQUEST, code=code, errors=errors)


def _result(
    recorded: Recorded | None, warnings: list[FieldError] | None
) -> RecordedResult | RejectedResult:
    if recorded is None:
        return RejectedResult(
            status=HTTPStatus.UNPROCESSABLE_ENTITY, code="idempotency_key_reused", errors=[]
        )
    return RecordedResult(status=HTTPStatus.CREATED, event_id=recorded.event_id, warnings=warnings)
