"""What `make build` leaves, and a browser to look at it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.conftest import Built
from tests.support.harness import ROOT, Project
from tests.system.page.browser import Visit, started, visit

MAX_BYTES = 3_000_000
WAREHOUSE = [sys.executable, "-m", "warehouse"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser without a window."""
    with started() as browser:
        yield browser


@pytest.fixture(scope="session")
def shown(made: Made) -> Project:
    """The sample after `make build`: checked, documented, with its page."""
    return made.project


@dataclass(frozen=True)
class Made:
    """A project, and what `make build` printed there."""

    project: Project
    output: str


@pytest.fixture(scope="session")
def made(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The sample after `make build` in this environment. Do not change it."""
    project = built.project.clone_to(tmp_path_factory.mktemp("made") / "project")
    make = [
        "make",
        "--no-print-directory",
        f"--file={ROOT / 'Makefile'}",
        f"VENV={Path(sys.executable).parents[1]}",
    ]
    run = project.run(*make, "--old-file=setup", "build")
    assert run.exit_code == 0, run.output
    return Made(project, run.output)


@pytest.fixture
def sample_page(browser: Browser, shown: Project) -> Iterator[Visit]:
    """The page of the sample, opened from disk."""
    with visit(browser, address_of(shown)) as visited:
        yield visited


def address_of(project: Project, name: str = "index.html") -> str:
    """Name a file among the reports of a project as a browser does."""
    return (project.reports / name).as_uri()
