"""Other currencies, refunds of both files, and confirmations as an app store writes them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.harness import Project

INPUTS = {
    "purchases_raw": (
        "appsflyer_id,event_name,event_time_utc,revenue_usd,campaign,receipt_id,status,"
        "revenue,currency,refund_amount_usd,refund_percentage\n"
        "p1,purchase,2026-01-01T10:00:00Z,10,A,RCP-1,success,,,,\n"
        "p2,purchase,2026-01-01T11:00:00Z,,A,RCP-2,success,1000,JPY,,\n"
        "p3,purchase,2026-01-02T11:00:00Z,,A,RCP-3,success,10,EUR,,\n"
        "p4,purchase,2026-01-03T11:00:00Z,,A,RCP-4,success,10,EUR,,\n"
        "p5,purchase,2026-01-02T12:00:00Z,20,A,RCP-5,success,,,,\n"
        # a half, which the store has too, is reversed; then a part that the store does not have
        "p5,purchase,2026-01-03T12:00:00Z,,A,RCP-5,refund,,,,50\n"
        "p5,purchase,2026-01-05T12:00:00Z,,A,RCP-5,refund,,,4,\n"
    ),
    # A list of the store: no player, no event, no campaign.
    "confirmed_purchases": (
        "appsflyer_id,event_name,event_time_utc,revenue_usd,campaign,receipt_id,status,"
        "revenue,currency,refund_amount\n"
        ",,2026-01-01T10:01:00Z,10,,RCP-1,Charged,,,\n"
        ",,2026-01-01T11:01:00Z,,,RCP-2,Charged,1000,JPY,\n"
        ",,2026-01-02T11:01:00Z,,,RCP-3,Charged,10,EUR,\n"
        ",,2026-01-02T12:01:00Z,20,,RCP-5,Charged,,,\n"
        ",,2026-01-02T12:30:00Z,3,,RCP-9,Charged,,,\n"
        ",,2026-01-03T10:00:00Z,,,RCP-1,Refund,,,\n"
        ",,2026-01-03T12:01:00Z,,,RCP-5,Refund,,USD,-10\n"
        ",,2026-01-04T12:00:00Z,,,RCP-5,Refund_Reversed,,,\n"
        ",,2026-01-04T12:00:00Z,,,,Refund,,,\n"
    ),
    "costs_daily": (
        "date,campaign,ad_cost_usd,cost,currency\n"
        "2026-01-01,A,,10,EUR\n2026-01-02,A,5,,\n2026-01-03,A,5,,\n2026-01-04,A,,9,EUR\n"
    ),
    "sessions": (
        "event_timestamp_utc,user_id,event_name\n"
        "2026-01-01T09:00:00Z,u1,session_start\n2026-01-06T09:00:00Z,u1,session_start\n"
    ),
    "exchange_rates": (
        "date,currency,usd_per_unit\n"
        "2026-01-01,JPY,0.0067\n2026-01-01,EUR,9\n2026-01-01,EUR,1.1\n2026-01-02,EUR,1.2\n"
    ),
}
DAYS = """
select strftime(activity_date, '%d'), purchase_count, net_revenue_usd
from marts.fct_campaign_roas_daily
where net_revenue_usd != 0 or purchase_count > 0
order by all
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.copy_to(tmp_path_factory.mktemp("money") / "project")
    project.write_inputs(INPUTS)
    run = project.build()
    assert run.exit_code == 0, run.output
    assert "WARN=0 ERROR=0 SKIP=0" in run.output
    return project


def test_purchases_have_dollars_and_what_refunds_left(built: Project) -> None:
    assert built.query(
        "select purchase_id, revenue_usd, refunded_usd, net_revenue_usd, original_revenue,"
        " currency, is_charged_back from marts.fct_purchases order by all"
    ) == [
        (1, Decimal(10), Decimal(10), Decimal(0), None, None, True),
        (2, Decimal("6.7"), Decimal(0), Decimal("6.7"), Decimal(1000), "JPY", False),
        (3, Decimal(12), Decimal(0), Decimal(12), Decimal(10), "EUR", False),
        (5, Decimal(20), Decimal(4), Decimal(16), None, None, False),
    ]


def test_no_row_vanishes(built: Project) -> None:
    assert built.query(
        "select disposition, disposition_reason, count(*)"
        " from intermediate.int_purchases__classified group by all order by all"
    ) == [("chargeback", None, 2), ("curated", None, 4), ("malformed", "missing_exchange_rate", 1)]
    assert built.query(
        "select disposition, sum(row_count)::int from marts.fct_confirmation_dispositions_daily"
        " group by all order by all"
    ) == [("accepted", 5), ("refund", 2), ("refund_reversal", 1), ("rejected", 1)]
    assert built.query(
        "select cost_id, ad_cost_usd, rejection_reason from staging.stg_ads__costs order by all"
    ) == [
        (1, Decimal(11), None),
        (2, Decimal(5), None),
        (3, Decimal(5), None),
        (4, None, "missing_exchange_rate"),
    ]
    assert built.query(
        "select exchange_rate_id, rejection_reason from intermediate.int_exchange_rates__rejected"
    ) == [(2, "replaced_by_later_row")]


def test_a_receipt_finds_the_player(built: Project) -> None:
    assert built.query(
        "select outcome, appsflyer_id, confirmation_campaign, confirmation_receipt_id, reason"
        " from marts.fct_reconciliation order by confirmation_id"
    ) == [
        ("matched", "p1", "A", "RCP-1", None),
        ("matched", "p2", "A", "RCP-2", None),
        ("matched", "p3", "A", "RCP-3", None),
        ("matched", "p5", "A", "RCP-5", None),
        ("confirmed_only", None, None, "RCP-9", "no_candidate"),
    ]


def test_refunds_count_on_the_day_of_the_purchase_or_their_own(
    built: Project, tmp_path: Path
) -> None:
    assert built.query(DAYS) == [("01", 2, Decimal("6.7")), ("02", 2, Decimal(28))]
    project = built.clone_to(tmp_path / "project")
    run = project.build(variables={"refunds_count_on": "refund_day"})
    assert run.exit_code == 0, run.output
    assert "WARN=0 ERROR=0 SKIP=0" in run.output
    assert project.query(DAYS) == [
        ("01", 2, Decimal("16.7")),
        ("02", 2, Decimal(32)),
        ("03", 0, Decimal(-20)),
        ("04", 0, Decimal(10)),
        ("05", 0, Decimal(-4)),
    ]
    (negative,) = project.query("select roas from marts.fct_campaign_roas_daily where roas < 0")
    assert negative == (-4,)
