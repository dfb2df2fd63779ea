"""/openapi.json and /docs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from api.schemas import Event
from api.store.protocol import StoredEvent
from tests.api.game import PASSWORD, Game, bearer

OPERATIONS = {
    ("/login", "post"): {"200", "201", "400", "401", "413", "415", "500", "503"},
    ("/earn", "post"): {"201", "400", "401", "403", "409", "413", "415", "422", "500", "503"},
    ("/event", "post"): {"201", "400", "401", "403", "413", "415", "422", "500", "503"},
    ("/events", "post"): {"200", "400", "401", "403", "413", "415", "500", "503"},
    ("/events", "get"): {"200", "400", "401", "403", "500", "503"},
    ("/balance", "get"): {"200", "400", "401", "403", "500", "503"},
    ("/stats", "get"): {"200", "400", "401", "403", "500", "503"},
    ("/track", "get"): {"200", "400", "401", "500", "503"},
    ("/health", "get"): {"200", "400", "500", "503"},
    ("/health/live", "get"): {"200", "400", "500"},
    ("/metrics", "get"): {"200", "400", "500"},
    ("/reports/", "get"): {"200", "304", "308", "400", "401", "403", "404", "500"},
}


@pytest.fixture
def document(game: Game) -> dict[str, Any]:
    answer = game.get("/openapi.json")
    assert answer.status_code == 200
    result: dict[str, Any] = answer.json
    return result


def operations(document: dict[str, Any]) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield (path, method), operation


def parts(value: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 (any part of a JSON document)
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from parts(item)


def test_every_operation_is_described_with_its_statuses(document: dict[str, Any]) -> None:
    found = {key: set(operation["responses"]) for key, operation in operations(document)}

    assert found == OPERATIONS
    assert all(operation["summary"] for _, operation in operations(document))


def test_errors_are_problem_documents(document: dict[str, Any]) -> None:
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    for key, operation in operations(document):
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert response["content"] == {"application/problem+json": problem}, key
    assert set(document["components"]["schemas"]["Problem"]["required"]) >= {"status", "code"}


def test_tokens_are_described(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    security = {key: operation["security"] for key, operation in operations(document)}

    assert [scheme["scheme"] for scheme in schemes.values()] == ["bearer", "basic"]
    name, as_password = schemes
    for (path, method), needed in security.items():
        if path in ("/login", "/health", "/health/live", "/metrics"):
            assert needed == []
        elif path == "/track":
            assert needed == [{}, {name: []}]
        elif path == "/reports/":
            assert needed == [{name: []}, {as_password: []}]
        else:
            assert needed == [{name: []}], (path, method)


def test_paths_and_parameters_are_openapi_ones(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, operation in operations(document)]

    assert len(set(ids)) == len(ids)
    assert not [part for part in [*document["paths"], *ids] if "{" in part]
    for _, operation in operations(document):
        assert {parameter["in"] for parameter in operation["parameters"]} <= {"query", "header"}


def test_document_is_openapi_3_0(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.0.")
    for part in parts(document):
        assert part.get("type") != "null"
        assert not isinstance(part.get("type"), list)
        assert not part.keys() & {"const", "$defs", "prefixItems", "patternProperties"}
        assert not isinstance(part.get("exclusiveMinimum"), int | float) or isinstance(
            part.get("exclusiveMinimum"), bool
        )


def test_references_lead_somewhere(document: dict[str, Any]) -> None:
    references = {part["$ref"] for part in parts(document) if isinstance(part.get("$ref"), str)}

    schemas = document["components"]["schemas"]
    assert references
    assert references <= {f"#/components/schemas/{name}" for name in schemas}


def test_answers_are_as_described(game: Game, document: dict[str, Any]) -> None:
    login = game.post("/login", {"username": "alice", "password": PASSWORD})
    headers = bearer(login.json["token"])
    alice = type(game.operator())(login.json["userId"], login.json["token"])
    answers = {
        ("/login", "post"): login,
        ("/earn", "post"): game.post("/earn", {"amount": 1, "reason": "x"}, alice),
        ("/event", "post"): game.post("/event", {"eventType": "a", "meta": {"b": 1}}, alice),
        ("/events", "post"): game.post("/events", {"events": [{"eventType": "a"}, {}]}, alice),
        ("/events", "get"): game.client.simulate_get("/events", headers=headers),
        ("/balance", "get"): game.get("/balance", alice),
        ("/stats", "get"): game.get("/stats", alice),
        ("/track", "get"): game.get("/track", query="character=x"),
        ("/health", "get"): game.get("/health"),
        ("/health/live", "get"): game.get("/health/live"),
    }
    answers_to_mistakes = {
        ("/earn", "post"): game.post("/earn", {}, alice),
        ("/balance", "get"): game.get("/balance"),
        ("/events", "post"): game.post("/events", b"", alice),
        ("/reports/", "get"): game.get("/reports/", game.operator()),
    }
    described = dict(operations(document))
    for key, answer in [*answers.items(), *answers_to_mistakes.items()]:
        response = described[key]["responses"][str(answer.status_code)]
        (media_type,) = response["content"]
        assert answer.headers["Content-Type"] == media_type
        schema = {**response["content"][media_type]["schema"], **document_as_2020_12(document)}
        Draft202012Validator(schema).validate(answer.json)


def document_as_2020_12(document: dict[str, Any]) -> dict[str, Any]:
    """The components, with `nullable` as the validator understands it."""

    def convert(value: Any) -> Any:  # noqa: ANN401 (any part of a JSON document)
        if isinstance(value, list):
            return [convert(item) for item in value]
        if not isinstance(value, dict):
            return value
        converted = {key: convert(item) for key, item in value.items()}
        if converted.pop("nullable", False) is True:
            return {"anyOf": [converted, {"type": "null"}]}
        return converted

    return {"components": convert(document["components"])}


def test_names_of_event_fields_are_those_of_the_store() -> None:
    assert list(Event.model_fields) == list(StoredEvent.__dataclass_fields__)


def test_docs_page_needs_nothing_from_elsewhere(game: Game) -> None:
    page = game.get("/docs")

    assert page.headers["Content-Type"].startswith("text/html")
    needed = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(needed) == 4
    for path in needed:
        answer = game.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    start = game.get("/docs/start.js")
    assert "/openapi.json" in start.text
    assert "http" not in page.text + start.text
    assert "'self'" in page.headers["Content-Security-Policy"]


def test_swagger_ui_is_the_real_one(game: Game) -> None:
    script = game.get("/docs/swagger-ui-bundle.js")

    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "SwaggerUIBundle" in script.text
    assert len(script.content) > 500_000
