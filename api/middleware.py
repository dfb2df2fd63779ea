"""Processing of each request before and after its resource.

One middleware does everything, because Falcon calls each middleware twice a request.
"""

from __future__ import annotations

import re
import time

import falcon
from structlog.typing import FilteringBoundLogger
from uuid_utils import uuid4

from api.addresses import client_of
from api.compression import compress_answer
from api.draining import Drain
from api.headers import set_security_headers
from api.http_rules import check_host, check_path
from api.metrics import Metrics
from api.settings import Settings
from api.throttle import Limiter
from api.tokens import Identity, Role

# A refused health check would take the process out of service.
UNLIMITED_PATHS = frozenset({"/health", "/health/live"})

_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class Middleware:
    """Gives each request an id, admits it, measures it and logs it."""

    def __init__(
        self,
        settings: Settings,
        limiter: Limiter,
        *,
        logger: FilteringBoundLogger,
        metrics: Metrics,
        drain: Drain,
    ) -> None:
        self._settings = settings
        self._limiter = limiter
        self._logger = logger
        self._metrics = metrics
        self._drain = drain

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Set the request id, the client's if it is valid, and admit or refuse the request.

        Raises:
            ProblemError: 400, 404, 429 or 503.
        """
        context = req.context
        context.started = time.perf_counter()
        given = req.get_header("X-Request-ID")
        is_valid = given is not None and _REQUEST_ID.fullmatch(given)
        context.request_id = given if is_valid else str(uuid4())
        resp.set_header("X-Request-ID", context.request_id)
        self._drain.enter()
        context.is_in_flight = True
        check_host(req)
        context.client = client_of(req, self._settings.trusted_proxies)
        if req.path not in UNLIMITED_PATHS:
            self._limiter.hit(self._settings.rate_limit_per_client, "client", context.client)
        check_path(req)

    def process_response(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        resource: object,  # noqa: ARG002 (Falcon's interface)
        req_succeeded: bool,  # noqa: ARG002
    ) -> None:
        """Compress the answer, add the security headers, count it and log it."""
        context = req.context
        compress_answer(req, resp)
        # A proxy may terminate HTTPS; X-Forwarded-Proto holds the client's scheme.
        set_security_headers(req, resp, behind_proxy=self._settings.trusted_proxies > 0)
        if context.get("is_in_flight"):
            self._drain.leave()
        identity: Identity | None = context.get("identity")
        seconds = time.perf_counter() - context.started
        self._metrics.observe_request(req.method, req.uri_template, resp.status_code, seconds)
        self._logger.info(
            "request",
            request_id=context.request_id,
            method=req.method,
            route=req.uri_template,
            status=resp.status_code,
            duration_ms=round(seconds * 1000, 3),
            user_id=identity and identity.user_id,
            is_operator=identity is not None and identity.role is Role.OPERATOR,
        )
