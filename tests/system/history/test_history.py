"""What builds reported, and why a later one reports something else."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import duckdb
import jsonschema
import pytest

from tests.support.harness import ROOT, Project
from tests.system.history.mornings import FIRST, SECOND

# The tests of the models run in other tests.
MODELS = ["--exclude", "path:models/quality", "--exclude-resource-type", "test"]
# Receipts of an old form count, too.
OTHER_RULES: dict[str, object] = {"receipt_patterns": ["^RCP-[0-9]+$", "^OLD-[0-9]+$"]}
SCHEMA = ROOT / "reports/schemas/restatements.schema.json"
TABLES = ("builds", "report_changes", "input_row_changes")
# The figures of each mart, and their key; the others are unknown where a row is missing, not 0.
FIGURES = {
    "fct_campaign_roas_daily": ("campaign", ["net_revenue_usd", "ad_cost_usd", "roas"]),
    "fct_arpdau_daily": (
        "null",
        ["net_revenue_usd", "purchase_count", "session_count", "dau", "arpdau_usd"],
    ),
}
RATIOS = ("roas", "arpdau_usd")
Figures = dict[tuple[str, str | None], float | None]

# What SECOND changes of the figures of 2026-01-05, the only day that both mornings report.
OF_CAMPAIGN_A = {
    ("refund", "RCP-2"): -20,
    ("late_purchase", "RCP-9"): 4,
    ("changed_row", "RCP-7"): -2.5,
    ("reclassified", "RCP-6"): 1,
}
OF_CAMPAIGN_B = {
    ("removed_purchase", "p4 purchase 2026-01-05 13:00:00 3.00000000"): -3,
    ("changed_row", "RCP-7"): 2.5,
}
OF_ALL_TRAFFIC = {
    ("refund", "RCP-2"): -20,
    ("late_purchase", "RCP-9"): 4,
    ("reclassified", "RCP-6"): 1,
    ("removed_purchase", "p4 purchase 2026-01-05 13:00:00 3.00000000"): -3,
}
CHANGED: dict[tuple[str, str | None], Any] = {
    ("net_revenue_usd", "A"): (27.5, 10, OF_CAMPAIGN_A),
    ("net_revenue_usd", "B"): (10, 9.5, OF_CAMPAIGN_B),
    ("net_revenue_usd", None): (46.5, 28.5, OF_ALL_TRAFFIC),
    ("purchase_count", None): (
        6,
        7,
        {
            ("late_purchase", "RCP-9"): 1,
            ("reclassified", "RCP-6"): 1,
            ("removed_purchase", "p4 purchase 2026-01-05 13:00:00 3.00000000"): -1,
        },
    ),
    ("ad_cost_usd", "A"): (10, 12.5, {("restated_cost", "A 2026-01-05"): 2.5}),
    ("ad_cost_usd", "C"): (0, 4, {("late_cost", "C 2026-01-05"): 4}),
    ("session_count", None): (1, 2, {("late_sessions", "2026-01-05"): 1}),
    ("dau", None): (1, 2, {("late_sessions", "2026-01-05"): 1}),
    ("roas", "A"): (2.75, 0.8, {("derived", None): -1.95}),
    ("roas", "B"): (1, 0.95, {("derived", None): -0.05}),
    ("roas", "C"): (None, 0, {("derived", None): None}),
    ("arpdau_usd", None): (46.5, 14.25, {("derived", None): -32.25}),
}
# What the rule of OTHER_RULES changes.
RULED = {("changed_rule", "OLD-5"): 11}


def build(
    project: Project,
    *arguments: str,
    variables: dict[str, object] | None = None,
    exit_code: int = 0,
) -> str:
    run = project.build(*MODELS, *arguments, variables=variables)
    assert run.exit_code == exit_code, run.output
    return run.output


def history_of(project: Project) -> list[Any]:
    return [project.query(f"from history.{table} order by all") for table in TABLES]


def builds_of(project: Project) -> list[str]:
    return [
        row[0] for row in project.query("select build_id from history.builds order by built_at")
    ]


def diff(project: Project, *arguments: str, exit_code: int = 0) -> str:
    wide = {"COLUMNS": "200"}
    run = project.run(sys.executable, "-m", "warehouse", "diff", *arguments, environment=wide)
    assert run.exit_code == exit_code, run.output
    return run.output


def figures_of(compared: Mapping[str, Any]) -> dict[tuple[str, str | None], Any]:
    """The figures of a comparison; the causes of each add up exactly to its difference."""
    figures = {}
    for figure in compared["figures"]:
        assert figure["date"] == "2026-01-05"
        causes = {(row["cause"], row["row_key"]): row["amount"] for row in figure["causes"]}
        assert len(causes) == len(figure["causes"])
        if figure["difference"] is not None:
            assert sum(map(Decimal, causes.values())) == figure["difference"], figure
            assert figure["after"] - figure["before"] == figure["difference"], figure
        before, after = figure["before"], figure["after"]
        figures[figure["figure"], figure["key"]] = (before, after, causes)
    return figures


def compare(project: Project, *arguments: str) -> dict[str, Any]:
    compared: dict[str, Any] = json.loads(
        diff(project, "--json", *arguments), parse_float=Decimal, parse_int=Decimal
    )
    return compared


def exactly(figures: Mapping[tuple[str, str | None], Any]) -> dict[tuple[str, str | None], Any]:
    """The same with decimals."""

    def decimal(number: float | None) -> Decimal | None:
        return None if number is None else Decimal(str(number))

    return {
        key: (decimal(before), decimal(after), {why: decimal(n) for why, n in causes.items()})
        for key, (before, after, causes) in figures.items()
    }


def reported(project: Project) -> Figures:
    """The figures of 2026-01-05, from the marts themselves."""
    return {
        (figure, name): None if value is None else round(float(value), 8)
        for mart, (key, figures) in FIGURES.items()
        for figure in figures
        for name, value in project.query(
            f"select {key}, {figure} from marts.{mart} where activity_date = '2026-01-05'"  # noqa: S608 (names of ours)
        )
    }


def differences(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> dict[Any, Any]:
    """What a person finds who compares the figures of two builds one by one."""
    found = {}
    for figure in before.keys() | after.keys():
        missing = None if figure[0] in RATIOS else 0
        values = before.get(figure, missing), after.get(figure, missing)
        if values[0] != values[1]:
            found[figure] = values
    return found


def told_differences(figures: Mapping[Any, Any]) -> dict[Any, Any]:
    """The same of a comparison by history."""
    return {
        figure: tuple(None if value is None else float(value) for value in values[:2])
        for figure, values in figures.items()
    }


@pytest.fixture(scope="module")
def mornings(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Figures]:
    """Two mornings, and the second once more; and the figures of the first."""
    project = Project.copy_to(tmp_path_factory.mktemp("history") / "project")
    project.write_inputs(FIRST)
    build(project)
    first = project.report("restatements")
    assert first["baseline_build_id"] is None
    assert first["restated"] == []
    assert "has an earlier D-1" in diff(project, exit_code=2)
    reported_first = reported(project)
    project.write_inputs(SECOND)
    build(project)
    reports, history = project.report_bytes(), history_of(project)
    build(project, "--full-refresh")
    assert project.report_bytes() == reports
    assert history_of(project) == history
    assert len(history[0]) == 2
    return project, reported_first


@pytest.fixture(scope="module")
def project(mornings: tuple[Project, Figures]) -> Project:
    """The project after both mornings."""
    return mornings[0]


def test_the_report_says_what_changed_and_why(project: Project) -> None:
    report = json.loads(
        project.report_bytes()["restatements.json"], parse_float=Decimal, parse_int=Decimal
    )
    jsonschema.validate(project.report("restatements"), json.loads(SCHEMA.read_text("utf-8")))
    assert report["baseline_build_id"] == builds_of(project)[0]
    assert (report["baseline_d1_date"], report["d1_date"]) == ("2026-01-05", "2026-01-06")
    told: dict[tuple[str, str | None], Any] = {}
    for row in report["restated"]:
        key = (row["figure"], row["figure_key"])
        figure = told.setdefault(key, (row["value_before"], row["value_after"], {}))
        figure[2][row["cause"]] = row["amount"]
    assert told == {
        key: (before, after, {cause: amount for (cause, _), amount in causes.items()})
        for key, (before, after, causes) in exactly(CHANGED).items()
    }


def test_figures_are_those_that_the_builds_reported(mornings: tuple[Project, Figures]) -> None:
    """No figure that differs is missing, and none that does not is told."""
    project, reported_first = mornings
    assert reported_first
    found = differences(reported_first, reported(project))
    assert found == told_differences(figures_of(compare(project)))


def test_diff_lists_the_input_rows(project: Project) -> None:
    first, second = builds_of(project)
    for arguments in (
        [],
        ["--from", first, "--to", second[:8]],
        ["--from", second, "--to", first],
        ["--from", "2026-01-06", "--to", "2026-02-01"],
    ):
        compared = compare(project, *arguments)
        assert (compared["from"]["build_id"], compared["to"]["build_id"]) == (first, second)
        assert compared["changed_settings"] == []
        assert figures_of(compared) == exactly(CHANGED)
    shown = diff(project)
    assert "refund RCP-2" in shown
    assert "reclassified RCP-6 (failed \N{RIGHTWARDS ARROW} curated)" in shown
    assert "No figure" in diff(project, "--from", second, "--to", second)
    assert second[:8] in diff(project, "--list")
    for wrong in ("2026-01-05", "nonsense"):
        assert "recorded builds are as of 2026-01-06 to 2026-01-07" in diff(
            project, "--from", wrong, exit_code=2
        )


def test_only_a_whole_and_good_build_is_recorded(project: Project) -> None:
    """Not one that failed or lacks a part. What a killed build wrote has no effect."""
    history = history_of(project)
    project.write_inputs(FIRST)
    model = project.root / "models/reports/manifest/rpt_manifest.sql"
    sql = model.read_text()
    model.write_text(sql.replace("from final", "from absent"))
    build(project, exit_code=1)
    model.write_text(sql)
    for arguments in (
        ["run", "--select", "path:models/marts/history"],
        ["build", "--select", "path:models/marts/history", *MODELS],
    ):
        run = project.dbt(*arguments)
        assert run.exit_code == 0, run.output
    assert history_of(project) == history
    with duckdb.connect(str(project.warehouse)) as warehouse:
        for table in TABLES[1:]:
            entries = warehouse.table(f"history.{table}")
            entries.project("* replace ('killed' as build_id)").insert_into(f"history.{table}")
    project.write_inputs(SECOND)
    build(project)
    assert builds_of(project) == [row[0] for row in sorted(history[0], key=lambda row: row[1])]
    assert figures_of(compare(project)) == exactly(CHANGED)


def test_a_changed_rule_is_a_cause(project: Project) -> None:
    """Between the mornings, each row keeps a cause of its own if the file says something else."""
    first, second = builds_of(project)
    reported_second = reported(project)
    build(project, variables=OTHER_RULES)
    assert project.report("restatements")["baseline_build_id"] == first
    assert project.report("restatements")["rules_cause"] == "changed_rule"
    compared = compare(project, "--from", second)
    assert compared["changed_settings"] == ["receipt_patterns"]
    figures = figures_of(compared)
    assert told_differences(figures) == differences(reported_second, reported(project))
    assert figures["net_revenue_usd", "A"] == exactly({("", None): (10, 21, RULED)})["", None]
    assert ("net_revenue_usd", "B") not in figures
    since_the_first = figures_of(compare(project))
    expected = {**CHANGED["net_revenue_usd", "A"][2], **RULED}
    assert (
        since_the_first["net_revenue_usd", "A"]
        == exactly({("", None): (27.5, 21, expected)})["", None]
    )
