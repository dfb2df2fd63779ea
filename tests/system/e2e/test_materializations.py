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
    config = f"{{{{ config(materialized='{materialized}', contract={{'enforced': false}}) }}}}"
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
