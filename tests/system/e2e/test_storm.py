"""Every acknowledged event and coin is kept once, whatever else happens."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import duckdb

from tests.support.harness import GOOD, Project
from tests.support.long import IS_LONG
from tests.support.server import Request, Server
from tests.system.e2e.leavers import assert_erased, leaving
from tests.system.e2e.storm import Storm, assert_exactly_what_was_acknowledged, wait_for

BUILDS = 12 if IS_LONG else 2
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
    try:
        with leaving(storm, LEAVERS) as leavers:
            for _ in range(KILLS):
                time.sleep(moments.uniform(0.1, 1.5))
                server.kill()
                server.start()
    finally:
        storm.stop()
    assert storm.failures, "no kill met a request: the test shows nothing"
    assert_exactly_what_was_acknowledged(storm, server)
    assert_erased(server, leavers)
    assert server.stop() == 0


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
