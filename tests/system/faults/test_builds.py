"""Faults of a build: readers keep the reports of the build before, whole, until the next passes."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.harness import DBT, Project, Run
from tests.support.long import IS_LONG
from tests.system.faults.machine import small_disk

OTHER_COSTS = {"costs_daily": "date,campaign,ad_cost_usd\n2026-01-05,A,20\n"}
WAREHOUSE = [sys.executable, "-m", "warehouse"]
DISKS = ["WAREHOUSE_PATH", "REPORTS_PATH", *(["DBT_TARGET_PATH"] if IS_LONG else [])]
# Tests of the models take half of a build and are not what fails here.
WITHOUT_TESTS = ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"]
# A build is killed when it prints one of these. The last one is when all reports are written and
# none is published.
MOMENTS = {
    "before the inputs": "Concurrency:",
    "at the inputs": "START seed file raw.costs_daily",
    "at the models": "START sql table model intermediate.int_purchases__classified",
    "at the marts": "START sql table model marts.fct_campaign_roas_daily",
    "at the reports": "START sql table model reports.rpt_roas_d1",
    "before the publication": "OK created sql table model reports.rpt_manifest",
}
SHORT = ["before the publication"]


def assert_whole(reports: Path) -> None:
    """Every report is the one that the manifest beside it speaks of."""
    manifest = json.loads((reports / "manifest.json").read_text(encoding="utf-8"))
    for file in manifest["files"]:
        if file["kind"] == "report":
            content = (reports / file["file"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == file["sha256"], file["file"]


def reports_in(folder: Path) -> dict[str, bytes]:
    """The content of all files in a folder of reports."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def build(project: Project, environment: dict[str, str] | None = None) -> Run:
    """Build without tests."""
    return project.dbt("build", *WITHOUT_TESTS, environment=environment)


@pytest.mark.parametrize("setting", DISKS)
def test_disk_is_full_while_dbt_builds(good: Project, setting: str) -> None:
    with small_disk(48) as disk:
        moved = {
            "WAREHOUSE_PATH": (good.warehouse, disk.path / "gamehouse.duckdb"),
            "REPORTS_PATH": (good.reports, disk.path / "reports"),
            "DBT_TARGET_PATH": (good.root / "target", disk.path / "target"),
        }
        source, target = moved[setting]
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
        reports = target if setting == "REPORTS_PATH" else good.reports
        before = reports_in(reports)
        environment = {setting: str(target)}
        good.write_inputs(OTHER_COSTS)
        disk.fill()
        run = build(good, environment)
        assert run.exit_code != 0, run.output
        assert "No space left on device" in run.output
        # For its own folder, dbt prints a traceback.
        assert "Traceback" not in run.output or setting == "DBT_TARGET_PATH"
        assert reports_in(reports) == before
        disk.free()
        run = build(good, environment)
        assert run.exit_code == 0, run.output
        assert reports_in(reports)["roas_d1.json"] != before["roas_d1.json"]
        assert sorted(reports_in(reports)) == sorted(before)
        assert_whole(reports)


def test_disk_is_full_while_the_page_is_drawn(good: Project) -> None:
    drawn = good.run(*WAREHOUSE, "page")
    assert drawn.exit_code == 0, drawn.output
    with small_disk(4) as disk:
        reports = disk.path / "reports"
        shutil.copytree(good.reports, reports)
        before = reports_in(reports)
        disk.fill(leave_bytes=100_000)
        run = good.run(*WAREHOUSE, "page", environment={"REPORTS_PATH": str(reports)})
        assert run.exit_code == 2
        assert "No space left on device" in run.output
        assert f"Cannot write {reports / 'index.html'}" in run.output
        assert "Traceback" not in run.output
        assert reports_in(reports) == before
        disk.free()
        run = good.run(*WAREHOUSE, "page", environment={"REPORTS_PATH": str(reports)})
        assert run.exit_code == 0, run.output


@pytest.mark.parametrize("moment", list(MOMENTS) if IS_LONG else SHORT)
def test_build_is_killed(good: Project, moment: str) -> None:
    before = reports_in(good.reports)
    good.write_inputs(OTHER_COSTS)
    killed = good.start(DBT, "build", *WITHOUT_TESTS)
    assert killed.stdout is not None
    assert any(MOMENTS[moment] in line for line in killed.stdout)
    killed.kill()
    killed.communicate()
    after = reports_in(good.reports)
    assert {name: after[name] for name in before} == before
    assert_whole(good.reports)
    run = build(good)
    assert run.exit_code == 0, run.output
    assert sorted(reports_in(good.reports)) == sorted(before)
    assert reports_in(good.reports)["roas_d1.json"] != before["roas_d1.json"]
    assert_whole(good.reports)
