"""A real process of the API, and clients that no good one is like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.server import Request, Server
from tests.system.load.client import Client

PASSWORD = "correct horse battery"  # noqa: S105 (guards nothing)


@dataclass(frozen=True)
class Api:
    """A running API.

    Attributes:
        server: The process.
        client: Connects to it.
        token: A player's.
    """

    server: Server
    client: Client
    token: str

    def balance(self) -> int:
        """The player's coins."""
        status, answer = self.server.call(Request("GET", "/balance", token=self.token))
        assert status == 200, answer
        return int(answer["balance"])


Serve = Callable[..., Api]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts the API, perhaps with other adjustments of waitress; it must end well."""
    with ExitStack() as stack:

        def serve(variables: dict[str, str] | None = None, **adjustments: object) -> Api:
            code = (
                "import runpy, sys, api.serve;"
                f"api.serve.ADJUSTMENTS.update({adjustments!r});"
                "sys.argv = ['api', 'serve'];"
                "runpy.run_module('api', run_name='__main__')"
            )
            server = Server(
                tmp_path / "w.duckdb", {"LOADER": "off", **(variables or {})}, command=("-c", code)
            )
            server.start()
            stack.callback(server.kill)
            client = Client(server.port)
            stack.callback(client.close)
            login = Request("POST", "/login", {"username": "ada", "password": PASSWORD})
            return Api(server, client, server.call(login)[1]["token"])

        yield serve
