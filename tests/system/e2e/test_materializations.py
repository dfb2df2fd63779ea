"""A model replaces any existing relation with its name, or fails and changes nothing."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import Project, Run
from warehouse.inputs.headers import HEADERS

INPUTS = {Path(name).stem: f"{header}\n" for name, header in HEADERS.items()}
KIND = "select table_type from information_schema.tables where table_name = 'scratch'"
ROWS = "select * from marts.scratch order by all"


def _run(project: Project, materialized: str, select: str) -> Run:
    """Build one additional model."""
    config = f"{{{{ config(materialized='{materialized}') }}}}"
    (project.root / "models/marts/scratch.sql").write_text(f"{config}\n{select}\n")
    return project.dbt("run", "--select", "scratch")


def test_a_model_may_become_a_table_or_a_view(tmp_path: Path) -> None:
    project = Project.copy_to(tmp_path / "project")
    project.write_inputs(INPUTS)
    for number, (materialized, kind) in enumerate(
        [("view", "VIEW"), ("table", "BASE TABLE"), ("view", "VIEW")]
    ):
        run = _run(project, materialized, f"select {number} as column_{number}")
        assert run.exit_code == 0, run.output
        assert project.query(KIND) == [(kind,)]
        assert project.query(ROWS) == [(number,)]


def test_a_failed_model_leaves_the_old_relation(tmp_path: Path) -> None:
    project = Project.copy_to(tmp_path / "project")
    project.write_inputs(INPUTS)
    assert _run(project, "table", "select 1 as kept").exit_code == 0
    for materialized in ["table", "view"]:
        run = _run(project, materialized, "select cast('no number' as integer) as n from absent")
        assert run.exit_code == 1
        assert "absent" in run.output
        assert project.query(KIND) == [("BASE TABLE",)]
        assert project.query(ROWS) == [(1,)]
    # fails during execution, after the transaction has dropped the old table
    run = _run(project, "table", "select cast(n as integer) as n from (values ('1'), ('one')) t(n)")
    assert run.exit_code == 1
    assert project.query(ROWS) == [(1,)]


def test_a_model_in_python_is_a_table_and_one_that_fails_leaves_it(tmp_path: Path) -> None:
    project = Project.copy_to(tmp_path / "project")
    project.write_inputs(INPUTS)
    model = project.root / "models/marts/scratch.py"
    for last_line in ["return pandas.DataFrame({'n': [1, 2]})", "return 1 / 0"]:
        model.write_text(
            "import pandas\n\n\ndef model(dbt, session):\n"
            f"    dbt.config(materialized='table')\n    {last_line}\n"
        )
        run = project.dbt("run", "--select", "scratch")
        assert run.exit_code == ("/ 0" in last_line), run.output
        assert project.query(ROWS) == [(1,), (2,)]


def test_what_dbt_sets_on_a_model_is_set(tmp_path: Path) -> None:
    """Comments, indexes, keys and hooks, also where a model stood there before."""
    project = Project.copy_to(tmp_path / "project")
    project.write_inputs(INPUTS)
    (project.root / "models/own.yml").write_text(
        """
        models:
          - name: own_table
            description: All that is mine.
            columns: [{name: a, description: The first.}]
            config: &config
              materialized: table
              grants: {select: [reader]}
              persist_docs: {relation: true, columns: true}
              pre_hook: create table if not exists main.runs (model text)
              post_hook: "insert into main.runs values ('{{ this.name }}')"
              indexes: [{columns: [a], unique: true}]
          - name: own_view
            description: Some that is mine.
            config: {<<: *config, materialized: view, sql_header: "set variable x = 1;"}
          - name: own_keys
            config: {materialized: table, contract: {enforced: true}}
            columns: [{name: a, data_type: integer, constraints: [{type: primary_key}]}]
        """
    )
    for name in ("own_table", "own_view", "own_keys"):
        (project.root / f"models/{name}.sql").write_text("select 1 as a")
    for _ in range(2):
        run = project.dbt("run", "--select", "own_table", "own_view", "own_keys")
        assert run.exit_code == 0, run.output
        assert "Grants for relations are not supported by DuckDB" in run.output
    assert project.query("select comment from duckdb_tables() where table_name = 'own_table'") == [
        ("All that is mine.",)
    ]
    assert project.query("select comment from duckdb_views() where view_name = 'own_view'") == [
        ("Some that is mine.",)
    ]
    assert project.query("select comment from duckdb_columns() where comment = 'The first.'")
    assert project.query("select table_name, is_unique from duckdb_indexes()") == [
        ("own_table", True)
    ]
    assert project.query(
        "select constraint_type from duckdb_constraints() where table_name = 'own_keys'"
        " and constraint_type = 'PRIMARY KEY'"
    )
    assert project.query("select model, count(*) from runs group by all order by all") == [
        ("own_table", 2),
        ("own_view", 2),
    ]
