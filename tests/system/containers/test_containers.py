"""The Dockerfile, the compose file and the settings are consistent."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from tests.support.harness import ROOT
from tests.system.containers.image import (
    LOADER,
    NODES,
    SERVICES,
    SPARK,
    compose,
    dockerfile,
    healthcheck,
    image_environment,
    instruction,
    instructions,
    interpolated,
    is_ignored,
    service_environment,
    stages,
)
from warehouse.schedule import STOP_SECONDS

BIN = Path(sys.executable).parent


@pytest.fixture(params=[*SERVICES, *NODES, LOADER, *SPARK])
def service(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


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


def test_without_a_profile_there_are_two_services() -> None:
    services = compose()["services"].items()
    assert [name for name, settings in services if "profiles" not in settings] == SERVICES


def test_services_share_one_volume(service: str) -> None:
    assert f"data:{instruction('VOLUME')}" in compose()["services"][service]["volumes"]


def test_inputs_are_mounted_where_dbt_reads_them() -> None:
    (mount,) = (v for v in compose()["services"]["warehouse"]["volumes"] if v.startswith("./"))
    source, target, mode = mount.split(":")
    assert (ROOT / source / "_seeds.yml").is_file()
    assert (target, mode) == (f"{instruction('WORKDIR')}/seeds", "ro")


def test_api_is_on_port_5000() -> None:
    assert image_environment()["PORT"] == instruction("EXPOSE") == "5000"
    assert published("api") == "127.0.0.1:5000:5000"
    assert published("api", GAMEHOUSE_BIND="192.0.2.1", GAMEHOUSE_PORT="80") == "192.0.2.1:80:5000"
    assert "ports" not in compose()["services"]["warehouse"]


def test_the_proxy_is_on_another_port_than_the_api() -> None:
    assert published("proxy") == "127.0.0.1:5001:5000"
    assert published("proxy", GAMEHOUSE_PROXY_PORT="443") == "127.0.0.1:443:5000"


def test_every_port_is_published_by_variables_and_on_loopback_by_default() -> None:
    for settings in compose()["services"].values():
        for port in settings.get("ports", []):
            assert re.fullmatch(r"\$\{\w+:-127\.0\.0\.1\}:\$\{\w+:-\d+\}:\d+", port)


def test_no_two_services_that_can_run_together_publish_one_port() -> None:
    services = compose()["services"].values()
    for profile in {name for settings in services for name in settings.get("profiles", [])}:
        ports = [
            interpolated(port, {}).rpartition(":")[0]
            for settings in services
            if profile in settings.get("profiles", [profile])
            for port in settings.get("ports", [])
        ]
        assert ports
        assert len(set(ports)) == len(ports), profile


def published(service: str, **shell: str) -> str:
    """Return the published port of a service for a shell with these variables."""
    (port,) = compose()["services"][service]["ports"]
    return interpolated(port, shell)


def test_services_have_no_rights_they_do_not_need(service: str) -> None:
    settings = compose()["services"][service]
    assert settings["read_only"] is True
    assert settings["tmpfs"] == ["/tmp:mode=1777,size=256m"]  # noqa: S108 (inside the container)
    assert settings["cap_drop"] == ["ALL"]
    assert settings["security_opt"] == ["no-new-privileges:true"]
    assert settings["pids_limit"] == 512
    assert settings["init"] is True
    assert settings["restart"] == ("no" if service == "spark-build" else "unless-stopped")


def test_only_the_api_is_on_the_network() -> None:
    assert compose()["services"]["warehouse"]["network_mode"] == "none"
    assert "network_mode" not in compose()["services"]["api"]
    assert not any("privileged" in settings for settings in compose()["services"].values())


def test_only_nodes_reach_the_database() -> None:
    assert compose()["networks"]["store"]["internal"] is True
    members = {
        name: settings["networks"]
        for name, settings in compose()["services"].items()
        if "networks" in settings
    }
    assert [name for name in members if "store" in members[name]] == [*NODES, LOADER, "postgres"]
    assert [name for name in members if "edge" in members[name]] == ["proxy", *NODES]


def test_spark_is_reached_by_its_own_services_alone() -> None:
    assert compose()["networks"]["spark"]["internal"] is True
    for name, settings in compose()["services"].items():
        assert (settings.get("networks") == ["spark"]) == (name in SPARK)


def test_spark_is_the_same_image_with_java() -> None:
    assert [stages()[name][0].rest for name in ("spark", "gamehouse")] == ["base", "base"]
    assert list(stages())[-1] == "gamehouse"
    users = [each.rest for each in stages()["spark"] if each.name == "USER"]
    assert users == ["0:0", instruction("USER")]
    for name, settings in compose()["services"].items():
        target = {"context": ".", "target": "spark"} if name in SPARK else "."
        assert settings.get("build", target) == target


def test_memory_of_each_service_has_an_end() -> None:
    limits = {name: settings["mem_limit"] for name, settings in compose()["services"].items()}
    assert limits.pop("warehouse") == "${WAREHOUSE_CONTAINER_MEMORY:-4g}"
    assert set(limits.values()) == {"2g", "1g", "512m"}


def test_every_service_has_a_health_check(service: str) -> None:
    own = compose()["services"][service].get("healthcheck", {})
    if own.get("disable"):
        assert service in (LOADER, "spark-build", "spark-worker-1", "spark-worker-2")
    else:
        assert healthcheck(service)[0] == "python"  # no shell and no curl is needed


def test_an_interrupted_build_has_time_to_stop() -> None:
    grace = compose()["services"]["warehouse"]["stop_grace_period"]
    assert int(grace.removesuffix("s")) > STOP_SECONDS


def test_no_secret_is_in_the_image() -> None:
    words = " ".join([*image_environment(), *instructions("ARG"), *instructions("RUN")]).upper()
    assert not re.search("SECRET|TOKEN|PASSWORD|CREDENTIAL", words)
    assert {instruction.name for instruction in dockerfile()} <= {
        *("FROM", "RUN", "WORKDIR", "COPY", "ENV", "VOLUME", "EXPOSE", "USER"),
        *("HEALTHCHECK", "CMD"),
    }


def test_image_belongs_to_root() -> None:
    """A service cannot change its code, even with a writable root file system."""
    assert not any("--ch" in copy for copy in instructions("COPY"))
    assert not any(re.search("chown|chmod", run) for run in instructions("RUN"))


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
        "tests/system/containers/test_containers.py",
        "docker-compose.override.yml",
    ],
)
def test_local_files_are_not_in_the_image(path: str) -> None:
    assert is_ignored(PurePosixPath(path))


def test_image_holds_the_versions_that_were_tested() -> None:
    def entries(name: str) -> set[str]:
        text = (ROOT / name).read_text(encoding="utf-8")
        return set(re.split(r"\n(?=\S)", text.strip())[2:])

    assert len(entries("requirements-runtime.lock")) > 20
    assert entries("requirements-runtime.lock") <= entries("requirements.lock")
