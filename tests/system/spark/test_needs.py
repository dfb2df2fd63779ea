"""A missing requirement of Spark is reported with what to do."""

from __future__ import annotations

import importlib.util
import re
import socket
import sys
from pathlib import Path

import pytest

from tests.support.harness import ROOT, Project
from warehouse.spark.cluster import HOST, running_cluster
from warehouse.spark.errors import CannotUseSparkError
from warehouse.spark.needs import java_home, require_packages
from warehouse.spark.ports import free_port


def fake_java(home: Path, version: str) -> Path:
    """Make a Java that tells a version and can do nothing else."""
    java = home / "bin/java"
    java.parent.mkdir(parents=True)
    java.write_text(
        f'#!/bin/sh\n[ "$1" = -version ] && echo \'openjdk version "{version}"\' >&2 && exit\n'
        "echo no such luck >&2\nexit 1\n"
    )
    java.chmod(0o755)
    return home


def test_without_java(tmp_path: Path) -> None:
    with pytest.raises(CannotUseSparkError) as raised:
        java_home({"PATH": str(tmp_path)})
    assert "Found no java in PATH. Spark needs Java 17 or newer" in str(raised.value)
    assert "apt-get install default-jre-headless" in str(raised.value)


def test_java_home_goes_before_path(tmp_path: Path) -> None:
    home, other = fake_java(tmp_path / "a", "21.0.1"), fake_java(tmp_path / "b", "17.0.15")
    assert java_home({"JAVA_HOME": str(home), "PATH": f"{other}/bin"}) == home
    assert java_home({"PATH": f"{other}/bin"}) == other
    with pytest.raises(CannotUseSparkError, match="no java in JAVA_HOME"):
        java_home({"JAVA_HOME": str(tmp_path), "PATH": f"{other}/bin"})


@pytest.mark.parametrize(("version", "major"), [("1.8.0_402", "1"), ("11.0.2", "11"), ("16", "16")])
def test_java_that_is_too_old(tmp_path: Path, version: str, major: str) -> None:
    home = fake_java(tmp_path, version)
    with pytest.raises(CannotUseSparkError, match=f"has version {major}. Spark needs Java 17"):
        java_home({"JAVA_HOME": str(home)})


def test_java_that_tells_nothing(tmp_path: Path) -> None:
    home = fake_java(tmp_path, "17")
    (home / "bin/java").write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(CannotUseSparkError, match="does not report its version"):
        java_home({"JAVA_HOME": str(home)})


def test_without_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(CannotUseSparkError) as raised:
        require_packages()
    assert "pyspark and pyhive and dbt.adapters.spark are not installed" in str(raised.value)
    assert "Run `make spark-setup`" in str(raised.value)


@pytest.mark.usefixtures("packages")
def test_a_part_that_does_not_come_up_names_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path / "java", "17.0.15")))
    with (
        pytest.raises(CannotUseSparkError) as raised,
        running_cluster(tmp_path / "spark"),
    ):
        pass
    # Two parts start side by side, and either can be the first to end.
    named = re.fullmatch(r"Spark's (.+) has ended\. See (.+)\.", str(raised.value))
    assert named is not None, raised.value
    assert named[1] in {"master", "thrift-server"}
    log = tmp_path / f"spark/logs/{named[1]}.log"
    assert named[2] == str(log)
    assert "no such luck" in log.read_text()
    assert not (tmp_path / "spark/data").exists()


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("command", ["spark", "cluster"])
def test_commands_say_what_is_missing(tmp_path: Path, command: str) -> None:
    project = Project.copy_to(tmp_path / "project")
    run = project.run(sys.executable, "-m", "warehouse", command, environment={"PATH": ""})
    if command == "spark":
        assert run.exit_code == 1
        assert "seeds/sessions.csv is missing. Put the export there" in run.output
    else:
        assert run.exit_code == 2
        assert run.output.startswith("Found no java in PATH.")
    assert "Traceback" not in run.output


@pytest.mark.usefixtures("packages")
def test_a_port_in_use_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path / "java", "17.0.15")))
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with (
            pytest.raises(CannotUseSparkError, match=f"Port {port} of 127.0.0.1 is in use"),
            running_cluster(tmp_path / "spark", port=port),
        ):
            pass


@pytest.mark.usefixtures("packages")
def test_nothing_is_fetched_where_nobody_answers(tmp_path: Path) -> None:
    port = free_port()
    project = Project(ROOT)
    environment = {"SPARK_THRIFT_PORT": str(port), "REPORTS_PATH": str(tmp_path / "reports")}
    run = project.run(sys.executable, "-m", "warehouse", "fetch", environment=environment)
    assert run.exit_code == 2
    assert run.output.startswith(f"No Thrift Server answers on 127.0.0.1:{port}. ")
    assert "Traceback" not in run.output


def test_a_port_that_is_none_is_refused() -> None:
    run = Project(ROOT).run(
        sys.executable, "-m", "warehouse", "fetch", environment={"SPARK_THRIFT_PORT": "many"}
    )
    assert run.exit_code == 2
    assert run.output == "SPARK_THRIFT_PORT is 'many'. Set it to a port number.\n"
