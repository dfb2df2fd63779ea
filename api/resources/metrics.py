"""`GET /metrics`."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

import falcon
from prometheus_client import CONTENT_TYPE_LATEST

from api.metrics import Metrics
from api.operation import Access, Answer, Operation


@dataclass(frozen=True)
class MetricsResource:
    """Metrics for Prometheus."""

    metrics: Metrics

    @Operation(
        tag="operations",
        access=Access.PUBLIC,
        answers={HTTPStatus.OK: Answer(media_type="text/plain")},
    )
    def on_get(self, _: falcon.Request, resp: falcon.Response) -> None:
        """Return all metrics in the Prometheus text format."""
        resp.content_type = CONTENT_TYPE_LATEST
        resp.data = self.metrics.text()

    on_head = on_get
