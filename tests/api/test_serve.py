"""`python -m api serve`: secrets and shutdown."""

from __future__ import annotations

import signal
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
import requests

from api.settings import DEVELOPMENT_KEY_FILE
from tests.api.game import PASSWORD, Start, no_writes
from warehouse.store.outbox import SqlOutbox

COINS: dict[str, int | str] = {"amount": 1, "reason": "x"}
WRONG = "wrong horse battery"


@pytest.mark.sqlite_only("reads its files")
def test_secrets_are_in_no_file_and_no_answer(start: Start, tmp_path: Path) -> None:
    process = start(LOADER="on", JWT_SECRET="")
    tokens = []
    for password in (PASSWORD, PASSWORD, WRONG):
        credentials = {"username": "alice", "password": password}
        answer = process.ask("POST", "/login", json=credentials)
        assert password not in answer.text
        if answer.ok:
            tokens.append(answer.json()["token"])
    first, second = ({"Authorization": f"Bearer {token}"} for token in tokens)
    key = {"Idempotency-Key": "once"}
    assert process.ask("POST", "/earn", first, json=COINS, headers=key).ok
    assert process.ask("POST", "/logout", first).status_code == 204
    assert process.ask("GET", "/balance", first).status_code == 401
    assert process.ask("GET", "/track?character=query-value").ok
    assert process.ask("POST", "/login", data=PASSWORD).status_code == 415
    assert process.stop() == 0

    key_file = tmp_path / DEVELOPMENT_KEY_FILE
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    secret = key_file.read_text().strip()
    # The signature is the secret part of a token.
    signatures = [token.rpartition(".")[2] for token in tokens]
    files = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    del files[key_file.name]
    assert {"w.duckdb", "w.store.sqlite", "api.log"} <= files.keys()
    for name, content in files.items():
        for text in (PASSWORD, WRONG, secret, *tokens, *signatures):
            assert text.encode() not in content, name
        assert (b"$argon2id$" in content) == (name == "w.store.sqlite"), name
    assert b"query-value" not in files["api.log"]
    with duckdb.connect(str(tmp_path / "w.duckdb"), read_only=True) as warehouse:
        tables = warehouse.execute("select table_name from duckdb_tables()").fetchall()
        columns = warehouse.execute("select column_name from duckdb_columns()").fetchall()
    assert sorted(tables) == [("game_events",), ("players",), ("source_store",)]
    assert not any("password" in name or "hash" in name for (name,) in columns)

    lines = process.log_lines()
    events = {line["event"] for line in lines}
    assert events - {"warehouse.loader.loader"} == {"serving", "request", "stopped"}
    assert all(line.keys() >= {"time", "level", "event"} for line in lines)
    assert [line["host"] for line in lines if line["event"] == "serving"] == ["127.0.0.1"]
    # The generated secret outlives the process.
    assert start(JWT_SECRET="").ask("GET", "/balance", second).status_code == 200


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_stop_finishes_waiting_requests_and_refuses_new_ones(
    start: Start, store_url: str, signal_number: int
) -> None:
    process = start()
    alice = process.login()

    def earn() -> requests.Response:
        return process.ask("POST", "/earn", alice, json=COINS)

    # An idle connection does not delay the stop.
    with requests.Session() as idle, ThreadPoolExecutor(5) as pool:
        assert idle.get(f"{process.url}/health", timeout=10).ok
        with no_writes(store_url):
            earning = [pool.submit(earn) for _ in range(4)]
            time.sleep(0.5)
            stopping = pool.submit(process.stop, signal_number)
            time.sleep(0.2)
            late, health = earn(), process.ask("GET", "/health")
        answers = [each.result() for each in earning]
        assert [answer.status_code for answer in answers] == [201] * 4
        assert stopping.result() == 0
    assert (late.status_code, late.json()["code"]) == (503, "stopping")
    assert late.headers["Retry-After"] == "1"
    assert health.status_code == 503
    outbox = SqlOutbox(store_url)
    assert outbox.next_batch(10).events.event_id == sorted(
        answer.json()["eventId"] for answer in answers
    )
    outbox.close()


def test_a_stop_under_load_loses_no_answered_request_and_no_line_of_the_log(
    start: Start, store_url: str
) -> None:
    process = start()
    alice = process.login()
    answered: dict[int, list[str]] = {client: [] for client in range(8)}
    acknowledged: set[str] = set()
    statuses: set[int] = set()

    def earn_until_the_end(client: int) -> None:
        with requests.Session() as session:
            while True:
                name = f"client-{client}.{len(answered[client])}"
                headers = {**alice, "X-Request-ID": name}
                try:
                    answer = session.post(
                        f"{process.url}/earn", json=COINS, headers=headers, timeout=30
                    )
                except requests.ConnectionError:
                    return
                answered[client].append(name)
                statuses.add(answer.status_code)
                acknowledged.add(answer.json().get("eventId", ""))

    clients = [threading.Thread(target=earn_until_the_end, args=[client]) for client in answered]
    for thread in clients:
        thread.start()
    while min(len(names) for names in answered.values()) < 20:
        time.sleep(0.01)
    assert process.stop() == 0
    for thread in clients:
        thread.join()

    with closing(SqlOutbox(store_url)) as outbox:
        stored = outbox.next_batch(10**6).events.event_id
    assert 201 in statuses
    assert statuses <= {201, 503}
    assert acknowledged - {""} <= set(stored)
    logged = [line.get("request_id", "") for line in process.log_lines()]
    for client, names in answered.items():
        of_client = [name for name in logged if name.startswith(f"client-{client}.")]
        assert of_client[: len(names)] == names
        # The last answer may not reach the client.
        assert len(of_client) <= len(names) + 1


def test_stop_ships_what_is_committed(start: Start, tmp_path: Path) -> None:
    # The interval is so long that only the stop can ship the last events.
    process = start(LOADER="on", LOADER_INTERVAL_SECONDS="3600")
    ids = [process.ask("GET", "/track?character=x").json()["eventId"] for _ in range(5)]
    assert process.stop() == 0, process.log.read_text()

    with duckdb.connect(str(tmp_path / "w.duckdb"), read_only=True) as warehouse:
        rows = warehouse.execute("select event_id from raw.game_events order by 1").fetchall()
    assert [row[0] for row in rows] == sorted(ids)


@pytest.mark.sqlite_only("about HTTP")
def test_rarer_methods_are_refused(start: Start) -> None:
    """This test uses HTTP, because Falcon's test client warns about these methods."""
    process = start()

    answers = {
        method: process.ask(method, "/health") for method in ("CONNECT", "QUERY", "PROPFIND", "FOO")
    }

    told = {
        method: (answer.status_code, answer.json()["code"]) for method, answer in answers.items()
    }
    assert told.pop("FOO") == (400, "bad_request")
    assert set(told.values()) == {(405, "method_not_allowed")}
