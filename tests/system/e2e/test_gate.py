"""Reports are written together, and only from marts that passed their tests."""

from __future__ import annotations

from tests.support.harness import GOOD, Project


def test_failed_build_keeps_the_reports_of_the_one_before(good: Project) -> None:
    before = good.report_bytes()
    good.write_inputs({"costs_daily": "date,campaign,ad_cost_usd\n2026-01-05,A,20\n"})
    broken = good.root / "tests/dbt/singular/broken.sql"
    broken.write_text("select * from {{ ref('fct_purchases') }}")
    assert good.build().exit_code == 1
    assert good.report_bytes() == before
    broken.unlink()
    assert good.build().exit_code == 0
    assert good.report_bytes()["roas_d1.json"] != before["roas_d1.json"]


def test_run_without_tests_writes_no_report(project: Project) -> None:
    project.write_inputs(GOOD)
    assert project.dbt("seed").exit_code == 0
    run = project.dbt("run")
    assert run.exit_code == 0, run.output
    assert "Not written: reports/roas_d1.json" in run.output
    assert project.report_bytes() == {}


def test_partial_build_says_so_in_the_manifest(project: Project) -> None:
    project.write_inputs(GOOD)
    run = project.build("--exclude", "reconciliation_leaves_no_pair")
    assert run.exit_code == 0, run.output
    assert project.report("manifest")["quality_status"] == "partial"
