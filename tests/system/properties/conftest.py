"""What the properties share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.harness import Project
from tests.system.properties.models import Models
from tests.system.properties.mortals import Mortals


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """The compiled models on a database in memory."""
    return Models(Project.copy_to(tmp_path_factory.mktemp("models") / "project"))


@pytest.fixture(scope="session")
def mortals() -> Iterator[Mortals]:
    """Processes to be killed."""
    mortals = Mortals()
    yield mortals
    mortals.close()
