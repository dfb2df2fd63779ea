"""`python -m api serve`: the whole process over HTTP."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
import requests
from sqlalchemy import text

from tests.api.game import PASSWORD, PROBLEM, SECRET, Process
from warehouse.store.engine import is_postgres, open_engine
from warehouse.store.outbox import SqlOutbox

Start = Callable[..., Process]
COINS: dict[str, int | str] = {"amount": 1, "reason": "x"}


def send_raw(process: Process, data: bytes) -> bytes:
    """Send bytes as they are and read until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", process.port), timeout=10) as connection:
        connection.sendall(data)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


@contextmanager
def no_writes(store_url: str) -> Iterator[None]:
    """Keep the store's writer waiting."""
    engine = open_engine(store_url, writes=not is_postgres(store_url))
    with engine.connect() as store, store.begin() as transaction:
        if is_postgres(store_url):
            store.execute(text("lock table players in exclusive mode"))
        yield
        transaction.rollback()
    engine.dispose()


def test_everything_works_over_http(start: Start) -> None:
    process = start()
    headers = process.login()

    earned = requests.post(f"{process.url}/earn", json=COINS, headers=headers, timeout=10)
    balance = requests.get(f"{process.url}/balance", headers=headers, timeout=10)
    metrics = requests.get(f"{process.url}/metrics", timeout=10)

    assert (earned.status_code, earned.json()["balance"]) == (201, 1)
    assert balance.json()["balance"] == 1
    assert "gamehouse_loader_backlog_events 1.0" in metrics.text
    assert "gamehouse_store_commit_batch_size_count 2.0" in metrics.text


@pytest.mark.sqlite_only("about HTTP")
def test_process_listens_on_loopback_only_by_default(start: Start) -> None:
    process = start()

    assert json.loads(process.log().splitlines()[0])["host"] == "127.0.0.1"


@pytest.mark.sqlite_only("about HTTP")
@pytest.mark.parametrize("is_chunked", [False, True])
def test_ten_megabytes_are_413(start: Start, is_chunked: bool) -> None:
    process = start()
    headers = {**process.login(), "Content-Type": "application/json"}
    block = b" " * 65536
    body = (block for _ in range(160)) if is_chunked else block * 160

    answer = requests.post(f"{process.url}/earn", data=body, headers=headers, timeout=30)

    assert answer.status_code == 413


@pytest.mark.sqlite_only("about HTTP")
def test_a_body_that_is_too_large_gets_a_problem_document(start: Start) -> None:
    process = start()
    headers = {**process.login(), "Content-Type": "application/json"}

    answer = requests.post(f"{process.url}/earn", data=b" " * 300_000, headers=headers, timeout=30)

    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.json()["code"] == "body_too_large"


@pytest.mark.sqlite_only("about HTTP")
@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno header\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 32_749, 431),
    ],
)
def test_what_is_no_http_is_refused_and_the_connection_ends(
    start: Start, data: bytes, status: int
) -> None:
    received = send_raw(start(), data)

    assert f" {status} ".encode() in received.splitlines()[0]


@pytest.mark.sqlite_only("about HTTP")
def test_hostile_requests_leave_the_process_well(start: Start) -> None:
    process = start()
    headers = {**process.login(), "Content-Type": "application/json"}
    bodies = [b"[" * 200_000, b"\xff" * 1000, b'{"amount": 1e400}', b"{" * 1000, b"NaN", b""]
    for path in ("/login", "/earn", "/event", "/events"):
        for body in bodies:
            answer = requests.post(f"{process.url}{path}", data=body, headers=headers, timeout=10)
            assert answer.status_code == 400, (path, body[:20])
            assert answer.headers["Content-Type"] == PROBLEM
    for query in ("%", "%ff", "character=%00", "character=" + "x" * 8000, "a" * 8000):
        answer = requests.get(f"{process.url}/track?{query}", timeout=10)
        assert answer.status_code == 400, query[:20]
        assert answer.headers["Content-Type"] == PROBLEM

    assert requests.get(f"{process.url}/health", timeout=10).status_code == 200


@pytest.mark.sqlite_only("about HTTP")
def test_log_is_json_and_holds_nothing_secret(start: Start) -> None:
    process = start(JWT_SECRET=SECRET)
    headers = process.login()
    requests.get(f"{process.url}/balance", headers=headers, timeout=10)
    requests.get(f"{process.url}/track?character=query-value", timeout=10)
    requests.post(f"{process.url}/login", data=PASSWORD, timeout=10)
    send_raw(process, b"GET /\r\n\r\n")
    process.terminate()
    assert process.wait() == 0

    lines = [json.loads(line) for line in process.log().splitlines()]
    assert {line["event"] for line in lines} == {"serving", "request", "stopped"}
    assert all(line.keys() >= {"time", "level", "event"} for line in lines)
    token = headers["Authorization"].removeprefix("Bearer ")
    for secret in (PASSWORD, SECRET, token, "query-value", "argon2"):
        assert secret not in process.log()


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_stop_answers_a_request_that_waits_for_the_store(
    start: Start, store_url: str, signal_number: int
) -> None:
    process = start()
    headers = process.login()

    def earn() -> int:
        return requests.post(
            f"{process.url}/earn", json=COINS, headers=headers, timeout=30
        ).status_code

    with ThreadPoolExecutor(4) as pool:
        with no_writes(store_url):
            earning = [pool.submit(earn) for _ in range(4)]
            time.sleep(0.5)
            process.terminate(signal_number)
            time.sleep(1)
        assert [each.result() for each in earning] == [201] * 4
    assert process.wait() == 0


def test_stop_refuses_what_comes_after_it(start: Start, store_url: str) -> None:
    process = start()
    headers = process.login()
    with ThreadPoolExecutor(1) as pool:
        with no_writes(store_url):
            earning = pool.submit(
                requests.post, f"{process.url}/earn", json=COINS, headers=headers, timeout=30
            )
            time.sleep(0.5)
            process.terminate()
            time.sleep(0.2)
            late = requests.post(f"{process.url}/earn", json=COINS, headers=headers, timeout=10)
            ready = requests.get(f"{process.url}/health", timeout=10)
        assert earning.result().status_code == 201
    assert (late.status_code, late.json()["code"]) == (503, "stopping")
    assert late.headers["Retry-After"] == "1"
    assert ready.status_code == 503
    assert process.wait() == 0


@pytest.mark.sqlite_only("about HTTP")
def test_idle_connections_do_not_delay_the_stop(start: Start) -> None:
    process = start()
    with requests.Session() as session:
        assert session.get(f"{process.url}/health", timeout=10).ok
        process.terminate()
        assert process.wait() == 0


def test_every_answered_request_of_a_stop_under_load_is_in_the_store(
    start: Start, store_url: str
) -> None:
    process = start()
    headers = process.login()
    acknowledged: list[str] = []
    failures: list[object] = []

    def earn_until_the_end() -> None:
        with requests.Session() as session:
            while True:
                try:
                    answer = session.post(
                        f"{process.url}/earn", json=COINS, headers=headers, timeout=30
                    )
                except requests.ConnectionError:
                    return
                if answer.status_code == 503 and answer.json()["code"] == "stopping":
                    return
                if answer.status_code != 201:
                    failures.append(answer.text)
                    return
                acknowledged.append(answer.json()["eventId"])

    clients = [threading.Thread(target=earn_until_the_end) for _ in range(8)]
    for client in clients:
        client.start()
    time.sleep(1)
    process.terminate()
    exit_code = process.wait()
    for client in clients:
        client.join()

    outbox = SqlOutbox(store_url)
    stored = outbox.next_batch(10**6).events.event_id
    outbox.close()
    assert exit_code == 0
    assert failures == []
    assert len(acknowledged) > 8
    assert set(acknowledged) <= set(stored)


def test_stop_ships_what_is_committed(start: Start, tmp_path: Path) -> None:
    # So long an interval that nothing but the stop can ship the last events.
    process = start(LOADER="on", LOADER_INTERVAL_SECONDS="3600")
    ids = [
        requests.get(f"{process.url}/track?character=x", timeout=10).json()["eventId"]
        for _ in range(5)
    ]
    process.terminate()
    assert process.wait() == 0, process.log()

    with duckdb.connect(str(tmp_path / "w.duckdb"), read_only=True) as warehouse:
        rows = warehouse.execute("select event_id from raw.game_events order by 1").fetchall()
    assert [row[0] for row in rows] == sorted(ids)


@pytest.mark.sqlite_only("about HTTP")
def test_development_secret_outlives_the_process(start: Start) -> None:
    first = start()
    headers = first.login()
    first.terminate()
    first.wait()

    second = start()

    assert requests.get(f"{second.url}/balance", headers=headers, timeout=10).status_code == 200


@pytest.mark.sqlite_only("about HTTP")
def test_requests_sent_at_once_over_a_connection_are_answered_in_their_order(
    start: Start,
) -> None:
    process = start()
    token = process.login()["Authorization"]
    body = json.dumps(COINS)
    head = f"Host: x\r\nAuthorization: {token}\r\nContent-Type: application/json\r\n"
    earn = f"POST /earn HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}"
    last = f"GET /balance HTTP/1.1\r\n{head}Connection: close\r\n\r\n"

    received = send_raw(process, (earn * 30 + last).encode())

    answers = [json.loads(part.splitlines()[-1]) for part in received.split(b"HTTP/1.1 ")[1:]]
    assert [answer["balance"] for answer in answers] == [*range(1, 31), 30]


@pytest.mark.sqlite_only("about HTTP")
def test_client_that_takes_no_answers_keeps_nobody_waiting(start: Start) -> None:
    process = start()
    large = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", process.port), timeout=20) as connection:
        connection.sendall(large * 20)
        assert requests.get(f"{process.url}/health", timeout=10).ok
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while chunk := connection.recv(1 << 20):
            received += chunk

    assert received.count(b"HTTP/1.1 200 OK") >= 1
    assert requests.get(f"{process.url}/health", timeout=10).ok


@pytest.mark.sqlite_only("about HTTP")
def test_log_of_a_stop_under_load_misses_no_answer(start: Start) -> None:
    process = start()
    headers = process.login()
    answered: dict[int, list[str]] = {client: [] for client in range(8)}

    def ask_until_the_end(client: int) -> None:
        with requests.Session() as session:
            while True:
                name = f"client-{client}.{len(answered[client])}"
                try:
                    session.get(
                        f"{process.url}/balance",
                        headers={**headers, "X-Request-ID": name},
                        timeout=30,
                    )
                except requests.ConnectionError:
                    return
                answered[client].append(name)

    clients = [threading.Thread(target=ask_until_the_end, args=[client]) for client in answered]
    for thread in clients:
        thread.start()
    while min(len(names) for names in answered.values()) < 20:
        time.sleep(0.01)
    process.terminate()
    assert process.wait() == 0
    for thread in clients:
        thread.join()

    logged = [line.get("request_id", "") for line in map(json.loads, process.log().splitlines())]
    for client, names in answered.items():
        of_client = [name for name in logged if name.startswith(f"client-{client}.")]
        assert of_client[: len(names)] == names
        # An answer may be lost on its way to a client.
        assert len(of_client) <= len(names) + 1
