"""The example of real exports: its figures are those of the facts that it was generated from."""

from __future__ import annotations

import json
import shutil
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.harness import ROOT, Project

EXAMPLE = Path("examples/appsflyer")
# Row numbers differ, because the exports have rows that the plain files lack.
PLACES = {"af_row_number", "confirmed_row_number", "counterpart_row_number"}


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with the files of the example, built from its exports."""
    project = Project.copy_to(tmp_path_factory.mktemp("example") / "project")
    shutil.copytree(
        ROOT / EXAMPLE,
        project.root / EXAMPLE,
        ignore=shutil.ignore_patterns("exports", "plain", "reports", "*.duckdb*"),
    )
    generated = project.run(sys.executable, str(EXAMPLE / "generate.py"))
    assert generated.exit_code == 0, generated.output
    for name in ("purchases_raw", "confirmed_purchases", "costs_daily", "sessions"):
        (project.root / f"seeds/{name}.csv").write_text("")
    mapping = yaml.safe_load((project.root / EXAMPLE / "vars.yml").read_text("utf-8"))
    run = project.dbt("build", "--vars", json.dumps(mapping))
    assert run.exit_code == 0, run.output
    assert "WARN=0" in run.output
    return project


@pytest.fixture(scope="module")
def truth(example: Project) -> dict[str, Any]:
    """The figures that the generator knows."""
    text = (example.root / EXAMPLE / "truth.json").read_text("utf-8")
    return dict(json.loads(text))


def test_every_row_has_its_fate(example: Project, truth: dict[str, Any]) -> None:
    dispositions = example.query(
        "select disposition, count(*) from intermediate.int_purchases__classified group by all"
    )
    assert dict(dispositions) == truth["dispositions"]
    outcomes = example.query("select outcome, count(*) from marts.fct_reconciliation group by all")
    assert dict(outcomes) == truth["reconciliation"]
    fates = example.query(
        "select (select count(*) from raw.confirmed_purchases),"
        " (select sum(row_count) from marts.fct_confirmation_dispositions_daily),"
        " (select count(*) from raw.costs_daily),"
        " (select count(*) from intermediate.int_costs__accepted)"
        " + (select count(*) from intermediate.int_costs__superseded)"
    )
    confirmations, disposed, costs, kept = fates[0]
    assert confirmations == disposed
    assert costs == kept


def test_money_is_exact(example: Project, truth: dict[str, Any]) -> None:
    revenue = example.query("select sum(net_revenue_usd) from marts.fct_purchases")
    assert revenue == [(Decimal(truth["net_revenue_usd"]),)]
    days = example.query(
        "select campaign, cast(activity_date as varchar), ad_cost_usd, net_revenue_usd"
        " from marts.fct_campaign_roas_daily order by all"
    )
    assert days == [
        (day["campaign"], day["date"], Decimal(day["ad_cost_usd"]), Decimal(day["net_revenue_usd"]))
        for day in truth["campaign_days"]
    ]


def test_what_is_not_known_says_so(example: Project) -> None:
    """The network that withholds its campaigns, and the days whose costs are still restated."""
    states = example.query(
        "select distinct campaign from marts.fct_campaign_roas_daily"
        " where roas_state = 'restricted'"
    )
    assert states == [("LOOKALIKE_US",)]
    provisional = example.query(
        "select min(activity_date), max(activity_date) from marts.fct_campaign_roas_daily"
        " where is_provisional"
    )
    assert [f"{day}" for day in provisional[0]] == ["2026-01-26", "2026-02-01"]


def test_plain_files_of_the_same_facts_give_the_same_reports(
    example: Project, tmp_path: Path
) -> None:
    plain = example.clone_to(tmp_path / "project")
    run = plain.build(variables={"landing": str(EXAMPLE / "plain")})
    assert run.exit_code == 0, run.output
    of_exports = example.report_bytes()
    for name, report in plain.report_bytes().items():
        if name != "manifest.json":  # it names the files
            assert without_places(report) == without_places(of_exports[name]), name


def without_places(report: bytes) -> Any:  # noqa: ANN401 (any JSON)
    """A report without what only the exports know: the places of rows, and versions of costs."""

    def known_to_both(row: dict[str, Any]) -> dict[str, Any]:
        if row.get("state") == "provisional":
            row["state"] = "ok"
        return {key: row[key] for key in row.keys() - PLACES - {"provisional"}}

    return json.loads(report, object_hook=known_to_both)
