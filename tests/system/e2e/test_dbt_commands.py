"""dbt as people use it: parts of the project, other commands, and nodes of their own."""

from __future__ import annotations

import json
import sys

import pytest

from tests.support.harness import GOOD, Project

OWN = "select * from {{ ref('geo') }}"


@pytest.mark.parametrize(
    "arguments",
    [
        ["build", "--select", "+fct_campaign_roas_daily", "--exclude-resource-type", "unit_test"],
        ["build", "--select", "stg_ads__costs"],
        ["build", "--empty"],
        ["run"],
    ],
)
def test_a_new_warehouse(project: Project, arguments: list[str]) -> None:
    """What is not part of the selection is not there."""
    project.write_inputs(GOOD)
    run = project.dbt(*arguments)
    assert run.exit_code == 0, run.output
    assert project.query("select count(*) from staging.stg_ads__costs")


def test_seeds_and_models_of_ones_own(good: Project) -> None:
    """They are as dbt knows them; no contract, test or description is asked for."""
    good.write_inputs({"geo": "country,rank\nNA,1\nDE,2\n"})
    for folder in ("", "marts/", "marts/players/", "staging/", "reports/"):
        name = f"own_{folder.strip('/').replace('/', '_')}"
        (good.root / f"models/{folder}{name}.sql").write_text(OWN)
    for _ in range(2):
        run = good.build()
        assert run.exit_code == 0, run.output
    assert good.query("select * from raw.geo") == [("NA", 1), ("DE", 2)]
    assert good.query("select * from marts.own_marts_players order by rank") == [
        ("NA", 1),
        ("DE", 2),
    ]


def test_retry_goes_on_and_leaves_the_reports(good: Project) -> None:
    before = good.report_bytes()
    good.write_inputs({"costs_daily": "date,campaign,ad_cost_usd\n2026-01-05,A,20\n"})
    own = good.root / "models/own.sql"
    own.write_text("{{ config(materialized='table') }} select cast('one' as integer) as n")
    assert good.build().exit_code == 1
    assert good.report_bytes() == before
    own.write_text("select 1 as n")
    run = good.dbt("retry")
    assert run.exit_code == 0, run.output
    assert "The reports are as they were" in run.output
    assert good.report_bytes() == before
    assert good.query("select n from main.own") == [(1,)]


def test_clone_and_defer(good: Project) -> None:
    state = ["--state", "state", "--defer"]
    (good.root / "target").rename(good.root / "state")
    run = good.dbt("clone", "--state", "state")
    assert run.exit_code == 0, run.output
    run = good.dbt("run", "--select", "fct_arpdau_daily", *state)
    assert run.exit_code == 0, run.output


def test_labels_say_how_many_days_the_average_looks_back(good: Project) -> None:
    run = good.build(
        *("--select", "path:models", "--exclude-resource-type", "test"),
        variables={"roas_history_window_days": 14, "parquet_marts": True},
    )
    assert run.exit_code == 0, run.output
    summary = good.run(sys.executable, "-m", "warehouse", "summary")
    assert "14-day" in summary.output
    assert "7-day" not in summary.output
    manifest = json.loads((good.root / "target/manifest.json").read_text(encoding="utf-8"))
    report = manifest["nodes"]["model.gamehouse.rpt_roas_anomaly"]
    assert "the 14 days before D-1" in report["columns"]["avg7"]["description"]
    # and the marts are there as Parquet, whole
    marts = good.query(
        "select table_name from information_schema.tables where table_schema = 'marts'"
    )
    files = sorted((good.reports / "parquet").iterdir())
    assert [file.stem for file in files] == sorted(name for (name,) in marts)
    for file in files:
        assert good.query(f"from marts.{file.stem} except all from '{file}'") == []
        assert good.query(f"from '{file}' except all from marts.{file.stem}") == []
