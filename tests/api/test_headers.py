"""Headers of every answer."""

from __future__ import annotations

import pytest

from api.headers import ALWAYS
from tests.api.game import Game

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
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "Server" not in answer.headers
    assert "Strict-Transport-Security" not in answer.headers


def test_data_may_load_nothing_and_is_not_kept(game: Game) -> None:
    answer = game.get("/balance", game.player())

    assert answer.headers["Cache-Control"] == "no-store"
    assert "script-src" not in answer.headers["Content-Security-Policy"]


def test_https_is_asked_for_where_a_trusted_proxy_took_it(game: Game) -> None:
    behind = Game(game.folder, variables={"TRUSTED_PROXIES": "1"})

    over_https = behind.client.simulate_get("/health", headers=HTTPS)
    over_http = behind.client.simulate_get("/health")

    assert over_https.headers["Strict-Transport-Security"] == "max-age=63072000"
    assert "Strict-Transport-Security" not in over_http.headers
    assert (
        "Strict-Transport-Security"
        not in game.client.simulate_get("/health", headers=HTTPS).headers
    )
    behind.close()
