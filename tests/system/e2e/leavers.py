"""Players who renew their token, change their password and erase their account in a storm."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from sqlalchemy import MetaData, select

from tests.support.server import Request, Server
from tests.system.e2e.storm import Storm, in_warehouse, wait_for
from warehouse.operations.verify import verify_live
from warehouse.settings import Settings, store_beside
from warehouse.store.engine import open_engine

LEAVE_SECONDS = 120
# Every process knows of ended sessions within a second.
END_SECONDS = 10
# What is in all that leavers write, and nowhere else.
MARK = "leaver"
TOMBSTONES = "select user_id from raw.players where username like 'erased player %'"


@contextmanager
def leaving(storm: Storm, count: int) -> Iterator[list[Future[int]]]:
    """Let players come and go, four at a time; at the end, wait until all have left."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        leavers = [pool.submit(_play_and_leave, storm, f"{MARK}-{each}") for each in range(count)]
        try:
            yield leavers
        finally:
            wait_for(lambda: all(leaver.done() for leaver in leavers), LEAVE_SECONDS)
    for leaver in leavers:
        leaver.result()  # raises the error of a leaver before a check meets its consequences


def assert_erased(server: Server, leavers: list[Future[int]]) -> None:
    """Nothing in store and warehouse names the players who left, and the books still balance."""
    erased = sorted((leaver.result(),) for leaver in leavers)
    path = server.warehouse
    wait_for(lambda: sorted(in_warehouse(path, TOMBSTONES)) == erased, END_SECONDS)
    assert sorted(in_warehouse(path, TOMBSTONES)) == erased
    landed = [in_warehouse(path, f"from raw.{table}") for table in ("players", "game_events")]
    assert MARK not in repr(landed)
    store_url = server.environment.get("STORE_URL", store_beside(path))
    assert MARK not in repr(_rows_of(store_url))
    settings = Settings.from_environment({"WAREHOUSE_PATH": str(path), "STORE_URL": store_url})
    assert [check for check in verify_live(settings) if not check.holds] == []


def _rows_of(store_url: str) -> list[object]:
    """Read all tables of a store."""
    engine, tables = open_engine(store_url, writes=False), MetaData()
    with engine.begin() as store:
        tables.reflect(store)
        rows = [row for table in tables.sorted_tables for row in store.execute(select(table))]
    engine.dispose()
    assert rows
    return [tuple(row) for row in rows]


def _play_and_leave(storm: Storm, name: str) -> int:
    """Play a little as a new player, and erase the account; return the user id.

    A request is sent again until it is answered. So each may have been done before, and its answer
    lost.
    """
    first, second = f"horse of {name}", f"staple of {name}"
    _, login = _insist(storm, Request("POST", "/login", {"username": name, "password": first}))
    user_id, token = int(login["userId"]), login["token"]
    status, renewed = _insist(storm, Request("POST", "/token", token=token))
    assert (status, renewed["userId"]) == (200, user_id), renewed
    event_ids = []
    for path, body, coins, at in (
        ("/earn", {"amount": 5, "reason": f"{name} won"}, 5, token),
        ("/spend", {"amount": 2, "reason": f"hat of {name}"}, -2, renewed["token"]),
        ("/event", {"eventType": "chat", "meta": {"text": f"I am {name}"}}, 0, renewed["token"]),
    ):
        status, answer = _insist(storm, Request("POST", path, body, at, key=f"{name}{path}"))
        assert status == 201, answer
        event_ids.append(answer["eventId"])
        storm.coins[user_id] += coins
    storm.event_ids += event_ids

    changed = _with_new_password(storm, name, first, second, renewed["token"])
    for ended in (token, renewed["token"]):
        assert wait_for(partial(_is_ended, storm, ended), END_SECONDS)
    status, told = _insist(storm, Request("GET", "/account/export", token=changed))
    assert status == 200, told
    assert (told["balance"], [event["eventId"] for event in told["events"]]) == (3, event_ids[::-1])

    erasure = Request("DELETE", "/account", {"password": second}, changed)
    status, answer = _insist(storm, erasure)
    assert status == 204 or (status, answer["code"]) == (401, "invalid_token"), answer
    return user_id


def _with_new_password(storm: Storm, name: str, old: str, new: str, token: str) -> str:
    """Change the password; return the token of the new session."""
    status, answer = _insist(storm, Request("POST", "/password", {"old": old, "new": new}, token))
    if status != 200:
        # It was changed, and the answer lost: the session has ended, and the password is not right.
        assert answer["code"] in ("invalid_token", "wrong_password"), answer
        login = Request("POST", "/login", {"username": name, "password": new})
        status, answer = _insist(storm, login)
        assert status == 200, answer
    status, refused = _insist(storm, Request("POST", "/login", {"username": name, "password": old}))
    assert (status, refused["code"]) == (401, "wrong_password"), refused
    return str(answer["token"])


def _is_ended(storm: Storm, token: str) -> bool:
    status, _ = _insist(storm, Request("GET", "/balance", token=token))
    return status == 401


def _insist(storm: Storm, request: Request) -> tuple[int, Any]:
    """Send a request to the servers in turn until one answers."""
    servers = [storm.server, *storm.others]
    while True:
        with suppress(OSError, http.client.HTTPException):
            status, answer = servers[0].call(request)
            if status < 500:
                return status, answer
        servers.append(servers.pop(0))
        time.sleep(0.05)
