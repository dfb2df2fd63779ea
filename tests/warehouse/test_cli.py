"""The command line as a person uses it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.conftest import Built
from tests.support.harness import Project

WAREHOUSE = [sys.executable, "-m", "warehouse"]


def test_summary_shows_what_a_person_wants_to_see(built: Built) -> None:
    run = built.project.run(*WAREHOUSE, "summary")
    assert run.exit_code == 0, run.output
    rows = dict(
        built.project.query(
            "select disposition, count(*) from intermediate.int_purchases__classified group by all"
        )
    )
    lines = [line.split() for line in run.output.splitlines()]
    assert ["D-1", "is", "2026-01-29", "(as", "of", "2026-01-30)"] in lines
    for disposition, count in rows.items():
        assert [disposition, f"{count:,}"] in [line[:2] for line in lines]
    summary = built.project.report("reconciliation")["summary"]
    for outcome in ("matched", "af_only", "confirmed_only"):
        assert [outcome, f"{summary[outcome]:,}"] in [line[:2] for line in lines]
    for campaign in built.project.report("roas_anomaly"):
        line = next(line for line in lines if line[:1] == [campaign["campaign"]])
        assert ("ANOMALY" in line) == campaign["anomaly"]
        assert (campaign["state"] in line) == (campaign["state"] != "ok" or not campaign["anomaly"])
    assert f"{built.project.report('arpdau_d1')[0]['arpdau_usd']:,.4f}" in run.output
    assert "Reports in reports/: " in run.output


def test_summary_before_the_first_build_says_what_to_do(project: Project) -> None:
    run = project.run(*WAREHOUSE, "summary")
    assert run.exit_code == 2
    assert run.output == (
        "reports/manifest.json does not exist. Run `make build` or `dbt build` first.\n"
    )


def test_summary_without_its_warehouse_says_what_to_do(built: Built, tmp_path: Path) -> None:
    environment = {"WAREHOUSE_PATH": str(tmp_path / "other.duckdb")}
    run = built.project.run(*WAREHOUSE, "summary", environment=environment)
    assert run.exit_code == 2
    assert "Run `make build` first, or set WAREHOUSE_PATH" in run.output


def test_generate_writes_inputs_that_are_complete(project: Project) -> None:
    run = project.run(*WAREHOUSE, "generate", "--out", "seeds")
    assert run.exit_code == 0, run.output
    inputs = project.run(*WAREHOUSE, "inputs")
    assert (inputs.exit_code, inputs.output) == (0, "")


@pytest.mark.parametrize("command", [[], ["inputs"], ["generate"], ["summary"]])
def test_help_helps(project: Project, command: list[str]) -> None:
    run = project.run(*WAREHOUSE, *command, "--help")
    assert run.exit_code == 0
    assert run.output.startswith("usage: python -m warehouse")


def test_unknown_command_is_refused(project: Project) -> None:
    run = project.run(*WAREHOUSE, "polish")
    assert run.exit_code == 2
    assert "invalid choice: 'polish'" in run.output
