"""A click on a deep link from the API through the store, the loader and a build to the report."""

from __future__ import annotations

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
