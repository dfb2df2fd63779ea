"""GET /track."""

from __future__ import annotations

import pytest

from tests.api.game import Game, assert_problem


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


@pytest.mark.parametrize(
    ("query", "character"),
    [
        ("character=%20dragon%20", "dragon"),
        ("character=+a+b+", "a b"),
        ("character=" + "x" * 128, "x" * 128),
        ("character=%C5%BE" + "x" * 127, "ž" + "x" * 127),
        ("character=%F0%9F%90%89", "\U0001f409"),
        ("character=x&utm_source=mail&utm_source=web", "x"),
        ("character=a%26character%3Db", "a&character=b"),
    ],
)
def test_character_is_kept_as_text(game: Game, query: str, character: str) -> None:
    assert game.get("/track", query=query).status_code == 200

    assert clicks(game) == [(None, {"character": character})]


@pytest.mark.sqlite_only("refused before the store is asked")
def test_invalid_characters_are_400(game: Game) -> None:
    unusable = ["", "=", "=%20%09", "=" + "x" * 129, "=" + "x" * 20000, "=a%00b", "=a%1bb"]
    unusable += ["=a%0d%0aSet-Cookie:x", "=a%C2%85b", "=a%E2%80%AEb", "=a%E2%80%A8b"]
    refused = {
        "missing_parameter": ["", "Character=x", "%", "a" * 8000],
        "invalid_parameter": [f"character{text}" for text in unusable],
        "repeated_parameter": [f"character=a&character={text}" for text in ("b", "a", "")],
        "invalid_query": [
            *(f"character={text}" for text in ("%FF", "%C3%28", "%ED%A0%80", "ž")),
            "&".join(["character=x", *(f"p{number}=1" for number in range(60))]),
        ],
    }
    for code, queries in refused.items():
        for query in queries:
            assert_problem(game.get("/track", query=query), 400, code)
    assert clicks(game) == []
