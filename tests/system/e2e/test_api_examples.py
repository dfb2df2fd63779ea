"""The examples of docs/api.md run as they are written, against the real API."""

from __future__ import annotations

import json
import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import Built
from tests.support.harness import ROOT, Project
from tests.support.server import PUSH_SECRET
from warehouse.spark.ports import free_port

ENDPOINTS = {
    ("POST", "/login"),
    ("POST", "/token"),
    ("POST", "/password"),
    ("GET", "/account/export"),
    ("DELETE", "/account"),
    ("POST", "/earn"),
    ("POST", "/spend"),
    ("POST", "/event"),
    ("POST", "/events"),
    ("GET", "/balance"),
    ("GET", "/events"),
    ("GET", "/stats"),
    ("GET", "/track"),
    ("POST", "/postbacks/appsflyer"),
    ("GET", "/health"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
}
# curl reads this file of CURL_HOME, so it reports each call without an option on the page.
CURLRC = r'write-out = "\n%{stderr}%{method} %{url_effective} %{http_code}\n"'
MAX_WAIT_SECONDS = 60


@dataclass(frozen=True)
class Call:
    """A request by curl."""

    method: str
    path: str
    status: int


@dataclass(frozen=True)
class Outcome:
    """The results of the examples.

    Attributes:
        calls: All requests, in order.
        answers: The printed JSON documents, in order.
        operations: Method and path of all documented operations.
    """

    calls: list[Call]
    answers: list[str]
    operations: set[tuple[str, str]]


def examples() -> str:
    """Read the shell blocks of the page, as one script."""
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL))


def stated() -> list[tuple[int, str]]:
    """Read the expected outcome of each call: a status and usually an answer."""
    return [
        (int(status), answer)
        for status, answer in re.findall(r"^# (\d{3})\b *(.*)$", examples(), re.MULTILINE)
    ]


@pytest.fixture(scope="module")
def url() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, built: Built, url: str) -> Iterator[Project]:
    """A new API with an empty store, and the project it runs in, whose sample is built."""
    project = built.project.clone_to(tmp_path_factory.mktemp("examples") / "project")
    environment = {"PORT": str(urlsplit(url).port), "APPSFLYER_PUSH_SECRET": PUSH_SECRET}
    with project.start(sys.executable, "-m", "api", "serve", environment=environment) as process:
        try:
            deadline = time.monotonic() + MAX_WAIT_SECONDS
            while not is_up(url):
                assert process.poll() is None, process.communicate()[0]
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield project
            process.terminate()
            output, _ = process.communicate()
            assert process.returncode == 0, output
        finally:
            process.kill()


def is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health") as answer:  # noqa: S310 (http)
            return bool(answer.status == 200)
    except urllib.error.URLError:
        return False


@pytest.fixture(scope="module")
def outcome(api: Project, url: str) -> Outcome:
    """Run the examples in bash with this environment's `python`."""
    (api.root / ".curlrc").write_text(CURLRC)
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    (api.root / "examples.sh").write_text(examples())
    run = api.run(
        "bash",
        "-c",
        "bash -euo pipefail examples.sh 2> calls",
        environment={
            "GAMEHOUSE_URL": url,
            "APPSFLYER_PUSH_SECRET": PUSH_SECRET,
            "CURL_HOME": str(api.root),
            "PATH": path,
        },
    )
    calls = (api.root / "calls").read_text()
    assert run.exit_code == 0, calls
    reports = re.findall(r"^([A-Z]+) (http\S+) (\d{3})$", calls, re.MULTILINE)
    with urllib.request.urlopen(f"{url}/openapi.json") as answer:  # noqa: S310 (http)
        paths = json.load(answer)["paths"]
    return Outcome(
        calls=[Call(method, urlsplit(at).path, int(status)) for method, at, status in reports],
        answers=re.findall(r"^(?:\{.*\}|\[\n[^]]*\n\])$", run.output, re.MULTILINE),
        operations={(method.upper(), path) for path in paths for method in paths[path]},
    )


def test_every_endpoint_has_an_example(outcome: Outcome) -> None:
    shown = {(call.method, call.path) for call in outcome.calls}
    assert ENDPOINTS - shown == set()
    # The example is a report.
    of_reports = {("GET", path) for path in ("/reports", "/reports/", "/reports/{path}")}
    assert outcome.operations - shown - of_reports == set()


def test_every_call_gets_the_status_it_is_said_to_get(outcome: Outcome) -> None:
    assert [call.status for call in outcome.calls] == [status for status, _ in stated()]


def test_answers_are_as_documented(outcome: Outcome) -> None:
    expected = [answer for _, answer in stated() if answer]
    assert len(outcome.answers) == len(expected)
    for answer, abridged in zip(outcome.answers, expected, strict=True):
        pattern = re.escape(abridged).replace(re.escape("..."), ".*")
        assert re.fullmatch(pattern, json.dumps(json.loads(answer))), abridged


def test_the_default_address_is_that_of_the_api() -> None:
    assert "${GAMEHOUSE_URL:-http://localhost:5000}" in examples()
