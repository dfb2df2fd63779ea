"""What the image and the services are told, held together and tried without a container engine."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from tests.harness import ROOT
from tests.server import free_port
from warehouse.schedule import STOP_SECONDS

BIN = Path(sys.executable).parent
SERVICES = ["api", "warehouse"]
# Long enough for a slow machine; nothing here waits for its end where all is well.
PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Instruction:
    """An instruction of the Dockerfile, such as `ENV` and what stands behind it."""

    name: str
    rest: str


@cache
def dockerfile() -> list[Instruction]:
    """Read the Dockerfile, without comments and with continued lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    return [Instruction(*line.split(maxsplit=1)) for line in lines if line.strip()]


def instructions(name: str) -> list[str]:
    return [instruction.rest for instruction in dockerfile() if instruction.name == name]


def instruction(name: str) -> str:
    (rest,) = instructions(name)
    return rest


def image_environment() -> dict[str, str]:
    words = shlex.split(instruction("ENV"))
    return dict(word.split("=", maxsplit=1) for word in words)


@cache
def compose() -> dict[str, Any]:
    """Read the compose file; the parser has resolved its anchors."""
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return parsed


def command(service: str) -> list[str]:
    """Tell what a service runs: its own command, or the image's."""
    words: list[str] = compose()["services"][service].get("command") or json.loads(
        instruction("CMD")
    )
    return words


def healthcheck(service: str) -> list[str]:
    """Tell how a service's health is found out: its own way, or the image's."""
    own = compose()["services"][service].get("healthcheck")
    test: list[str] = (
        own["test"]
        if own
        else ["CMD", *json.loads(instruction("HEALTHCHECK").partition(" CMD ")[2])]
    )
    assert test[0] == "CMD"
    return test[1:]


def service_environment(service: str, shell: dict[str, str]) -> dict[str, str]:
    """Tell the variables of a service as compose does, for a shell with these variables."""
    variables = dict(shell)
    environment = image_environment()
    for name, text in compose()["services"][service]["environment"].items():
        if text is not None:
            environment[name] = re.sub(
                r"\$\{(\w+):-(.*?)\}", lambda m: variables.get(m[1]) or m[2], str(text)
            )
        elif name in variables:
            environment[name] = variables[name]
    return environment


def is_ignored(path: PurePosixPath) -> bool:
    """Tell whether .dockerignore keeps a path out of the image: the last pattern decides."""
    ignored = False
    text = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            pattern = re.escape(line.removeprefix("!"))
            pattern = pattern.replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
            if any(re.fullmatch(pattern, str(part)) for part in [path, *path.parents[:-1]]):
                ignored = not line.startswith("!")
    return ignored


def copy_image_to(root: Path) -> None:
    """Copy what `COPY . .` copies; nothing else is in the image's working directory."""
    assert instructions("COPY")[-1] == ". ."
    for folder, folders, files in os.walk(ROOT):
        within = PurePosixPath(os.path.relpath(folder, ROOT))
        folders[:] = [name for name in folders if name not in (".git", ".venv")]
        for name in files:
            if not is_ignored(within / name):
                (root / within).mkdir(parents=True, exist_ok=True)
                shutil.copy(Path(folder, name), root / within)


@dataclass(frozen=True)
class Container:
    """A service without the walls: the same files, packages, variables and commands.

    Attributes:
        root: The image's working directory.
        data: What stands for the volume.
        log: What the running service has printed.
        environment: The service's variables, with the paths in the volume moved to `data`.
    """

    root: Path
    data: Path
    log: Path
    environment: dict[str, str]

    def exit_code(self, words: list[str]) -> int:
        """Run a command to its end."""
        run = subprocess.run(
            words, cwd=self.root, env=self.environment, capture_output=True, check=False
        )
        return run.returncode

    @contextmanager
    def running(self, words: list[str]) -> Iterator[None]:
        """Run a service; it stops in order on SIGTERM, as `docker compose stop` sends it."""
        with (
            self.log.open("wb") as log,
            subprocess.Popen(
                words, cwd=self.root, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            ) as process,
        ):
            try:
                yield
                process.terminate()
                assert process.wait(PATIENCE_SECONDS) == 0, self.log.read_text()
            finally:
                process.kill()

    def wait_until_healthy(self, check: list[str]) -> None:
        """Repeat a health check until it passes."""
        self._wait_until(lambda: self.exit_code(check) == 0)

    def wait_until_logged(self, *texts: str) -> None:
        """Wait until the service has printed these texts, in this order."""
        pattern = re.compile(".*".join(map(re.escape, texts)), re.DOTALL)
        self._wait_until(lambda: pattern.search(self.log.read_text()) is not None)

    def _wait_until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.2)

    def files(self) -> dict[str, bytes]:
        """Read all that the image holds."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file()
        }


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment made by the Dockerfile's own `pip install`; made once per test run."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # what the workers share
    packages = folder / "packages"
    with (folder / "packages.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (packages / "complete").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", packages], check=True)
            (install,) = (run for run in instructions("RUN") if run.startswith("pip install"))
            subprocess.run(
                [packages / "bin" / "python", "-m", *shlex.split(install)], cwd=ROOT, check=True
            )
            (packages / "complete").touch()
    return packages


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def container(folder: Path, packages: Path, service: str, **shell: str) -> Container:
    """Set a service up in a folder."""
    copy_image_to(folder / "image")
    (folder / "data").mkdir()
    # The image's user has no home; below a file nobody can make one.
    (folder / "no-home").touch()
    volume = instruction("VOLUME")
    environment = {
        name: re.sub(rf"^{volume}(?=/)", str(folder / "data"), text)
        for name, text in service_environment(service, shell).items()
    }
    environment |= {
        "HOME": str(folder / "no-home/user"),
        "PATH": f"{packages / 'bin'}:{os.environ['PATH']}",
        "PORT": str(free_port()),
    }
    return Container(folder / "image", folder / "data", folder / "log", environment)


def run_tool(*words: str) -> tuple[int, str]:
    run = subprocess.run(
        [BIN / words[0], *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return run.returncode, run.stdout + run.stderr


def test_dockerfile_has_no_findings() -> None:
    assert run_tool("hadolint", "--no-color", "Dockerfile") == (0, "")


def test_compose_file_is_one_by_the_specification(tmp_path: Path) -> None:
    validate = ["check-jsonschema", "--builtin-schema", "vendor.compose-spec"]
    assert run_tool(*validate, "docker-compose.yml") == (0, "ok -- validation done\n")
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    misspelt = tmp_path / "docker-compose.yml"
    misspelt.write_text(text.replace("read_only:", "readonly:"))
    exit_code, output = run_tool(*validate, str(misspelt))
    assert exit_code == 1
    assert "'readonly'" in output


def test_image_is_a_supported_slim_python() -> None:
    assert instruction("FROM") == "python:3.13-slim"


def test_image_runs_as_a_user_without_rights() -> None:
    uid, gid = instruction("USER").split(":")
    assert int(uid) > 0
    assert int(gid) > 0
    assert any(f"useradd --uid {uid} --gid {gid}" in run for run in instructions("RUN"))
    assert [i.name for i in dockerfile()].index("USER") > max(
        n for n, i in enumerate(dockerfile()) if i.name in ("RUN", "COPY")
    )


def test_image_writes_only_to_its_volume() -> None:
    volume = instruction("VOLUME")
    paths = {name: text for name, text in image_environment().items() if name.endswith("_PATH")}
    assert {"WAREHOUSE_PATH", "REPORTS_PATH", "DBT_TARGET_PATH", "DBT_LOG_PATH"} <= paths.keys()
    assert [text for text in paths.values() if not text.startswith(f"{volume}/")] == []
    assert any(run.endswith(f"--group=gamehouse {volume}") for run in instructions("RUN"))


def test_services_share_one_volume() -> None:
    assert list(compose()["services"]) == SERVICES
    assert list(compose()["volumes"]) == ["data"]
    for service in compose()["services"].values():
        assert f"data:{instruction('VOLUME')}" in service["volumes"]


def test_inputs_are_mounted_where_dbt_reads_them() -> None:
    (mount,) = (v for v in compose()["services"]["warehouse"]["volumes"] if v.startswith("./"))
    source, target, mode = mount.split(":")
    assert (ROOT / source / "_seeds.yml").is_file()
    assert (target, mode) == (f"{instruction('WORKDIR')}/seeds", "ro")


def test_api_is_on_port_5000() -> None:
    assert image_environment()["PORT"] == instruction("EXPOSE") == "5000"
    assert compose()["services"]["api"]["ports"] == ["5000:5000"]
    assert "ports" not in compose()["services"]["warehouse"]


def test_services_have_no_rights_they_do_not_need(service: str) -> None:
    settings = compose()["services"][service]
    assert settings["read_only"] is True
    assert settings["tmpfs"] == ["/tmp"]  # noqa: S108 (inside the container)
    assert settings["cap_drop"] == ["ALL"]
    assert settings["security_opt"] == ["no-new-privileges:true"]
    assert settings["init"] is True
    assert settings["restart"] == "unless-stopped"


def test_an_interrupted_build_has_time_to_stop() -> None:
    grace = compose()["services"]["warehouse"]["stop_grace_period"]
    assert int(grace.removesuffix("s")) > STOP_SECONDS


def test_secret_comes_from_the_shell_or_not_at_all() -> None:
    assert "JWT_SECRET" not in service_environment("api", {})
    secret = "s" * 32
    assert service_environment("api", {"JWT_SECRET": secret})["JWT_SECRET"] == secret
    assert "JWT_SECRET" not in service_environment("warehouse", {"JWT_SECRET": secret})


def test_interval_comes_from_the_shell_or_is_five_minutes() -> None:
    name = "BUILD_INTERVAL_SECONDS"
    assert service_environment("warehouse", {})[name] == "300"
    assert service_environment("warehouse", {name: "60"})[name] == "60"


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".git/config",
        "warehouse/.jwt_secret",
        "warehouse/gamehouse.duckdb",
        "warehouse/gamehouse.duckdb.wal",
        "warehouse/gamehouse.store.sqlite",
        "warehouse/gamehouse.store.sqlite-wal",
        "warehouse/gamehouse.heartbeat",
        "warehouse/__pycache__/loader.cpython-313.pyc",
        "reports/manifest.json",
        "tests/containers/test_containers.py",
        "docker-compose.override.yml",
    ],
)
def test_what_belongs_to_this_machine_stays_out_of_the_image(path: str) -> None:
    assert is_ignored(PurePosixPath(path))


def test_image_holds_the_versions_that_were_tested() -> None:
    def entries(name: str) -> set[str]:
        text = (ROOT / name).read_text(encoding="utf-8")
        return set(re.split(r"\n(?=\S)", text.strip())[2:])

    assert len(entries("requirements-runtime.lock")) > 20
    assert entries("requirements-runtime.lock") <= entries("requirements.lock")


def test_api_serves_and_is_healthy(tmp_path: Path, packages: Path) -> None:
    api = container(tmp_path, packages, "api")
    before = api.files()
    assert api.exit_code(healthcheck("api")) != 0
    with api.running(command("api")):
        api.wait_until_healthy(healthcheck("api"))
        request = urllib.request.Request(
            f"http://127.0.0.1:{api.environment['PORT']}/login",
            data=json.dumps({"username": "ada", "password": "correct horse"}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310 (http)
            assert answer.status == 201
    assert api.files() == before
    names = {path.name for path in api.data.iterdir()}
    assert {"gamehouse.duckdb", "gamehouse.store.sqlite", ".jwt_secret"} <= names


def test_warehouse_builds_and_stays_healthy_when_a_build_fails(
    tmp_path: Path, packages: Path
) -> None:
    warehouse = container(tmp_path, packages, "warehouse", BUILD_INTERVAL_SECONDS="1")
    before = warehouse.files()
    costs = warehouse.root / "seeds/costs_daily.csv"
    assert warehouse.exit_code(healthcheck("warehouse")) != 0
    with warehouse.running(command("warehouse")):
        warehouse.wait_until_logged("build, check, docs, page passed")
        warehouse.wait_until_healthy(healthcheck("warehouse"))
        assert (warehouse.data / "reports/manifest.json").is_file()
        costs.write_text("no such columns\n")
        warehouse.wait_until_logged("build, check, docs, page passed", "build failed")
        warehouse.wait_until_healthy(healthcheck("warehouse"))
        costs.write_bytes(before["seeds/costs_daily.csv"])
        warehouse.wait_until_logged(
            "build, check, docs, page passed", "build failed", "build, check, docs, page passed"
        )
        warehouse.wait_until_healthy(healthcheck("warehouse"))
    assert warehouse.files() == before
