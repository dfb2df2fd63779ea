"""A game and a small disk for each test, and one project that was built."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.game import Game as Api
from tests.system.faults.machine import Disk, small_disk
from tests.warehouse.loader.shipping import Game
from warehouse.store.outbox import SqlOutbox
from warehouse.store.sql_store import SqlStore


@pytest.fixture
def disk() -> Iterator[Disk]:
    """A disk of eight megabytes."""
    with small_disk(8) as disk:
        yield disk


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """The API on a new store."""
    api = Api(tmp_path)
    yield api
    api.close()


@pytest.fixture
def game(tmp_path: Path) -> Iterator[Game]:
    """A store with two players, and a warehouse that has what they did so far."""
    url = f"sqlite:///{tmp_path}/store.sqlite"
    store, outbox = SqlStore(url), SqlOutbox(url)
    game = Game(url, store, outbox, tmp_path / "data/game.duckdb")
    yield game
    outbox.close()
    store.close()
