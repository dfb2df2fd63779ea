"""POST /event, POST /events, GET /events and GET /stats."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from api.schemas import EventRequest
from tests.api.game import Caller, Game, assert_problem

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def record(game: Game, caller: Caller, **event: object) -> str:
    answer = game.post("/event", event, caller)
    assert answer.status_code == 201, answer.text
    event_id: str = answer.json["eventId"]
    return event_id


def test_event_is_kept_as_it_was_sent(game: Game) -> None:
    alice = game.player()
    game.now = NOON
    meta = {"level": 3, "tags": ["ž", "\U0001f409"], "boss": None, "ratio": 0.5}

    event_id = record(
        game, alice, eventType="level.start_2", meta=meta, tsUtc="2026-01-31T10:30:00.250+02:00"
    )

    assert game.get("/events", alice).json == {
        "events": [
            {
                "eventId": event_id,
                "userId": alice.user_id,
                "eventType": "level.start_2",
                "tsUtc": "2026-01-31T08:30:00.250000Z",
                "receivedAt": "2026-01-31T12:00:00.000000Z",
                "meta": meta,
            }
        ],
        "nextBefore": None,
    }


def test_event_without_time_happened_when_it_was_received(game: Game) -> None:
    alice = game.player()
    game.now = NOON

    record(game, alice, eventType="jump")

    event = game.get("/events", alice).json["events"][0]
    assert event["tsUtc"] == event["receivedAt"] == "2026-01-31T12:00:00.000000Z"
    assert event["meta"] is None


def test_replayed_event_is_one_event_though_time_went_on(game: Game) -> None:
    alice = game.player()
    game.now = NOON
    first = game.post("/event", {"eventType": "jump"}, alice, Idempotency_Key="k")
    game.now = NOON.replace(hour=13)
    again = game.post("/event", {"eventType": "jump"}, alice, Idempotency_Key="k")

    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotent-Replay"] == "true"
    assert game.get("/stats", alice).json == {"counts": {"jump": 1}, "total": 1}


@pytest.mark.sqlite_only("refused before the store is asked")
@pytest.mark.parametrize(
    "time",
    [
        *("2026-01-31T12:00:00", "2026-01-31", "2026-02-30T12:00:00Z", "2026-01-31T25:00:00Z"),
        *("1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"),
        *("2099-12-31T23:59:59-00:01", "2000-01-01T00:00:00+00:01", "2026-01-31T12:00:00+01:60"),
        *("9999-12-31T23:59:59-14:00", "now", "", "2026-W05-6T12:00:00Z", "20260131T120000Z"),
        *(1769860800, 1769860800.5, True, [], "2026-01-31T12:00:00Z\n", "٢٠٢٦-01-31T12:00:00Z"),
    ],
)
def test_invalid_times_are_400(game: Game, time: object) -> None:
    answer = game.post("/event", {"eventType": "jump", "tsUtc": time}, game.player())

    problem = assert_problem(answer, 400, "invalid_body")
    assert [(item["field"], item["code"]) for item in problem["errors"]] == [
        ("tsUtc", "invalid_time")
    ]


@pytest.mark.sqlite_only("refused before the store is asked")
@pytest.mark.parametrize(
    "event_type", ["", "Jump", "1jump", "a b", "a-b", "a" * 65, "jump\n", "ž", 1, None, ["jump"]]
)
def test_invalid_event_types_are_400(game: Game, event_type: object) -> None:
    answer = game.post("/event", {"eventType": event_type}, game.player())

    problem = assert_problem(answer, 400, "invalid_body")
    assert [item["field"] for item in problem["errors"]] == ["eventType"]


@pytest.mark.sqlite_only("refused before the store is asked")
@pytest.mark.parametrize("event_type", ["earn", "spend", "deep_link"])
def test_types_of_the_server_are_reserved(game: Game, event_type: str) -> None:
    alice = game.player()
    event = {"eventType": event_type, "meta": {"amount": 10**6, "reason": "I am rich"}}

    single = game.post("/event", event, alice)
    batch = game.post("/events", {"events": [event]}, alice)

    assert_problem(single, 400, "reserved_event_type")
    assert batch.json["results"][0]["code"] == "reserved_event_type"
    assert game.get("/stats", alice).json["total"] == 0


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth - 1):
        value = {"a": value}
    return value


@pytest.mark.sqlite_only("refused before the store is asked")
@pytest.mark.parametrize(
    ("meta", "code"),
    [
        ("[]", "dict_type"),
        ('"text"', "dict_type"),
        ("1", "dict_type"),
        ("true", "dict_type"),
        (json.dumps({"a": "x" * 4089}), "meta_too_large"),
        (json.dumps({"a": "ž" * 2045}), "meta_too_large"),
        (json.dumps(nested(9)), "meta_too_deep"),
        (json.dumps({"a": [[[[[[[[]]]]]]]]}), "meta_too_deep"),
        ('{"a": 1e400}', "finite_number"),
        ('{"a": [-1e999]}', "finite_number"),
    ],
)
def test_invalid_meta_is_400(game: Game, meta: str, code: str) -> None:
    body = f'{{"eventType": "jump", "meta": {meta}}}'.encode()

    problem = assert_problem(game.post("/event", body, game.player()), 400, "invalid_body")

    assert [(item["field"], item["code"]) for item in problem["errors"]] == [("meta", code)]


@pytest.mark.parametrize("meta", [{}, {"a": "x" * 4088}, nested(8), {"": 2**70}, {"a": "\u0000"}])
def test_meta_within_the_limits_comes_back(game: Game, meta: dict[str, Any]) -> None:
    alice = game.player()

    record(game, alice, eventType="jump", meta=meta)

    assert game.get("/events", alice).json["events"][0]["meta"] == meta


def test_batch_records_the_valid_and_reports_the_others(game: Game) -> None:
    alice = game.player()
    items = [
        {"eventType": "one"},
        {"eventType": "Bad"},
        {"eventType": "two", "tsUtc": "2026-01-31T12:00:00Z"},
        17,
        {"eventType": "three", "surprise": 1},
        {"eventType": "four"},
    ]

    answer = game.post("/events", {"events": items}, alice)

    assert answer.status_code == 200
    assert (answer.json["recorded"], answer.json["rejected"]) == (3, 3)
    results = answer.json["results"]
    assert [result["status"] for result in results] == [201, 400, 201, 400, 400, 201]
    assert [result["code"] for result in results if result["status"] == 400] == ["invalid_body"] * 3
    assert results[4]["errors"][0]["field"] == "surprise"
    stored = game.get("/events", alice).json["events"]
    ids = [result["eventId"] for result in results if result["status"] == 201]
    assert [event["eventId"] for event in reversed(stored)] == ids
    assert [event["eventType"] for event in reversed(stored)] == ["one", "two", "four"]


def test_batch_sent_again_has_the_same_answer_and_records_nothing_twice(game: Game) -> None:
    alice = game.player()
    known = [{"eventType": "jump", "eventId": str(uuid.uuid4())} for _ in range(3)]
    batch = {"events": [*known, {"eventType": "Oops!"}, {"eventType": "no_id"}]}

    first = game.post("/events", batch, alice).json
    again = game.post("/events", batch, alice).json

    assert (again["recorded"], again["rejected"]) == (4, 1)
    assert again["results"][:4] == first["results"][:4]
    # An event without an id is another one each time.
    assert again["results"][4] != first["results"][4]
    assert game.get("/stats", alice).json["counts"] == {"jump": 3, "no_id": 2}


def test_event_id_of_another_event_is_422(game: Game) -> None:
    alice, bob = game.player("alice"), game.player("bob")
    jump = {"eventType": "jump", "eventId": "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"}
    first = game.post("/event", jump, alice)

    other = {**jump, "eventType": "land"}
    batch = game.post("/events", {"events": [other, {"eventType": "land"}]}, alice).json
    # A UUID is the same in either case, and belongs to its player.
    again = game.post("/event", {**jump, "eventId": jump["eventId"].lower()}, alice)

    assert_problem(game.post("/event", other, alice), 422, "idempotency_key_reused")
    assert (batch["recorded"], batch["rejected"]) == (1, 1)
    assert batch["results"][0] == {
        "status": 422,
        "code": "idempotency_key_reused",
        "errors": [],
    }
    assert again.json == first.json
    assert again.headers["Idempotent-Replay"] == "true"
    assert game.post("/event", other, bob).status_code == 201
    assert game.get("/stats", alice).json["counts"] == {"jump": 1, "land": 1}


def test_event_id_and_idempotency_key_are_both_honoured(game: Game) -> None:
    alice = game.player()
    jump = {"eventType": "jump", "eventId": str(uuid.uuid4())}

    first = game.post("/event", jump, alice, Idempotency_Key="k")
    same_key = game.post("/event", jump, alice, Idempotency_Key="k")
    other_key = game.post("/event", jump, alice, Idempotency_Key="l")
    other_id = game.post(
        "/event", {**jump, "eventId": str(uuid.uuid4())}, alice, Idempotency_Key="k"
    )

    assert first.json == same_key.json == other_key.json
    assert_problem(other_id, 422, "idempotency_key_reused")
    assert game.get("/stats", alice).json["total"] == 1


def test_event_without_an_id_has_the_fingerprint_of_an_older_version() -> None:
    """Else a request that is repeated after an upgrade would be refused."""
    request = EventRequest.model_validate({"eventType": "jump"})

    assert set(request.model_dump(by_alias=True)) == {"eventType", "meta", "tsUtc"}


@pytest.mark.parametrize(
    "event_id",
    ["", "1", 7, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", "a0eebc999c0b4ef8bb6d6bb9bd380a11"],
)
def test_invalid_event_ids_are_400(game: Game, event_id: object) -> None:
    answer = game.post("/event", {"eventType": "jump", "eventId": event_id}, game.player())

    problem = assert_problem(answer, 400, "invalid_body")
    assert [error["field"] for error in problem["errors"]] == ["eventId"]


def test_batch_of_500_is_allowed_and_of_501_is_not(game: Game) -> None:
    alice = game.player()

    full = game.post("/events", {"events": [{"eventType": "jump"}] * 500}, alice)
    over = game.post("/events", {"events": [{"eventType": "jump"}] * 501}, alice)

    assert full.json["recorded"] == 500
    assert_problem(over, 400, "invalid_body")
    assert game.get("/stats", alice).json == {"counts": {"jump": 500}, "total": 500}


@pytest.mark.sqlite_only("refused before the store is asked")
@pytest.mark.parametrize("body", [{}, {"events": []}, {"events": {}}, [], {"events": None}])
def test_invalid_batches_are_400(game: Game, body: object) -> None:
    assert_problem(game.post("/events", body, game.player()), 400, "invalid_body")


def test_batch_of_invalid_events_records_nothing(game: Game) -> None:
    alice = game.player()

    answer = game.post("/events", {"events": [{}, {}]}, alice)

    assert (answer.status_code, answer.json["recorded"]) == (200, 0)
    assert game.get("/stats", alice).json["total"] == 0


def test_batch_refuses_a_key_that_it_would_not_honour(game: Game) -> None:
    body = {"events": [{"eventType": "jump"}]}

    answer = game.post("/events", body, game.player(), Idempotency_Key="k")

    assert_problem(answer, 400, "idempotency_not_supported")


def test_events_come_newest_first_page_by_page(game: Game) -> None:
    alice = game.player()
    ids = [record(game, alice, eventType="jump") for _ in range(7)]

    pages: list[list[str]] = []
    query = "limit=3"
    while query:
        page = game.get("/events", alice, query).json
        pages.append([event["eventId"] for event in page["events"]])
        query = f"limit=3&before={page['nextBefore']}" if page["nextBefore"] else ""

    assert pages == [ids[:3:-1], ids[3:0:-1], ids[:1]]


def test_events_are_the_last_hundred_by_default(game: Game) -> None:
    alice = game.player()
    game.post("/events", {"events": [{"eventType": "jump"}] * 101}, alice)

    assert len(game.get("/events", alice).json["events"]) == 100


@pytest.mark.sqlite_only("refused before the store is asked")
@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=101", "limit=-1", "limit=1.0", "limit=", "limit=1_0", "limit=%201"),
        *("limit=1e1", "limit=%D9%A5", "before=x", "before=", "userId=0", "userId=x", "offset=1"),
        f"userId={2**63}",
    ],
)
def test_invalid_queries_are_400(game: Game, query: str) -> None:
    assert_problem(game.get("/events", game.player(), query), 400, "invalid_parameter")


def test_repeated_parameter_is_400(game: Game) -> None:
    answer = game.get("/events", game.player(), "limit=1&limit=2")

    assert_problem(answer, 400, "repeated_parameter")


def test_player_sees_own_events_alone(game: Game) -> None:
    alice, bob = game.player("alice"), game.player("bob")
    own = record(game, alice, eventType="jump")
    other = record(game, bob, eventType="run")

    assert [e["eventId"] for e in game.get("/events", alice).json["events"]] == [own]
    assert game.get("/events", alice, f"before={other}").json["events"][0]["eventId"] == own
    assert game.get("/stats", alice).json == {"counts": {"jump": 1}, "total": 1}
    for path in ("/events", "/stats"):
        answer = game.get(path, alice, f"userId={bob.user_id}")
        assert_problem(answer, 403, "operators_only")
        assert game.get(path, alice, f"userId={alice.user_id}").status_code == 200


def test_operator_sees_everyone_and_each(game: Game) -> None:
    alice, bob, operator = game.player("alice"), game.player("bob"), game.operator()
    ids = [record(game, alice, eventType="jump"), record(game, bob, eventType="run")]
    click = game.get("/track", query="character=x").json["eventId"]

    everyone = game.get("/events", operator).json["events"]
    bobs = game.get("/events", operator, f"userId={bob.user_id}").json["events"]

    assert [event["eventId"] for event in everyone] == [click, *reversed(ids)]
    assert [event["eventId"] for event in bobs] == ids[1:]
    assert game.get("/stats", operator).json == {
        "counts": {"deep_link": 1, "jump": 1, "run": 1},
        "total": 3,
    }
    assert game.get("/stats", operator, f"userId={bob.user_id}").json["counts"] == {"run": 1}
