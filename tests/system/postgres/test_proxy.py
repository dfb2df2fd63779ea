"""Two nodes behind the proxy of the compose file: one ends, and no client loses anything."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.harness import ROOT
from tests.support.long import IS_LONG
from tests.support.server import Request, Server
from tests.system.containers.image import NODES, command
from tests.system.e2e.storm import Storm, assert_exactly_what_was_acknowledged
from tests.system.postgres.proxies import HAPROXY, Node, Proxy, running
from tests.system.postgres.server import PostgresServer

CLIENTS = 4
KILLS = 30 if IS_LONG else 3
MAX_WAIT_SECONDS = 30


@pytest.fixture
def nodes(postgres: PostgresServer, tmp_path: Path) -> Iterator[list[Node]]:
    """Two nodes on one store."""
    settings = {"STORE_URL": postgres.empty_store()}
    nodes = [Node(tmp_path / f"{name}.log", settings) for name in NODES]
    for node in nodes:
        node.start()
    yield nodes
    for node in nodes:
        node.kill()


@pytest.fixture
def proxy(nodes: list[Node], tmp_path: Path) -> Iterator[Proxy]:
    """The proxy of the compose file; the clients have one address, and send all they can."""
    with running(HAPROXY, nodes, tmp_path, {"gt 2000": "gt 1000000"}) as proxy:
        yield proxy


@pytest.fixture
def loader(nodes: list[Node], tmp_path: Path) -> Iterator[None]:
    """The loader of the compose file, which no node has in its process."""
    program, *options = command("loader")
    assert program == "python"
    environment = {**os.environ, **nodes[0].environment, "WAREHOUSE_PATH": str(nodes[0].warehouse)}
    with (tmp_path / "loader.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *options], env=environment, cwd=ROOT, stdout=log, stderr=log
        )
    yield
    process.terminate()
    assert process.wait(timeout=MAX_WAIT_SECONDS) == 0


@pytest.mark.usefixtures("loader")
def test_nothing_acknowledged_is_lost_when_nodes_are_killed_in_turn(
    nodes: list[Node], proxy: Proxy
) -> None:
    """No client meets a node that is down for longer than the request that it was at."""
    moments = random.Random(20260105)
    behind = Server(nodes[0].warehouse, nodes[0].environment, port=proxy.port)
    storm = Storm(behind, clients=CLIENTS)
    storm.start()
    try:
        for kill in range(KILLS):
            time.sleep(moments.uniform(0.5, 1.5))
            assert all(_events(node) > 0 for node in nodes)
            node = nodes[kill % len(nodes)]
            node.kill()
            time.sleep(moments.uniform(0, 1))
            node.start()
    finally:
        time.sleep(0.5)
        storm.stop()
    assert len(storm.failures) < KILLS * CLIENTS * 2, storm.failures
    assert_exactly_what_was_acknowledged(storm, behind)


def _events(server: Server) -> float:
    """How many events a node has taken."""
    _, metrics = server.call(Request("GET", "/metrics"))
    pattern = rb'^gamehouse_http_requests_total\{.*route="/event",status="20\d"\} (\S+)$'
    return sum(float(count) for count in re.findall(pattern, metrics, re.MULTILINE))


def test_a_stopped_node_is_not_noticed(nodes: list[Node], proxy: Proxy) -> None:
    """A request that comes as a node closes its port is sent again; every other one is answered."""
    token = token_of(proxy, "ann")
    answers: list[tuple[int, str]] = []
    unanswered: list[int] = []
    ends = threading.Event()

    def play() -> None:
        while not ends.is_set():
            earn = Request("POST", "/earn", {"amount": 1, "reason": "t"}, token, uuid.uuid4().hex)
            while (status := proxy.call(earn)[0]) == 502:
                unanswered.append(status)
            answers.append((status, "ann"))

    clients = [threading.Thread(target=play) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for node in nodes:
        _wait_for(answers, len(answers) + 40)
        assert node.stop() == 0
        _wait_for(answers, len(answers) + 40)
        node.start()
    ends.set()
    for client in clients:
        client.join()
    assert {status for status, _ in answers} == {201}
    assert len(unanswered) <= CLIENTS * len(nodes)
    balance = proxy.call(Request("GET", "/balance", token=token))[1]["balance"]
    assert balance == len(answers)


def token_of(proxy: Proxy, name: str) -> str:
    """Register a player, or log one in."""
    login = {"username": name, "password": "correct horse battery"}
    return str(proxy.call(Request("POST", "/login", login))[1]["token"])


def _wait_for(answers: list[tuple[int, str]], count: int) -> None:
    deadline = time.monotonic() + MAX_WAIT_SECONDS
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
