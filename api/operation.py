"""What a responder says of itself beside its code, of which `/openapi.json` is made.

It is only kept: a responder is described and left as it is, so no request pays for it.
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
# The groups of operations, in the order in which they are shown.
Tag = Literal["accounts", "coins", "events", "deep links", "reports", "operations"]
# Headers of answers, and how a caller proves who they are.
ETAG, LAST_MODIFIED, LOCATION, REPLAYED = "ETag", "Last-Modified", "Location", "Idempotent-Replay"
BEARER, BASIC = "bearerToken", "tokenAsPassword"


class Access(Enum):
    """Who may call an endpoint: what can prove it, or none of these, and who else is refused."""

    PUBLIC = ((), ())
    OPTIONAL = ((None, BEARER), (401,))
    ANYONE = ((BEARER,), (401,))
    PLAYER = ((BEARER,), (401, 403))
    OPERATOR = ((BEARER, BASIC), (401, 403))


def link(operation_id: str, description: str, **parameters: str) -> dict[str, Any]:
    """Describe a request that an answer leads to; its parameters are runtime expressions."""
    return {"operationId": operation_id, "description": description, "parameters": parameters}


@dataclass(frozen=True)
class Answer:
    """What an operation answers.

    Attributes:
        model: Of its body, if that is JSON.
        media_type: Of its body, if that is something else.
        headers: Names of its headers, besides those that every answer of its status has.
        links: What it leads to, by the name of the link.
    """

    model: type[BaseModel] | None = None
    media_type: str | None = None
    headers: Sequence[str] = ()
    links: Mapping[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """Describes the responder that it decorates, whose docstring is summary and description.

    Attributes:
        tag: The group to show it in.
        access: Who may call it.
        answers: What it answers on success.
        problems: Statuses of what else can go wrong, besides what follows from the rest.
        body: Model of the body.
        query: Model of the query.
        headers: Model of the headers.
        path_parameters: What the variable parts of the path mean.
        example: A body that is taken, or parameters of the query.
        is_limited: Whether a client who calls it too often is refused.
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
        """Keep the description, and leave the responder as it is."""
        documented[responder.__qualname__] = self, inspect.getdoc(responder) or ""
        return responder


# Every responder's, by what Falcon tells of it: the names of its class and of itself.
documented: dict[str, tuple[Operation, str]] = {}
