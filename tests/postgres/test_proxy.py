"""Two nodes behind the proxy of the compose file: one is killed, and no client notices."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.image import NODES, compose
from tests.left_out import leave_out
from tests.postgres.server import PostgresServer
from tests.server import Request, Server, free_port

CLIENTS = 4
PATIENCE_SECONDS = 30


@pytest.fixture
def nodes(postgres: PostgresServer, tmp_path: Path) -> Iterator[list[Server]]:
    """Two nodes on one store."""
    url = postgres.empty_store()
    settings = {"STORE_URL": url, "TRUSTED_PROXIES": "1"}
    nodes = [
        Server(tmp_path / "game.duckdb", settings, log_path=tmp_path / f"{name}.log")
        for name in NODES
    ]
    for node in nodes:
        node.start()
    yield nodes
    for node in nodes:
        node.kill()


@pytest.fixture
def proxy(nodes: list[Server], tmp_path: Path) -> Iterator[Server]:
    """The proxy, set up as in the compose file but for the addresses."""
    program = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        leave_out("HAProxy is not installed (Debian's package is haproxy)")
    proxy = Server(tmp_path / "proxy.duckdb", port=free_port())
    settings = str(compose()["configs"]["proxy"]["content"])
    settings = settings.replace("bind :5000", f"bind 127.0.0.1:{proxy.port}")
    for name, node in zip(NODES, nodes, strict=True):
        settings = settings.replace(f"{name}:5000", f"127.0.0.1:{node.port}")
    # Names are what its resolvers are for, and these are numbers.
    settings = re.sub(" resolvers docker init-addr libc,none", "", settings)
    (tmp_path / "haproxy.cfg").write_text(settings, encoding="utf-8")
    with (tmp_path / "haproxy.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "-f", tmp_path / "haproxy.cfg"], stdout=log, stderr=log
        )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _is_up(proxy):
        assert process.poll() is None, (tmp_path / "haproxy.log").read_text()
        assert time.monotonic() < deadline, (tmp_path / "haproxy.log").read_text()
        time.sleep(0.05)
    yield proxy
    process.kill()
    process.wait()


def _is_up(server: Server) -> bool:
    try:
        return server.call(Request("GET", "/health"))[0] == 200
    except OSError:
        return False


def _earns(server: Server) -> float:
    """How many earns a node has answered with success."""
    _, metrics = server.call(Request("GET", "/metrics"))
    pattern = rb'^gamehouse_http_requests_total\{.*route="/earn",status="20\d"\} (\S+)$'
    return sum(float(count) for count in re.findall(pattern, metrics, re.MULTILINE))


def test_a_killed_node_is_not_noticed(nodes: list[Server], proxy: Server) -> None:
    answers: list[tuple[int, str]] = []
    ends = threading.Event()

    def play(name: str) -> None:
        login = {"username": name, "password": "correct horse battery"}
        _, body = proxy.call(Request("POST", "/login", login))
        number = 0
        while not ends.is_set():
            number += 1
            earn = Request(
                "POST", "/earn", {"amount": 1, "reason": "t"}, body["token"], f"{name}-{number}"
            )
            for _ in range(10):
                try:
                    status, _ = proxy.call(earn)
                except OSError:
                    status = 0
                # What was under way at the node that died is sent again, with the same key.
                if status in (200, 201):
                    break
                time.sleep(0.2)
            answers.append((status, name))

    clients = [threading.Thread(target=play, args=[f"player{n}"]) for n in range(CLIENTS)]
    for client in clients:
        client.start()
    _wait_for(answers, 40)
    assert all(_earns(node) > 0 for node in nodes)
    nodes[0].kill()
    _wait_for(answers, len(answers) + 40)
    nodes[0].start()
    _wait_for(answers, len(answers) + 40)
    ends.set()
    for client in clients:
        client.join()
    assert {status for status, _ in answers} <= {200, 201}
    for name in {name for _, name in answers}:
        login = {"username": name, "password": "correct horse battery"}
        token = proxy.call(Request("POST", "/login", login))[1]["token"]
        earned = sum(earner == name for _, earner in answers)
        assert proxy.call(Request("GET", "/balance", token=token))[1]["balance"] == earned


def _wait_for(answers: list[tuple[int, str]], count: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(answers) < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/metrics", 404),
        ("//metrics", 404),
        ("/%6detrics", 404),
        ("/%6Detrics", 404),
        ("/%2fmetrics", 404),
        ("/./metrics", 404),
        ("/docs/../metrics", 404),
        ("/docs/%2e%2e/metrics", 404),
        ("/metrics/", 404),
        ("/metrics?x", 404),
        ("/health/.", 404),
        ("/health", 200),
        ("/track?character=//%6d/../x", 200),
    ],
)
def test_no_spelling_of_a_hidden_path_gets_through(
    proxy: Server, nodes: list[Server], target: str, status: int
) -> None:
    assert proxy.call(Request("GET", target))[0] == status
    assert nodes[0].call(Request("GET", "/metrics"))[0] == 200
