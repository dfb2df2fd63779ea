"""Every figure of the page is a metric of the semantic layer."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.support.harness import Project
from tests.system.page.browser import Visit
from warehouse.page import wording

# Figures by the key of their row, one text, and by the title of their column.
Figures = dict[str, dict[str, str | None]]

D1 = "{{ TimeDimension('metric_time', 'day') }} = '2026-01-29'"
UNTIL_D1 = "{{ TimeDimension('metric_time', 'day') }} <= '2026-01-29'"
PURCHASE_FATE = "purchase_disposition_day__disposition"
CONFIRMATION_FATE = "confirmation_disposition_day__disposition"
OVER_ALL_CAMPAIGNS = "{{ Entity('campaign') }} is null"
PAID = "{{ Entity('campaign') }} is not null"
OUTCOME, REASON = "reconciliation_row__outcome", "reconciliation_row__reason"


@dataclass(frozen=True)
class Query:
    """Metrics, and the rows of a table that show them.

    Attributes:
        columns: The metrics, by the titles of their columns.
        by: What the rows are grouped by; it stands in the first cells of a row.
        where: Which rows of the marts the metrics are of.
        cells: The number of first cells with the key of the row.
        before: The text of the first cell, if it is the same in all rows.
    """

    columns: Mapping[str, str]
    by: Sequence[str]
    where: Sequence[str] = ()
    cells: int = 1
    before: str | None = None

    def key(self, answer: Mapping[str, str | None]) -> str:
        """Make the key of an answer's row as it is on the page."""
        names = [name for name in answer if name not in self.columns.values()]
        by = sorted(names, key=lambda name: name.startswith("metric_time"))  # the day comes last
        return key_of([self.before, *(answer[name] for name in by)])

    def figures(self, answer: Mapping[str, str | None]) -> dict[str, str | None]:
        """Take the metrics of an answer's row."""
        return {title: answer[metric] for title, metric in self.columns.items()}


def by_age(metric: str, cell: str, ages: Sequence[int], **query: Any) -> Sequence[Query]:  # noqa: ANN401
    """Query a metric once per age, each in a column of its own."""
    at_first = query.pop("at_first", {})
    where = query.pop("where", [])
    return [
        Query(
            {f"D{age}": metric, **(at_first if age == ages[0] else {})},
            where=[*where, f"{{{{ Dimension('{cell}__age_days') }}}} = {age}"],
            **query,
        )
        for age in ages
    ]


# The queries behind each table, by its id or caption.
TABLES: Mapping[str, Sequence[Query]] = {
    "campaign-table": [
        Query(
            {
                "Net revenue": "paid_net_revenue_usd",
                "Cost": "ad_cost_usd",
                "ROAS": "roas",
                "7-day average": "roas_trailing_average",
                "Short of usual": "roas_shortfall_usd",
            },
            ["campaign"],
            [D1],
        )
    ],
    "days-table": [
        Query(
            {
                "Net revenue": "net_revenue_usd",
                "Active users": "dau",
                "ARPDAU": "arpdau_usd",
                "Revenue of campaigns": "rated_net_revenue_usd",
                "Their cost": "rated_ad_cost_usd",
                "ROAS": "roas",
            },
            ["metric_time"],
            [UNTIL_D1],
        )
    ],
    "flow-table": [
        Query(
            {"Rows": "purchase_rows", "Gross amount": "purchase_rows_usd"},
            [PURCHASE_FATE],
            cells=2,
            before="purchases_raw.csv",
        ),
        Query(
            {"Rows": "confirmation_rows", "Gross amount": "confirmation_rows_usd"},
            [CONFIRMATION_FATE],
            cells=2,
            before="confirmed_purchases.csv",
        ),
        Query(
            {"Rows": "reconciled_rows", "Gross amount": "reconciled_purchases_usd"},
            [OUTCOME],
            [f"{{{{ Dimension('{OUTCOME}') }}}} != 'confirmed_only'"],
            cells=2,
            before="curated",
        ),
        Query(
            {"Rows": "reconciled_rows", "Gross amount": "reconciled_confirmations_usd"},
            [OUTCOME],
            [f"{{{{ Dimension('{OUTCOME}') }}}} != 'af_only'"],
            cells=2,
            before="accepted",
        ),
    ],
    "reasons-table": [
        Query(
            {"Rows": "reconciled_rows", "Gross amount": f"reconciled_{side}_usd"},
            [OUTCOME, REASON],
            [f"{{{{ Dimension('{OUTCOME}') }}}} = '{outcome}'"],
            cells=2,
        )
        for side, outcome in (("purchases", "af_only"), ("confirmations", "confirmed_only"))
    ],
    "rejected-table": [
        Query(
            {"Rows": "rejected_rows", "Amount": "rejected_rows_usd"},
            [f"rejected_row__{name}" for name in ("file", "disposition", "reason")],
            cells=2,
        )
    ],
    "links-table": [
        Query({"Clicks": "deep_link_clicks", "Players": "deep_link_players"}, ["character"]),
        Query(
            {
                "Payers": "character_payers",
                "Purchases": "character_purchases",
                "Net revenue": "character_net_revenue_usd",
            },
            ["character"],
            ["{{ Dimension('character_purchases__scope') }} = 'character'"],
        ),
    ],
    "states-table": [
        Query(
            {
                "Purchases": "campaign_purchases",
                "Expected purchases": "expected_purchases",
                "Net revenue": "paid_net_revenue_usd",
                "Expected revenue": "expected_revenue_usd",
                "z of ROAS": "robust_z",
                "z of purchases": "purchase_z",
            },
            ["campaign"],
            [D1],
        )
    ],
    "trials-table": [
        Query(
            {
                "Days judged": "trial_judged_days",
                "Days fired": "trial_fired_days",
                "Share": "trial_fired_share",
                "Episodes": "trial_episodes",
                "Days of one": "trial_mean_episode_days",
                "Over after 1 day": "trial_episodes_over_in_1",
                "Over within 3": "trial_episodes_over_in_3",
            },
            ["roas_rule_trial__rule"],
            [OVER_ALL_CAMPAIGNS, "{{ Dimension('roas_rule_trial__is_in_force') }}"],
        )
    ],
    "grid-table": [
        Query(
            {f"{days} days": "trial_fired_share"},
            ["roas_rule_trial__ratio"],
            [
                OVER_ALL_CAMPAIGNS,
                "{{ Dimension('roas_rule_trial__rule') }} = 'ratio'",
                "{{ Dimension('roas_rule_trial__min_history_days') }} = 3",
                f"{{{{ Dimension('roas_rule_trial__window_days') }}}} = {days}",
            ],
        )
        for days in (3, 7, 14, 28)
    ],
    "cohort-campaign-table": [
        query
        for group in (
            {"by": ["campaign"], "where": [PAID]},
            {"by": [], "where": [PAID], "before": "All paid campaigns"},
        )
        for query in by_age("cohort_roas", "cohort_cell", (0, 1, 3, 7, 14, 30), **group)
    ],
    "cohort-table": by_age(
        "cohort_roas",
        "cohort_cell",
        (0, 1, 3, 7, 14, 30),
        by=["campaign", "metric_time"],
        where=[PAID],
        cells=2,
        at_first={"Cost": "cohort_ad_cost_usd", "Revenue": "cohort_net_revenue_to_date_usd"},
    ),
    "engagement-table": [
        Query(
            {
                "Active": "dau",
                "New": "new_dau",
                "Returning": "returning_dau",
                "Payers": "daily_payers",
                "Conversion": "conversion_rate",
                "ARPPU": "arppu_usd",
                "MAU": "mau",
                "Stickiness": "stickiness",
            },
            ["metric_time"],
            [UNTIL_D1],
        )
    ],
    "retention-table": [
        query
        for group in ({"by": ["metric_time"]}, {"by": [], "before": "All days"})
        for query in by_age(
            "retention",
            "retention_cell",
            (1, 3, 7, 14, 30),
            at_first={"Players": "first_session_players"},
            **group,
        )
    ],
    "windows-table": [
        Query(
            {
                "Matched": "swept_matches",
                "Same receipt or amount": "swept_agreeing_matches",
                "Gross amount": "swept_matches_usd",
                "More than now": "swept_gain_usd",
            },
            ["reconciliation_setting__window_minutes"],
            ["{{ Dimension('reconciliation_setting__kind') }} = 'window'"],
        )
    ],
}
# Tables of single rows and of files, and a histogram, whose bars depend on the window.
NO_METRICS = {"unmatched-table", "Inputs of this build", "Rows by distance"}
# The number of a row, a limit that a rule derives from an average, and a text with two metrics.
NO_METRIC_COLUMNS = {"First row", "Flagged below", "Paid back"}
TILES = {
    "Net revenue": "net_revenue_usd",
    "Daily active users": "dau",
    "ARPDAU": "arpdau_usd",
    "ROAS of all campaigns": "roas",
}


def of_campaign(campaign: str) -> Query:
    """Query the days of a campaign up to D-1."""
    columns = {
        "Net revenue": "paid_net_revenue_usd",
        "Cost": "ad_cost_usd",
        "ROAS": "roas",
        "Average": "roas_trailing_average",
    }
    is_campaign = f"{{{{ Entity('campaign') }}}} = '{campaign}'"
    return Query(columns, ["metric_time"], [UNTIL_D1, is_campaign])


def ask(project: Project, queries: Sequence[Query]) -> list[Figures]:
    """Query the semantic layer, in one process."""
    asked = [
        {"metrics": [*query.columns.values()], "by": query.by, "where": query.where}
        for query in queries
    ]
    program = Path(__file__).with_name("metrics.py")
    answered = project.root / "target/metrics.json"
    run = project.run(sys.executable, str(program), json.dumps(asked), str(answered))
    assert run.exit_code == 0, run.output
    answers = json.loads(answered.read_text(encoding="utf-8"))
    return [
        {query.key(row): query.figures(row) for row in rows}
        for query, rows in zip(queries, answers, strict=True)
    ]


def key_of(cells: Sequence[str | None]) -> str:
    return " ".join(cell for cell in cells if cell is not None)


def same(told: str, value: str | None) -> bool:
    """Compare a figure, as text for people or exactly, with a metric."""
    if value is None:
        return told in ("", wording.UNKNOWN, wording.NOTHING)
    number = Decimal(value)
    if told in {write(number) for write in (wording.money, wording.count, wording.ratio)}:
        return True
    return float(told) == pytest.approx(float(value), rel=1e-12)


def told_by(page: Page) -> Mapping[str, Sequence[tuple[list[str], dict[str, str]]]]:
    """Read the rows of every table, by its id or caption: words and figures by column."""
    tables: dict[str, Any] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("main table")].map((table) => {
            const text = (cell) =>
                cell.dataset.value ?? cell.textContent.replace(/[ \\n]+/g, " ").trim();
            const titles = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
            const rows = [...table.tBodies[0].rows].map((row) => {
                const cells = [...row.cells].map((cell, place) => [titles[place], cell]);
                const isFigure = ([, cell]) => cell.classList.contains("number");
                const figures = cells.filter(isFigure).map(([title, cell]) => [title, text(cell)]);
                const words = cells.filter((cell) => !isFigure(cell)).map(([, cell]) => text(cell));
                return [words, Object.fromEntries(figures)];
            });
            return [table.id || table.caption.textContent, rows];
        }))"""
    )
    return tables


def assert_figures_are_metrics(
    told: Mapping[str, Sequence[tuple[list[str], dict[str, str]]]],
    tables: Mapping[str, Sequence[Query]],
    project: Project,
) -> None:
    """Compare tables, as the page tells them, with the answers of the semantic layer."""
    answers = iter(ask(project, [*chain.from_iterable(tables.values())]))
    for table, queries in tables.items():
        metrics: Figures = {}
        for answer in islice(answers, len(queries)):
            for key, row in answer.items():
                metrics[key] = metrics.get(key, {}) | row
        if table not in told:
            assert not [value for row in metrics.values() for value in row.values() if value], table
            continue
        figures = {key_of(words[: queries[0].cells]): row for words, row in told[table]}
        assert figures.keys() == metrics.keys(), table
        for key, row in metrics.items():
            assert figures[key].keys() - row.keys() <= NO_METRIC_COLUMNS, table
            for column, value in row.items():
                assert same(figures[key][column], value), (table, key, column)


def test_every_figure_is_its_metric(sample_page: Visit, shown: Project) -> None:
    told = told_by(sample_page.page)
    campaigns = [words[0] for words, _ in told["campaign-table"]]
    tables = {**TABLES, **{f"{campaign} by day": [of_campaign(campaign)] for campaign in campaigns}}
    assert told.keys() - tables.keys() == NO_METRICS
    assert_figures_are_metrics(told, tables, shown)
    ((values,),) = (answer.values() for answer in ask(shown, [Query(TILES, [], [D1])]))
    for tile, value in values.items():
        assert same(sample_page.value(f'[data-tile="{tile}"]'), value), tile
