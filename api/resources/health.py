"""`GET /health`: can this process serve requests?"""

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
        """Readiness: the process runs, its store answers, and its disk has room for more.

        503 with code `disk_full` where it has not: then reading goes on, and nothing is stored.
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
        """Liveness: the process runs, whatever its store does."""
        answer(resp, HTTPStatus.OK, HealthResponse(status="ok"))

    on_head_live = on_get_live
