"""What builds reported, and why a later one reports something else."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.support.harness import ROOT, Project
from tests.system.history.mornings import FIRST, SECOND

# The tests of the models run in other tests.
MODELS = ["--exclude", "path:models/quality", "--exclude-resource-type", "test"]

# Old receipts count, too.
OTHER_RULES: dict[str, object] = {"receipt_patterns": ["^RCP-[0-9]+$", "^OLD-[0-9]+$"]}
Causes = dict[tuple[str, str | None], Decimal]


def build(project: Project, variables: dict[str, object] | None = None) -> None:
    run = project.build(*MODELS, variables=variables)
    assert run.exit_code == 0, run.output


def history_of(project: Project) -> list[tuple[int, ...]]:
    tables = ("builds", "report_changes", "input_row_changes")
    return [project.query(f"select count(*) from history.{table}")[0] for table in tables]


def diff(project: Project, *arguments: str) -> Any:  # noqa: ANN401 (an object)
    run = project.run(sys.executable, "-m", "warehouse", "diff", "--json", *arguments)
    assert run.exit_code == 0, run.output
    return json.loads(run.output, parse_float=Decimal)


def figures_of(compared: Mapping[str, Any]) -> dict[tuple[str, str | None, str], Any]:
    """The figures of a comparison; the causes of each add up to its difference."""
    figures = {}
    for figure in compared["figures"]:
        if figure["difference"] is not None:
            assert sum(Decimal(cause["amount"]) for cause in figure["causes"]) == Decimal(
                figure["difference"]
            ), figure
        figures[figure["date"], figure["key"], figure["figure"]] = figure
    return figures


def causes_of(figure: Mapping[str, Any]) -> dict[tuple[str, str | None], float]:
    return {(row["cause"], row["row_key"]): float(row["amount"]) for row in figure["causes"]}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Three mornings: a day, the next with changes of the first, and one with another rule."""
    project = Project.copy_to(tmp_path_factory.mktemp("history") / "project")
    project.write_inputs(FIRST)
    build(project)
    project.write_inputs(SECOND)
    build(project)
    return project


def test_scratch(project: Project) -> None:
    run = project.run(sys.executable, "-m", "warehouse", "diff")
    print(run.output)
    print(project.run(sys.executable, "-m", "warehouse", "diff", "--list").output)
    print(json.dumps(project.report("restatements"), indent=1))
    figures_of(diff(project))
    build(project, OTHER_RULES)
    print(project.run(sys.executable, "-m", "warehouse", "diff").output)
    b = [r[0] for r in project.query("select build_id from history.builds order by built_at")]
    print(project.run(sys.executable, "-m", "warehouse", "diff", "--from", b[1]).output)
    print(project.run(sys.executable, "-m", "warehouse", "diff", "--from", b[1], "--to", b[0]).output)
    print(project.run(sys.executable, "-m", "warehouse", "diff", "--from", "2026-01-01").output)
    print(project.run("env","COLUMNS=80",sys.executable, "-m", "warehouse", "diff").output)
    assert 0
