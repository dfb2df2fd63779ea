"""What the page says is what the reports say."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from tests.support.harness import Project
from tests.system.page.browser import REMOTE, Visit
from tests.system.page.conftest import address_of
from warehouse.page import wording

CHARTS = {"revenue-and-cost", "dau", "arpdau", "distances", "players", "conversion", "windows"}


def exact(value: Any) -> Decimal:  # noqa: ANN401 (a number of JSON, or its text)
    return Decimal(str(value))


def report(project: Project, name: str) -> Any:  # noqa: ANN401 (an object or an array)
    """Read a report with its amounts as they are written."""
    text = (project.reports / f"{name}.json").read_text(encoding="utf-8")
    return json.loads(text, parse_float=Decimal)


def test_page_opens_from_disk_and_asks_for_nothing_else(sample_page: Visit, shown: Project) -> None:
    assert sample_page.complaints == []
    assert sample_page.requests == [address_of(shown)]
    assert not any(address.startswith(REMOTE) for address in sample_page.requests)


def test_every_chart_is_drawn(sample_page: Visit, shown: Project) -> None:
    charts = sample_page.page.locator("[data-chart]")
    names = {chart.get_attribute("data-chart") for chart in charts.all()}
    campaigns = len(report(shown, "roas_d1"))
    assert names == CHARTS | {f"campaign-{number}" for number in range(campaigns)}
    for chart in charts.all():
        box = chart.locator("svg").bounding_box()
        assert box is not None
        assert box["width"] > 200
        assert box["height"] > 100


def test_verdicts_and_days_are_those_of_the_manifest(sample_page: Visit, shown: Project) -> None:
    manifest = report(shown, "manifest")
    header = sample_page.page.locator("header").inner_text()
    assert sample_page.page.locator("header time").get_attribute("datetime") == manifest["d1_date"]
    assert f"Thursday 29 January 2026, as of {manifest['as_of_date']}" in header
    assert f"tests {manifest['quality_status']}" in header
    for name in ("landed", "marts", "reports"):
        assert f"checkpoint {name}: {manifest[f'checkpoint_{name}']}" in header


def test_verdict_comes_first(sample_page: Visit, shown: Project) -> None:
    """The title and the heading say what yesterday's ads cost and brought."""
    rated = [row for row in report(shown, "roas_d1") if row["roas"] is not None]
    revenue = round(sum(exact(row["revenue_usd"]) for row in rated))
    cost = round(sum(exact(row["ad_cost_usd"]) for row in rated))
    verdict = f"Yesterday's ads lost US$ {cost - revenue}: cost {cost}, revenue {revenue}"
    heading = sample_page.page.locator("h1").inner_text()
    assert (
        heading.replace("\N{NO-BREAK SPACE}", " ")
        == verdict
        == ("Yesterday's ads lost US$ 284: cost 561, revenue 277")
    )
    assert sample_page.page.title() == f"{heading} · gamehouse"
    lead = sample_page.page.locator(".lead").inner_text()
    assert "because their cost is unknown: HERO_DRAFT_JP." in lead


def test_codes_are_told_in_words(sample_page: Visit, shown: Project) -> None:
    """Codes of the models remain in attributes; what is to be read has none."""
    for details in sample_page.page.locator("details").all():
        details.evaluate("(details) => { details.open = true }")
    text = sample_page.page.locator("main").inner_text()
    files = [*(file["file"] for file in report(shown, "manifest")["files"]), "rejected_rows.csv"]
    for name in (*files, "dbt_docs.html", "data_docs/", "install_time_utc"):
        text = text.replace(name, "")
    codes = {code for code in re.findall(r"\b[a-z]+(?:_[a-z0-9]+)+\b", text) if code[:3] != "af_"}
    assert codes == set()
    assert "-US$" not in text
    assert "\N{MINUS SIGN}US$\N{NO-BREAK SPACE}113.76" in text


def test_rows_set_aside_are_those_of_the_file(sample_page: Visit, shown: Project) -> None:
    with (shown.reports / "rejected_rows.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    counts = Counter((row["file"], f"{row['disposition']} {row['reason']}".strip()) for row in rows)
    first = {
        (row["file"], f"{row['disposition']} {row['reason']}".strip()): row["source_row_number"]
        for row in reversed(rows)
    }
    told = sample_page.rows("rejected-table")
    assert {(file, why): int(count) for file, why, count, _, _ in told} == counts
    assert {(file, why): number for file, why, _, _, number in told} == first
    assert {row["file"] for row in rows} == {
        *("purchases_raw.csv", "confirmed_purchases.csv", "costs_daily.csv", "sessions.csv")
    }
    summary = report(shown, "reconciliation")["summary"]
    files = {file["file"]: file["row_count"] for file in report(shown, "manifest")["files"]}
    aside = Counter(row["file"] for row in rows)
    for name, alone in (
        ("purchases_raw.csv", "af_only"),
        ("confirmed_purchases.csv", "confirmed_only"),
    ):
        assert files[name] == aside[name] + summary["matched"] + summary[alone]
        bar = sample_page.page.locator(".fates", has_text=name)
        numbers = bar.locator("dd:nth-of-type(1)").all_inner_texts()
        expected = (summary["matched"], summary[alone], aside[name], files[name])
        assert numbers == [f"{number:,}" for number in expected]


def test_players_are_those_of_the_reports(sample_page: Visit, shown: Project) -> None:
    days = report(shown, "engagement_daily")
    told = sample_page.page.locator("#engagement-table tbody tr").all()
    assert len(told) == len(days)
    for row, day in zip(told, reversed(days), strict=True):
        cells = [cell.get_attribute("data-value") for cell in row.locator("td").all()]
        names = ("dau", "new_dau", "returning_dau", "payers", "conversion_rate", "arppu_usd")
        for name, cell in zip(names, cells[:6], strict=True):
            is_unknown = day[name] is None or (day["state"] != "ok" and name.endswith("dau"))
            assert cell == "" if is_unknown else float(cell or "") == float(day[name])
        assert cells[6:] == ["", ""]  # the data has no whole month
    cells = report(shown, "retention")
    heats = sample_page.page.locator("#retention-table tbody tr:not(:first-child) td[title], .heat")
    shares = heats.evaluate_all("(cells) => cells.map((cell) => cell.dataset.value)")
    counted = sum(cell["retention"] is not None for cell in cells)
    assert sum(bool(share) for share in shares) == counted + 4  # with those of all days
    returned = sum(cell["returned"] for cell in cells if cell["age_days"] == 1 and cell["returned"])
    came = sum(cell["players"] for cell in cells if cell["age_days"] == 1 and cell["state"] == "ok")
    first = sample_page.page.locator("#retention-table .heat").first
    assert float(first.get_attribute("data-value") or "") == pytest.approx(returned / came)


def test_missing_column_is_named(sample_page: Visit) -> None:
    """The sample has no install times."""
    section = sample_page.page.locator("section:has(#cohorts)").inner_text()
    assert "No purchase has a valid install_time_utc: add this column" in section


def test_tiles_are_those_of_the_reports(sample_page: Visit, shown: Project) -> None:
    (day,) = report(shown, "arpdau_d1")
    rated = [row for row in report(shown, "roas_d1") if row["roas"] is not None]
    revenue = sum(exact(row["revenue_usd"]) for row in rated)
    cost = sum(exact(row["ad_cost_usd"]) for row in rated)
    tiles = {
        "Net revenue": exact(day["revenue_usd"]),
        "Daily active users": exact(day["dau"]),
        "ARPDAU": exact(day["arpdau_usd"]),
    }
    for label, value in tiles.items():
        assert exact(sample_page.value(f'[data-tile="{label}"]')) == value
    roas = float(sample_page.value('[data-tile="ROAS of all campaigns"]'))
    assert roas == pytest.approx(float(revenue / cost), rel=1e-12)
    text = sample_page.page.locator("dl.tiles").inner_text()
    assert f"US$\N{NO-BREAK SPACE}{exact(day['revenue_usd']):,.2f}" in text
    assert f"{revenue / cost:.2f}" in text


def test_change_of_a_tile_is_against_the_seven_days_before(
    sample_page: Visit, shown: Project
) -> None:
    days = shown.query(
        "select net_revenue_usd::double from marts.fct_arpdau_daily"
        " join reports.rpt_period on activity_date between d1_date - 7 and d1_date"
        " order by activity_date"
    )
    *before, d1 = [row[0] for row in days]
    assert len(before) == 7
    average = sum(before) / 7
    share = abs(d1 / average - 1)
    side = "▲ {} above" if d1 > average else "▼ {} below"
    expected = (
        f"{side.format(f'{share:.1%}')} the 7-day average of US$\N{NO-BREAK SPACE}{average:,.2f}"
    )
    assert expected in sample_page.page.locator("dl.tiles").inner_text()


def test_campaigns_are_those_of_the_reports(sample_page: Visit, shown: Project) -> None:
    anomalies = {row["campaign"]: row for row in report(shown, "roas_anomaly")}
    days = {row["campaign"]: row for row in report(shown, "roas_d1")}
    rows = sample_page.rows("campaign-table")
    assert {row[0] for row in rows} == set(days)
    for campaign, state, _, revenue, cost, roas, average, _ in rows:
        day, anomaly = days[campaign], anomalies[campaign]
        assert exact(revenue) == exact(day["revenue_usd"])
        for shown_value, value in (
            (cost, day["ad_cost_usd"]),
            (roas, day["roas"]),
            (average, anomaly["avg7"]),
        ):
            assert shown_value == "" if value is None else exact(shown_value) == exact(value)
        assert ("flagged" in state) == anomaly["anomaly"]
        assert anomaly["state"] in state or (anomaly["state"] == "ok" and anomaly["anomaly"])


def test_flagged_campaigns_are_told_first_with_the_day_it_began(
    sample_page: Visit, shown: Project
) -> None:
    attention = sample_page.page.locator(".attention").inner_text()
    flagged = [row["campaign"] for row in report(shown, "roas_anomaly") if row["anomaly"]]
    assert flagged
    for campaign in flagged:
        ((since,),) = shown.query(
            f"""
            select min(activity_date)
            from marts.fct_campaign_roas_daily
            join reports.rpt_period on activity_date <= d1_date
            where campaign = '{campaign}' and activity_date > (
                select coalesce(max(activity_date), '0001-01-01')
                from marts.fct_campaign_roas_daily
                join reports.rpt_period on activity_date <= d1_date
                where campaign = '{campaign}' and not is_anomaly
            )
            """  # noqa: S608 (a name of the sample)
        )
        assert f"{campaign} is flagged since {since}" in attention
    rows = sample_page.rows("campaign-table")
    assert {row[0] for row in rows[: len(flagged)]} == set(flagged)


def test_unknown_figures_say_why_and_are_no_zeros(sample_page: Visit, shown: Project) -> None:
    unknown = [row for row in report(shown, "roas_d1") if row["roas"] is None]
    assert unknown
    for campaign in unknown:
        row = sample_page.page.locator("#campaign-table tr", has_text=campaign["campaign"])
        text = row.inner_text()
        assert "unknown" in text
        assert wording.words(campaign["state"]) in text
        assert "0.00" not in text


def test_flow_is_that_of_the_ledger(sample_page: Visit, shown: Project) -> None:
    summary = report(shown, "reconciliation")["summary"]
    files = {file["file"]: file["row_count"] for file in report(shown, "manifest")["files"]}
    flow = {
        (source, target): (int(rows), exact(amount))
        for source, target, rows, amount in sample_page.rows("flow-table")
    }
    for source in ("purchases_raw.csv", "confirmed_purchases.csv"):
        assert (
            sum(rows for (begin, _), (rows, _) in flow.items() if begin == source) == files[source]
        )
    assert flow["curated", "matched"] == (
        summary["matched"],
        exact(summary["matched_af_revenue_usd"]),
    )
    assert flow["accepted", "matched"] == (
        summary["matched"],
        exact(summary["matched_confirmed_revenue_usd"]),
    )
    assert flow["curated", "af_only"] == (
        summary["af_only"],
        exact(summary["af_only_revenue_usd"]),
    )
    assert flow["accepted", "confirmed_only"] == (
        summary["confirmed_only"],
        exact(summary["confirmed_only_revenue_usd"]),
    )
    # What flows into a node flows out of it.
    assert flow["purchases_raw.csv", "curated"][0] == summary["matched"] + summary["af_only"]
    assert (
        flow["confirmed_purchases.csv", "accepted"][0]
        == summary["matched"] + summary["confirmed_only"]
    )


def test_money_that_could_not_be_reconciled_is_told(sample_page: Visit, shown: Project) -> None:
    summary = report(shown, "reconciliation")["summary"]
    af_only = exact(summary["af_only_revenue_usd"])
    confirmed_only = exact(summary["confirmed_only_revenue_usd"])
    assert exact(sample_page.value("#af-only-usd")) == af_only
    assert exact(sample_page.value("#confirmed-only-usd")) == confirmed_only
    attention = sample_page.page.locator(".attention").inner_text()
    assert (
        f"US$\N{NO-BREAK SPACE}{af_only + confirmed_only:,.2f} could not be reconciled" in attention
    )


def test_unmatched_rows_are_the_most_valuable_ones(sample_page: Visit, shown: Project) -> None:
    unmatched = [
        row for row in report(shown, "reconciliation")["details"] if row["type"] != "matched"
    ]
    amounts = sorted(
        (exact(row["af_revenue_usd"] or row["confirmed_revenue_usd"]) for row in unmatched),
        reverse=True,
    )
    rows = sample_page.rows("unmatched-table")
    assert len(rows) == 100
    assert [exact(row[0]) for row in rows] == amounts[:100]
    by_place = {
        (row["type"], str(row["af_row_number"] or row["confirmed_row_number"])): row
        for row in unmatched
    }
    for _, outcome, reason, apart, _, player, _, receipt, number in rows:
        row = by_place[outcome, number]
        assert reason.startswith(wording.words(row["reason"]))
        assert player == row["appsflyer_id"]
        assert receipt == (row["receipt_id"] or "none")
        if row["counterpart_row_number"] is not None:
            disposition = wording.words(row["counterpart_disposition"])
            assert f"row {row['counterpart_row_number']}, {disposition}" in reason
            cause = row["counterpart_reason"]
            assert cause is None or wording.words(cause) in reason
        seconds = row["nearest_seconds_apart"]
        if seconds is None and row["counterpart_seconds_apart"] is not None:
            seconds = abs(exact(row["counterpart_seconds_apart"]))
        assert apart == "" if seconds is None else exact(apart) == exact(seconds)
    told_reasons = {row["reason"] for row in unmatched}
    assert {"purchase_set_aside", "same_receipt_outside_window"} < told_reasons


def test_money_is_told_by_reason(sample_page: Visit, shown: Project) -> None:
    told = {
        (outcome, reason): (int(rows), exact(amount))
        for outcome, reason, rows, amount in sample_page.rows("reasons-table")
    }
    expected: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for row in report(shown, "reconciliation")["details"]:
        if row["type"] != "matched":
            count, amount = expected.get((row["type"], row["reason"]), (0, Decimal(0)))
            revenue = exact(row["af_revenue_usd"] or row["confirmed_revenue_usd"])
            expected[row["type"], row["reason"]] = (count + 1, amount + revenue)
    assert told == expected
    assert "does not know" not in sample_page.page.locator("main").inner_text()


def test_charts_hold_the_figures_of_the_reports(sample_page: Visit, shown: Project) -> None:
    specs = sample_page.page.evaluate("JSON.parse(document.getElementById('specs').textContent)")
    days = {row["campaign"]: row for row in report(shown, "roas_d1")}
    for number, row in enumerate(sample_page.rows("campaign-table")):
        last = values(specs[f"campaign-{number}"])[-1]
        day = days[row[0]]
        assert last["day"] == day["date"]
        assert last["roas"] == (None if day["roas"] is None else float(day["roas"]))
        assert last["net_revenue_usd"] == float(day["revenue_usd"])
    (arpdau,) = report(shown, "arpdau_d1")
    last = values(specs["dau"])[-1]
    assert (last["day"], last["value"]) == (arpdau["date"], arpdau["dau"])


def test_histogram_counts_every_pair_within_the_window(sample_page: Visit, shown: Project) -> None:
    specs = sample_page.page.evaluate("JSON.parse(document.getElementById('specs').textContent)")
    bars = values(specs["distances"]["layer"][0], specs["distances"])
    matched = [bar for bar in bars if bar["kind"] == "matched"]
    assert (
        sum(bar["rows"] for bar in matched) == report(shown, "reconciliation")["summary"]["matched"]
    )
    assert max(bar["seconds_to"] for bar in matched) <= 600
    assert min(bar["seconds_from"] for bar in bars if bar["kind"] != "matched") >= 600


def values(chart: dict[str, Any], whole: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Read the data of a chart, or of a layer of a whole chart."""
    rows: list[dict[str, Any]] = (whole or chart)["datasets"][chart["data"]["name"]]
    return rows


def test_links_lead_to_files_that_are_there(sample_page: Visit, shown: Project) -> None:
    links = [
        str(link.get_attribute("href")) for link in sample_page.page.locator("#files ~ ul a").all()
    ]
    expected = {
        file["file"] for file in report(shown, "manifest")["files"] if file["kind"] == "report"
    }
    others = {"checkpoints.html", "dbt_docs.html", "manifest.json", "rejected_rows.csv"}
    assert set(links) == expected | others
    for link in links:
        assert (shown.reports / link).is_file()
