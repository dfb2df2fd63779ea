"""Projects for tests: an empty one each, and one with the sample that tests only read."""

from __future__ import annotations

import importlib
import signal
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

from tests.support.harness import GOOD, Project, Run
from tests.support.left_out import leave_out
from tests.system.postgres.server import PostgresServer, find_programs
from warehouse.checkpoints.hide_pyspark import hide_pyspark
from warehouse.sample.generate import generate_sample

# The files, and the folder, that take longest, in this order; what is begun last should be short,
# so that no worker is left alone with it at the end.
SLOWEST = [
    *("spark", "test_corruptions.py", "test_errors.py", "test_services.py"),
    *("test_builds_again.py", "test_extremes.py", "test_warehouse_names.py", "test_storm.py"),
    *("test_landing.py", "test_builds.py", "test_sample_build.py", "test_proxy.py"),
    *("test_schedule.py", "test_api_models.py", "test_boundaries.py", "test_use.py"),
    *("test_build.py", "test_reference_agrees.py", "test_inputs.py", "test_gate.py"),
    *("test_numbers.py", "test_commands.py", "test_benchmarks_run.py", "test_crowds.py"),
    *("test_contract.py", "test_behind_proxy.py", "test_api_examples.py", "test_truth.py"),
]


ENGINES = ("sqlite", "postgresql")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker of tests that run on one engine, and mind Ctrl-C.

    A shell has what it starts in the background ignore that, and so would the programs under test.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "sqlite_only(reason): not on PostgreSQL, for this reason")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test of a store on both engines, unless it is marked to be about SQLite."""
    if "engine_name" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("sqlite_only")
        assert marker is None or marker.args, "say why"
        metafunc.parametrize("engine_name", ENGINES[:1] if marker else ENGINES, indirect=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server, one for each worker."""
    programs = find_programs()
    if programs is None:
        leave_out("PostgreSQL is not installed (Debian's package is postgresql)")
    server = PostgresServer(programs)
    yield server
    server.remove()


@pytest.fixture
def engine_name(request: pytest.FixtureRequest) -> str:
    """The engine that the store of the test is on: each in turn."""
    return str(request.param)


@pytest.fixture
def store_url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store without players is, or will be made."""
    if engine_name == "sqlite":
        return f"sqlite:///{tmp_path}/w.store.sqlite"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.empty_store()


@pytest.fixture
def database_url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where there is nothing yet, not even a table."""
    if engine_name == "sqlite":
        return f"sqlite:///{tmp_path}/folder/store.sqlite"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let several workers, each of which takes whole files, begin with what takes longest."""
    if hasattr(config, "workerinput"):
        items.sort(key=_rank)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadFileScheduling:
    """Let each worker take whole files, and one of them all files that need a Spark cluster."""
    return OneSparkScheduling(config, log)


class OneSparkScheduling(LoadFileScheduling):  # type: ignore[misc]  # it has no types
    """`--dist loadfile`, with the tests of Spark taken for one file: their cluster starts once."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return "tests/system/spark" if file.startswith("tests/system/spark/") else file


def _rank(item: pytest.Item) -> int:
    names = (item.path.name, item.path.parent.name)
    return next((SLOWEST.index(name) for name in names if name in SLOWEST), len(SLOWEST))


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
    with warnings.catch_warnings(), hide_pyspark():
        warnings.simplefilter("ignore", DeprecationWarning)
        importlib.import_module("great_expectations")


@pytest.fixture(scope="session")
def good_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that was built from good inputs, for all tests to copy."""
    project = Project.copy_to(tmp_path_factory.mktemp("good") / "project")
    project.write_inputs(GOOD)
    run = project.build()
    assert run.exit_code == 0, run.output
    return project


@pytest.fixture
def good(good_once: Project, tmp_path: Path) -> Project:
    """A project that was built once from good inputs."""
    return good_once.clone_to(tmp_path / "project")
