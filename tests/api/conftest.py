"""Fixtures of the API tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.game import Game, Play, Process, Start


@pytest.fixture
def game(tmp_path: Path, store_url: str) -> Iterator[Game]:
    """The application with a new store."""
    game = Game(tmp_path, {"STORE_URL": store_url})
    yield game
    game.close()


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    """Creates games with settings."""
    games = []

    def play(**variables: str) -> Game:
        games.append(Game(tmp_path, variables=variables))
        return games[-1]

    yield play
    for game in games:
        game.close()


@pytest.fixture
def start(tmp_path: Path, store_url: str) -> Iterator[Start]:
    """Starts `python -m api serve` with settings and stops it after the test."""
    processes = []

    def start(**variables: str) -> Process:
        processes.append(Process(tmp_path, None, **{"STORE_URL": store_url, **variables}))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
