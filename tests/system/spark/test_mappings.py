"""Real exports give the same rows on Spark as on DuckDB."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.harness import GOOD, Project
from tests.system.inputs.exports import INPUTS, PLAIN, PULL_API, write_exports
from tests.system.landing.files import write_csv
from tests.system.spark.sessions import ask
from tests.system.spark.test_equality import on_spark
from warehouse.spark.cluster import Cluster


def seed_vars(inputs: object) -> list[str]:
    return ["seed", "--vars", json.dumps({"inputs": inputs})]


def test_exports_of_all_presets_give_the_rows_of_duckdb(
    project: Project, cluster: Cluster, tmp_path: Path
) -> None:
    """UTF-16, other separators, Parquet of several types, versions in paths and time zones."""
    write_exports(tmp_path)
    inputs = json.loads(json.dumps(INPUTS).replace('"exports/', f'"{tmp_path}/'))
    for arguments, environment in ((), {}), (on_spark(()), cluster.address):
        run = project.dbt(*seed_vars(inputs), *arguments, environment=environment)
        assert run.exit_code == 0, run.output
    for name in GOOD:
        columns = ", ".join(PLAIN[name][0])
        query = f"select source_row_number, {columns} from raw.{name} order by 1"  # noqa: S608
        assert ask(cluster, query) == project.query(query), name


def test_a_file_that_lacks_a_column_is_told_as_on_duckdb(
    project: Project, cluster: Cluster, tmp_path: Path
) -> None:
    place = PULL_API[0].index("Event Value")
    write_csv(tmp_path / "pull.csv", [[*row[:place], *row[place + 1 :]] for row in PULL_API])
    path = str(tmp_path / "pull.csv")
    inputs = {"purchases_raw": {"preset": "appsflyer_pull_api", "path": path}}
    run = project.dbt(*seed_vars(inputs), *on_spark(()), environment=cluster.address)
    assert run.exit_code == 1
    assert (
        "pull.csv has no column Event Value, which gives receipt_id in the preset"
        " appsflyer_pull_api. It has: Attributed Touch Type,"
    ) in " ".join(run.output.split())
