"""One cluster for all tests that need one; `tests/conftest.py` gives these to one worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.harness import GOOD, Project
from tests.support.left_out import leave_out
from tests.support.long import IS_LONG
from warehouse.spark.cluster import Cluster, running_cluster
from warehouse.spark.errors import CannotUseSparkError
from warehouse.spark.needs import java_home, require_packages

collect_ignore = [] if IS_LONG else ["test_unit_tests.py"]


@pytest.fixture(scope="session")
def packages() -> None:
    """Leave out what needs the extra `spark`, where it is not installed."""
    try:
        require_packages()
    except CannotUseSparkError as error:
        leave_out(str(error))


@pytest.fixture(scope="session")
def java() -> None:
    """Skip tests that need Java if it is missing."""
    try:
        java_home()
    except CannotUseSparkError as error:
        leave_out(str(error))


@pytest.fixture(scope="session")
def cluster(
    java: None,  # noqa: ARG001 (before the packages, which are of no use without it)
    packages: None,  # noqa: ARG001
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Cluster]:
    """A running cluster. A test that kills a worker restarts it."""
    with running_cluster(tmp_path_factory.mktemp("spark")) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that both engines build, parsed once; each test writes its inputs."""
    project = Project.copy_to(tmp_path_factory.mktemp("on_spark") / "project")
    project.write_inputs(dict.fromkeys(GOOD, ""))
    return project
