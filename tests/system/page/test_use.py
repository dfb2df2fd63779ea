"""The page as people use it: sorting, filters, keyboard, screen reader, phone, dark, paper."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser

from tests.support.harness import ROOT, Project
from tests.system.page.browser import Visit, visit
from tests.system.page.conftest import address_of
from warehouse.page import wording

# A phone, a tablet, a screen.
WIDTHS = [360, 390, 768, 1280]
SCHEMES = ["light", "dark"]
# Looked at after a change of the page, and kept by CI.
SCREENSHOTS = ROOT / "target/screenshots"


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize(
    ("days", "told"),
    [
        (1, None),
        (2, "Old figures: the data ends 2 days ago."),
        (302, "Old figures: the data ends 302 days ago."),
    ],
)
def test_old_data_is_told_by_the_clock_of_the_reader(
    browser: Browser, shown: Project, days: int, told: str | None, zone: str
) -> None:
    """Days are those of UTC, wherever the reader is; the file itself tells no age."""
    d1 = datetime.fromisoformat(shown.report("manifest")["d1_date"]).replace(tzinfo=UTC)
    for clock in (timedelta(seconds=1), timedelta(hours=23, minutes=59)):
        now = d1 + timedelta(days=days) + clock
        with visit(browser, address_of(shown), now=now, timezone_id=zone) as visited:
            age = visited.page.locator("#age")
            assert (age.inner_text() if age.is_visible() else None) == told
            assert visited.complaints == []
    assert "hidden></p>" in (shown.reports / "index.html").read_text(encoding="utf-8")


def column(visited: Visit, table: str, index: int) -> list[str]:
    return [row[index] for row in visited.rows(table)]


def sort_by(visited: Visit, table: str, title: str) -> None:
    visited.page.locator(f"#{table} th button", has_text=title).click()


def test_figures_sort_by_value_and_unknown_ones_stand_last(sample_page: Visit) -> None:
    roas = 5
    sort_by(sample_page, "campaign-table", "ROAS")
    known = [float(text) for text in column(sample_page, "campaign-table", roas) if text]
    assert known == sorted(known)
    assert len(set(known)) > 2
    assert column(sample_page, "campaign-table", roas)[-1] == ""
    sort_by(sample_page, "campaign-table", "ROAS")
    descending = column(sample_page, "campaign-table", roas)
    assert [float(text) for text in descending if text] == sorted(known, reverse=True)
    assert descending[-1] == ""


def test_texts_sort_and_the_header_tells_how(sample_page: Visit) -> None:
    header = sample_page.page.locator("#campaign-table th", has_text="Campaign")
    assert header.get_attribute("aria-sort") is None
    sort_by(sample_page, "campaign-table", "Campaign")
    names = column(sample_page, "campaign-table", 0)
    assert names == sorted(names)
    assert header.get_attribute("aria-sort") == "ascending"
    sort_by(sample_page, "campaign-table", "Net revenue")
    assert header.get_attribute("aria-sort") is None


def test_sorting_works_by_keyboard(sample_page: Visit) -> None:
    sample_page.page.locator("#unmatched-table th button", has_text="Amount").focus()
    sample_page.page.keyboard.press("Enter")
    amounts = [float(text) for text in column(sample_page, "unmatched-table", 0)]
    assert amounts == sorted(amounts)
    assert amounts[0] < amounts[-1]


def test_filters_show_what_they_say(sample_page: Visit) -> None:
    rows = sample_page.rows("unmatched-table")
    filters = sample_page.page.locator('.filters[data-table="unmatched-table"]')
    filters.locator("select[name=outcome]").select_option("af_only")
    filters.locator("select[name=reason]").select_option("no_candidate")
    reason = wording.words("no_candidate")
    kept = [row for row in rows if row[1] == "af_only" and row[2].startswith(reason)]
    assert 0 < len(kept) < len(rows)
    assert sample_page.rows("unmatched-table") == kept
    told = filters.locator("output").inner_text()
    assert told == f"{len(kept)} of {len(rows)} rows shown"


def test_search_finds_words_in_any_column(sample_page: Visit) -> None:
    rows = sample_page.rows("unmatched-table")
    player, campaign = rows[3][5], rows[3][6]
    search = sample_page.page.locator('.filters[data-table="unmatched-table"] input')
    search.fill(f"{campaign.lower()} {player.upper()}")
    found = sample_page.rows("unmatched-table")
    assert rows[3] in found
    assert all((row[5], row[6]) == (player, campaign) for row in found)
    search.fill("no such row anywhere")
    assert sample_page.rows("unmatched-table") == []
    search.fill("")
    assert sample_page.rows("unmatched-table") == rows


def test_keyboard_reaches_the_content_first(sample_page: Visit) -> None:
    sample_page.page.keyboard.press("Tab")
    focused = sample_page.page.locator(":focus")
    assert focused.inner_text() == "Skip to the content"
    box = focused.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    sample_page.page.keyboard.press("Enter")
    assert sample_page.page.evaluate("location.hash") == "#main"


def test_table_behind_a_chart_opens_by_keyboard(sample_page: Visit) -> None:
    details = sample_page.page.locator("details", has=sample_page.page.locator("#days-table"))
    assert not details.locator("table").is_visible()
    details.locator("summary").focus()
    sample_page.page.keyboard.press("Enter")
    assert details.locator("table").is_visible()


def test_every_chart_has_words_and_a_table(sample_page: Visit) -> None:
    """Each figure has a description, and a table with its numbers."""
    charts = sample_page.page.locator("figure .chart").all()
    assert len(charts) == sample_page.page.locator("[data-chart]").count() > 5
    for chart in charts:
        assert chart.get_attribute("role") == "img"
        label = chart.get_attribute("aria-label")
        assert label is not None
        assert len(label) > 30
        section = chart.locator("xpath=ancestor::section")
        assert section.locator("table caption").count() > 0


@pytest.mark.parametrize("scheme", SCHEMES)
def test_nothing_keeps_people_out(browser: Browser, shown: Project, scheme: str) -> None:
    """Axe's rules: contrast, headings, labels, names, landmarks, keyboard and more."""
    with visit(browser, address_of(shown), color_scheme=scheme) as visited:
        for details in visited.page.locator("details").all():
            details.evaluate("(details) => { details.open = true }")
        results = Axe().run(visited.page)
    assert results.response["passes"]
    assert [
        (fault["id"], fault["nodes"][0]["html"]) for fault in results.response["violations"]
    ] == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_page_fits_its_window(browser: Browser, shown: Project, width: int, scheme: str) -> None:
    window = {"width": width, "height": 900}
    with visit(browser, address_of(shown), viewport=window, color_scheme=scheme) as visited:
        assert visited.page.evaluate("document.documentElement.scrollWidth") <= width
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        picture = visited.page.screenshot(
            full_page=True, path=SCREENSHOTS / f"page-{width}-{scheme}.png"
        )
        background = visited.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert int.from_bytes(picture[16:20], "big") == width
    red, green, blue = (int(part) for part in background[4:-1].split(","))
    assert (red + green + blue > 600) == (scheme == "light")


def test_figures_of_campaigns_fit_a_phone(browser: Browser, shown: Project) -> None:
    """Each row is a card: nothing is cut, and nothing is to be scrolled."""
    with visit(browser, address_of(shown), viewport={"width": 390, "height": 844}) as visited:
        for place in ("#campaign-table td", "#rejected-table td", ".fates dd"):
            for figure in visited.page.locator(place).all():
                box = figure.bounding_box()
                assert box is not None
                assert box["x"] >= 0
                assert box["x"] + box["width"] <= 390
        campaigns = visited.page.locator(".scroll", has=visited.page.locator("#campaign-table"))
        assert campaigns.evaluate("(box) => [box.scrollWidth, box.scrollHeight]") == (
            campaigns.evaluate("(box) => [box.clientWidth, box.clientHeight]")
        )


def test_charts_follow_the_scheme(browser: Browser, shown: Project) -> None:
    colours = []
    for scheme in SCHEMES:
        with visit(browser, address_of(shown), color_scheme=scheme) as visited:
            line = visited.page.locator('[data-chart="dau"] .mark-line path').last
            colours.append(line.evaluate("(path) => getComputedStyle(path).stroke"))
    assert colours[0] != colours[1]


def test_page_prints_whole(browser: Browser, shown: Project) -> None:
    """Light even where the screen is dark, without what only a screen can use."""
    with visit(browser, address_of(shown), color_scheme="dark") as visited:
        visited.page.emulate_media(media="print")
        background = visited.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == "rgb(255, 255, 255)"
        for gone in ("nav", ".filters >> nth=0"):
            assert not visited.page.locator(gone).is_visible()
        cut_off = visited.page.evaluate(
            """[...document.querySelectorAll(".scroll")].filter(
                (box) => box.offsetParent && box.scrollHeight > box.clientHeight + 1
            ).length"""
        )
        assert cut_off == 0
        assert visited.page.pdf(format="A4").startswith(b"%PDF")


def test_tables_tell_all_without_script(browser: Browser, shown: Project) -> None:
    with visit(browser, address_of(shown), java_script_enabled=False) as visited:
        assert visited.complaints == []
        assert visited.page.locator("#campaign-table tbody tr").count() > 0
        assert (
            visited.page.locator("noscript").inner_text().startswith("Charts, sorting and filters")
        )
