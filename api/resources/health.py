"""`GET /health` and `GET /health/live`."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

import falcon

from api.operation import Access, Answer, Operation
from api.resources.answers import answer
from api.schemas import HealthResponse
from warehouse.store.protocol import Store


@dataclass(frozen=True)
class HealthResource:
    """Readiness and liveness."""

    store: Store

    @Operation(
        tag="operations",
        access=Access.PUBLIC,
        answers={HTTPStatus.OK: Answer(HealthResponse)},
        is_limited=False,
    )
    def on_get(self, _: falcon.Request, resp: falcon.Response) -> None:
        """Readiness: the process runs, its store answers, and its disk has free space.

        Returns 503 with code `disk_full` if the disk is nearly full. The server then stores
        nothing, but reading works.
        """
        self.store.ping()
        answer(resp, HTTPStatus.OK, HealthResponse(status="ok"))

    on_head = on_get

    @Operation(
        tag="operations",
        access=Access.PUBLIC,
        answers={HTTPStatus.OK: Answer(HealthResponse)},
        is_limited=False,
    )
    def on_get_live(self, _: falcon.Request, resp: falcon.Response) -> None:
        """Liveness: the process runs, whatever the state of its store."""
        answer(resp, HTTPStatus.OK, HealthResponse(status="ok"))

    on_head_live = on_get_live
