"""/openapi.json and /docs."""

from __future__ import annotations

import base64
import re
import sys
import unicodedata
from collections.abc import Iterator
from typing import Any

import falcon
import pytest

from api.operation import Access, Operation
from api.schemas import Event
from tests.api.game import Caller, Game
from tests.support.server import PUSH_SECRET
from tests.system.contract.roles import FOR_APPSFLYER, FOR_BOTH, FOR_OPERATORS, FOR_PLAYERS
from warehouse.store.protocol import StoredEvent

pytestmark = pytest.mark.sqlite_only("about descriptions")

ANYWHERE = {"400", "413", "429", "500", "503"}
PUBLIC: list[dict[str, list[str]]] = []
TOKEN: list[dict[str, list[str]]] = [{"bearerToken": []}]
SECRET_IN_ADDRESS: list[dict[str, list[str]]] = [{"pushSecret": []}]
MAYBE, BOTH = [{}, *TOKEN], [*TOKEN, {"tokenAsPassword": []}]
UNLIMITED = ANYWHERE - {"429"}
ANY_TOKEN = {"post /logout", "get /events", "get /stats"}
FILES = ANYWHERE | {"200", "304", "308", "401", "403", "404"}
READ = ANYWHERE | {"200", "401", "403"}
# The group, security schemes and statuses of each operation.
OPERATIONS = {
    "post /login": ("accounts", PUBLIC, ANYWHERE | {"200", "201", "401", "415"}),
    "post /logout": ("accounts", TOKEN, ANYWHERE | {"204", "401"}),
    "post /token": ("accounts", TOKEN, READ),
    "post /password": ("accounts", TOKEN, READ | {"415"}),
    "delete /account": ("accounts", TOKEN, READ - {"200"} | {"204", "415"}),
    "get /account/export": ("accounts", TOKEN, READ),
    "post /earn": ("coins", TOKEN, READ - {"200"} | {"201", "409", "415", "422"}),
    "post /spend": ("coins", TOKEN, READ - {"200"} | {"201", "409", "415", "422"}),
    "get /balance": ("coins", TOKEN, READ),
    "post /event": ("events", TOKEN, READ - {"200"} | {"201", "415", "422"}),
    "post /events": ("events", TOKEN, READ | {"415"}),
    "get /events": ("events", TOKEN, READ),
    "get /stats": ("events", TOKEN, READ),
    "get /track": ("deep links", MAYBE, ANYWHERE | {"200", "401"}),
    "post /postbacks/appsflyer": ("attribution", SECRET_IN_ADDRESS, READ - {"401"} | {"415"}),
    "get /reports": ("reports", PUBLIC, ANYWHERE | {"308"}),
    "get /reports/": ("reports", BOTH, FILES),
    "get /reports/{path}": ("reports", BOTH, FILES),
    "get /health": ("operations", PUBLIC, UNLIMITED | {"200"}),
    "get /health/live": ("operations", PUBLIC, UNLIMITED | {"200"}),
    "get /metrics": ("operations", PUBLIC, ANYWHERE | {"200"}),
}


@pytest.fixture
def document(game: Game) -> dict[str, Any]:
    answer = game.get("/openapi.json")
    assert answer.status_code == 200
    result: dict[str, Any] = answer.json
    return result


@pytest.fixture
def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def parts(value: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 (any part of a JSON document)
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from parts(item)


def test_every_operation_is_described(
    document: dict[str, Any], operations: dict[str, dict[str, Any]]
) -> None:
    found = {
        key: (*operation["tags"], operation["security"], set(operation["responses"]))
        for key, operation in operations.items()
    }

    assert found == OPERATIONS
    assert all(operation["summary"] for operation in operations.values())
    assert {tag["name"] for tag in document["tags"]} == {tag for tag, *_ in OPERATIONS.values()}
    schemes = document["components"]["securitySchemes"]
    assert {name: (scheme["type"], scheme.get("scheme")) for name, scheme in schemes.items()} == {
        "bearerToken": ("http", "bearer"),
        "tokenAsPassword": ("http", "basic"),
        "pushSecret": ("apiKey", None),
    }


def test_the_contract_tests_know_who_may_call_each_operation() -> None:
    protected = {
        " ".join((key.partition(" ")[0].upper(), key.partition(" ")[2]))
        for key, (_, security, _) in OPERATIONS.items()
        if security in (TOKEN, BOTH, SECRET_IN_ADDRESS)
    }
    assert protected == FOR_PLAYERS | FOR_OPERATORS | FOR_BOTH | FOR_APPSFLYER


def test_errors_are_problem_documents(
    document: dict[str, Any], operations: dict[str, dict[str, Any]]
) -> None:
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    for key, operation in operations.items():
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert response["content"] == {"application/problem+json": problem}, key
    assert set(document["components"]["schemas"]["Problem"]["required"]) >= {"status", "code"}


def test_paths_and_parameters_are_openapi_ones(operations: dict[str, dict[str, Any]]) -> None:
    ids = [operation["operationId"] for operation in operations.values()]

    assert len(set(ids)) == len(ids)
    assert not [name for name in ids if "{" in name]
    for path, operation in operations.items():
        variables = [item["name"] for item in operation["parameters"] if item["in"] == "path"]
        assert re.findall(r"{(.*?)}", path) == variables


def test_links_lead_to_operations_and_their_parameters(
    operations: dict[str, dict[str, Any]],
) -> None:
    parameters = {
        operation["operationId"]: {parameter["name"] for parameter in operation["parameters"]}
        for operation in operations.values()
    }
    links = [
        link
        for operation in operations.values()
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    ]

    assert links
    for link in links:
        assert set(link["parameters"]) <= parameters[link["operationId"]]


def test_headers_that_clients_rely_on_are_described(operations: dict[str, dict[str, Any]]) -> None:
    needed = {"401": "WWW-Authenticate", "429": "Retry-After", "503": "Retry-After"}
    for key, operation in operations.items():
        for status, response in operation["responses"].items():
            assert "X-Request-ID" in response["headers"]
            if status in needed:
                assert needed[status] in response["headers"], key
    assert "Idempotent-Replay" in operations["post /earn"]["responses"]["201"]["headers"]
    assert "ETag" in operations["get /reports/{path}"]["responses"]["304"]["headers"]
    assert "Location" in operations["get /reports"]["responses"]["308"]["headers"]


def test_examples_are_accepted(game: Game, operations: dict[str, dict[str, Any]]) -> None:
    examples = {
        key.removeprefix("post "): operation["requestBody"]["content"]["application/json"][
            "example"
        ]
        for key, operation in operations.items()
        if "requestBody" in operation and key.startswith("post ")
    }

    push = "/postbacks/appsflyer"
    assert set(examples) == {"/login", "/earn", "/spend", "/event", "/events", "/password", push}
    examples[f"{push}?secret={PUSH_SECRET}"] = examples.pop(push)
    login = game.post("/login", examples["/login"])
    ada = Caller(login.json["userId"], login.json["token"])
    # What is spent must be earned first, and the password ends the session.
    for path in sorted(examples, key="/password".__eq__):
        assert game.post(path, examples[path], ada).status_code in (200, 201), path


def test_text_is_described_as_it_is_judged(game: Game, document: dict[str, Any]) -> None:
    """Every character between two letters."""
    described = document["components"]["schemas"]["CoinsRequest"]["properties"]["reason"]
    wanted, unwanted = re.compile(described["pattern"]), re.compile(described["not"]["pattern"])
    unsafe = {"Cc", "Cf", "Zl", "Zp"}
    for point in range(sys.maxunicode + 1):
        category = unicodedata.category(chr(point))
        text = f"a{chr(point)}b"
        is_plain = bool(wanted.fullmatch(text)) and not unwanted.search(text)
        # Later Unicode versions define format characters that this one does not have.
        assert is_plain == (category not in unsafe) or category == "Cn", hex(point)
    alice = game.player()
    for text in (" ", "\u3000", "a", " a ", "a\n", "x" * 199 + "  "):
        is_plain = bool(wanted.fullmatch(text)) and not unwanted.search(text)
        is_plain &= len(text) <= described["maxLength"]
        answer = game.post("/earn", {"amount": 1, "reason": text}, alice)
        assert (answer.status_code == 201) == is_plain, text


def test_document_is_openapi_3_0(
    document: dict[str, Any], operations: dict[str, dict[str, Any]]
) -> None:
    assert document["openapi"].startswith("3.0.")
    for part in parts(document):
        assert part.get("type") != "null"
        assert not isinstance(part.get("type"), list)
        assert not part.keys() & {"const", "$defs", "prefixItems", "patternProperties"}
        # OpenAPI 3.0 ignores everything beside a reference.
        assert "$ref" not in part or len(part) == 1
        assert not isinstance(part.get("exclusiveMinimum"), int | float) or isinstance(
            part.get("exclusiveMinimum"), bool
        )
    for operation in operations.values():
        for parameter in operation["parameters"]:
            # Queries and headers have no null.
            assert "nullable" not in parameter["schema"]
            assert parameter["schema"].get("default", 0) is not None


def test_a_description_does_not_wrap_the_responder() -> None:
    def on_get(req: falcon.Request, resp: falcon.Response) -> None:
        """Answer."""

    described = Operation(tag="coins", access=Access.PUBLIC, answers={})

    assert described(on_get) is on_get


def test_references_lead_somewhere(document: dict[str, Any]) -> None:
    references = {part["$ref"] for part in parts(document) if isinstance(part.get("$ref"), str)}

    known = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "headers")
        for name in document["components"][kind]
    }
    assert references
    assert references <= known


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


def test_root_leads_to_the_docs(game: Game) -> None:
    answer = game.get("/")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/docs")
    assert game.get(answer.headers["Location"]).status_code == 200


@pytest.mark.parametrize(
    "key", [key for key, operation in OPERATIONS.items() if SECRET_IN_ADDRESS not in operation]
)
def test_an_operation_admits_whom_its_description_names(
    game: Game, operations: dict[str, dict[str, Any]], key: str
) -> None:
    """Nobody, an invalid token, a player, an operator, and an operator's browser."""
    method, path = key.replace("{path}", "manifest.json").split(" ")
    described = operations[key]
    schemes = [next(iter(scheme), None) for scheme in described["security"]] or [None]
    tokens = {"player": game.player().token, "operator": game.operator().token, "invalid": "x"}
    as_password = base64.b64encode(f"any:{tokens['operator']}".encode()).decode()

    def refusal(authorization: str | None) -> int | None:
        headers = {"Authorization": authorization} if authorization else {}
        result = game.client.simulate_request(method.upper(), path, headers=headers)
        # An unknown caller is refused before an empty body is.
        return result.status_code if result.status_code in (401, 403) else None

    assert refusal(None) == (None if None in schemes else 401)
    assert refusal(f"Bearer {tokens['invalid']}") == (401 if "bearerToken" in schemes else None)
    refusals = {refusal(f"Bearer {tokens[role]}") for role in ("player", "operator")}
    is_for_one = refusals == {None, 403}
    assert is_for_one or refusals == {None}
    # The others answer 403 to a player who asks for the events of another player.
    assert is_for_one == ("403" in described["responses"] and key not in ANY_TOKEN)
    if "tokenAsPassword" in schemes:
        assert refusal(f"Basic {as_password}") is None
    elif "bearerToken" in schemes:
        assert refusal(f"Basic {as_password}") == 401


def test_swagger_ui_is_the_real_one(game: Game) -> None:
    script = game.get("/docs/swagger-ui-bundle.js")

    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "SwaggerUIBundle" in script.text
    assert len(script.content) > 500_000
