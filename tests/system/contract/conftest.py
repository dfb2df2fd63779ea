"""A server for contract tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.game import Process


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's folder, with the reports of a build."""
    folder = tmp_path_factory.mktemp("game")
    (folder / "reports/spark").mkdir(parents=True)
    for name in ("index.html", "spark/index.html"):
        (folder / "reports" / name).write_text("<!DOCTYPE html><title>Page</title>")
    (folder / "reports/manifest.json").write_text("{}")
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Process]:
    """`python -m api serve` without rate limits."""
    process = Process(folder)
    yield process
    process.kill()


@pytest.fixture(scope="module")
def alice(server: Process) -> dict[str, str]:
    """The request headers of a player."""
    return server.login()
