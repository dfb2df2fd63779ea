"""dbt as people use it: parts of the project, other commands, and nodes of their own."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.harness import GOOD, WITHOUT_UNIT_TESTS, Project

OWN = "select * from {{ ref('geo') }}"
# `retry` and `--state` read the files that other tests do without.
WITH_FILES = {"DBT_WRITE_JSON": "true"}


@pytest.mark.parametrize(
    "arguments",
    [
        # int_costs__rejected, which a test of int_costs__accepted reads, is not there
        ["build", "--select", "+int_costs__accepted", *WITHOUT_UNIT_TESTS],
        ["build", "--select", "stg_game__sessions"],
        ["build", "--empty", "--exclude-resource-type", "unit_test", "test"],
        ["run", "--select", "path:models/staging"],
    ],
    ids=["parents", "one", "empty", "run"],
)
def test_a_new_warehouse(project: Project, arguments: list[str]) -> None:
    """What is not part of the selection does not exist."""
    project.write_inputs(GOOD)
    run = project.dbt(*arguments)
    assert run.exit_code == 0, run.output
    assert project.query("select 1 from information_schema.tables where table_schema = 'staging'")
    assert project.query("from history.builds") == []


def test_seeds_and_models_of_ones_own(good: Project) -> None:
    """They work as in any dbt project, without a contract, a test or a description."""
    good.write_inputs({"geo": "country,rank\nNA,1\nDE,2\n"})
    for folder in ("", "marts/", "marts/players/", "staging/", "reports/"):
        name = f"own_{folder.strip('/').replace('/', '_')}"
        (good.root / f"models/{folder}{name}.sql").write_text(OWN)
    for _ in range(2):
        run = good.build("--select", "geo+")
        assert run.exit_code == 0, run.output
    assert good.query("select * from raw.geo") == [("NA", 1), ("DE", 2)]
    assert good.query("select * from marts.own_marts_players order by rank") == [
        ("NA", 1),
        ("DE", 2),
    ]


def test_retry_continues_and_leaves_the_reports(good: Project) -> None:
    before = good.report_bytes()
    model = good.root / "models/reports/campaigns/rpt_roas_d1.sql"
    sql = model.read_text()
    model.write_text(sql.replace("from final", "from absent"))
    assert good.build("--select", "rpt_roas_d1+", environment=WITH_FILES).exit_code == 1
    model.write_text(sql.replace("from final", "from final where false"))
    run = good.dbt("retry")
    assert run.exit_code == 0, run.output
    assert "The reports are unchanged" in run.output
    assert good.query("select * from reports.rpt_roas_d1") == []
    assert good.report_bytes() == before


def test_clone_and_defer(good: Project) -> None:
    assert good.dbt("parse").exit_code == 0
    (good.root / "state").mkdir()
    shutil.copy(good.root / "target/manifest.json", good.root / "state")
    for arguments in (["clone"], ["run", "--defer"]):
        run = good.dbt(*arguments, "--select", "fct_arpdau_daily", "--state", "state")
        assert run.exit_code == 0, run.output


def test_labels_show_the_days_of_the_average_and_marts_become_parquet(good: Project) -> None:
    run = good.build(
        *("--select", "path:models/marts", "rpt_page_settings"),
        *("--exclude-resource-type", "test"),
        variables={"roas_history_window_days": 14, "parquet_marts": True},
        environment=WITH_FILES,
    )
    assert run.exit_code == 0, run.output
    summary = good.run(sys.executable, "-m", "warehouse", "summary")
    assert "14-day" in summary.output
    assert "7-day" not in summary.output
    manifest = json.loads((good.root / "target/manifest.json").read_text(encoding="utf-8"))
    report = manifest["nodes"]["model.gamehouse.rpt_roas_anomaly"]
    assert "the 14 days before D-1" in report["columns"]["avg7"]["description"]
    _assert_marts_are_files(good, good.reports / "parquet")


def _assert_marts_are_files(project: Project, folder: Path) -> None:
    marts = project.query(
        "select table_name from information_schema.tables where table_schema = 'marts'"
    )
    files = sorted(folder.iterdir())
    assert marts
    assert [file.stem for file in files] == sorted(name for (name,) in marts)
    for file in files:
        assert project.query(f"from marts.{file.stem} except all from '{file}'") == []
        assert project.query(f"from '{file}' except all from marts.{file.stem}") == []
