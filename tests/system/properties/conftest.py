"""Fixtures of the property tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.harness import Project
from tests.system.properties.models import Models
from tests.system.properties.mortals import Mortals


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """The compiled models in an in-memory database."""
    return Models(Project.copy_to(tmp_path_factory.mktemp("models") / "project"))


@pytest.fixture(scope="session")
def mortals() -> Iterator[Mortals]:
    """Processes for the tests to kill."""
    mortals = Mortals()
    yield mortals
    mortals.close()
