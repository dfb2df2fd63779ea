"""What HTTP allows and few clients do."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable

import pytest

from tests.api.game import Game
from tests.load.client import HEALTH, Client, head, post
from tests.long import IS_LONG

Serve = Callable[..., Client]

COINS = {"amount": 1, "reason": "x"}
BODY = b'{"amount": 1, "reason": "x"}'
EXPECT = "Expect: 100-continue"


def test_client_that_waits_for_leave_gets_it(serve: Serve, game: Game) -> None:
    connection = serve().connect(
        head("/earn", game.player().token, f"Content-Length: {len(BODY)}", EXPECT)
    )
    assert connection.answer().status == 100
    connection.send(BODY)
    assert connection.answer().status == 201


def test_leave_to_send_too_much_is_not_given(serve: Serve, game: Game) -> None:
    connection = serve().connect(
        head("/earn", game.player().token, "Content-Length: 10000000", EXPECT)
    )
    answer = connection.answer()
    assert (answer.status, answer.code) == (413, "body_too_large")


def test_request_without_a_body_waits_for_no_leave(serve: Serve) -> None:
    connection = serve().connect(HEALTH.replace(b"Host: x", b"Host: x\r\nExpect: 100-continue") * 2)
    assert connection.answer().status == 200
    assert connection.answer().status == 200


def test_client_that_is_done_with_sending_is_answered(serve: Serve, game: Game) -> None:
    client = serve()
    alice = game.player()
    connection = client.connect(post("/earn", COINS, alice.token))
    connection.socket.shutdown(socket.SHUT_WR)
    assert connection.answer().status == 201
    assert connection.ends()


def test_client_that_is_done_before_its_request_is_gets_nothing(serve: Serve, game: Game) -> None:
    client = serve()
    alice = game.player()
    connection = client.connect(post("/earn", COINS, alice.token)[:-1])
    connection.socket.shutdown(socket.SHUT_WR)
    assert connection.ends()
    assert game.get("/balance", alice).json["balance"] == 0


def test_clients_that_leave_at_once_do_no_harm(serve: Serve, game: Game) -> None:
    client = serve()
    alice = game.player()
    for _ in range(5000 if IS_LONG else 50):
        connection = client.connect(post("/earn", COINS, alice.token))
        # The connection is reset.
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.socket.close()
    assert client.ask(post("/earn", COINS, alice.token)).status == 201
    recorded = game.get("/stats", alice).json["counts"]["earn"]
    assert game.get("/balance", alice).json["balance"] == recorded


def test_body_in_chunks_of_one_byte(serve: Serve, game: Game) -> None:
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"
    request = head("/earn", game.player().token, "Transfer-Encoding: chunked") + chunks
    assert serve().ask(request).status == 201


@pytest.mark.parametrize("name", ["X-Header", "chunk"])
def test_what_has_no_end_is_refused_by_its_size(serve: Serve, game: Game, name: str) -> None:
    if name == "chunk":
        start = head("/earn", game.player().token, "Transfer-Encoding: chunked")
        piece, expected = b"5\r\n     \r\n" * 100, (413, "body_too_large")
    else:
        start = b"GET / HTTP/1.1\r\n"
        piece, expected = b"X-Header: x\r\n" * 100, (431, "headers_too_large")
    client = serve()
    connection = client.connect(start)
    for _ in range(400):
        try:
            connection.send(piece)
        except OSError:
            break
    answer = connection.answer()
    assert (answer.status, answer.code) == expected
    assert client.ask().status == 200


def test_answers_beyond_what_waitress_keeps_do_not_stop_the_server(
    serve: Serve, game: Game
) -> None:
    # Waitress waits for another thread where more than 16 MiB are to be sent and requests follow.
    size = 40 * 1024 * 1024
    game.settings.reports_path.mkdir()
    (game.settings.reports_path / "large.json").write_bytes(b" " * size)
    client = serve()
    token = game.operator().token
    request = f"GET /reports/large.json HTTP/1.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    connection = client.connect(request * 2 + HEALTH)

    assert client.ask().status == 200
    assert len(connection.answer().body) == size
    assert len(connection.answer().body) == size
    assert connection.answer().status == 200
