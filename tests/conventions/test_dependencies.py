"""The lock files pin all packages by hash; `make audit` reports what it cannot look up."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.audit import LOCKS, NONE_KNOWN, UNKNOWN, VULNERABLE, audit
from tests.support.harness import ROOT
from warehouse.spark.ports import free_port

LOCKED = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9._-]*)(\[[a-z0-9,._-]+\])?==(?P<version>[a-z0-9.+!]+)"
    r"(?P<marker> ; [^\\\n]+?)?"
    r"(?P<hashes>( \\\n    --hash=sha256:[0-9a-f]{64})+)\n"
)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_lock_file_holds_versions_and_hashes_and_nothing_else(lock: Path) -> None:
    """A lock file has no addresses, options, files or unpinned requirements."""
    text = re.sub(r"^#.*\n", "", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert re.sub(LOCKED, "", text) == ""
    assert len(LOCKED.findall(text)) > 90


def test_what_is_no_pinned_requirement_would_be_found() -> None:
    pinned = "a==1 \\\n    --hash=sha256:" + 64 * "0" + "\n"
    for loose in (
        "a==1\n",
        "a>=1" + pinned[4:],
        "a @ https://example.org/a.whl" + pinned[4:],
        "--index-url https://example.org/\n" + pinned,
        "./a" + pinned[4:],
    ):
        assert re.sub(LOCKED, "", pinned) == ""
        assert re.sub(LOCKED, "", loose) != ""


@contextmanager
def advisories(vulnerable: str = "", status: int = 200) -> Iterator[str]:
    """Serve an OSV API with one vulnerability of this package; yield its address."""
    known = {
        "id": "GHSA-0000",
        "summary": "It can be broken.",
        "affected": [
            {
                "package": {"name": vulnerable, "ecosystem": "PyPI"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9"}]}],
            }
        ],
    }

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            vulns = [known] if asked["package"]["name"] == vulnerable else []
            answer = json.dumps({"vulns": vulns} if vulns else {}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name there)
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """A lock file of three packages."""
    lock = tmp_path / "requirements.lock"
    entries = LOCKED.finditer((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    lock.write_text("".join(entry[0] for entry, _ in zip(entries, range(3), strict=False)))
    return lock


def test_audit_finds_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """The audit covers all lock files and looks up each package once."""
    with advisories() as service:
        assert audit(service) == NONE_KNOWN
    out, _ = capfd.readouterr()
    assert re.fullmatch(r"1\d\d locked dependencies, no known vulnerability\n", out)


def test_audit_names_what_is_vulnerable(lock: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with advisories(vulnerable="alembic") as service:
        assert audit(service, [lock]) == VULNERABLE
    out, err = capfd.readouterr()
    assert re.fullmatch(r"alembic [0-9.]+: GHSA-0000, fixed in 9\n", out)
    assert "make lock" in err


@pytest.mark.parametrize("is_up", [True, False])
def test_audit_that_learns_nothing_is_no_pass(
    lock: Path, capfd: pytest.CaptureFixture[str], is_up: bool
) -> None:
    if is_up:
        with advisories(status=503) as service:
            assert audit(service, [lock]) == UNKNOWN
    else:
        service = f"http://127.0.0.1:{free_port()}/v1/query"
        assert audit(service, [lock]) == UNKNOWN
    out, err = capfd.readouterr()
    assert out == ""
    assert f"Not audited: {service} did not tell. Try again where it can be reached.\n" in err
    assert "Traceback" not in err
