"""Two nodes behind the proxy of the compose file: one ends, and no client notices."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.image import NODES
from tests.postgres.proxies import HAPROXY, Node, Proxy, running
from tests.postgres.server import PostgresServer
from tests.server import Request, Server

CLIENTS = 4
PATIENCE_SECONDS = 30


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


def _earns(server: Server) -> float:
    """How many earns a node has answered with success."""
    _, metrics = server.call(Request("GET", "/metrics"))
    pattern = rb'^gamehouse_http_requests_total\{.*route="/earn",status="20\d"\} (\S+)$'
    return sum(float(count) for count in re.findall(pattern, metrics, re.MULTILINE))


def test_a_killed_node_is_not_noticed(nodes: list[Node], proxy: Proxy) -> None:
    answers: list[tuple[int, str]] = []
    ends = threading.Event()

    def play(name: str, token: str) -> None:
        number = 0
        while not ends.is_set():
            number += 1
            earn = Request("POST", "/earn", {"amount": 1, "reason": "t"}, token, f"{name}-{number}")
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

    # All of them are in before the kill: a login has no key to be sent again with.
    tokens = {name: token_of(proxy, name) for name in (f"player{n}" for n in range(CLIENTS))}
    clients = [threading.Thread(target=play, args=player) for player in tokens.items()]
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
        earned = sum(earner == name for _, earner in answers)
        balance = proxy.call(Request("GET", "/balance", token=tokens[name]))[1]["balance"]
        assert balance == earned


def test_a_stopped_node_is_not_noticed(nodes: list[Node], proxy: Proxy) -> None:
    """Nothing is sent again, and nothing has to be."""
    token = token_of(proxy, "ann")
    answers: list[tuple[int, str]] = []
    ends = threading.Event()

    def play() -> None:
        earn = Request("POST", "/earn", {"amount": 1, "reason": "t"}, token)
        while not ends.is_set():
            answers.append((proxy.call(earn)[0], "ann"))

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
    balance = proxy.call(Request("GET", "/balance", token=token))[1]["balance"]
    assert balance == len(answers)


def token_of(proxy: Proxy, name: str) -> str:
    """Register a player, or log one in."""
    login = {"username": name, "password": "correct horse battery"}
    return str(proxy.call(Request("POST", "/login", login))[1]["token"])


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
