"""Descriptions of responders for `/openapi.json`.

`Operation` registers a description and returns the responder unchanged, so requests are not slower.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Any, Literal, TypeVar

from pydantic import BaseModel

Responder = TypeVar("Responder", bound=Callable[..., None])
# The groups of operations in display order.
Tag = Literal["accounts", "coins", "events", "deep links", "attribution", "reports", "operations"]
# Names of answer headers and of security schemes.
ETAG, LAST_MODIFIED, LOCATION, REPLAYED = "ETag", "Last-Modified", "Location", "Idempotent-Replay"
BEARER, BASIC, PUSH_SECRET = "bearerToken", "tokenAsPassword", "pushSecret"


class Access(Enum):
    """Who may call an endpoint: its security schemes (None: no token), and its refusals.

    `ANY_TOKEN` is a valid token of a player or an operator.
    """

    PUBLIC = ((), ())
    OPTIONAL = ((None, BEARER), (401,))
    ANY_TOKEN = ((BEARER,), (401,))
    PLAYER = ((BEARER,), (401, 403))
    OPERATOR = ((BEARER, BASIC), (401, 403))
    APPSFLYER = ((PUSH_SECRET,), (403,))


def link(operation_id: str, description: str, **parameters: str) -> dict[str, Any]:
    """Describe a follow-up request; its parameters are runtime expressions."""
    return {"operationId": operation_id, "description": description, "parameters": parameters}


@dataclass(frozen=True)
class Answer:
    """An answer of an operation.

    Attributes:
        model: The model of a JSON body.
        media_type: The media type of any other body.
        headers: Names of headers, in addition to those of its status.
        links: Follow-up requests by name.
    """

    model: type[BaseModel] | None = None
    media_type: str | None = None
    headers: Sequence[str] = ()
    links: Mapping[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A decorator that describes a responder; the docstring is the summary and description.

    Attributes:
        tag: The group of the operation.
        access: Who may call it.
        answers: Answers on success, by status.
        problems: Statuses of errors that do not follow from the other attributes.
        body: Model of the body.
        query: Model of the query.
        headers: Model of the headers.
        path_parameters: Descriptions of the path parameters.
        example: An example of a body or of query parameters.
        is_limited: Whether the rate limit applies.
    """

    tag: Tag
    access: Access
    answers: Mapping[HTTPStatus, Answer]
    problems: Sequence[HTTPStatus] = ()
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    headers: type[BaseModel] | None = None
    path_parameters: Mapping[str, str] = field(default_factory=dict)
    example: Mapping[str, object] = field(default_factory=dict)
    is_limited: bool = True

    def __call__(self, responder: Responder) -> Responder:
        """Register the description."""
        documented[responder.__qualname__] = self, inspect.getdoc(responder) or ""
        return responder


# By the responder's qualified name, which Falcon's inspection reports.
documented: dict[str, tuple[Operation, str]] = {}
