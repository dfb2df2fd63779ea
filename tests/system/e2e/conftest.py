"""Fixtures of the tests of API and builds together."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.harness import Project
from tests.support.server import Server


@pytest.fixture
def server(project: Project) -> Iterator[Server]:
    """An API that ships to the project's warehouse."""
    server = Server(project.warehouse)
    server.start()
    yield server
    if server.process is not None and server.process.poll() is None:
        server.kill()
