"""Hostile text stays text or is refused.

The API accepts and preserves JSON according to RFC 8259, and nothing else.
"""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from tests.api.game import PASSWORD, Caller, Game, assert_problem

# Valid text, which the API returns unchanged.
PLAIN = [
    *("'; drop table events; --", "' or '1'='1", '" union select password_hash from players --'),
    *("1; attach database 'x' as y", "%' and 1=1 escape '%", "%s%n%x{0}{reason}"),
    *("${jndi:ldap://x/y}", "{{7*7}}<%= 7 %>", "<script>alert(1)</script>"),
    *('"},{"event":"request","level":"info"', "\\u000a\\n\\x1b[31m", "../../../../etc/passwd"),
    *("..\\..\\windows", "`id`; $(id) | id & id", "=cmd|' /C calc'!A0", "e\u0301 is not \u00e9"),
    *("\u212b \u00c5 A\u030a", "\ufb01 \uff41 \u2168 \u00b2", "\u0130\u0131\u1e9e\u00df\u03c2"),
    *("\U0001f468\U0001f3fd \U0001f1fa\U0001f1f3", "\U0010ffff\ue000\ufffd"),
]
# Text with characters that hide or forge text: refused in text fields, preserved in meta.
FORGING = [
    *("a\r\nSet-Cookie: x=1", 'a\n{"event":"request","level":"info"}', "a\x1b[2J\x1b[31mb"),
    *("a\x00b", "a\x7fb", "a\u0085b", "a\u2028b", "a\u202etxt.exe", "a\u200bb", "a\ufeffb"),
    "a\U000e0041b",
]
# Text that other programs often misinterpret.
CONFUSING = [
    *["undefined", "null", "NaN", "true", "0", "-1", "1/0", "0x0", "1e400", "1,000.00", "٣", "½"],
    *["'", '"', "''", "`", "\\", "\\\\", "%", "{0}", "${HOME}", "{% x %}", "\\x00", "C:\\con"],
    *["a\nb", "&lt;", "]]>", "@SUM(1)", "[/red]", "[#1]", "ÅÄÖ", "\u200b", "\ufeff", "日本語"],
    *[
        "👩\u200d👩\u200d👧\u200d👦",
        "ﷺ",
        "İıßǅ",
        "z\u0334\u0321",
        "z̴̡a̷l̸g̶o̵",
        " ",
        "   x  ",
        "\u2028",
        "\u3000",
    ],
]
JSON = [
    *['""', '"\\u0041"', '"\\ud83d\\ude00"', '"\\/\\b\\f\\n\\r\\t\\"\\\\"', '"é日本\u2028\x7f"'],
    *["0", "-0", "-1", "0.5", "1e3", "1E-3", "123456789012345678", "1.7976931348623157e308"],
    *["true", "false", "null", "[]", "{}", "[[],{}]", '{"":""}', "[ 1 ,\n\t2\r ]"],
]
NOT_JSON = [
    *["", "'a'", "a", "nul", "True", "NULL", "undefined", '"a', 'a"', '"a\nb"', '"a\tb"', '"\0"'],
    *['"\\x41"', '"\\u12"', '"\\u12g4"', '"\\', '"\\a"', "\ufeff1", "9" * 5000],
    *["01", "-01", "+1", "1.", ".5", "-", "--1", "1e", "1e+", "0x1F", "1_000", "1,000"],
    *["NaN", "Infinity", "-Infinity", "1/2", "½", "１"],  # noqa: RUF001 (a digit of full width)
    *["[1,]", "[,1]", "[1 2]", "[", "]", "[1", "1]", "[1}", '{"a"}', '{"a":}', '{"a":1,}'],
    *["{1:2}", "{a:1}", '{"a":1 "b":2}', '{"a" 1}', "{,}", "// x\n1", "/* x */ 1", "1 # x"],
]


def newest(game: Game, alice: Caller, count: int) -> list[object]:
    events = game.get("/events", alice, f"limit={count}").json["events"]
    return [event["meta"] for event in reversed(events)]


def test_text_is_preserved_or_refused(game: Game) -> None:
    alice = game.player()
    for text in [*PLAIN, *FORGING]:
        coins = {"amount": 1, "reason": text}
        character = {"character": text}
        earned = game.post("/earn", coins, alice)
        tracked = game.get("/track", alice, urlencode(character))
        if text in PLAIN:
            assert (earned.status_code, tracked.status_code) == (201, 200), text
            assert newest(game, alice, 2) == [coins, character]
        else:
            assert_problem(earned, 400, "invalid_body")
            assert_problem(tracked, 400, "invalid_parameter")
    for line in game.log.getvalue().splitlines():
        assert json.loads(line)["level"] == "info", line
        assert line.isprintable()


def test_meta_is_kept_as_it_was_sent(game: Game) -> None:
    alice = game.player()
    for text in [*PLAIN, *FORGING, *CONFUSING]:
        event = {"eventType": "a", "meta": {text: {"deep": [text, {text: None}]}, "x": text}}
        assert game.post("/event", event, alice).status_code == 201, text
        assert game.post("/events", {"events": [event]}, alice).json["recorded"] == 1, text
        assert newest(game, alice, 2) == [event["meta"]] * 2


@pytest.mark.sqlite_only("refused before the store is asked")
def test_names_numbers_and_times_refuse_hostile_text(game: Game) -> None:
    alice = game.player()
    for text in [*PLAIN, *FORGING]:
        for path, body in (
            ("/login", {"username": text, "password": PASSWORD}),
            ("/event", {"eventType": text}),
            ("/event", {"eventType": "a", "tsUtc": text}),
        ):
            assert_problem(game.post(path, body, alice), 400, "invalid_body")
        for path, name in (("/events", "limit"), ("/events", "before"), ("/stats", "userId")):
            answer = game.get(path, alice, urlencode({name: text}))
            assert_problem(answer, 400, "invalid_parameter")


@pytest.mark.sqlite_only("about JSON")
def test_only_valid_json_is_accepted_and_preserved(game: Game) -> None:
    alice = game.player()
    for text in [*JSON, *NOT_JSON]:
        body = f'{{"eventType": "x", "meta": {{"value": {text}}}}}'.encode()
        answer = game.post("/event", body, alice)
        if text in JSON:
            assert answer.status_code == 201, text
        else:
            assert_problem(answer, 400, "malformed_json")
    assert newest(game, alice, 100) == [{"value": json.loads(text)} for text in JSON]
