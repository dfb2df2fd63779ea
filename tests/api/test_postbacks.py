"""POST /postbacks/appsflyer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from falcon import testing

from tests.api.game import Game, Play, Start, assert_problem
from tests.support.server import PUSH_SECRET

MESSAGE = {
    "appsflyer_id": "1767600000000-1234567",
    "event_name": "af_purchase",
    "event_time": "2026-01-05 09:00:00.123",
    "event_revenue_usd": 4.99,
    "is_primary_attribution": True,
    "campaign": None,
    "event_value": '{"af_receipt_id": "RCP-1"}',
}


def push(
    game: Game,
    body: object = MESSAGE,
    query: str = f"secret={PUSH_SECRET}",
    address: str = "127.0.0.1",
    **headers: str,
) -> testing.Result:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return game.client.simulate_post(
        "/postbacks/appsflyer",
        query_string=query,
        body=content,
        headers={"Content-Type": "application/json", **named},
        remote_addr=address,
    )


def stored(game: Game) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = game.get("/events", game.operator()).json["events"]
    return events


def test_message_is_kept_with_all_its_fields(game: Game) -> None:
    answer = push(game)

    assert answer.status_code == 200
    (event,) = stored(game)
    assert event["eventId"] == answer.json["eventId"]
    assert (event["userId"], event["eventType"]) == (None, "appsflyer_push")
    assert event["meta"] == MESSAGE


def test_player_sees_no_messages_and_sends_none(game: Game) -> None:
    alice = game.player()
    push(game)

    forged = {"eventType": "appsflyer_push", "meta": MESSAGE}
    assert_problem(game.post("/event", forged, alice), 400, "reserved_event_type")
    assert game.post("/events", {"events": [forged]}, alice).json["rejected"] == 1
    assert game.get("/events", alice).json["events"] == []
    assert game.get("/stats", alice).json["total"] == 0


@pytest.mark.sqlite_only("refused before the store is asked")
def test_wrong_secrets_are_403_and_are_not_logged(game: Game) -> None:
    wrong = ["", "secret=", f"secret={PUSH_SECRET}x", f"secret={PUSH_SECRET[:-1]}"]
    wrong += [
        f"Secret={PUSH_SECRET}",
        f"secret={PUSH_SECRET.upper()}",
        "secret=%FF",
        "secret=%C3%A9",
    ]
    for query in wrong:
        problem = assert_problem(push(game, query=query), 403, "wrong_secret")
        assert PUSH_SECRET not in json.dumps(problem)
    assert_problem(
        push(game, query="", Authorization=f"Bearer {PUSH_SECRET}"),
        403,
        "wrong_secret",
    )

    assert stored(game) == []
    assert push(game).status_code == 200
    assert PUSH_SECRET not in game.log.getvalue()
    assert PUSH_SECRET not in game.get("/metrics").text
    assert PUSH_SECRET not in repr(game.settings)


@pytest.mark.sqlite_only("refused before the store is asked")
def test_invalid_messages_are_400_and_not_kept(game: Game) -> None:
    name = {"event_name": "install"}
    invalid = [
        *([], "text", 1, None, {}, [MESSAGE], name, {"appsflyer_id": "af_1"}),
        *({**name, "appsflyer_id": value} for value in (None, 1, "", ["af_1"])),
        *({"appsflyer_id": "af_1", "event_name": value} for value in (None, 1, "")),
        {**MESSAGE, "event_value": [[[[[[[[[1]]]]]]]]]},
    ]
    for message in invalid:
        assert_problem(push(game, message), 400, "invalid_body")
    assert_problem(push(game, b'{"appsflyer_id": "af_1", '), 400, "malformed_json")
    assert_problem(
        push(game, b'{"appsflyer_id": "af_1", "event_name": "\xff"}'), 400, "invalid_utf8"
    )
    assert_problem(push(game, {**MESSAGE, "x": "x" * 262144}), 413, "body_too_large")
    assert_problem(push(game, Content_Type="text/plain"), 415, "unsupported_media_type")

    assert stored(game) == []


def test_no_quota_refuses_a_message(play: Play) -> None:
    game = play(EVENT_LIMIT_PER_CLIENT="500 per hour", BYTE_LIMIT_PER_CLIENT="262144 per hour")
    large = {**MESSAGE, "user_agent": "x" * 600}

    assert {push(game, large).status_code for _ in range(501)} == {200}


def test_endpoint_is_off_without_a_secret(play: Play) -> None:
    game = play(APPSFLYER_PUSH_SECRET="")

    assert_problem(push(game, query="secret="), 404, "not_found")
    assert "/postbacks/appsflyer" not in game.get("/openapi.json").json["paths"]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("192.0.2.7", 200),
        ("::ffff:192.0.2.7", 200),
        ("198.51.100.9", 200),
        ("198.51.101.9", 403),
        ("2001:db8::5", 200),
        ("2001:db8:0:1::5", 403),
        ("no address", 403),
    ],
)
def test_only_listed_addresses_may_push(play: Play, address: str, status: int) -> None:
    listed = "192.0.2.7 198.51.100.0/24 2001:db8::/64"
    direct = play(APPSFLYER_PUSH_ADDRESSES=listed)
    answer = push(direct, address=address)
    assert answer.status_code == status
    if status == 403:
        assert_problem(answer, 403, "address_not_allowed")

    # Behind a proxy, the sender can forge what precedes the proxy's entry.
    proxied = play(APPSFLYER_PUSH_ADDRESSES=listed, TRUSTED_PROXIES="1")
    hops = f"192.0.2.7, {address}"
    assert push(proxied, address="10.0.0.1", X_Forwarded_For=hops).status_code == status


def test_running_server_logs_no_secret(start: Start) -> None:
    server = start()

    answer = server.ask("POST", f"/postbacks/appsflyer?secret={PUSH_SECRET}", json=MESSAGE)
    refused = server.ask("POST", "/postbacks/appsflyer?secret=wrong-one", json=MESSAGE)

    assert (answer.status_code, refused.status_code) == (200, 403)
    server.stop()
    log = server.log.read_text()
    assert '"route":"/postbacks/appsflyer"' in log
    assert PUSH_SECRET not in log
    assert "wrong-one" not in log
