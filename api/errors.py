"""Every error as the client sees it: RFC 9457 problem documents with a stable `code`."""

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
    StoreOverloadedError,
    StoreUnavailableError,
    UnknownPlayerError,
)

App = falcon.App[falcon.Request, falcon.Response]

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 1
# Somebody has to make room.
DISK_FULL_SECONDS = 30
CHALLENGE = 'Bearer realm="gamehouse"'
# It stands before the other one: Chromium reads no further than the first challenge of a header.
BROWSER_CHALLENGE = 'Basic realm="gamehouse reports", charset="UTF-8"'

_FALCON_CODES = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
}


class ProblemError(Exception):
    """A request that is refused, with what the client shall see."""

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
            status: Of the answer.
            code: Stable and documented; clients decide by it.
            detail: A sentence for people. It repeats nothing secret.
            errors: The faults of single fields.
            headers: Further ones of the answer.
        """
        super().__init__(code)
        self.status = HTTPStatus(status)
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})


def invalid_token(detail: str) -> ProblemError:
    """Refuse a token that does not prove who the caller is."""
    return ProblemError(
        401,
        "invalid_token",
        detail,
        headers={"WWW-Authenticate": f'{CHALLENGE}, error="invalid_token"'},
    )


def _problem(error: Exception) -> ProblemError | None:
    """Translate what is raised; None where nobody expected it."""
    problem: ProblemError | None
    match error:
        case ProblemError():
            problem = error
        case falcon.HTTPError():
            problem = _http_problem(error)
        case BalanceOverflowError():
            problem = ProblemError(
                409, "balance_overflow", "The balance would exceed 2^53 - 1 coins."
            )
        case IdempotencyKeyReusedError():
            problem = ProblemError(
                422,
                "idempotency_key_reused",
                "This Idempotency-Key came before, with another request.",
            )
        case UnknownPlayerError():
            problem = invalid_token("The player of this token does not exist.")
        case StoreOverloadedError():
            problem = unavailable(
                "overloaded", "Too many requests wait now; nothing was done for this one."
            )
        case DiskFullError():
            problem = unavailable(
                "disk_full",
                "The server's disk is nearly full, so nothing more is stored until there is room."
                " What was stored can be read.",
                DISK_FULL_SECONDS,
            )
        case StoreUnavailableError():
            problem = unavailable("store_unavailable", "The store cannot take the request now.")
        case _:
            problem = None
    return problem


def unavailable(code: str, detail: str, seconds: int = RETRY_AFTER_SECONDS) -> ProblemError:
    """Refuse what may succeed later, after so many seconds."""
    return ProblemError(503, code, detail, headers={"Retry-After": str(seconds)})


def _http_problem(error: falcon.HTTPError) -> ProblemError:
    status = HTTPStatus(error.status_code)
    return ProblemError(
        status,
        _FALCON_CODES.get(status, "bad_request"),
        error.description or f"{status.description or status.phrase}.",
        headers=dict(error.headers or {}),
    )


def document(error: ProblemError, request_id: str | None) -> bytes:
    """Write the problem document of an error."""
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
        logger: Told of exceptions that nobody expected, with the traceback that no client sees.
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
            problem = ProblemError(500, "internal_error", "The server made a mistake.")
        resp.status = problem.status
        resp.content_type = MEDIA_TYPE
        resp.data = document(problem, request_id)
        resp.text = resp.media = None
        resp.set_headers(problem.headers)

    app.add_error_handler(Exception, answer)
    # Falcon takes the handler of the nearest ancestor, and for these it has one of its own.
    app.add_error_handler(falcon.HTTPError, answer)
