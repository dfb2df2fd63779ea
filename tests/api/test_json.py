"""JSON as RFC 8259 has it: what is JSON is taken and kept, and nothing else is."""

from __future__ import annotations

import json

import pytest

from tests.api.game import Caller, Game

JSON = [
    *['""', '"\\u0041"', '"\\ud83d\\ude00"', '"\\/\\b\\f\\n\\r\\t\\"\\\\"', '"é日本\u2028\x7f"'],
    *["0", "-0", "-1", "0.5", "1e3", "1E-3", "123456789012345678", "1.7976931348623157e308"],
    *["true", "false", "null", "[]", "{}", "[[],{}]", '{"":""}', "[ 1 ,\n\t2\r ]"],
]
NOT_JSON = [
    *["", "'a'", "a", "nul", "True", "NULL", "undefined", '"a', 'a"', '"a\nb"', '"a\tb"', '"\0"'],
    *['"\\x41"', '"\\u12"', '"\\u12g4"', '"\\', '"\\a"', "\ufeff1"],
    *["01", "-01", "+1", "1.", ".5", "-", "--1", "1e", "1e+", "0x1F", "1_000", "1,000"],
    *["NaN", "Infinity", "-Infinity", "1/2", "½", "１"],  # noqa: RUF001 (a digit of full width)
    *["[1,]", "[,1]", "[1 2]", "[", "]", "[1", "1]", "[1}", '{"a"}', '{"a":}', '{"a":1,}'],
    *["{1:2}", "{a:1}", '{"a":1 "b":2}', '{"a" 1}', "{,}", "// x\n1", "/* x */ 1", "1 # x"],
]
# Texts that break programs: markup, code, paths, formats, encodings.
TEXTS = [
    *["undefined", "null", "NaN", "true", "0", "-1", "1/0", "0x0", "1e400", "1,000.00", "٣", "½"],
    *["'", '"', "''", "`", "\\", "\\\\", "%", "%s%n", "{0}", "${HOME}", "{{ 7 * 7 }}", "{% x %}"],
    *["'; drop table events; --", "1 or 1=1", "\\x00", "../../etc/passwd", "C:\\con", "a\nb"],
    *["<script>alert(1)</script>", "<img src=x onerror=y>", "&lt;", "]]>", "=1+1", "@SUM(1)"],
    *["[/red]", "[#1]", "\x1b[2J", "ÅÄÖ", "e\u0301", "\u202eabc", "\u200b", "\ufeff", "日本語"],
    *[
        "😀",
        "👩‍👩‍👧‍👦",
        "🇸🇪",
        "ﷺ",
        "İıßǅ",
        "z\u0334\u0321",
        "z̴̡a̷l̸g̶o̵",
        " ",
        "   x  ",
        "\u2028",
        "\u3000",
        "\U0010fffd",
    ],
]


def send(game: Game, alice: Caller, text: str) -> tuple[int, str]:
    """Send an event whose meta holds a JSON text; returns the status and the code."""
    body = f'{{"eventType": "x", "meta": {{"value": {text}}}}}'.encode()
    answer = game.client.simulate_post(
        "/event",
        body=body,
        headers={**alice.headers, "Content-Type": "application/json"},
    )
    return answer.status_code, answer.json.get("code", "")


@pytest.mark.sqlite_only("about JSON")
def test_json_is_taken_and_comes_back_the_same(game: Game) -> None:
    alice = game.player()
    for text in JSON:
        assert send(game, alice, text) == (201, ""), text
    kept = game.get("/events", game.operator(), "limit=100").json["events"]
    assert [event["meta"]["value"] for event in reversed(kept)] == [json.loads(t) for t in JSON]


@pytest.mark.sqlite_only("about JSON")
def test_what_is_no_json_is_refused_and_not_kept(game: Game) -> None:
    alice = game.player()
    answers = {text: send(game, alice, text) for text in NOT_JSON}
    assert answers == dict.fromkeys(NOT_JSON, (400, "malformed_json"))
    assert game.get("/stats", game.operator()).json["total"] == 0


def test_texts_that_break_programs_come_back_the_same(game: Game) -> None:
    alice = game.player()
    for text in TEXTS:
        assert send(game, alice, json.dumps(text)) == (201, ""), text
    kept = game.get("/events", game.operator(), "limit=100").json["events"]
    assert [event["meta"]["value"] for event in reversed(kept)] == TEXTS
