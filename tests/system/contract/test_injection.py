"""Text that is SQL, a header, a line of a log or a path elsewhere stays text, or is refused."""

from __future__ import annotations

import json
import sqlite3
import unicodedata
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import pytest
import requests

from api.tokens import Identity, Role, Tokens
from tests.api.game import PASSWORD, SECRET, Process, bearer
from tests.system.contract.wire import send

# What may stand in a line of text: it comes out as it went in.
PLAIN = [
    "'; drop table events; --",
    "' or '1'='1",
    '" union select password_hash from players --',
    "1; attach database 'x' as y",
    "%' and 1=1 escape '%",
    "%s%n%x{0}{reason}",
    "${jndi:ldap://x/y}",
    "{{7*7}}<%= 7 %>",
    "<script>alert(1)</script>",
    '"},{"event":"request","level":"info"',
    "\\u000a\\n\\x1b[31m",
    "../../../../etc/passwd",
    "..\\..\\windows",
    "`id`; $(id) | id & id",
    "=cmd|' /C calc'!A0",
    "e\u0301 is not \u00e9",
    "\u212b \u00c5 A\u030a",
    "\ufb01 \uff41 \u2168 \u00b2",
    "\U0001f468\U0001f3fd \U0001f1fa\U0001f1f3",
    "\u0130\u0131\u1e9e\u00df\u03c2",
    "\U0010ffff\ue000\ufffd",
]
# What hides or forges text: refused in lines of text, kept in values of meta and in passwords.
FORGING = [
    "a\r\nSet-Cookie: x=1",
    'a\n{"event":"request","level":"info"}',
    "a\x1b[2J\x1b[31mb",
    "a\x00b",
    "a\x7fb",
    "a\u0085b",
    "a\u2028b",
    "a\u202etxt.exe",
    "a\u200bb",
    "a\ufeffb",
    "a\U000e0041b",
]


def post(server: Process, path: str, body: Any, headers: dict[str, str]) -> requests.Response:  # noqa: ANN401 (any JSON)
    return requests.post(f"{server.url}{path}", json=body, headers=headers, timeout=30)


def stored(folder: Path, event_id: str) -> dict[str, Any]:
    """Read the meta of an event from the store itself."""
    with closing(sqlite3.connect(folder / "w.store.sqlite")) as store:
        ((meta,),) = store.execute("select meta from events where event_id = ?", [event_id])
    result: dict[str, Any] = json.loads(meta)
    return result


def assert_refused(answer: requests.Response, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text


@pytest.fixture(scope="module")
def alice(server: Process) -> dict[str, str]:
    """The headers of a player's requests."""
    return server.login()


@pytest.fixture(scope="module")
def operator() -> dict[str, str]:
    """The headers of an operator's requests."""
    return bearer(Tokens(SECRET).mint(Identity(Role.OPERATOR, "ops"), 3600))


@pytest.mark.parametrize("text", PLAIN, ids=ascii)
def test_plain_text_is_kept_as_it_was_sent(
    server: Process, folder: Path, alice: dict[str, str], text: str
) -> None:
    earned = post(server, "/earn", {"amount": 1, "reason": text}, alice)
    tracked = requests.get(
        f"{server.url}/track", params={"character": text}, headers=alice, timeout=30
    )

    assert (earned.status_code, tracked.status_code) == (201, 200)
    assert stored(folder, earned.json()["eventId"])["reason"] == text
    assert stored(folder, tracked.json()["eventId"]) == {"character": text}


@pytest.mark.parametrize("text", FORGING, ids=ascii)
def test_forging_text_is_refused(server: Process, alice: dict[str, str], text: str) -> None:
    earned = post(server, "/earn", {"amount": 1, "reason": text}, alice)
    tracked = requests.get(
        f"{server.url}/track", params={"character": text}, headers=alice, timeout=30
    )

    assert_refused(earned, "invalid_body")
    assert_refused(tracked, "invalid_parameter")


@pytest.mark.parametrize("text", [*PLAIN, *FORGING], ids=ascii)
def test_meta_is_kept_as_it_was_sent(
    server: Process, folder: Path, alice: dict[str, str], text: str
) -> None:
    meta = {text: {"deep": [text, {text: None}]}, "x": text}

    one = post(server, "/event", {"eventType": "a", "meta": meta}, alice)
    many = post(server, "/events", {"events": [{"eventType": "a", "meta": meta}]}, alice)
    listed = requests.get(f"{server.url}/events", {"limit": 1}, headers=alice, timeout=30)

    assert (one.status_code, many.status_code) == (201, 200)
    assert stored(folder, one.json()["eventId"]) == meta
    assert stored(folder, many.json()["results"][0]["eventId"]) == meta
    assert listed.json()["events"][0]["meta"] == meta


@pytest.mark.parametrize("text", [*PLAIN, *FORGING], ids=ascii)
def test_names_numbers_and_times_are_nothing_else(
    server: Process, alice: dict[str, str], text: str
) -> None:
    credentials = {"username": text, "password": PASSWORD}
    event = {"eventType": text}
    late = {"eventType": "a", "tsUtc": text}

    assert_refused(post(server, "/login", credentials, {}), "invalid_body")
    assert_refused(post(server, "/event", event, alice), "invalid_body")
    assert_refused(post(server, "/event", late, alice), "invalid_body")
    for path, name in [("events", "limit"), ("events", "before"), ("stats", "userId")]:
        answer = requests.get(f"{server.url}/{path}", {name: text}, headers=alice, timeout=30)
        assert_refused(answer, "invalid_parameter")


def test_password_is_the_same_in_whichever_form_a_keyboard_sends_it(server: Process) -> None:
    composed = "caf\u00e9 \u212b \ufb01sh pond 71"
    name = "composer"
    forms: tuple[Literal["NFC", "NFD", "NFKC"], ...] = ("NFC", "NFD", "NFKC")
    first = post(server, "/login", {"username": name, "password": composed}, {})

    again = [
        post(server, "/login", {"username": name, "password": other}, {}).status_code
        for form in forms
        if (other := unicodedata.normalize(form, composed)) != composed
    ]
    wrong = post(server, "/login", {"username": name, "password": composed.upper()}, {})

    assert (first.status_code, again, wrong.status_code) == (201, [200] * 3, 401)


@pytest.mark.parametrize(
    "value",
    [
        b"a b",
        b'"},{"a":"',
        b"a\xe9\xff",
        b"x" * 65,
        b"../../x",
        b"a,b",
        b"a\r\n folded",
        b"a\r\nX-Evil: 1",
    ],
    ids=ascii,
)
def test_request_ids_of_clients_forge_nothing(server: Process, value: bytes) -> None:
    request_id = b"X-Request-ID: " + value

    (answer,) = send(server.port, b"GET /health HTTP/1.1\r\nHost: x\r\n" + request_id + b"\r\n\r\n")

    given = answer.headers["x-request-id"]
    assert answer.status == 200
    assert "x-evil" not in answer.headers
    if value != b"a\r\nX-Evil: 1":
        assert str(uuid.UUID(given)) == given


@pytest.mark.parametrize("key", [b"a b", b"\xe9", b"x" * 129, b"", b"a\r\n folded"], ids=ascii)
def test_idempotency_keys_forge_nothing(server: Process, alice: dict[str, str], key: bytes) -> None:
    body = b'{"amount": 1, "reason": "x"}'

    (answer,) = send(
        server.port,
        b"POST /earn HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        + f"Authorization: {alice['Authorization']}\r\nContent-Length: {len(body)}\r\n".encode()
        + b"Idempotency-Key: %s\r\n\r\n%s" % (key, body),
    )

    assert answer.status == 400
    assert json.loads(answer.body)["code"] == "invalid_idempotency_key"


@pytest.mark.parametrize("name", [b"X-Request-ID", b"Idempotency-Key", b"Authorization", b"Cookie"])
@pytest.mark.parametrize("value", [b"a\x1b[31m", b"a\x00b", b"a\rb", b"a\nb", b"\x7f"], ids=ascii)
def test_headers_hold_no_control_characters(server: Process, name: bytes, value: bytes) -> None:
    header = b"%s: %s\r\n\r\n" % (name, value)

    (answer,) = send(server.port, b"GET /health HTTP/1.1\r\nHost: x\r\n" + header)

    assert answer.status == 400


@pytest.mark.parametrize(
    "path",
    [
        *("../w.store.sqlite", "..%2fw.store.sqlite", "%2e%2e/w.store.sqlite", "%2e%2e%2fapi.log"),
        *(
            "..%5cw.store.sqlite",
            "....//api.log",
            "/etc/passwd",
            "%2fetc%2fpasswd",
            ".",
            "..",
            "%00",
        ),
        *(
            "manifest.json%00.html",
            "manifest.json/",
            "data_docs/../../api.log",
            "%c0%ae%c0%ae/api.log",
        ),
        *(
            "\u2024\u2024/api.log",
            "%0d%0aSet-Cookie:%20x",
            "data_docs%0d%0aSet-Cookie:%20x=1",
            "~root",
        ),
        *("manifest.json::$DATA", "MANIFEST.JSON", "%252e%252e%252fapi.log", ".hidden", "x" * 5000),
    ],
)
@pytest.mark.parametrize("folder_", ["reports", "docs"])
def test_paths_lead_nowhere_else(
    server: Process, operator: dict[str, str], folder_: str, path: str
) -> None:
    head = f"GET /{folder_}/{path} HTTP/1.1\r\nHost: x\r\n".encode()

    (answer,) = send(
        server.port, head + f"Authorization: {operator['Authorization']}\r\n\r\n".encode()
    )

    assert answer.status in (400, 404), answer
    assert "set-cookie" not in answer.headers


def test_a_redirect_stays_here(server: Process, operator: dict[str, str]) -> None:
    authorization = f"Authorization: {operator['Authorization']}\r\n\r\n".encode()

    (answer,) = send(
        server.port, b"GET /reports/data_docs?//evil HTTP/1.1\r\nHost: evil\r\n" + authorization
    )

    assert (answer.status, answer.headers["location"]) == (308, "/reports/data_docs/")


def test_log_and_store_are_whole_afterwards(server: Process, folder: Path) -> None:
    lines = server.log().splitlines()

    for line in lines:
        assert json.loads(line)["level"] == "info", line
        assert line.isprintable()
    assert len(lines) > 100
    with closing(sqlite3.connect(folder / "w.store.sqlite")) as store:
        assert store.execute("pragma integrity_check").fetchall() == [("ok",)]
        names = {name for (name,) in store.execute("select username from players")}
    assert names == {"alice", "composer"}
