"""Both services run in their sandboxes with the commands of `docker compose up`."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.harness import ROOT
from tests.system.containers.image import SERVICES, copy_image_to, instruction, instructions
from tests.system.containers.service import Service, as_root

PASSED = "build, check, docs, page passed"

# Tries to create a file in every folder; prints the results and the writable folders.
TRY_EVERY_FOLDER = """
import errno, json, os
outcomes = {}
for folder, folders, _ in os.walk("/"):
    if folder == "/":
        folders.remove("proc")
    path = os.path.join(folder, "written-by-a-test")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        os.unlink(path)
        outcome = "written"
    except OSError as error:
        outcome = errno.errorcode[error.errno]
    outcomes.setdefault(outcome, []).append(folder)
print(json.dumps(outcomes))
"""


# Options of the Dockerfile's pip that uv does not have or that disable its cache.
PIP_ONLY = {"--no-cache-dir", "--disable-pip-version-check", "--root-user-action=ignore"}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the packages that the Dockerfile installs.

    uv finds them in its cache, where `make setup` put them. If uv fails, pip installs them.
    """
    as_root()
    packages = tmp_path_factory.mktemp("packages") / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", packages], check=True)
    (install,) = (run for run in instructions("RUN") if run.startswith("pip install"))
    options = shlex.split(install.removeprefix("pip install"))
    for_uv = ["--compile-bytecode", *(word for word in options if word not in PIP_ONLY)]
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--python", str(packages)]
    if subprocess.run([*uv, *for_uv], cwd=ROOT, check=False).returncode != 0:
        pip = [sys.executable, "-m", "pip", "--python", str(packages), "install"]
        subprocess.run([*pip, *options], cwd=ROOT, check=True)
    return packages


@dataclass(frozen=True)
class Running:
    """Both services, and the reports of the successful build."""

    api: Service
    warehouse: Service
    reports: dict[str, bytes]


@pytest.fixture(scope="module")
def running(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Both services, healthy, on one volume, after a successful and a failed build."""
    folder = tmp_path_factory.mktemp("services")
    copy_image_to(folder / "image")
    api = Service.set_up("api", folder, packages)
    warehouse = Service.set_up("warehouse", folder, packages, BUILD_INTERVAL_SECONDS="5")
    assert not api.is_healthy()
    assert not warehouse.is_healthy()
    try:
        with api.running(), warehouse.running():
            api.wait_until_healthy()
            warehouse.wait_until_logged(PASSED)
            reports = reports_of(warehouse)
            (warehouse.image / "seeds/costs_daily.csv").write_text("no such columns\n")
            warehouse.wait_until_logged(PASSED, "build failed")
            yield Running(api, warehouse, reports)
    finally:
        # So that the user of the tests can remove the files of the services' user.
        owner = f"{os.getuid()}:{os.getgid()}"
        subprocess.run([*as_root(), "chown", "--recursive", owner, folder / "data"], check=True)


def reports_of(warehouse: Service) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (warehouse.data / "reports").glob("*.json")}


@pytest.fixture
def api(running: Running) -> Service:
    return running.api


@pytest.fixture
def warehouse(running: Running) -> Service:
    return running.warehouse


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest, running: Running) -> Service:
    return running.api if request.param == "api" else running.warehouse


def call(api: Service, path: str, body: object = None, token: str = "") -> tuple[int, bytes]:
    """Send a request to the API from outside the sandbox."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{api.environment['PORT']}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310 (http)
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_service_has_no_rights(service: Service) -> None:
    status = service.status()
    uid, gid = instruction("USER").split(":")
    assert status["Uid"].split() == [uid] * 4
    assert status["Gid"].split() == [gid] * 4
    assert status["Groups"] == ""
    assert status["NoNewPrivs"] == "1"
    for capabilities in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[capabilities], 16) == 0


def test_service_writes_to_its_volume_and_to_memory_alone(service: Service) -> None:
    outcomes = json.loads(service.run(["python", "-c", TRY_EVERY_FOLDER]).output)
    written = [path for path in outcomes.pop("written") if not path.startswith("/data/")]
    assert sorted(written) == ["/data", "/dev/shm", "/tmp"]  # noqa: S108 (inside the sandbox)
    # Everywhere else the file system refuses, whatever the rights to the folder. What holds the
    # packages in a test may lie below /tmp, and belongs to root.
    refused = outcomes.pop("EROFS")
    assert {"/", "/etc", "/gamehouse", "/gamehouse/seeds", "/gamehouse/warehouse"} <= set(refused)
    assert all(str(service.packages).startswith(path) for path in outcomes.pop("EACCES", []))
    assert outcomes == {}


def test_builds_have_no_network(warehouse: Service, api: Service) -> None:
    connect = (
        "import socket; socket.create_connection(('127.0.0.1', "
        f"{api.environment['PORT']}), timeout=5)"
    )
    assert api.run(["python", "-c", connect]).exit_code == 0
    refused = warehouse.run(["python", "-c", connect])
    assert "Network is unreachable" in refused.output


def test_a_player_logs_in(api: Service) -> None:
    credentials = {"username": "ada", "password": "violet-harbour-quiet-lantern-82"}
    assert [call(api, "/login", credentials)[0] for _ in range(2)] == [201, 200]


def test_operator_sees_the_reports_of_the_build(api: Service) -> None:
    token = api.run(["python", "-m", "api", "token", "--operator"]).output.strip()
    assert call(api, "/reports/manifest.json")[0] == 401
    status, manifest = call(api, "/reports/manifest.json", token=token)
    assert status == 200
    assert json.loads(manifest)["quality_status"] == "passed"


def test_secret_is_kept_in_the_volume_for_its_user_alone(api: Service) -> None:
    secret = (api.data / ".jwt_secret").stat()
    assert (secret.st_uid, oct(secret.st_mode & 0o777)) == (10001, "0o600")


def test_failed_build_leaves_reports_and_health(running: Running) -> None:
    schemas = (ROOT / "reports/schemas").glob("*.json")
    assert running.reports.keys() == {path.name.replace(".schema", "") for path in schemas}
    assert reports_of(running.warehouse) == running.reports
    assert running.warehouse.is_healthy()
    assert running.api.is_healthy()


@pytest.mark.parametrize(
    ("leave_nothing_out", "outcome"), [("1", pytest.fail.Exception), ("", pytest.skip.Exception)]
)
def test_missing_sandbox_is_reported(
    monkeypatch: pytest.MonkeyPatch, leave_nothing_out: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    monkeypatch.setenv("LEAVE_NOTHING_OUT", leave_nothing_out)
    with pytest.raises(outcome, match="LEFT OUT: this machine cannot create a sandbox: no "):
        as_root.__wrapped__()
