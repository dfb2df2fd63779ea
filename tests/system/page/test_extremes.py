"""Empty, short and very long inputs, and names that mean harm."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser

from tests.support.harness import Project
from tests.system.e2e.test_api_models import hostile_clicks, land
from tests.system.page import games
from tests.system.page.browser import Visit, visit
from tests.system.page.conftest import MAX_BYTES, WAREHOUSE, address_of
from tests.system.page.test_metrics import TABLES, assert_figures_are_metrics, told_by

SET_REVENUE = "update reports.rpt_page_days set paid_net_revenue_usd = ?"
PHONE = {"width": 360, "height": 800}


def build(project: Project, written: games.Inputs) -> None:
    """Build a project; only with a var of its own does dbt parse it anew."""
    project.write_inputs(written)
    is_empty = any(len(text.splitlines()) < 2 for text in written.values())
    variables: dict[str, object] | None = {"allow_empty_inputs": True} if is_empty else None
    run = project.build("--exclude-resource-type", "test", variables=variables)
    assert run.exit_code == 0, run.output


def draw(project: Project) -> None:
    """Draw the page of a build."""
    run = project.run(*WAREHOUSE, "page")
    assert (run.exit_code, run.output) == (0, "Page: reports/index.html\n")


@pytest.fixture
def opened(browser: Browser, project: Project) -> Iterator[Callable[[games.Inputs], Visit]]:
    """Opens the page of some inputs in the window of a phone."""
    with ExitStack() as visits:

        def open_page(written: games.Inputs) -> Visit:
            build(project, written)
            draw(project)
            return visits.enter_context(visit(browser, address_of(project), viewport=PHONE))

        yield open_page


def assert_sound(visited: Visit, page: Path) -> None:
    """Nothing is wrong with the page, whatever it says."""
    assert visited.complaints == []
    assert len(visited.requests) == 1
    assert visited.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.stat().st_size < MAX_BYTES
    text = visited.page.locator("body").inner_text()
    for slip in ("None", "nan", "NaN", "undefined", "Undefined", "null,"):
        assert slip not in text


def test_page_of_nothing_says_so(opened: Callable[[games.Inputs], Visit], project: Project) -> None:
    visited = opened(games.empty())
    assert_sound(visited, project.reports / "index.html")
    text = visited.page.locator("body").inner_text()
    for sentence in (
        "There is no activity yet",
        "There are no purchases and no confirmations.",
        "There is no purchase that counts and no session.",
        "There is no paid campaign",
        "There is no activity to show.",
        "No day with sessions is over.",
        "There are no purchases and no confirmations to reconcile.",
        "No deep link was clicked yet.",
        "(not there yet: make build writes it)",
    ):
        assert sentence in text
    assert visited.page.locator("[data-chart]").count() == 0


def test_page_of_one_day_says_why_figures_are_missing(
    opened: Callable[[games.Inputs], Visit], project: Project
) -> None:
    visited = opened(games.one_day())
    assert_sound(visited, project.reports / "index.html")
    tiles = visited.page.locator("dl.tiles").inner_text()
    assert "no session known" in tiles
    assert tiles.count("unknown") >= 3
    attention = visited.page.locator(".attention").inner_text()
    assert "A (since 2026-01-04) cannot be judged: cost unknown" in attention
    assert "Every purchase is confirmed, and nothing else is." in attention
    verdict = visited.page.locator("h1").inner_text()
    assert verdict == "Yesterday's ads cannot be judged: their cost is unknown"
    assert "Every row of every file counts." in visited.page.locator("main").inner_text()
    assert "Every row is matched." in visited.page.locator("#reconciliation ~ *").last.inner_text()


def test_days_are_labelled_once_and_the_verdict_follows_the_money(
    opened: Callable[[games.Inputs], Visit], project: Project
) -> None:
    visited = opened(games.two_days("250.4"))
    labels = visited.page.locator('[data-chart="dau"] .role-axis-label text').all_text_contents()
    assert [label for label in labels if "Jan" in label] == ["5 Jan", "6 Jan"]
    for revenue, verdict in (
        ("250.4", "Yesterday's ads made US$ 50: cost 200, revenue 250"),
        ("200.00", "Yesterday's ads broke even: cost 200, revenue 200"),
        ("0.50", "Yesterday's ads lost US$ 200: cost 200, revenue 0"),
    ):
        with duckdb.connect(str(project.warehouse)) as warehouse:
            warehouse.execute(SET_REVENUE, [revenue])
        draw(project)
        visited.page.reload()
        heading = visited.page.locator("h1").inner_text().replace("\N{NO-BREAK SPACE}", " ")
        assert heading == verdict


def test_a_flag_says_what_it_is_worth(
    opened: Callable[[games.Inputs], Visit], project: Project
) -> None:
    """The rule never flags a campaign that never earned, and flags one that hardly spends."""
    visited = opened(games.fading())
    assert_sound(visited, project.reports / "index.html")
    attention = visited.page.locator(".attention").inner_text()
    assert "DEAD earned nothing on this day" in attention
    assert "SMALL is flagged since 2026-01-05" in attention
    assert "which is too little to judge" in attention


def test_cohorts_are_told_by_campaign_and_by_day(
    opened: Callable[[games.Inputs], Visit], project: Project
) -> None:
    visited = opened(games.installed())
    assert_sound(visited, project.reports / "index.html")
    rows = visited.page.locator("#cohort-campaign-table tbody tr")
    rated = rows.locator(".heat").evaluate_all("(cells) => cells.map((cell) => cell.innerText)")
    # D0 and D1 of both days, D3 of the first one alone; for all campaigns and for the only one
    assert rated == ["0.10", "0.15", "1.00"] * 2
    assert rows.nth(1).locator(".immature").count() == 3
    assert "1 of 2 days" in rows.nth(1).inner_text()
    visited.page.locator("summary", has_text="By day of installation").click()
    days = visited.rows("cohort-table")
    assert [(row[1], row[-1]) for row in days] == [("2026-01-03", ""), ("2026-01-01", "3")]
    visited.page.locator('[data-table="cohort-table"] select').select_option("all")
    assert visited.page.locator("#cohort-table tbody tr:visible").count() == 2
    run = project.run(str(Path(sys.executable).with_name("dbt")), "parse")  # for MetricFlow
    assert run.exit_code == 0, run.output
    tables = {name: TABLES[name] for name in ("cohort-campaign-table", "cohort-table")}
    assert_figures_are_metrics(told_by(visited.page), tables, project)


def test_page_of_very_much_stays_readable(
    opened: Callable[[games.Inputs], Visit], project: Project
) -> None:
    project.write_inputs(games.long())
    run = project.dbt("seed")  # makes the tables of the API
    assert run.exit_code == 0, run.output
    land(project, hostile_clicks())
    visited = opened(games.long())
    assert_sound(visited, project.reports / "index.html")
    assert len(visited.rows("campaign-table")) == 100
    assert len(visited.rows("unmatched-table")) == 100
    assert visited.page.locator('[data-chart^="campaign-"]').count() == 12
    text = visited.page.locator("main").inner_text()
    assert "The first 100 of 150: flagged ones, then by spend" in text
    assert "The first 12 of 150 campaigns" in text
    assert "the data begins on 2025-01-01" in text
    assert len(visited.rows("days-table")) == 91
    labels = visited.page.locator('[data-chart="dau"] .role-axis-label text').all_text_contents()
    days = [label for label in labels if " 20" in label]
    assert days[-1] == "3 Feb 2026"
    assert 2 <= len(set(days)) == len(days) <= 5
    flagged = visited.page.locator(".attention li", has_text="is flagged since").count()
    assert flagged == 5
    assert "more campaigns are flagged" in text


def test_names_are_shown_and_never_obeyed(
    opened: Callable[[games.Inputs], Visit], project: Project
) -> None:
    """As text, cut where they are too long; a script that ran would have opened a dialog."""
    long = games.long()
    costs = long["costs_daily"].splitlines()
    hostile = [line for line in costs if "CAMPAIGN_" not in line]
    visited = opened({**long, "costs_daily": "\n".join(hostile) + "\n"})
    assert visited.complaints == []
    visited.page.locator('.filters[data-table="campaign-table"] input').fill("<script>")
    shown = [row[0] for row in visited.rows("campaign-table")]
    assert shown == ["<SCRIPT>ALERT(1)</SCRIPT>"]
    text = visited.page.locator("#campaign-table").text_content() or ""
    for name in games.HOSTILE[:-1]:
        assert name in text
    assert "X" * 60 in text
    assert "X" * 100 not in text
    assert project.query(
        f"select count(*) from reports.rpt_page_campaigns where campaign = '{games.HOSTILE[-1]}'"  # noqa: S608 (ours)
    ) == [(1,)]
