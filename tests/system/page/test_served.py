"""The page as an operator opens it: served by the API, after a browser asked for the token."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.harness import Project
from tests.support.server import SECRET, Server
from tests.system.page.browser import visit


@pytest.fixture(scope="module")
def server(shown: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An API that serves the reports of the sample."""
    warehouse: Path = tmp_path_factory.mktemp("served") / "game.duckdb"
    server = Server(warehouse, environment={"REPORTS_PATH": str(shown.reports), "LOADER": "off"})
    server.start()
    yield server
    assert server.stop() == 0


def test_operator_sees_the_page_and_all_it_links_to(
    browser: Browser, shown: Project, server: Server
) -> None:
    run = shown.run(
        sys.executable, "-m", "api", "token", "--operator", environment={"JWT_SECRET": SECRET}
    )
    credentials = {"username": "anyone", "password": run.output.strip()}
    address = f"http://127.0.0.1:{server.port}/reports/"
    with visit(browser, address, http_credentials=credentials) as visited:
        drawn = visited.page.locator("[data-chart][data-drawn]").count()
        assert drawn == visited.page.locator("[data-chart]").count() > 5
        # The browser's own words for the 401 that makes it send the token.
        assert [text for text in visited.complaints if "401" not in text] == []
        assert all(request.startswith(address) for request in visited.requests)
        for link in visited.page.locator("#files ~ ul a").all():
            answer = visited.page.request.get(f"{address}{link.get_attribute('href')}")
            assert answer.status == 200
            assert len(answer.body()) > 1


def test_nobody_else_sees_it(browser: Browser, server: Server) -> None:
    with browser.new_context() as context:
        answer = context.request.get(f"http://127.0.0.1:{server.port}/reports/")
        assert answer.status == 401
        assert "<html" not in answer.text()
