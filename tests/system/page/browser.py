"""A real browser without a window, and what it does when it opens a page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.left_out import leave_out

# Nothing that asks the network for anything of the browser's own.
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
# What counts as the network; a page that opens from disk has none of it.
REMOTE = ("http:", "https:", "ws:", "wss:", "ftp:")


@dataclass
class Visit:
    """A page that is open.

    Attributes:
        page: The page.
        complaints: What it wrote to the console, and its uncaught exceptions.
        requests: The addresses it asked for, data in the page itself left out.
    """

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def rows(self, table: str) -> list[list[str]]:
        """Read the rows of a table that are to be seen: exact values where cells have them."""
        rows: list[list[str]] = self.page.evaluate(
            """(id) => [...document.getElementById(id).tBodies[0].rows]
                .filter((row) => !row.hidden)
                .map((row) => [...row.cells].map(
                    (cell) => cell.dataset.value ?? cell.textContent.replace(/\\s+/g, " ").trim()
                ))""",
            table,
        )
        return rows

    def value(self, selector: str) -> str:
        """Read the exact value behind a figure."""
        value = self.page.locator(selector).get_attribute("value")
        assert value is not None
        return value


@contextmanager
def started() -> Iterator[Browser]:
    """Start Chromium as the system has it; its own downloads are never used.

    Without one, the tests that need it are skipped.
    """
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        leave_out("Chromium is missing. Install it (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def visit(
    browser: Browser,
    address: str,
    *,
    now: datetime | None = None,
    **options: Any,  # noqa: ANN401
) -> Iterator[Visit]:
    """Open an address in a new window, and wait until its charts are drawn.

    Args:
        browser: The browser.
        address: What to open.
        now: What the reader's clock shows; by default the time.
        options: How the window is, as Playwright's `new_context` takes them.
    """
    with browser.new_context(**options) as context:
        visited = Visit(context.new_page())
        if now is not None:
            visited.page.clock.set_fixed_time(now)
        visited.page.on("console", lambda message: visited.complaints.append(message.text))
        visited.page.on("pageerror", lambda error: visited.complaints.append(str(error)))
        visited.page.on("dialog", lambda dialog: visited.complaints.append(dialog.message))
        visited.page.on("request", lambda request: _note(visited, request.url))
        visited.page.goto(address)
        if options.get("java_script_enabled", True):
            visited.page.wait_for_function(
                "document.querySelectorAll('[data-chart]:not([data-drawn])').length === 0"
            )
        yield visited


def _note(visited: Visit, address: str) -> None:
    if not address.startswith("data:"):
        visited.requests.append(address)
