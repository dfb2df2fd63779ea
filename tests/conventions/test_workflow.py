"""The GitHub workflow is valid, has minimal permissions, and limits every job's duration."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.harness import ROOT

WORKFLOW = ROOT / ".github/workflows/ci.yml"
CHECK = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema"]

Yaml = dict[Any, Any]


@pytest.fixture(scope="module")
def workflow() -> Yaml:
    parsed: Yaml = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    return parsed


def check(schema: str, path: Path) -> tuple[int, str]:
    run = subprocess.run([*CHECK, schema, path], capture_output=True, text=True, check=False)
    return run.returncode, run.stdout


def test_workflow_is_one_by_the_schema(tmp_path: Path) -> None:
    assert check("vendor.github-workflows", WORKFLOW)[0] == 0
    misspelt = tmp_path / "ci.yml"
    misspelt.write_text(WORKFLOW.read_text(encoding="utf-8").replace("runs-on:", "run-on:"))
    exit_code, output = check("vendor.github-workflows", misspelt)
    assert exit_code == 1
    assert "run-on" in output


def test_every_job_comes_to_an_end() -> None:
    assert check("custom.github-workflows-require-timeout", WORKFLOW)[0] == 0


def test_workflow_may_only_read(workflow: Yaml) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert "permissions" not in job
        checkout = job["steps"][0]
        assert checkout["uses"].startswith("actions/checkout@")
        assert checkout["with"]["persist-credentials"] is False


def test_workflow_trusts_no_text_from_outside(workflow: Yaml) -> None:
    """No expressions in commands, no secrets, no trigger that lends permissions to strangers."""
    text = WORKFLOW.read_text(encoding="utf-8")
    assert "pull_request_target" not in text
    assert "secrets." not in text
    commands = [
        step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step
    ]
    assert commands == ['sudo env "PATH=$PATH" CI=true bash .ci/run', "make audit"]


def test_dependencies_are_audited_every_week(workflow: Yaml) -> None:
    triggers = workflow[True]  # as YAML 1.1 reads `on`
    assert [len(each["cron"].split()) for each in triggers["schedule"]] == [5]
    assert workflow["jobs"]["audit"]["steps"][-1] == {"run": "make audit"}
