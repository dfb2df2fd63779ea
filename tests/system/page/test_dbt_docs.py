"""dbt's documentation as one file."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.support.harness import Project
from tests.system.page.browser import REMOTE, visit
from tests.system.page.conftest import address_of


def test_documentation_opens_from_disk_with_the_overview(browser: Browser, shown: Project) -> None:
    with visit(browser, address_of(shown, "dbt_docs.html")) as visited:
        visited.page.get_by_text("Where to begin.").wait_for()
        text = visited.page.locator("body").inner_text()
        # dbt's own page asks for pictures that are not there, on disk; never for anything else.
        assert not any(address.startswith(REMOTE) for address in visited.requests)
    for layer in ("raw", "staging", "intermediate", "marts", "reports", "quality"):
        assert layer in text


def test_documentation_knows_every_model_and_what_rests_on_it(
    browser: Browser, shown: Project
) -> None:
    address = f"{address_of(shown, 'dbt_docs.html')}#!/model/model.gamehouse.fct_reconciliation"
    with visit(browser, address) as visited:
        visited.page.get_by_text("A ledger in which every curated purchase").first.wait_for()
        text = visited.page.locator("body").inner_text()
    for column in ("nearest_seconds_apart", "match_rule"):
        assert column in text
    assert "rpt_page_unmatched" in text
