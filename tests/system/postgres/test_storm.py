"""Two processes on one database, killed in turn: what was acknowledged is kept, once."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.long import IS_LONG
from tests.support.server import Server
from tests.system.e2e.leavers import assert_erased, leaving
from tests.system.e2e.storm import Storm, assert_exactly_what_was_acknowledged
from tests.system.postgres.server import PostgresServer

LEAVERS = 40 if IS_LONG else 12
KILLS = 100 if IS_LONG else 4
SEEDS = range(20260105, 20260108) if IS_LONG else [20260105]


@pytest.fixture
def servers(postgres: PostgresServer, tmp_path: Path) -> Iterator[list[Server]]:
    """Two processes that share the store and the warehouse, each with a loader."""
    url, servers = postgres.empty_store(), []
    for name in ("one", "two"):
        server = Server(
            tmp_path / "game.duckdb", {"STORE_URL": url}, log_path=tmp_path / f"{name}.log"
        )
        server.start()
        servers.append(server)
    yield servers
    for server in servers:
        server.kill()


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_acknowledged_is_lost_when_two_processes_are_killed_in_turn(
    servers: list[Server], seed: int
) -> None:
    """Players erase their accounts meanwhile, and no process brings any of them back."""
    moments = random.Random(seed)
    storm = Storm(servers[0], others=servers[1:], clients=32)
    storm.start()
    try:
        with leaving(storm, LEAVERS) as leavers:
            for kill in range(KILLS):
                time.sleep(moments.uniform(0.1, 0.8))
                server = servers[kill % 2]
                server.kill()
                time.sleep(moments.uniform(0, 0.2))
                server.start()
    finally:
        storm.stop()
    assert storm.failures, "no kill met a request: the test shows nothing"
    assert_exactly_what_was_acknowledged(storm, servers[0])
    assert_erased(servers[0], leavers)
