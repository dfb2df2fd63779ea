"""A game that was played once, and copies of it to do harm to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.warehouse.operations.games import Files, play
from warehouse.operations.backup import make_backup


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The game. Copy it, do not change it."""
    folder = tmp_path_factory.mktemp("played")
    files = Files(folder / "game.store.sqlite", folder / "game.duckdb")
    play(files)
    return files


@pytest.fixture
def files(played: Files, tmp_path: Path) -> Files:
    """A copy of the game."""
    return played.copy_to(tmp_path / "game")


@pytest.fixture(scope="session")
def backup(played: Files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the game. Copy it, do not change it."""
    copy = played.copy_to(tmp_path_factory.mktemp("backup") / "game")
    return make_backup(copy.settings, copy.store.parent / "backups")
