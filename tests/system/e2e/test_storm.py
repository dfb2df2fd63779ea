"""Every acknowledged event and coin is kept once, whatever else happens."""

from __future__ import annotations

import http.client
import random
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import duckdb

from tests.support.harness import GOOD, Project
from tests.support.long import IS_LONG
from tests.support.server import Request, Server
from tests.system.e2e.storm import (
    Storm,
    assert_exactly_what_was_acknowledged,
    in_warehouse,
    wait_for,
)
from warehouse.operations.verify import verify_live
from warehouse.settings import Settings, store_beside

BUILDS = 12 if IS_LONG else 2
LEAVE_SECONDS = 120
LEAVERS = 40 if IS_LONG else 12
KILLS = 200 if IS_LONG else 10
HOLD_SECONDS = 60 if IS_LONG else 5


def test_builds_and_clients_do_not_disturb_each_other(project: Project, server: Server) -> None:
    project.write_inputs(GOOD)
    storm = Storm(server)
    storm.start()
    try:
        builds = [project.build() for _ in range(BUILDS)]
    finally:
        storm.stop()
    assert [build.exit_code for build in builds] == [0] * BUILDS, builds[-1].output
    assert storm.failures == []
    assert_exactly_what_was_acknowledged(storm, server)
    assert server.stop() == 0


def test_nothing_is_lost_or_comes_back_when_the_api_is_killed(server: Server) -> None:
    """Players erase their accounts meanwhile: nothing names them, and their coins still count."""
    moments = random.Random(20260105)
    storm = Storm(server)
    storm.start()
    with ThreadPoolExecutor(max_workers=4) as pool:
        try:
            leavers = [pool.submit(_leave, storm, f"leaver-{number}") for number in range(LEAVERS)]
            for _ in range(KILLS):
                time.sleep(moments.uniform(0.1, 1.5))
                server.kill()
                server.start()
        finally:
            wait_for(lambda: all(leaver.done() for leaver in leavers), LEAVE_SECONDS)
            storm.stop()
    erased = {leaver.result() for leaver in leavers}
    assert storm.failures, "no kill met a request: the test shows nothing"
    path = server.warehouse
    tombstones = "select user_id from raw.players where username like 'erased player %'"
    wait_for(lambda: {row[0] for row in in_warehouse(path, tombstones)} == erased, 10)
    assert sorted(in_warehouse(path, tombstones)) == sorted((each,) for each in erased)
    assert_exactly_what_was_acknowledged(storm, server)
    assert server.stop() == 0
    landed = [in_warehouse(path, f"from raw.{table}") for table in ("players", "game_events")]
    assert "leaver" not in repr(landed)
    with closing(sqlite3.connect(store_beside(path).removeprefix("sqlite:///"))) as store:
        assert "leaver" not in "".join(store.iterdump())
    checks = verify_live(Settings.from_environment({"WAREHOUSE_PATH": str(path)}))
    assert [check for check in checks if not check.holds] == []


def _leave(storm: Storm, username: str) -> int:
    """Play a little as a new player, and erase the account; return the user id."""
    password = {"password": "correct horse"}
    login = _insist(storm, Request("POST", "/login", {"username": username, **password}))[1]
    token = login["token"]
    for path, body, coins in (
        ("/earn", {"amount": 5, "reason": f"{username} won"}, 5),
        ("/spend", {"amount": 2, "reason": f"hat of {username}"}, -2),
        ("/event", {"eventType": "chat", "meta": {"text": f"I am {username}"}}, 0),
    ):
        request = Request("POST", path, body, token, key=f"{username} {path}".replace(" ", "-"))
        status, answer = _insist(storm, request)
        assert status == 201, answer
        storm.event_ids.append(answer["eventId"])
        storm.coins[login["userId"]] += coins
    status, answer = _insist(storm, Request("DELETE", "/account", password, token))
    # The answer may have been lost; then the token has ended.
    assert status == 204 or (status, answer["code"]) == (401, "invalid_token"), answer
    return int(login["userId"])


def _insist(storm: Storm, request: Request) -> tuple[int, Any]:
    """Send a request until the server answers."""
    while True:
        with suppress(OSError, http.client.HTTPException):
            status, answer = storm.server.call(request)
            if status < 500:
                return status, answer
        time.sleep(0.05)


def test_a_thousand_earns_at_once_end_in_the_exact_balance(server: Server) -> None:
    token = _login(server)
    earn = Request("POST", "/earn", {"amount": 3, "reason": "race"}, token)
    with ThreadPoolExecutor(max_workers=100) as pool:
        statuses = [status for status, _ in pool.map(lambda _: server.call(earn), range(1000))]
    assert statuses == [201] * 1000
    assert server.call(Request("GET", "/balance", token=token))[1]["balance"] == 3000


def test_a_thousand_earns_and_spends_at_once_never_go_below_zero(server: Server) -> None:
    token = _login(server)
    requests = (
        Request("POST", "/earn", {"amount": 3, "reason": "race"}, token),
        Request("POST", "/spend", {"amount": 5, "reason": "race"}, token),
    )
    with ThreadPoolExecutor(max_workers=100) as pool:
        answers = list(pool.map(lambda number: server.call(requests[number % 2]), range(1000)))
    assert [status for status, _ in answers[::2]] == [201] * 500
    refused = [answer["code"] for status, answer in answers[1::2] if status != 201]
    assert set(refused) == {"insufficient_balance"}
    assert min(answer["balance"] for status, answer in answers if status == 201) >= 0
    left = 3 * 500 - 5 * (500 - len(refused))
    assert server.call(Request("GET", "/balance", token=token))[1]["balance"] == left


def test_same_key_sent_fifty_times_at_once_pays_once(server: Server) -> None:
    token = _login(server)
    earn = Request("POST", "/earn", {"amount": 3, "reason": "retry"}, token, key="quest-7")
    with ThreadPoolExecutor(max_workers=50) as pool:
        answers = list(pool.map(lambda _: server.call(earn), range(50)))
    assert answers == [answers[0]] * 50
    assert answers[0][0] == 201
    assert server.call(Request("GET", "/balance", token=token))[1]["balance"] == 3
    assert server.call(Request("GET", "/stats", token=token))[1]["counts"] == {"earn": 1}


def _login(server: Server) -> str:
    credentials = {"username": "ada", "password": "correct horse"}
    status, answer = server.call(Request("POST", "/login", credentials))
    assert status == 201
    return str(answer["token"])


def test_reader_that_holds_the_file_stops_nothing(server: Server) -> None:
    storm = Storm(server, clients=4)
    storm.start()
    assert wait_for(server.warehouse.exists, 10)
    with _held(server.warehouse):
        before = len(storm.event_ids)
        time.sleep(HOLD_SECONDS)
        while_held = len(storm.event_ids) - before
    storm.stop()
    assert storm.failures == []
    assert while_held > 100
    assert_exactly_what_was_acknowledged(storm, server)


def _held(path: Path) -> closing[duckdb.DuckDBPyConnection]:
    while True:
        try:
            return closing(duckdb.connect(str(path), read_only=True))
        except duckdb.IOException:
            threading.Event().wait(0.01)
