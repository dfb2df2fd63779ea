"""The API in a thread of the test, with limits that are soon reached."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from api.limits import Limits
from api.server import Server
from tests.api.game import Game
from tests.load.client import Client
from tests.server import free_port

Serve = Callable[..., Client]


@pytest.fixture
def game(tmp_path: Path) -> Iterator[Game]:
    """The application on a store of its own."""
    game = Game(tmp_path)
    yield game
    game.close()


@pytest.fixture
def serve(game: Game, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Serves the application with some limits; ends after the test, and must end well."""
    monkeypatch.setattr("api.server.SWEEP_SECONDS", 0.05)
    with ExitStack() as stack:

        def serve(limits: Limits | None = None) -> Client:
            return stack.enter_context(_served(game, limits or Limits()))

        yield serve


@contextmanager
def _served(game: Game, limits: Limits) -> Iterator[Client]:
    port = free_port()
    servers: queue.SimpleQueue[Server] = queue.SimpleQueue()

    def run() -> None:
        # Made here: greenlets run in the thread that makes them.
        server = Server(
            game.app,
            host="127.0.0.1",
            port=port,
            threads=2,
            limits=limits,
        )
        servers.put(server)
        server.run()

    thread = threading.Thread(target=run)
    thread.start()
    server = servers.get(timeout=10)
    client = Client(port)
    try:
        yield client
    finally:
        client.close()
        server.stop()
        thread.join(30)
        assert not thread.is_alive()
