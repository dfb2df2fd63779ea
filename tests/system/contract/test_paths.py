"""A path has one spelling: what a proxy hides is not to be had by another one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.game import SECRET, Process
from tests.system.contract.wire import Answer, send


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A server with reports."""
    folder: Path = tmp_path_factory.mktemp("server")
    server = Process(folder, JWT_SECRET=SECRET)
    yield server
    server.kill()


def ask(server: Process, target: str) -> Answer:
    head = f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    (answer,) = send(server.port, head)
    return answer


@pytest.mark.parametrize(
    "target",
    [
        *("//metrics", "///metrics", "/%6detrics", "/%6Detrics", "/metric%73", "/%2fmetrics"),
        *("/%2Fmetrics", "/./metrics", "/../metrics", "/%2e/metrics", "/docs/../metrics", "//"),
        *("/health//live", "/health/./live", "/health%2flive", "/he%61lth", "//health?x=1"),
        *("//reports/", "/%72eports/", "/reports%2f", "/reports//", "/reports/.", "/reports/.."),
        *(
            "http://x//metrics",
            "http://x/%6detrics",
            "//docs",
            "/docs/%73tart.js",
            "//openapi.json",
        ),
    ],
)
def test_other_spellings_lead_nowhere(server: Process, target: str) -> None:
    answer = ask(server, target)

    assert answer.status == 404
    assert json.loads(answer.body)["code"] == "not_found"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        *((path, 200) for path in ("/metrics", "/health", "/health/live", "/docs/start.js")),
        ("/track?character=//%6d/../x", 200),
        ("http://x/health", 200),
        ("/health?//%6d", 200),
        # They are spelled as they must be; the guard at the door says what follows.
        ("/reports/a%20b%25%C5%BE.json", 401),
        ("/reports/..a/b..json", 401),
    ],
)
def test_the_canonical_spelling_is_served(server: Process, target: str, status: int) -> None:
    assert ask(server, target).status == status
