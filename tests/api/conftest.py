"""The API for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.api.game import Game, Process


@pytest.fixture
def game(tmp_path: Path, store_url: str) -> Iterator[Game]:
    """The application on a store of its own."""
    game = Game(tmp_path, {"STORE_URL": store_url})
    yield game
    game.close()


@pytest.fixture
def start(tmp_path: Path, store_url: str) -> Iterator[Callable[..., Process]]:
    """Starts `python -m api serve` with settings; ends it after the test."""
    processes = []

    def start(**variables: str) -> Process:
        processes.append(Process(tmp_path, **{"STORE_URL": store_url, **variables}))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
