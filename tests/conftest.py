"""Projects for tests: an empty one each, and one with the sample that tests only read."""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.harness import Project, Run
from warehouse.generate import generate_sample


@dataclass(frozen=True)
class Built:
    """A project with the sample as input, and what its whole build did."""

    project: Project
    run: Run


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of the project without inputs."""
    return Project.copy_to(tmp_path / "project")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The sample, built whole with all tests. Read it, do not change it."""
    project = Project.copy_to(tmp_path_factory.mktemp("built") / "project")
    generate_sample(project.root / "seeds")
    return Built(project, project.dbt("build"))


@pytest.fixture(scope="session")
def great_expectations() -> None:
    """Import it here: it imports `sre_constants`, which Python has deprecated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        importlib.import_module("great_expectations")
