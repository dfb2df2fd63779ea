"""/openapi.json and /docs."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from typing import Any

import falcon
import pytest
from jsonschema import Draft202012Validator

from api.operation import Access, Operation
from api.schemas import Event
from tests.api.game import PASSWORD, Game, bearer
from warehouse.store.protocol import StoredEvent

pytestmark = pytest.mark.sqlite_only("about descriptions")

ANYWHERE = {"400", "413", "429", "500", "503"}
OPERATIONS = {
    ("/login", "post"): ANYWHERE | {"200", "201", "401", "415"},
    ("/logout", "post"): ANYWHERE | {"204", "401"},
    ("/earn", "post"): ANYWHERE | {"201", "401", "403", "409", "415", "422"},
    ("/event", "post"): ANYWHERE | {"201", "401", "403", "415", "422"},
    ("/events", "post"): ANYWHERE | {"200", "401", "403", "415"},
    ("/events", "get"): ANYWHERE | {"200", "401", "403"},
    ("/balance", "get"): ANYWHERE | {"200", "401", "403"},
    ("/stats", "get"): ANYWHERE | {"200", "401", "403"},
    ("/track", "get"): ANYWHERE | {"200", "401"},
    ("/health", "get"): (ANYWHERE | {"200"}) - {"429"},
    ("/health/live", "get"): (ANYWHERE | {"200"}) - {"429"},
    ("/metrics", "get"): ANYWHERE | {"200"},
    ("/reports", "get"): ANYWHERE | {"308"},
    ("/reports/", "get"): ANYWHERE | {"200", "304", "308", "401", "403", "404"},
    ("/reports/{path}", "get"): ANYWHERE | {"200", "304", "308", "401", "403", "404"},
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
        if path in ("/login", "/health", "/health/live", "/metrics", "/reports"):
            assert needed == []
        elif path == "/track":
            assert needed == [{}, {name: []}]
        elif path.startswith("/reports/"):
            assert needed == [{name: []}, {as_password: []}]
        else:
            assert needed == [{name: []}], (path, method)


def test_paths_and_parameters_are_openapi_ones(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, operation in operations(document)]

    assert len(set(ids)) == len(ids)
    assert not [name for name in ids if "{" in name]
    for (path, _), operation in operations(document):
        variables = [item["name"] for item in operation["parameters"] if item["in"] == "path"]
        assert re.findall(r"{(.*?)}", path) == variables


def test_links_lead_to_operations_and_their_parameters(document: dict[str, Any]) -> None:
    parameters = {
        operation["operationId"]: {parameter["name"] for parameter in operation["parameters"]}
        for _, operation in operations(document)
    }
    links = [
        link
        for _, operation in operations(document)
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    ]

    assert links
    for link in links:
        assert set(link["parameters"]) <= parameters[link["operationId"]]


def test_headers_that_clients_rely_on_are_described(document: dict[str, Any]) -> None:
    needed = {"401": "WWW-Authenticate", "429": "Retry-After", "503": "Retry-After"}
    for key, operation in operations(document):
        for status, response in operation["responses"].items():
            assert "X-Request-ID" in response["headers"]
            if status in needed:
                assert needed[status] in response["headers"], key
    described = dict(operations(document))
    assert "Idempotent-Replay" in described["/earn", "post"]["responses"]["201"]["headers"]
    assert "ETag" in described["/reports/{path}", "get"]["responses"]["304"]["headers"]
    assert "Location" in described["/reports", "get"]["responses"]["308"]["headers"]


def test_examples_are_taken(game: Game, document: dict[str, Any]) -> None:
    alice = game.player()
    examples = {
        path: operation["requestBody"]["content"]["application/json"]["example"]
        for (path, _), operation in operations(document)
        if "requestBody" in operation
    }

    assert set(examples) == {"/login", "/earn", "/event", "/events"}
    for path, example in examples.items():
        assert game.post(path, example, alice).status_code in (200, 201), path


def test_text_is_described_as_it_is_judged(game: Game, document: dict[str, Any]) -> None:
    """By every character there is, alone between two letters."""
    described = document["components"]["schemas"]["EarnRequest"]["properties"]["reason"]
    wanted, unwanted = re.compile(described["pattern"]), re.compile(described["not"]["pattern"])
    unsafe = {"Cc", "Cf", "Zl", "Zp"}
    for point in range(sys.maxunicode + 1):
        category = unicodedata.category(chr(point))
        text = f"a{chr(point)}b"
        is_plain = bool(wanted.fullmatch(text)) and not unwanted.search(text)
        # Later versions of Unicode have format characters where this one has none yet.
        assert is_plain == (category not in unsafe) or category == "Cn", hex(point)
    alice = game.player()
    for text in (" ", "\u3000", "a", " a ", "a\n", "x" * 199 + "  "):
        is_plain = bool(wanted.fullmatch(text)) and not unwanted.search(text)
        is_plain &= len(text) <= described["maxLength"]
        answer = game.post("/earn", {"amount": 1, "reason": text}, alice)
        assert (answer.status_code == 201) == is_plain, text


def test_document_is_openapi_3_0(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.0.")
    for part in parts(document):
        assert part.get("type") != "null"
        assert not isinstance(part.get("type"), list)
        assert not part.keys() & {"const", "$defs", "prefixItems", "patternProperties"}
        # Beside a reference, 3.0 ignores everything else.
        assert "$ref" not in part or len(part) == 1
        assert not isinstance(part.get("exclusiveMinimum"), int | float) or isinstance(
            part.get("exclusiveMinimum"), bool
        )
    for _, operation in operations(document):
        for parameter in operation["parameters"]:
            # There is no null in a query or in a header.
            assert "nullable" not in parameter["schema"]
            assert parameter["schema"].get("default", 0) is not None


def test_operations_are_grouped(document: dict[str, Any]) -> None:
    groups: dict[str, list[str]] = {tag["name"]: [] for tag in document["tags"]}
    for (path, method), operation in operations(document):
        (tag,) = operation["tags"]
        groups[tag].append(f"{method} {path}")

    assert {tag: sorted(members) for tag, members in groups.items()} == {
        "accounts": ["post /login", "post /logout"],
        "coins": ["get /balance", "post /earn"],
        "events": ["get /events", "get /stats", "post /event", "post /events"],
        "deep links": ["get /track"],
        "reports": ["get /reports", "get /reports/", "get /reports/{path}"],
        "operations": ["get /health", "get /health/live", "get /metrics"],
    }


def test_a_description_costs_no_request_anything() -> None:
    def on_get(req: falcon.Request, resp: falcon.Response) -> None:
        """Answer."""

    described = Operation(tag="coins", access=Access.PUBLIC, answers={})

    assert described(on_get) is on_get


def test_references_lead_somewhere(document: dict[str, Any]) -> None:
    references = {part["$ref"] for part in parts(document) if isinstance(part.get("$ref"), str)}

    schemas = document["components"]["schemas"]
    assert references
    headers = document["components"]["headers"]
    known = {f"#/components/schemas/{name}" for name in schemas}
    assert references <= known | {f"#/components/headers/{name}" for name in headers}


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
