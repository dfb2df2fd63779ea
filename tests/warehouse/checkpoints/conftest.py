"""A project to check."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.warehouse.checkpoints.gx_project import GxProject


@pytest.fixture
def gx_project(tmp_path: Path) -> GxProject:
    """A project without suites and without a warehouse; its path needs quoting in a URL."""
    root = tmp_path / "100 % of $HOME"
    root.mkdir()
    return GxProject(root)
