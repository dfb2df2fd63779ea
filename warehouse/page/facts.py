"""Reads the content of the page: the rows of report models, and the manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from warehouse.checkpoints.verdicts import FILES_OF_THE_BUILD, manifest_fault

# A row of a model or an object of a report, by column.
Record = Mapping[str, Any]


class CannotDrawError(Exception):
    """The page cannot be drawn; the message says why and what to do."""


@dataclass(frozen=True)
class Facts:
    """The results of one build.

    Attributes:
        manifest: `manifest.json`, with the verdicts of the checkpoints.
        settings: The vars of the build, from `rpt_page_settings`.
        days: UTC days up to D-1, ascending, from `rpt_page_days`.
        campaigns: The top paid campaigns on D-1, in the order of the page, from
            `rpt_page_campaigns`.
        campaign_days: UTC days of these campaigns, ascending, from `rpt_page_campaign_days`.
        flow: The path of the purchase and confirmation rows, from `rpt_page_flow`.
        distances: A histogram of seconds apart, from `rpt_page_seconds_apart`.
        unmatched: The most valuable unmatched rows, from `rpt_page_unmatched`.
        reasons: Rows and money by reason, from `rpt_page_unmatched_reasons`.
        rejected: Rows of all inputs that do not count, by reason, from `rpt_page_rejected`.
        summary: The summary of `reconciliation.json`.
        deep_links: The top characters by clicks, from `rpt_deep_links` and `rpt_characters`.
        rule_states: The states of campaigns on D-1, the worst first, from `rpt_roas_states`.
        rule_trials: The rules in force over all campaigns, from `rpt_roas_rules`.
        rule_grid: The rule with other ratios and windows, from `rpt_roas_rules`.
        cohort_summary: Where the net revenue is, from `rpt_cohorts_summary`.
        cohort_campaigns: Six ages of the cohorts of the top campaigns, from `rpt_page_cohorts`; all
            campaigns come first.
        cohort_days: Six ages of each recent cohort of the top campaigns, from `rpt_cohorts`.
        engagement: Recent UTC days up to D-1, ascending, from `rpt_engagement_daily`.
        retention: Five ages of each recent day, from `rpt_page_retention`; all days come first.
        fit: The summary of `reconciliation_sweep.json`.
        windows: Its windows, ascending.
        shifts: Its named shifts of all purchases, the one that gains most first.
        alternatives: The summary of `reconciliation_alternatives.json`.
        manifest_sha256: The hash of `manifest.json`.
        baseline: The build that `restated` compares with, from `rpt_baseline`.
        restated: Figures of earlier days that changed, with their causes, from `rpt_restatements`.
        restated_totals: The numbers of these figures and days, and the change of money.
        counts: The total numbers of `campaigns`, `flagged` campaigns and `deep_links`.
    """

    manifest: Record
    settings: Record
    days: Sequence[Record]
    campaigns: Sequence[Record]
    campaign_days: Sequence[Record]
    flow: Sequence[Record]
    distances: Sequence[Record]
    unmatched: Sequence[Record]
    reasons: Sequence[Record]
    rejected: Sequence[Record]
    summary: Record
    fit: Record
    windows: Sequence[Record]
    shifts: Sequence[Record]
    alternatives: Record
    deep_links: Sequence[Record]
    rule_states: Sequence[Record]
    rule_trials: Sequence[Record]
    rule_grid: Sequence[Record]
    cohort_summary: Record
    cohort_campaigns: Sequence[Record]
    cohort_days: Sequence[Record]
    engagement: Sequence[Record]
    retention: Sequence[Record]
    baseline: Record
    restated: Sequence[Record]
    restated_totals: Record
    counts: Record
    manifest_sha256: str

    @property
    def d1(self) -> Record | None:
        """The row of D-1; None if the data has no activity."""
        return self.days[-1] if self.days else None


MAX_ROWS = "(select page_max_rows from reports.rpt_page_settings)"
QUERIES = {
    "settings": "from reports.rpt_page_settings",
    "days": "from reports.rpt_page_days order by activity_date",
    "campaigns": f"from reports.rpt_page_campaigns order by page_rank limit {MAX_ROWS}",
    "campaign_days": """
        select days.* from reports.rpt_page_campaign_days as days
        join reports.rpt_page_campaigns as campaigns using (campaign)
        order by campaigns.page_rank, days.activity_date
    """,
    "flow": "from reports.rpt_page_flow order by source_node, target_node",
    "distances": "from reports.rpt_page_seconds_apart order by seconds_from, outcome",
    "unmatched": "from reports.rpt_page_unmatched order by page_rank",
    "reasons": """
        from reports.rpt_page_unmatched_reasons order by outcome, revenue_usd desc, reason
    """,
    "rejected": """
        from reports.rpt_page_rejected
        order by file != 'purchases_raw.csv', file, row_count desc, disposition, reason
    """,
    "summary": "from reports.rpt_reconciliation_summary",
    "fit": "from reports.rpt_reconciliation_sweep_summary",
    "windows": """
        from reports.rpt_reconciliation_sweep where kind = 'window' order by window_minutes
    """,
    "shifts": """
        from reports.rpt_reconciliation_sweep
        where kind = 'shift' and is_suggested and media_source is null
        order by gained desc, shift_hours
    """,
    "alternatives": "from reports.rpt_reconciliation_alternatives_summary",
    "deep_links": f"""
        from reports.rpt_deep_links
        join reports.rpt_characters using (character)
        select rpt_deep_links.*, payers, purchases, revenue_usd, state
        where scope = 'character'
        order by rpt_deep_links.clicks desc, character limit {MAX_ROWS}
    """,
    "rule_states": f"""
        from reports.rpt_roas_states
        order by
            list_position(['collapsed', 'declining', 'noise', 'provisional', 'ok'], state),
            expected_revenue_usd - revenue_usd desc nulls last,
            campaign
        limit {MAX_ROWS}
    """,
    "rule_trials": """
        from reports.rpt_roas_rules where in_force and campaign is null
        order by list_position(
            ['ratio', 'robust_z', 'purchase_z', 'collapsed', 'declining'], rule
        )
    """,
    "rule_grid": """
        from reports.rpt_roas_rules
        where
            rule = 'ratio'
            and campaign is null
            and min_history_days = (select roas_min_history_days from reports.rpt_page_settings)
        order by ratio, window_days
    """,
    "cohort_summary": "from reports.rpt_cohorts_summary",
    "cohort_campaigns": f"""
        from reports.rpt_page_cohorts
        where page_rank is null or page_rank <= {MAX_ROWS}
        order by page_rank nulls first, age_days
    """,
    # 35 days, so that a few have reached day 30.
    "cohort_days": """
        select cells.*, page_rank
        from reports.rpt_cohorts as cells
        join (select campaign, page_rank from reports.rpt_page_campaigns) as campaigns
            using (campaign)
        where
            page_rank <= (select page_max_charts from reports.rpt_page_settings)
            and install_date > (select d1_date from reports.rpt_period) - 35
        order by page_rank, install_date desc, age_days
    """,
    "engagement": """
        select days.*, date as activity_date
        from reports.rpt_engagement_daily as days
        where date in (select activity_date from reports.rpt_page_days)
        order by date
    """,
    "retention": """
        from reports.rpt_page_retention
        where
            first_session_date is null
            or first_session_date > (select d1_date from reports.rpt_period) - 35
        order by first_session_date desc nulls first, age_days
    """,
    "baseline": "from reports.rpt_baseline",
    "restated": f"""
        select
            date, mart, figure, figure_key, value_before, value_after, difference,
            list({{'cause': cause, 'amount': amount}} order by abs(amount) desc, cause) as causes
        from reports.rpt_restatements
        group by date, mart, figure, figure_key, value_before, value_after, difference
        order by date desc, mart, figure_key nulls first, figure in ('roas', 'arpdau_usd'), figure
        limit {MAX_ROWS}
    """,  # noqa: S608 (a constant)  # nosec B608
    "restated_totals": """
        select
            count(distinct date) as days,
            count(distinct (date, mart, figure, figure_key)) as figures,
            coalesce(sum(amount) filter (
                where mart = 'fct_arpdau_daily' and figure = 'net_revenue_usd'
            ), 0) as net_revenue_usd,
            coalesce(sum(amount) filter (
                where mart = 'fct_campaign_roas_daily' and figure = 'ad_cost_usd'
            ), 0) as ad_cost_usd
        from reports.rpt_restatements
    """,
    "counts": """
        select
            (select count(*) from reports.rpt_page_campaigns) as campaigns,
            (select count(*) from reports.rpt_page_campaigns where is_anomaly) as flagged,
            (select count(*) from reports.rpt_deep_links) as deep_links
    """,
}
ONE_ROW = (
    *("settings", "summary", "fit", "alternatives", "cohort_summary"),
    *("baseline", "restated_totals", "counts"),
)


def read_facts(warehouse: duckdb.DuckDBPyConnection, manifest: Path) -> Facts:
    """Read the results of the last complete build.

    Args:
        warehouse: The warehouse.
        manifest: The path of `manifest.json`.

    Raises:
        CannotDrawError: There is no complete build, or the manifest is of another build.
    """
    try:
        content = manifest.read_text(encoding="utf-8")
        tables: dict[str, Any] = {name: _rows(warehouse, sql) for name, sql in QUERIES.items()}
        built = warehouse.execute(FILES_OF_THE_BUILD).fetchall()
    except FileNotFoundError as error:
        raise CannotDrawError(f"{manifest} does not exist. Run `make build` first.") from error
    except duckdb.CatalogException as error:
        raise CannotDrawError(
            f"The warehouse has no build of this version of the project ({error}). Run `dbt build`."
        ) from error
    fault = manifest_fault(content, built)
    if fault is not None:
        raise CannotDrawError(f"{manifest} {fault}. Run `dbt build` again.")
    for name in ONE_ROW:
        tables[name] = tables[name][0]
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    return Facts(manifest=json.loads(content), manifest_sha256=sha256, **tables)


def _rows(warehouse: duckdb.DuckDBPyConnection, sql: str) -> list[Record]:
    found = warehouse.execute(sql)
    columns = [column[0] for column in found.description or []]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
