"""A game whose store and warehouse are files of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.warehouse.loader.shipping import Game
from warehouse.store.outbox import SqlOutbox
from warehouse.store.sql_store import SqlStore


@pytest.fixture
def game(tmp_path: Path) -> Iterator[Game]:
    """A game without players."""
    url = f"sqlite:///{tmp_path}/store.sqlite"
    store, outbox = SqlStore(url), SqlOutbox(url)
    yield Game(url, store, outbox, tmp_path / "data/game.duckdb")
    outbox.close()
    store.close()
