"""A browser game on another origin calls the API."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page

from tests.support.server import Server
from tests.system.page.browser import visit

CALL = """async ([url, path, body, headers]) => {
    const answer = await fetch(url + path, {
        method: body ? "POST" : "GET",
        headers: {...headers, ...(body ? {"Content-Type": "application/json"} : {})},
        body: body ? JSON.stringify(body) : undefined,
    });
    return [answer.status, answer.headers.get("Idempotent-Replay"), await answer.json()];
}"""


class _Page(BaseHTTPRequestHandler):
    """The page of a game."""

    def do_GET(self) -> None:
        content = b"<!doctype html><title>game</title><link rel=icon href=data:,>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def origin() -> Iterator[str]:
    """The origin of the game's page."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[str]:
    """Run an API; yields its address."""
    server = Server(folder / "game.duckdb", environment={"LOADER": "off", **environment})
    server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        assert server.stop() == 0


def test_a_game_on_a_listed_origin_is_served(browser: Browser, origin: str, tmp_path: Path) -> None:
    with serving(tmp_path, CORS_ORIGINS=origin) as url, visit(browser, origin) as visited:
        page: Page = visited.page
        player = {"username": "grace", "password": "correct horse"}
        status, _, welcome = page.evaluate(CALL, [url, "/login", player, {}])
        assert status == 201
        token = {"Authorization": f"Bearer {welcome['token']}"}
        key = {**token, "Idempotency-Key": "quest-1"}

        earned = [
            page.evaluate(CALL, [url, "/earn", {"amount": 7, "reason": "quest"}, key])
            for _ in range(2)
        ]
        refused = page.evaluate(CALL, [url, "/spend", {"amount": 8, "reason": "hat"}, token])
        events = {"events": [{"eventType": "jump"}] * 50}
        page.evaluate(CALL, [url, "/events", events, token])
        # More than 1 kB, which the browser unpacks.
        listed = page.evaluate(CALL, [url, "/events", None, token])

    assert [replayed for _, replayed, _ in earned] == [None, "true"]
    assert (refused[0], refused[2]["code"]) == (409, "insufficient_balance")
    assert len(listed[2]["events"]) == 51


def test_a_game_on_another_origin_is_not(browser: Browser, origin: str, tmp_path: Path) -> None:
    for settings in ({}, {"CORS_ORIGINS": "https://game.example"}):
        with serving(tmp_path, **settings) as url, visit(browser, origin) as visited:
            with pytest.raises(Error, match="Failed to fetch"):
                visited.page.evaluate(CALL, [url, "/health", None, {}])
            assert any("CORS policy" in text for text in visited.complaints)
