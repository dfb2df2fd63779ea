"""Headers of every answer."""

from __future__ import annotations

import pytest

from api.headers import SECURITY_HEADERS
from tests.api.game import Game, Play

pytestmark = pytest.mark.sqlite_only("about headers")

HTTPS = {"X-Forwarded-Proto": "https"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *[("/health", 200), ("/metrics", 200), ("/openapi.json", 200), ("/docs", 200)],
        *[("/docs/start.js", 200), ("/balance", 401), ("/nothing", 404), ("/login", 405)],
        *[("/reports", 308), ("/reports/", 401)],
    ],
)
def test_every_answer_has_the_headers(game: Game, path: str, status: int) -> None:
    answer = game.get(path)

    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "Server" not in answer.headers
    assert "Strict-Transport-Security" not in answer.headers


def test_data_may_load_nothing_and_is_neither_kept_nor_guessed(game: Game) -> None:
    for path in ("/health", "/nope", "/balance", "/metrics"):
        answer = game.get(path, game.player(path[1:]))

        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "script-src" not in answer.headers["Content-Security-Policy"]


def test_https_is_asked_for_where_a_trusted_proxy_took_it(play: Play) -> None:
    behind, bare = play(TRUSTED_PROXIES="1"), play()
    for game, headers, policy in (
        (behind, HTTPS, "max-age=63072000"),
        (behind, {}, None),
        (bare, HTTPS, None),
    ):
        answer = game.client.simulate_get("/health", headers=headers)
        assert answer.headers.get("Strict-Transport-Security") == policy
