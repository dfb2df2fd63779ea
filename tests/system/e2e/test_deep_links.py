"""A click on a deep link from the API through the store, the loader and a build to the report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from tests.support.harness import GOOD, Project
from tests.support.server import Request, Server

CLICKED = {
    "dragon_queen": 3,
    "Dragon_Queen": 1,
    "'; drop table events;--": 1,
    '"},{"character":"x': 1,
    "<script>alert(1)</script>": 2,
    "龍の女王 \U0001f409": 1,
    "x" * 128: 1,
}
REFUSED = [
    "/track",
    "/track?character=",
    "/track?character=%20%20",
    "/track?character=a&character=b",
    f"/track?character={'x' * 129}",
    "/track?character=a%00b",
    "/track?character=a%0Ab",
    "/track?character=%FF",
]


def test_clicks_reach_the_report_and_refused_ones_do_not(project: Project) -> None:
    project.write_inputs(GOOD)
    server = Server(project.warehouse)
    server.start()
    try:
        credentials = {"username": "ada", "password": "correct horse"}
        token = server.call(Request("POST", "/login", credentials))[1]["token"]
        for character, times in CLICKED.items():
            click = Request("GET", f"/track?character={quote(character, safe='')}")
            assert [server.call(click)[0] for _ in range(times)] == [200] * times
        assert server.call(Request("GET", "/track?character=dragon_queen", token=token))[0] == 200
        for path in REFUSED:
            assert server.call(Request("GET", path))[0] == 400, path
    finally:
        exit_code = server.stop()
    assert exit_code == 0

    run = project.build()

    assert run.exit_code == 0, run.output
    report = project.report("deep_links")
    assert {row["character"]: row["clicks"] for row in report} == {
        **CLICKED,
        "dragon_queen": CLICKED["dragon_queen"] + 1,
    }
    assert {row["character"]: row["players"] for row in report} == {
        **dict.fromkeys(CLICKED, 0),
        "dragon_queen": 1,
    }
    for row in report:
        assert row["first_click_utc"] <= row["last_click_utc"]


def test_purchases_follow_the_players_whom_a_link_brought(project: Project) -> None:
    """Clicks of the API meet purchases by the game's own id of the player."""
    server = Server(project.warehouse)
    server.start()
    try:
        ids, tokens = {}, {}
        for name in ("ada", "bob"):
            credentials = {"username": name, "password": "correct horse"}
            answer = server.call(Request("POST", "/login", credentials))[1]
            ids[name], tokens[name] = answer["userId"], answer["token"]

        def click(character: str, token: str | None = None) -> None:
            path = f"/track?character={character}"
            assert server.call(Request("GET", path, token=token))[0] == 200

        click("knight", tokens["ada"])
        click("knight", tokens["ada"])
        click("knight", tokens["bob"])
        click("knight")
        click("ghost")
    finally:
        exit_code = server.stop()
    assert exit_code == 0
    # The API stamps a click with its clock, so the purchases are relative to it.
    now = datetime.now(UTC)
    days = [(now + timedelta(days=days)).isoformat() for days in (-1, 1, 2, 3)]
    purchases = [
        ("ada", days[0], "64", "A"),  # before the click
        ("ada", days[1], "1.50", "A"),
        ("ada", days[2], "2", "B"),
        ("bob", days[3], "4", "A"),
        (None, days[3], "32", "A"),
    ]
    rows = [
        f"af_{number},{ids.get(name or '', '')},purchase,{at},{usd},{campaign},RCP-{number},success"
        for number, (name, at, usd, campaign) in enumerate(purchases, start=1)
    ]
    header, _ = GOOD["purchases_raw"].split("\n", 1)
    header = header.replace("appsflyer_id,", "appsflyer_id,customer_user_id,", 1)
    project.write_inputs({**GOOD, "purchases_raw": "\n".join([header, *rows, ""])})

    run = project.build()

    assert run.exit_code == 0, run.output
    nothing = {"payers": None, "purchases": None, "revenue_usd": None}
    knight = {"character": "knight", "scope": "character", "campaign": None}
    part = {"character": "knight", "scope": "campaign", "clicks": None, "players": None}
    assert project.report("characters") == [
        {"character": "ghost", "scope": "character", "campaign": None}
        | {"clicks": 1, "players": 0, **nothing, "state": "no_player"},
        {**knight, "clicks": 4, "players": 2}
        | {"payers": 2, "purchases": 3, "revenue_usd": 7.5, "state": "ok"},
        {**part, "campaign": "A", "payers": 2, "purchases": 2, "revenue_usd": 5.5, "state": "ok"},
        {**part, "campaign": "B", "payers": 1, "purchases": 1, "revenue_usd": 2, "state": "ok"},
    ]
