"""Events with an `events.yml`: what does not fit is told, or refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.settings import SettingsError
from tests.api.game import Game, Play, assert_problem
from tests.support.harness import ROOT

pytestmark = pytest.mark.sqlite_only("judged before the store is asked")

GameIn = Callable[[str], Game]

EXAMPLE = (ROOT / "examples/events/events.yml").read_text(encoding="utf-8")
FITTING: dict[str, Any] = {"eventType": "level_up", "meta": {"level": 2, "hero": "mage"}}
MISFIT: dict[str, Any] = {
    "eventType": "level_up",
    "meta": {"hero": "bard", "durationSeconds": "9", "x": 1},
}
TOLD = [
    {
        "field": "meta.level",
        "code": "missing_field",
        "message": "Expected a whole number of at most 64 bits",
    },
    {
        "field": "meta.hero",
        "code": "value_not_listed",
        "message": "Expected one of knight, mage, rogue",
    },
    {"field": "meta.durationSeconds", "code": "wrong_type", "message": "Expected a number"},
    {"field": "meta.x", "code": "unknown_field", "message": "Expected no field of this name"},
]
UNKNOWN = [
    {
        "field": "eventType",
        "code": "unknown_type",
        "message": "Expected an event type that events.yml names",
    }
]


@pytest.fixture
def game_in(play: Play, tmp_path: Path) -> GameIn:
    """Starts a game with the example in a mode."""

    def game_in(mode: str) -> Game:
        path = tmp_path / "types.yml"
        path.write_text(EXAMPLE.replace("mode: warn", f"mode: {mode}"), encoding="utf-8")
        return play(EVENTS_FILE=str(path))

    return game_in


def test_what_does_not_fit_is_kept_and_told(game_in: GameIn) -> None:
    game = game_in("warn")
    alice = game.player()

    assert set(game.post("/event", FITTING, alice).json) == {"eventId"}
    answer = game.post("/event", MISFIT, alice)
    assert (answer.status_code, answer.json["warnings"]) == (201, TOLD)
    assert game.post("/event", {"eventType": "jump"}, alice).json["warnings"] == UNKNOWN

    events = game.get("/events", alice).json["events"]
    assert [event["meta"] for event in events] == [None, MISFIT["meta"], FITTING["meta"]]


def test_a_repeated_event_is_told_the_same(game_in: GameIn) -> None:
    game = game_in("warn")
    alice = game.player()

    answers = [game.post("/event", MISFIT, alice, Idempotency_Key="k").json for _ in range(2)]

    assert answers[0] == answers[1]
    assert answers[0]["warnings"] == TOLD


def test_a_batch_tells_each_event(game_in: GameIn) -> None:
    game = game_in("warn")
    batch = {"events": [FITTING, MISFIT, {"eventType": "?"}, {"eventType": "jump"}]}

    answer = game.post("/events", batch, game.player()).json

    assert (answer["recorded"], answer["rejected"]) == (3, 1)
    assert [result["status"] for result in answer["results"]] == [201, 201, 400, 201]
    assert [result.get("warnings") for result in answer["results"]] == [None, TOLD, None, UNKNOWN]
    assert "warnings" not in answer["results"][0]


def test_strict_refuses_what_does_not_fit(game_in: GameIn) -> None:
    game = game_in("strict")
    alice = game.player()

    assert assert_problem(game.post("/event", MISFIT, alice), 400, "event_misfit")["errors"] == TOLD
    jump = assert_problem(game.post("/event", {"eventType": "jump"}, alice), 400, "event_misfit")
    assert jump["errors"] == UNKNOWN
    assert_problem(game.post("/event", {"eventType": "earn"}, alice), 400, "reserved_event_type")
    assert game.get("/events", alice).json["events"] == []
    assert set(game.post("/event", FITTING, alice).json) == {"eventId"}


def test_strict_refuses_one_event_of_a_batch(game_in: GameIn) -> None:
    game = game_in("strict")
    alice = game.player()

    answer = game.post("/events", {"events": [FITTING, MISFIT, FITTING]}, alice).json

    assert (answer["recorded"], answer["rejected"]) == (2, 1)
    assert answer["results"][1] == {"status": 400, "code": "event_misfit", "errors": TOLD}
    assert len(game.get("/events", alice).json["events"]) == 2


@pytest.mark.parametrize("mode", ["warn", "strict"])
def test_what_the_server_writes_is_not_judged(game_in: GameIn, mode: str) -> None:
    game = game_in(mode)
    alice = game.player()

    earned = game.post("/earn", {"amount": 5, "reason": "win"}, alice)
    clicked = game.get("/track", alice, "character=dragon")

    assert (earned.status_code, clicked.status_code) == (201, 200)
    assert set(clicked.json) == {"eventId"}


def test_a_hostile_meta_gives_a_short_answer(game_in: GameIn) -> None:
    game = game_in("strict")
    meta = {f"{number}{'x' * 90}": 1 for number in range(40)}

    answer = game.post("/event", {"eventType": "level_up", "meta": meta}, game.player())

    errors = assert_problem(answer, 400, "event_misfit")["errors"]
    assert len(errors) == 20
    assert max(len(error["field"]) for error in errors) == 80


def test_examples_of_all_types_are_documented_and_fit(game_in: GameIn) -> None:
    game = game_in("strict")
    alice = game.player()
    paths = game.get("/openapi.json").json["paths"]

    for path, status in (("/event", 201), ("/events", 200)):
        content = paths[path]["post"]["requestBody"]["content"]["application/json"]
        assert "example" not in content
        assert list(content["examples"]) == ["level_up", "chest.opened", "tutorial_finished"]
        for documented in content["examples"].values():
            answer = game.post(path, documented["value"], alice)
            assert (answer.status_code, answer.json.get("rejected", 0)) == (status, 0), answer.text
    described = paths["/event"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    assert described["level_up"]["description"].splitlines() == [
        "A player reached a level.",
        "- `level`: a whole number of at most 64 bits, required. The level reached, from 2.",
        "- `hero`: one of knight, mage, rogue. The hero who was played.",
        "- `durationSeconds`: a number. Seconds since the level before.",
    ]


def test_a_file_that_is_not_valid_stops_the_start(play: Play, tmp_path: Path) -> None:
    path = tmp_path / "types.yml"
    path.write_text("events: {earn: {}}", encoding="utf-8")

    with pytest.raises(SettingsError, match=r"^EVENTS_FILE: .*types\.yml is not valid") as told:
        play(EVENTS_FILE=str(path))

    assert "events.earn: only the server writes events of this type; remove it" in str(told.value)
