"""Error answers: RFC 9457 problem documents with a stable `code`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import falcon
from structlog.typing import FilteringBoundLogger

from api.schemas import FieldError, Problem
from warehouse.store.protocol import (
    BalanceOverflowError,
    DiskFullError,
    IdempotencyKeyReusedError,
    InsufficientBalanceError,
    StoreOverloadedError,
    StoreUnavailableError,
    UnknownPlayerError,
)

App = falcon.App[falcon.Request, falcon.Response]

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 1
# An operator must free disk space first.
DISK_FULL_SECONDS = 30
CHALLENGE = 'Bearer realm="gamehouse"'
# Send this before the bearer challenge: Chromium reads only the first challenge of a header.
BROWSER_CHALLENGE = 'Basic realm="gamehouse reports", charset="UTF-8"'

_FALCON_CODES = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
}


class ProblemError(Exception):
    """A refused request and the problem document that the client receives."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Describe the refusal.

        Args:
            status: HTTP status.
            code: Stable, documented code for client logic.
            detail: Text for people. It must not contain secrets.
            errors: Errors of single fields.
            headers: Additional headers of the answer.
        """
        super().__init__(code)
        self.status = HTTPStatus(status)
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})


def invalid_token(detail: str) -> ProblemError:
    """Return the 401 for an invalid token."""
    return ProblemError(
        401,
        "invalid_token",
        detail,
        headers={"WWW-Authenticate": f'{CHALLENGE}, error="invalid_token"'},
    )


def _problem(error: Exception) -> ProblemError | None:
    """Convert an exception to a problem; None if it is unexpected."""
    problem: ProblemError | None
    match error:
        case ProblemError():
            problem = error
        case falcon.HTTPError():
            problem = _http_problem(error)
        case BalanceOverflowError():
            problem = ProblemError(
                409,
                "balance_overflow",
                "The balance would exceed the maximum of 2^53 - 1 coins. Send a smaller amount.",
            )
        case InsufficientBalanceError():
            problem = ProblemError(
                409,
                "insufficient_balance",
                "The balance is smaller than the amount. Earn coins first, or send a smaller"
                " amount.",
            )
        case IdempotencyKeyReusedError():
            problem = ProblemError(
                422,
                "idempotency_key_reused",
                "This Idempotency-Key or eventId was used for different content. Use a new one.",
            )
        case UnknownPlayerError():
            problem = invalid_token("The player of this token does not exist. Log in again.")
        case StoreOverloadedError():
            problem = unavailable(
                "overloaded", "The server is overloaded and did not process this request."
            )
        case DiskFullError():
            problem = unavailable(
                "disk_full",
                "The server's disk is nearly full, so the server stores nothing. Reading works.",
                DISK_FULL_SECONDS,
            )
        case StoreUnavailableError():
            problem = unavailable("store_unavailable", "The store is unavailable.")
        case _:
            problem = None
    return problem


def unavailable(code: str, detail: str, seconds: int = RETRY_AFTER_SECONDS) -> ProblemError:
    """Return a 503 that asks the client to retry after `seconds`."""
    return ProblemError(
        503,
        code,
        f"{detail} Retry after `Retry-After` seconds.",
        headers={"Retry-After": str(seconds)},
    )


def _http_problem(error: falcon.HTTPError) -> ProblemError:
    status = HTTPStatus(error.status_code)
    return ProblemError(
        status,
        _FALCON_CODES.get(status, "bad_request"),
        error.description or f"{status.description or status.phrase}.",
        headers=dict(error.headers or {}),
    )


def document(error: ProblemError, request_id: str | None) -> bytes:
    """Serialize the problem document of an error."""
    problem = Problem(
        type="about:blank",
        title=error.status.phrase,
        status=error.status,
        code=error.code,
        detail=error.detail,
        request_id=request_id,
        errors=list(error.errors) or None,
    )
    return problem.model_dump_json(by_alias=True, exclude_none=True).encode()


def add_error_handlers(app: App, logger: FilteringBoundLogger) -> None:
    """Answer every exception with a problem document.

    Args:
        app: The application.
        logger: Receives unexpected exceptions with their tracebacks, which clients never see.
    """

    def answer(req: falcon.Request, resp: falcon.Response, error: Exception, _: object) -> None:
        request_id = req.context.get("request_id")
        if isinstance(error, StoreUnavailableError):
            cause = type(error.__cause__).__name__ if error.__cause__ else None
            logger.warning(
                "store_unavailable", request_id=request_id, reason=str(error), cause=cause
            )
        problem = _problem(error)
        if problem is None:
            logger.error("unexpected_error", request_id=request_id, exc_info=error)
            problem = ProblemError(
                500,
                "internal_error",
                "The server failed unexpectedly. Report `requestId` to its operator.",
            )
        resp.status = problem.status
        resp.content_type = MEDIA_TYPE
        resp.data = document(problem, request_id)
        resp.text = resp.media = None
        resp.set_headers(problem.headers)

    app.add_error_handler(Exception, answer)
    # Falcon prefers the handler of the nearest base class and has a default one for HTTPError.
    app.add_error_handler(falcon.HTTPError, answer)
