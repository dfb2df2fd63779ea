"""What the properties of the SQL share."""

from __future__ import annotations

import pytest

from tests.harness import Project
from tests.properties.models import Models


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """The compiled models on a database in memory."""
    return Models(Project.copy_to(tmp_path_factory.mktemp("models") / "project"))
