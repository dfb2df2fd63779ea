"""The unit tests of the models on Spark; they take minutes and have only a long form."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import GOOD, WITHOUT_UNIT_TESTS, Project
from warehouse.spark.cluster import Cluster


def test_unit_tests_of_the_models_pass(cluster: Cluster, tmp_path: Path) -> None:
    """After a build, since a unit test asks for the columns of what its model reads."""
    project = Project.copy_to(tmp_path / "project")
    project.write_inputs(GOOD)
    build = ["build", *WITHOUT_UNIT_TESTS, "--exclude-resource-type", "test"]
    for command in (build, ["test", "--select", "test_type:unit"]):
        run = project.dbt(*command, "--target", "spark", environment=dict(cluster.address))
        assert run.exit_code == 0, run.output
