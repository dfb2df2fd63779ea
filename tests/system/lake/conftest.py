"""A game whose events go to a lake, in a folder whose name needs care."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.lake.games import LakeGame
from tests.system.properties.mortals import Mortals
from warehouse.loader.lake import Lake
from warehouse.store.outbox import SqlOutbox
from warehouse.store.sql_store import SqlStore


@pytest.fixture
def game(tmp_path: Path) -> Iterator[LakeGame]:
    """A game without players."""
    url = f"sqlite:///{tmp_path}/store.sqlite"
    store, outbox = SqlStore(url), SqlOutbox(url)
    yield LakeGame(url, store, outbox, tmp_path / "game.duckdb", Lake(f"{tmp_path}/a lake's Ü"))
    outbox.close()
    store.close()


@pytest.fixture(scope="session")
def mortals() -> Iterator[Mortals]:
    """Processes to be killed."""
    mortals = Mortals()
    yield mortals
    mortals.close()
