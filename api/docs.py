"""The API's description, OpenAPI 3.0: made by spectree of the models that validate requests.

Spectree knows paths, models and statuses. What else a client may rely on, headers of answers, links
from one answer to the next request, examples, is put in here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import BaseModel
from spectree import Response, SecurityScheme, SpecTree
from spectree.models import SecureType, SecuritySchemeData

from api import __version__
from api.errors import MEDIA_TYPE, App
from api.schemas import Problem

TOKEN = "bearerToken"  # noqa: S105 (a name)  # nosec B105
TOKEN_AS_PASSWORD = "tokenAsPassword"  # noqa: S105 (a name)  # nosec B105

# What any endpoint may answer: the request is wrong, or the server is, or it has too much to do. A
# body may come with any request, and what is no HTTP, too much of it, too late or of a transfer
# coding that nobody knows (501) is refused before anybody looks at the path.
COMMON_PROBLEMS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.NOT_IMPLEMENTED,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
BODY_PROBLEMS = (HTTPStatus.UNSUPPORTED_MEDIA_TYPE,)

# How a route ends that takes any further segments.
_REST = "{path}"
# HEAD is answered wherever GET is, but for /track; it goes without saying.
_UNSAID = "head"

Responder = TypeVar("Responder", bound=Callable[..., None])


@dataclass(frozen=True)
class Header:
    """A header of an answer.

    Attributes:
        name: Its name.
        description: What it says.
        schema: Of its value.
        is_always_there: Whether clients can count on it.
    """

    name: str
    description: str
    schema: Mapping[str, object]
    is_always_there: bool = True


REQUEST_ID = Header(
    "X-Request-ID",
    "Names the request in the server's log: the client's own X-Request-ID, if it sent a sane one.",
    {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}$"},
)
CHALLENGES = Header(
    "WWW-Authenticate",
    "How to say who one is: with a bearer token, and for /reports/ also as HTTP Basic.",
    {"type": "string", "pattern": "Bearer"},
)
RETRY_AFTER = Header(
    "Retry-After", "Seconds after which to try again.", {"type": "integer", "minimum": 1}
)
REPLAYED = Header(
    "Idempotent-Replay",
    "There where an earlier request with this Idempotency-Key did the work.",
    {"type": "string", "enum": ["true"]},
    is_always_there=False,
)
ETAG = Header(
    "ETag", "The SHA-256 of the content.", {"type": "string", "pattern": '^"[0-9a-f]{64}"$'}
)
LAST_MODIFIED = Header("Last-Modified", "When it was written.", {"type": "string"})
LOCATION = Header("Location", "The same path with a slash at its end.", {"type": "string"})

_HEADERS = (REQUEST_ID, CHALLENGES, RETRY_AFTER, REPLAYED, ETAG, LAST_MODIFIED, LOCATION)
_HEADERS_OF_STATUS = {
    HTTPStatus.UNAUTHORIZED: (CHALLENGES,),
    HTTPStatus.TOO_MANY_REQUESTS: (RETRY_AFTER,),
    HTTPStatus.SERVICE_UNAVAILABLE: (RETRY_AFTER,),
}
# Whoever gives these may not have got as far as to name the request.
_MAYBE_UNNAMED = set(COMMON_PROBLEMS)


@dataclass(frozen=True)
class Link:
    """A request that an answer leads to.

    Attributes:
        operation: The `operationId` of the request.
        description: What it is for.
        parameters: Its parameters, as OpenAPI's runtime expressions.
    """

    operation: str
    description: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Details:
    """What spectree is not told about an operation."""

    headers: Mapping[HTTPStatus, Sequence[Header]]
    links: Mapping[HTTPStatus, Mapping[str, Link]]
    media_types: Mapping[HTTPStatus, str]
    example: Mapping[str, object]


_details_of: dict[object, _Details] = {}


class Access(StrEnum):
    """Who may call an endpoint."""

    PUBLIC = "public"
    OPTIONAL = "optional"
    ANYONE = "anyone"
    PLAYER = "player"
    OPERATOR = "operator"


_SECURITY: dict[Access, list[dict[str, list[str]]]] = {
    Access.PUBLIC: [],
    Access.OPTIONAL: [{}, {TOKEN: []}],
    Access.ANYONE: [{TOKEN: []}],
    Access.PLAYER: [{TOKEN: []}],
    Access.OPERATOR: [{TOKEN: []}, {TOKEN_AS_PASSWORD: []}],
}
_ACCESS_PROBLEMS: dict[Access, Sequence[HTTPStatus]] = {
    Access.PUBLIC: (),
    Access.OPTIONAL: (HTTPStatus.UNAUTHORIZED,),
    Access.ANYONE: (HTTPStatus.UNAUTHORIZED,),
    Access.PLAYER: (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN),
    Access.OPERATOR: (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN),
}

_spectree = SpecTree(
    "falcon",
    mode="strict",
    annotations=False,
    title="gamehouse API",
    version=__version__,
    # Swagger UI 4, the newest that is packaged, does not render 3.1.
    openapi_version="3.0.3",
    security_schemes=[
        SecurityScheme(
            name=TOKEN,
            data=SecuritySchemeData(type=SecureType.HTTP, scheme="bearer", bearer_format="JWT"),
        ),
        SecurityScheme(
            name=TOKEN_AS_PASSWORD,
            data=SecuritySchemeData(
                type=SecureType.HTTP, scheme="basic", description="Any name, and the token."
            ),
        ),
    ],
    validation_error_status=HTTPStatus.BAD_REQUEST,
    validation_error_model=Problem,
    naming_strategy=lambda model: model.__name__,
    nested_naming_strategy=lambda _, child: child,
)


def documented(  # noqa: PLR0913 (all by name, most of them rare)
    *,
    access: Access,
    answers: dict[HTTPStatus, type[BaseModel] | None],
    problems: Sequence[HTTPStatus] = (),
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    headers: type[BaseModel] | None = None,
    path_parameters: dict[str, str] | None = None,
    answer_headers: Mapping[HTTPStatus, Sequence[Header]] | None = None,
    media_types: Mapping[HTTPStatus, str] | None = None,
    links: Mapping[HTTPStatus, Mapping[str, Link]] | None = None,
    example: Mapping[str, object] | None = None,
    is_limited: bool = True,
) -> Callable[[Responder], Responder]:
    """Describe a responder; its docstring becomes summary and description.

    Args:
        access: Who may call it.
        answers: Models of what it answers on success.
        problems: Statuses of what else can go wrong, besides what follows from the rest.
        body: Model of the body.
        query: Model of the query.
        headers: Model of the headers.
        path_parameters: What the variable parts of the path mean.
        answer_headers: Headers of answers, besides those that follow from the rest.
        media_types: Of answers that are not JSON.
        links: What an answer leads to, by the name of the link.
        example: A body that is taken, or parameters of the query.
        is_limited: Whether a client who calls it too often is refused.
    """
    refusals = [*COMMON_PROBLEMS, *problems, *_ACCESS_PROBLEMS[access]]
    if body is not None:
        refusals.extend(BODY_PROBLEMS)
    if is_limited:
        refusals.append(HTTPStatus.TOO_MANY_REQUESTS)
    models = {f"HTTP_{status.value}": model for status, model in answers.items()}
    models |= {f"HTTP_{status.value}": Problem for status in refusals}
    # Validation is not left to spectree: its answers are no problem documents.
    describe: Callable[[Responder], Responder] = _spectree.validate(
        json=body,
        query=query,
        headers=headers,
        resp=Response(**models),
        security=_SECURITY[access],
        path_parameter_descriptions=path_parameters,
        skip_validation=True,
    )

    def describe_in_detail(responder: Responder) -> Responder:
        described = describe(responder)
        _details_of[described] = _Details(
            headers=answer_headers or {},
            links=links or {},
            media_types=media_types or {},
            example=example or {},
        )
        return described

    return describe_in_detail


def openapi(app: App) -> dict[str, Any]:
    """Describe all documented routes of an application."""
    # Spectree keeps the first description it makes, which is fine: all applications have the same
    # routes.
    _spectree.app = app
    document: dict[str, Any] = deepcopy(_spectree.spec)
    document["components"]["headers"] = {header.name: _header(header) for header in _HEADERS}
    for path, method, details in _documented_operations():
        _add_details(document["paths"][path][method], details)
    for path in list(document["paths"]):
        document["paths"][path].pop(_UNSAID, None)
        if path.endswith(_REST):
            _name_shortest_path(document["paths"], path)
    result: dict[str, Any] = _as_openapi_3_0(document)
    return result


def _documented_operations() -> Iterator[tuple[str, str, _Details]]:
    """List paths and methods, with what is known of them."""
    for route in _spectree.backend.find_routes():
        path, _ = _spectree.backend.parse_path(route, None)
        for method, responder in _spectree.backend.parse_func(route):
            details = _details_of.get(getattr(responder, "__func__", responder))
            if details is not None:
                yield path, method.lower(), details


def _header(header: Header) -> dict[str, Any]:
    return {
        "description": header.description,
        "required": header.is_always_there,
        "schema": dict(header.schema),
    }


def _add_details(operation: dict[str, Any], details: _Details) -> None:
    """Add what spectree does not know."""
    for code, response in operation["responses"].items():
        status = HTTPStatus(int(code))
        headers = [*_HEADERS_OF_STATUS.get(status, ()), *details.headers.get(status, ())]
        response["headers"] = {header.name: _reference_to(header) for header in headers}
        response["headers"][REQUEST_ID.name] = (
            {**_header(REQUEST_ID), "required": False}
            if status in _MAYBE_UNNAMED
            else _reference_to(REQUEST_ID)
        )
        if status >= HTTPStatus.BAD_REQUEST:
            response["content"] = {MEDIA_TYPE: response["content"]["application/json"]}
        elif status in details.media_types:
            binary = {"schema": {"type": "string", "format": "binary"}}
            response["content"] = {details.media_types[status]: binary}
        if status in details.links:
            response["links"] = {
                name: {
                    "operationId": link.operation,
                    "description": link.description,
                    "parameters": dict(link.parameters),
                }
                for name, link in details.links[status].items()
            }
    for parameter in operation["parameters"]:
        # What is not there is not sent; there is no null in a query or in a header.
        parameter["schema"] = _without_null(parameter["schema"])
        if parameter["name"] in details.example:
            parameter["example"] = details.example[parameter["name"]]
    if "requestBody" in operation and details.example:
        operation["requestBody"]["content"]["application/json"]["example"] = dict(details.example)


def _reference_to(header: Header) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{header.name}"}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    others = [option for option in schema.get("anyOf", []) if option != {"type": "null"}]
    if len(others) != 1:
        return schema
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**rest, **others[0]}


def _name_shortest_path(paths: dict[str, Any], path: str) -> None:
    """Describe a route that takes any further segments twice: with and without them.

    OpenAPI has no parameter that may be empty, nor one of several segments.
    """
    paths[path.removesuffix(_REST)] = shortest = deepcopy(paths[path])
    for operation in shortest.values():
        operation["operationId"] = operation["operationId"].removesuffix(_REST)
        operation["parameters"] = [
            parameter for parameter in operation["parameters"] if parameter["in"] != "path"
        ]
    for operation in paths[path].values():
        operation["operationId"] = operation["operationId"].replace(_REST, "file")


def _as_openapi_3_0(schema: Any) -> Any:  # noqa: ANN401 (any part of a JSON document)
    """Say in OpenAPI 3.0 what pydantic says in JSON Schema 2020-12."""
    if isinstance(schema, list):
        return [_as_openapi_3_0(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: _as_openapi_3_0(value) for key, value in schema.items()}
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    null = {"type": "null"}
    if null in schema.get("anyOf", []):
        others = [option for option in schema.pop("anyOf") if option != null]
        # Beside a $ref, 3.0 ignores everything else.
        is_reference = len(others) == 1 and "$ref" in others[0]
        schema |= {"allOf": others} if is_reference or len(others) > 1 else others[0]
        schema["nullable"] = True
    if schema.get("default", 0) is None:
        del schema["default"]
    return schema
