"""More clients than there is room for."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from api.addresses import client_of
from api.limits import Limits, possible_connections
from tests.api.game import Game
from tests.load.client import HEALTH, Client, Connection, post
from tests.long import IS_LONG
from tests.server import Request, Server

Serve = Callable[..., Client]

COINS = {"amount": 1, "reason": "x"}


@contextmanager
def no_writes(store: Path) -> Iterator[None]:
    """Keep the store's writer waiting."""
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("begin immediate")
        yield
        other.execute("rollback")


def answered(client: Client) -> Connection:
    """A connection that is idle after an answer."""
    connection = client.connect(HEALTH)
    assert connection.answer().status == 200
    return connection


def test_idle_ones_make_room_the_oldest_first(serve: Serve) -> None:
    client = serve(Limits(connections=4))
    idle = [answered(client) for _ in range(4)]
    # It was idle for longest, and is not any more.
    idle[0].send(HEALTH)
    assert idle[0].answer().status == 200

    newcomers = [answered(client), answered(client)]

    assert idle[1].ends()
    assert idle[2].ends()
    assert all(c.is_open() for c in [idle[0], idle[3], *newcomers])


def test_idle_ones_go_before_those_who_send(serve: Serve, game: Game) -> None:
    client = serve(Limits(connections=3))
    request = post("/earn", COINS, game.player().token)
    sending = [client.connect(request[:-1]) for _ in range(2)]
    idle = answered(client)

    newcomer = answered(client)

    assert idle.ends()
    for connection in sending:
        connection.send(request[-1:])
        assert connection.answer().status == 201
    assert newcomer.is_open()


def test_thousands_that_never_finish_a_request_keep_nobody_out(serve: Serve) -> None:
    client = serve(Limits(connections=200))
    for _ in range(5000 if IS_LONG else 500):
        client.connect(b"GET / HTTP/1.1\r\nX-Slow: ")
        if len(client._connections) % 50 == 0:
            assert client.ask().status == 200


def test_who_must_go_while_a_request_arrives_is_told(serve: Serve) -> None:
    client = serve(Limits(connections=1))
    slow = client.connect(b"GET / HTTP/1.1\r\nX-Slow: ")
    # What is accepted later is seen later.
    assert client.ask().status == 200

    answer = slow.answer()

    assert (answer.status, answer.code) == (503, "overloaded")
    assert slow.ends()


def test_no_room_at_all_is_503_and_those_who_wait_are_answered(serve: Serve, game: Game) -> None:
    client = serve(Limits(connections=3))
    alice = game.player()
    with no_writes(game.folder / "w.store.sqlite"):
        earning = [client.connect(post("/earn", COINS, alice.token)) for _ in range(3)]
        refused = client.ask(post("/earn", COINS, alice.token))
        assert (refused.status, refused.code) == (503, "overloaded")
        assert refused.headers["retry-after"] == "1"
        assert refused.headers["connection"] == "close"

    assert [connection.answer().status for connection in earning] == [201] * 3
    assert game.get("/balance", alice).json["balance"] == 3


def test_one_client_cannot_take_all_connections(serve: Serve) -> None:
    client = serve(Limits(connections=8, connections_per_address=4))
    other = answered(Client(client.port, "127.0.0.2"))

    own = [answered(client) for _ in range(10)]

    assert sum(connection.is_open() for connection in own) == 4
    assert all(connection.is_open() for connection in own[-4:])
    other.send(HEALTH)
    assert other.answer().status == 200
    other.socket.close()


def test_connections_that_end_count_no_more(serve: Serve, game: Game) -> None:
    client = serve(Limits(connections_per_address=2))
    for _ in range(5):
        assert client.ask().status == 200
    request = post("/earn", COINS, game.player().token)
    sending = [client.connect(request[:-1]) for _ in range(2)]
    for connection in sending:
        connection.send(request[-1:])
        assert connection.answer().status == 201


def test_without_a_limit_of_an_address_a_proxy_connects_for_many(serve: Serve) -> None:
    client = serve(Limits(connections=8, connections_per_address=0))
    connections = [answered(client) for _ in range(6)]
    assert all(connection.is_open() for connection in connections)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2", True),
    ],
)
def test_network_of_ipv6_is_oneclient_of(one: str, other: str, is_same: bool) -> None:
    assert (client_of(one) == client_of(other)) is is_same


def test_crowd_at_a_process_with_few_descriptors(tmp_path: Path) -> None:
    server = Server(
        tmp_path / "w.duckdb",
        command=(
            "-c",
            "import runpy, resource, sys;"
            "resource.setrlimit(resource.RLIMIT_NOFILE, (260, 260));"
            "sys.argv = ['api', 'serve'];"
            "runpy.run_module('api', run_name='__main__')",
        ),
    )
    server.start()
    client = Client(server.port)
    try:
        for _ in range(300):
            client.connect()
        login = Request("POST", "/login", {"username": "ada", "password": "correct horse"})
        status, answer = server.call(login)
        assert status == 201
        earned = server.call(Request("POST", "/earn", COINS, answer["token"]))
        assert earned[0] == 201
        assert server.log.read_text(encoding="utf-8").count("connections are taken") <= 2
        assert "Cannot accept" not in server.log.read_text(encoding="utf-8")
        assert server.stop() == 0
    finally:
        client.close()
        server.kill()


def test_descriptors_are_asked_for_and_make_the_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (300, hard))
        assert possible_connections(100) == 100
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (400, hard)
        assert possible_connections(10**9) == (hard - 200) // 2
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_burst_beyond_what_can_wait_is_refused_and_only_that(tmp_path: Path) -> None:
    """More earns than the store's queue holds, while the store can take none."""
    server = Server(tmp_path / "w.duckdb", {"LOADER": "off"})
    server.start()
    clients = [Client(server.port, f"127.0.0.{number}") for number in (2, 3)]
    try:
        login = Request("POST", "/login", {"username": "ada", "password": "correct horse"})
        token = server.call(login)[1]["token"]
        earn = post("/earn", COINS, token)
        with no_writes(tmp_path / "w.store.sqlite"):
            connections = [client.connect(earn) for client in clients for _ in range(750)]
            # Others are served meanwhile.
            assert server.call(Request("GET", "/balance", token=token))[1]["balance"] == 0
        answers = [connection.answer() for connection in connections]
        balance = server.call(Request("GET", "/balance", token=token))[1]["balance"]
    finally:
        for client in clients:
            client.close()
        server.kill()

    refused = [answer for answer in answers if answer.status != 201]
    assert balance == len(answers) - len(refused) >= 1000
    assert {(answer.status, answer.code) for answer in refused} == {(503, "overloaded")}
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
