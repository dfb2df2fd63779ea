"""The OpenAPI 3.0 document, generated from the responders' `Operation`s and the models."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, get_args

import falcon
from falcon.inspect import inspect_routes
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from api.errors import MEDIA_TYPE, App
from api.operation import (
    BASIC,
    BEARER,
    ETAG,
    LAST_MODIFIED,
    LOCATION,
    PUSH_SECRET,
    REPLAYED,
    Answer,
    Operation,
    Tag,
    documented,
)
from api.schemas import EventRequest, EventsRequest, Problem
from api.taxonomy import examples
from warehouse import __version__
from warehouse.taxonomy.events_file import Taxonomy

# Every endpoint may answer these, some of them before the request has an id.
_COMMON_PROBLEMS = (400, 413, 500, 503)
_HEADERS_OF_STATUS = {401: ["WWW-Authenticate"], 429: ["Retry-After"], 503: ["Retry-After"]}
_REQUEST_ID = "X-Request-ID"


def _header(description: str, *, required: bool = True, **schema: object) -> dict[str, Any]:
    schema = {"type": "string", **schema}
    return {"description": description, "required": required, "schema": schema}


_HEADERS = {
    _REQUEST_ID: _header(
        "Identifies the request in the server's log. It is the client's X-Request-ID if that is"
        " valid.",
        pattern="^[A-Za-z0-9_.-]{1,64}$",
    ),
    "WWW-Authenticate": _header(
        "The accepted authentication schemes: Bearer, and for /reports/ also Basic.",
        pattern="Bearer",
    ),
    "Retry-After": _header("Retry after this many seconds.", type="integer", minimum=1),
    REPLAYED: _header(
        "Present if this is the stored answer of an earlier request with this Idempotency-Key.",
        required=False,
        enum=["true"],
    ),
    ETAG: _header("The SHA-256 of the content.", pattern='^"[0-9a-f]{64}"$'),
    LAST_MODIFIED: _header("The modification time of the file."),
    LOCATION: _header("The same path with a trailing slash."),
}
_SECURITY_SCHEMES = {
    BEARER: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    BASIC: {
        "type": "http",
        "scheme": "basic",
        "description": "Any name, with the token as the password.",
    },
    PUSH_SECRET: {
        "type": "apiKey",
        "in": "query",
        "name": "secret",
        "description": "The setting APPSFLYER_PUSH_SECRET.",
    },
}


def openapi(app: App, taxonomy: Taxonomy | None) -> dict[str, Any]:
    """Describe all documented routes of an application, and the event types of a taxonomy."""
    paths: dict[str, dict[str, Any]] = {}
    models: list[tuple[type[BaseModel] | None, JsonSchemaMode]] = [(Problem, "serialization")]
    for route in inspect_routes(app):
        path = route.path.replace("{path:path}", "{path}")
        for method in route.methods:
            name = f"{route.class_name}.{method.function_name}"
            # HEAD is answered wherever GET is, but for /track; it goes without saying.
            if name not in documented or method.method == "HEAD":
                continue
            operation, docstring = documented[name]
            models += [(operation.body, "validation")]
            models += [(answer.model, "serialization") for answer in operation.answers.values()]
            # OpenAPI has no parameter that may be empty, nor one of several segments.
            for spelling in (path, path.removesuffix("{path}")):
                described = _operation(operation, docstring, method.method.lower(), spelling)
                if taxonomy and operation.body in (EventRequest, EventsRequest):
                    content = described["requestBody"]["content"][falcon.MEDIA_JSON]
                    # OpenAPI allows one of the two keys.
                    del content["example"]
                    content["examples"] = examples(taxonomy, operation.body)
                paths.setdefault(spelling, {})[method.method.lower()] = described
    _, schemas = models_json_schema(
        [(model, mode) for model, mode in models if model],
        ref_template="#/components/schemas/{model}",
    )
    components = {"securitySchemes": _SECURITY_SCHEMES, "headers": _HEADERS}
    document = {
        # OpenAPI 3.1 accepts 1.0 as an integer, and Swagger UI 4 cannot show 3.1.
        "openapi": "3.0.3",
        "info": {"title": "gamehouse API", "version": __version__},
        "tags": [{"name": tag} for tag in get_args(Tag)],
        "paths": paths,
        "components": {"schemas": schemas["$defs"], **components},
    }
    result: dict[str, Any] = json.loads(json.dumps(document), object_hook=_as_openapi_3_0)
    return result


def _operation(operation: Operation, docstring: str, method: str, path: str) -> dict[str, Any]:
    summary, _, description = docstring.partition("\n\n")
    schemes, refusals = operation.access.value
    problems = {*_COMMON_PROBLEMS, *refusals, *operation.problems}
    problems |= ({415} if operation.body else set()) | ({429} if operation.is_limited else set())
    answers = {**operation.answers, **dict.fromkeys(problems, Answer(Problem, MEDIA_TYPE))}
    described: dict[str, Any] = {
        "tags": [operation.tag],
        "summary": summary,
        "description": description.replace("\n", " "),
        "operationId": f"{method}_{path.replace('/', '_').replace('{path}', 'file')}",
        "parameters": list(_parameters(operation, path)),
        "responses": {f"{status:d}": _response(answers[status], status) for status in answers},
        "security": [{scheme: []} if scheme else {} for scheme in schemes],
    }
    if operation.body:
        content = {**_content(operation.body), "example": operation.example}
        described["requestBody"] = {"required": True, "content": {falcon.MEDIA_JSON: content}}
    return described


def _response(answer: Answer, status: int) -> dict[str, Any]:
    names = (_REQUEST_ID, *_HEADERS_OF_STATUS.get(status, ()), *answer.headers)
    headers: dict[str, Any] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    if status in _COMMON_PROBLEMS:
        headers[_REQUEST_ID] = {**_HEADERS[_REQUEST_ID], "required": False}
    described = {"description": HTTPStatus(status).phrase, "headers": headers}
    if media_type := answer.media_type or (answer.model and falcon.MEDIA_JSON):
        described["content"] = {media_type: _content(answer.model)}
    return {**described, "links": answer.links} if answer.links else described


def _content(model: type[BaseModel] | None) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{model.__name__}"} if model else None
    return {"schema": reference or {"type": "string", "format": "binary"}}


def _parameters(operation: Operation, path: str) -> Iterator[dict[str, Any]]:
    for name in re.findall("{(.*?)}", path):
        meaning = operation.path_parameters[name]
        parameter = {"name": name, "in": "path", "required": True, "description": meaning}
        yield {**parameter, "schema": {"type": "string"}}
    for place, model in (("query", operation.query), ("header", operation.headers)):
        fields: dict[str, Any] = model.model_json_schema() if model else {"properties": {}}
        for name, field_schema in fields["properties"].items():
            # Queries and headers have no null: an absent value is omitted.
            schema = {**field_schema, **field_schema.get("anyOf", [{}])[0]}
            parameter = {
                "name": name,
                "in": place,
                "required": name in fields.get("required", ()),
                "description": schema.pop("description"),
                "schema": {k: v for k, v in schema.items() if k != "anyOf" and v is not None},
            }
            if name in operation.example:
                parameter["example"] = operation.example[name]
            yield parameter


def _as_openapi_3_0(part: dict[str, Any]) -> dict[str, Any]:
    """Convert a part of a JSON Schema 2020-12, which pydantic generates, to OpenAPI 3.0."""
    null = {"type": "null"}
    if null in part.get("anyOf", ()):
        (other,) = [option for option in part.pop("anyOf") if option != null]
        part |= {**other, "nullable": True}
    if "const" in part:
        part["enum"] = [part.pop("const")]
    if part.get("default", 0) is None:
        del part["default"]
    return part
