"""`python -m warehouse check` as a person or a service manager runs it."""

from __future__ import annotations

import shutil
import sys

import pytest

from tests.support.harness import Project
from tests.warehouse.checkpoints.gx_project import GxProject, Judged, bound, expects, rows_of
from tests.warehouse.loader.shipping import held

CHECK = [sys.executable, "-m", "warehouse", "check"]


@pytest.fixture
def days(project: Project, gx_project: GxProject) -> GxProject:
    """A project whose own checkpoints judge a warehouse of one table."""
    few = expects("column_values_to_be_between", "few", column="share", max_value=bound("most"))
    gx_project.execute("create schema quality; create table quality.days as select 0.5 as share")
    gx_project.write_suites(Judged("quality.days", [few]), bounds={"most": 0.1})
    shutil.copytree(gx_project.folder, project.root / "warehouse/checkpoints", dirs_exist_ok=True)
    return gx_project


def test_check_waits_for_the_warehouse_and_prints_plain_text(
    project: Project, days: GxProject
) -> None:
    with held(days.warehouse, "writer") as holder:
        process = project.start(*CHECK, "--checkpoint", "landed", environment=days.environment)
        assert process.stdout is not None
        waiting = process.stdout.readline()
    output, _ = process.communicate()
    assert process.returncode == 1, output
    assert f"(PID {holder.pid}); waiting up to 63 s." in waiting
    assert rows_of(output)["few"] == ["share", "at most 0.1", "1 of 1 row", "FAILED"]
    manifest = days.reports / "manifest.json"
    assert output.splitlines()[-5:] == [
        " few: What few means.",
        "   1 of 1 row: 0.5",
        "landed: 1 of 1 FAILED: few",
        f"The verdicts were not recorded: there is no {manifest}.",
        f"Checkpoints: {days.page}",
    ]
    assert "\x1b" not in output
    assert days.page.exists()


def test_what_cannot_be_checked_is_no_verdict(project: Project, days: GxProject) -> None:
    days.execute("drop table quality.days")
    run = project.run(*CHECK, environment=days.environment)
    assert run.exit_code == 2
    assert run.output == (
        f"quality.days does not exist in {days.warehouse}. Run `make build` or `dbt build` first.\n"
    )
    run = project.run(*CHECK)
    assert run.exit_code == 2
    assert "Run `make build` first, or set WAREHOUSE_PATH" in run.output
    assert not days.reports.exists()


def test_an_unknown_checkpoint_is_refused_with_the_names(project: Project) -> None:
    run = project.run(*CHECK, "--checkpoint", "landing")
    assert run.exit_code == 2
    assert "argument --checkpoint: invalid choice: 'landing'" in run.output
    for name in ("landed", "marts", "reports"):
        assert name in run.output


def test_help_helps(project: Project) -> None:
    run = project.run(*CHECK, "--help")
    assert run.exit_code == 0
    for word in ("--checkpoint", "--brief", "bounds.yml", "STORE_URL"):
        assert word in run.output
