"""A path has one canonical form, so no other form bypasses a proxy rule."""

from __future__ import annotations

import pytest

from tests.api.game import Process
from tests.system.contract.wire import Answer, send

NOT_CANONICAL = [
    *("//metrics", "///metrics", "/%6detrics", "/%6Detrics", "/metric%73", "/%2fmetrics"),
    *("/%2Fmetrics", "/./metrics", "/../metrics", "/%2e/metrics", "/docs/../metrics", "//"),
    *("/health//live", "/health/./live", "/health%2flive", "/he%61lth", "//health?x=1"),
    *("//reports/", "/%72eports/", "/reports%2f", "/reports//", "/reports/.", "/reports/.."),
    *("http://x//metrics", "http://x/%6detrics", "//docs", "/docs/%73tart.js", "//openapi.json"),
    *("/docs/..%2f..%2fsettings.py", "/docs/%2e%2e%2fapi.log", "/docs/%2fetc%2fpasswd"),
]
UNKNOWN = [
    *("/nope", "/login/", "/EARN", "/docs/nope", "/docs/..%5capi.log", "/docs/%00"),
    *("/docs/%c0%ae%c0%ae/api.log", "/docs/%0d%0aSet-Cookie:%20x", "/docs/%252e%252e%252fapi.log"),
    *("/docs/~root", "/docs/start.js::$DATA", "/docs/start.js/", f"/docs/{'x' * 5000}"),
]


def ask(server: Process, target: str) -> Answer:
    (answer,) = send(server.port, f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return answer


@pytest.mark.parametrize("target", [*NOT_CANONICAL, *UNKNOWN], ids=lambda text: text[:40])
def test_noncanonical_and_unknown_paths_are_404(server: Process, target: str) -> None:
    answer = ask(server, target)

    assert (answer.status, answer.code) == (404, "not_found")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("target", "status"),
    [
        *((path, 200) for path in ("/metrics", "/health", "/health/live", "/docs/start.js")),
        ("/track?character=//%6d/../x", 200),
        ("http://x/health", 200),
        ("/health?//%6d", 200),
        ("/", 302),
        # These are canonical, but need a token.
        *(("/reports/a%20b%25%C5%BE.json", 401), ("/reports/..a/b..json", 401)),
    ],
)
def test_the_canonical_spelling_is_served(server: Process, target: str, status: int) -> None:
    assert ask(server, target).status == status
