"""The API's description, OpenAPI 3.0: made by spectree of the models that validate requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
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

# What any endpoint may answer: the request is wrong, or the server is.
COMMON_PROBLEMS = (HTTPStatus.BAD_REQUEST, HTTPStatus.INTERNAL_SERVER_ERROR)
BODY_PROBLEMS = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)

# How a route ends that takes any further segments.
_REST = "{path}"

Responder = TypeVar("Responder", bound=Callable[..., None])


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
) -> Callable[[Responder], Responder]:
    """Describe a responder; its docstring becomes summary and description.

    Args:
        access: Who may call it.
        answers: Models of what it answers on success.
        problems: Statuses of what else can go wrong, besides what follows from the rest.
        body: Model of the body.
        query: Model of the query.
        headers: Model of the headers.
    """
    refusals = [*COMMON_PROBLEMS, *problems, *_ACCESS_PROBLEMS[access]]
    if body is not None:
        refusals.extend(BODY_PROBLEMS)
    models = {f"HTTP_{status.value}": model for status, model in answers.items()}
    models |= {f"HTTP_{status.value}": Problem for status in refusals}
    # Validation is not left to spectree: its answers are no problem documents.
    describe: Callable[[Responder], Responder] = _spectree.validate(
        json=body,
        query=query,
        headers=headers,
        resp=Response(**models),
        security=_SECURITY[access],
        skip_validation=True,
    )
    return describe


def openapi(app: App) -> dict[str, Any]:
    """Describe all documented routes of an application."""
    # Spectree keeps the first description it makes, which is fine: all applications have the same
    # routes.
    _spectree.app = app
    document: dict[str, Any] = deepcopy(_spectree.spec)
    for path in [path for path in document["paths"] if path.endswith(_REST)]:
        document["paths"][path.removesuffix(_REST)] = _without_rest(document["paths"].pop(path))
    for path in document["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                if int(status) >= HTTPStatus.BAD_REQUEST:
                    response["content"] = {MEDIA_TYPE: response["content"]["application/json"]}
    result: dict[str, Any] = _as_openapi_3_0(document)
    return result


def _without_rest(operations: dict[str, Any]) -> dict[str, Any]:
    """Describe the shortest path of a route: OpenAPI has no parameter of several segments."""
    for operation in operations.values():
        operation["operationId"] = operation["operationId"].removesuffix(_REST)
        operation["parameters"] = [
            parameter for parameter in operation["parameters"] if parameter["in"] != "path"
        ]
    return operations


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
