"""GET /track."""

from __future__ import annotations

import pytest

from tests.api.game import Game, assert_problem, bad_tokens, bearer


def clicks(game: Game) -> list[tuple[int | None, dict[str, str]]]:
    events = game.get("/events", game.operator()).json["events"]
    assert all(event["eventType"] == "deep_link" for event in events)
    return [(event["userId"], event["meta"]) for event in events]


def test_click_needs_no_login(game: Game) -> None:
    answer = game.get("/track", query="character=dragon_7")

    assert answer.status_code == 200
    events = game.get("/events", game.operator()).json["events"]
    assert [event["eventId"] for event in events] == [answer.json["eventId"]]
    assert clicks(game) == [(None, {"character": "dragon_7"})]


def test_token_ties_the_click_to_the_player(game: Game) -> None:
    alice = game.player()

    game.get("/track", alice, "character=dragon")
    game.get("/track", game.operator(), "character=tiger")

    assert clicks(game) == [
        (None, {"character": "tiger"}),
        (alice.user_id, {"character": "dragon"}),
    ]


@pytest.mark.sqlite_only("refused before the store is asked")
@pytest.mark.parametrize("token", bad_tokens().values(), ids=bad_tokens().keys())
def test_invalid_token_is_401_and_no_click(game: Game, token: str) -> None:
    answer = game.client.simulate_get("/track", query_string="character=x", headers=bearer(token))

    assert_problem(answer, 401, "invalid_token")
    assert clicks(game) == []


@pytest.mark.parametrize(
    ("query", "character"),
    [
        ("character=%20dragon%20", "dragon"),
        ("character=+a+b+", "a b"),
        ("character=" + "x" * 128, "x" * 128),
        ("character=%C5%BE" + "x" * 127, "ž" + "x" * 127),
        ("character=%F0%9F%90%89", "\U0001f409"),
        ("character=x&utm_source=mail&utm_source=web", "x"),
        ("character=%3Cscript%3E", "<script>"),
        ("character=%27%3B+drop+table+events%3B--", "'; drop table events;--"),
        ("character=..%2F..%2Fetc%2Fpasswd", "../../etc/passwd"),
        ("character=%22%7D%2C%7B%22a%22%3A1", '"},{"a":1'),
        ("character=a%26character%3Db", "a&character=b"),
    ],
)
def test_character_is_kept_as_text(game: Game, query: str, character: str) -> None:
    assert game.get("/track", query=query).status_code == 200

    assert clicks(game) == [(None, {"character": character})]


@pytest.mark.sqlite_only("refused before the store is asked")
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "missing_parameter"),
        ("Character=x", "missing_parameter"),
        ("character", "invalid_parameter"),
        ("character=", "invalid_parameter"),
        ("character=%20%09", "invalid_parameter"),
        ("character=" + "x" * 129, "invalid_parameter"),
        ("character=" + "x" * 20000, "invalid_parameter"),
        ("character=a%00b", "invalid_parameter"),
        ("character=a%0d%0aSet-Cookie:x", "invalid_parameter"),
        ("character=a%1bb", "invalid_parameter"),
        ("character=a%C2%85b", "invalid_parameter"),
        ("character=a%E2%80%AEb", "invalid_parameter"),
        ("character=a%E2%80%A8b", "invalid_parameter"),
        ("character=a&character=b", "repeated_parameter"),
        ("character=a&character=a", "repeated_parameter"),
        ("character=a&character=", "repeated_parameter"),
        ("character=%FF", "invalid_query"),
        ("character=%C3%28", "invalid_query"),
        ("character=%ED%A0%80", "invalid_query"),
        ("character=ž", "invalid_query"),
        ("&".join(["character=x", *(f"p{number}=1" for number in range(60))]), "invalid_query"),
    ],
)
def test_no_character(game: Game, query: str, code: str) -> None:
    assert_problem(game.get("/track", query=query), 400, code)
    assert clicks(game) == []
