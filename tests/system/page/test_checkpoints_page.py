"""`checkpoints.html`, which shows every expectation without a network."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser

from tests.support.harness import ROOT, Project
from tests.system.page.browser import Visit, visit
from tests.system.page.conftest import address_of
from warehouse.taxonomy.command import MISFIT_MEASURES

# All but the suite that needs an events.yml.
SUITES = {
    checkpoint: [suite for suite in suites if suite["table"] != MISFIT_MEASURES]
    for checkpoint, suites in yaml.safe_load(
        (ROOT / "warehouse/checkpoints/suites.yml").read_text(encoding="utf-8")
    ).items()
}


@pytest.fixture
def visited(browser: Browser, shown: Project) -> Iterator[Visit]:
    """The page, opened from disk by a browser that has no network."""
    with visit(browser, address_of(shown, "checkpoints.html"), offline=True) as visited:
        yield visited
        assert visited.complaints == []
        assert visited.requests == [address_of(shown, "checkpoints.html")]


def test_every_expectation_is_shown_with_its_meaning_and_verdict(visited: Visit) -> None:
    for checkpoint, suites in SUITES.items():
        section = visited.page.locator(f"section[aria-labelledby={checkpoint}]")
        tables = section.locator("th[scope=rowgroup]").all_inner_texts()
        assert tables == [suite["table"] for suite in suites]
        rows = section.locator("tr:has(th[scope=row])").all()
        expectations = [each for suite in suites for each in suite["expectations"]]
        for row, expectation in zip(rows, expectations, strict=True):
            assert row.is_visible()
            text = row.inner_text()
            assert expectation["name"] in text
            assert expectation["description"] in text
            assert row.locator(".state").inner_text() in ("ok", "too little data", "not compared")


def test_style_is_that_of_the_page(visited: Visit, sample_page: Visit) -> None:
    for selector in ("body", "h1", "main th"):
        read = f"getComputedStyle(document.querySelector('{selector}')).fontSize"
        assert visited.page.evaluate(read) == sample_page.page.evaluate(read)


def test_links_lead_to_and_from_the_page_of_the_build(visited: Visit, sample_page: Visit) -> None:
    assert sample_page.page.locator("a[href='checkpoints.html']").is_visible()
    link = visited.page.locator("header a[href='index.html']")
    assert link.is_visible()


def test_everybody_can_use_it(visited: Visit) -> None:
    assert Axe().run(visited.page).response["violations"] == []
