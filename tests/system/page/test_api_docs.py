"""`/docs` in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.support.server import Request, Server
from tests.system.page.browser import Visit, visit

GROUPS = ["accounts", "coins", "events", "deep links", "attribution", "reports", "operations"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An API with nothing in it."""
    folder: Path = tmp_path_factory.mktemp("docs")
    server = Server(folder / "game.duckdb", environment={"LOADER": "off"})
    server.start()
    yield server
    assert server.stop() == 0


@pytest.fixture
def visited(browser: Browser, server: Server) -> Iterator[Visit]:
    """The page, which asks for nothing from elsewhere and does not complain."""
    address = f"http://127.0.0.1:{server.port}/"
    with visit(browser, f"{address}docs") as visited:
        visited.page.locator(".opblock").first.wait_for()
        yield visited
        # Chromium has advice on Swagger UI's forms, too.
        assert [text for text in visited.complaints if not text.startswith("[DOM]")] == []
        assert all(request.startswith(address) for request in visited.requests)


def execute(page: Page, operation: str) -> str:
    """Send an operation's example, and read the status of the answer."""
    block = page.locator(f"[id$='-{operation}']")
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    return block.locator(".live-responses-table tbody .response-col_status").inner_text().strip()


def test_operations_are_shown_in_groups(visited: Visit) -> None:
    assert visited.page.locator(".opblock-tag").all_inner_texts() == GROUPS


def test_a_lock_means_that_a_token_is_needed(visited: Visit, server: Server) -> None:
    _, document = server.call(Request("GET", "/openapi.json"))
    needed = {
        operation["operationId"]: bool(operation["security"]) and {} not in operation["security"]
        for methods in document["paths"].values()
        for operation in methods.values()
    }

    shown = {
        name: visited.page.locator(f"[id$='-{name}'] .authorization__btn").is_visible()
        for name in needed
    }

    assert shown == needed
    assert needed["get__balance"]
    assert not needed["get__track"]


def test_what_is_tried_out_is_answered(visited: Visit, server: Server) -> None:
    page = visited.page
    assert execute(page, "post__login") == "201"
    player = {"username": "grace", "password": "correct horse"}
    _, welcome = server.call(Request("POST", "/login", player))

    page.locator(".auth-wrapper .authorize").click()
    page.locator(".auth-container", has_text="bearerToken").locator("input").fill(welcome["token"])
    page.locator(".auth-container", has_text="bearerToken").locator(".authorize").click()
    page.locator(".dialog-ux .btn-done").first.click()

    assert execute(page, "post__earn") == "201"
    assert execute(page, "get__balance") == "200"
    with page.expect_request(lambda request: "/track" in request.url) as click:
        assert execute(page, "get__track") == "200"
    assert click.value.headers["authorization"] == f"Bearer {welcome['token']}"
