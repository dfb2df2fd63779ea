"""The cluster: what it answers, who reaches it, and what the death of a worker means."""

from __future__ import annotations

import os
import re
import signal
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.system.spark.sessions import ask
from warehouse.cli import main
from warehouse.inputs.headers import ALL_HEADERS
from warehouse.spark.cluster import Cluster, running_cluster
from warehouse.spark.errors import CannotUseSparkError

MAX_WAIT_SECONDS = 90
EXECUTOR = b"CoarseGrainedExecutorBackend"


def processes_of(cluster: Cluster) -> dict[int, bytes]:
    """The command lines of all processes that work in the cluster's folder, by number."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command, environment = (path / "cmdline").read_bytes(), (path / "environ").read_bytes()
        except OSError:
            continue  # it has ended, or belongs to another user
        if f"SPARK_CONF_DIR={cluster.folder}/conf".encode() in environment:
            found[int(path.name)] = command
    return found


def executors_of(cluster: Cluster) -> set[int]:
    return {number for number, command in processes_of(cluster).items() if EXECUTOR in command}


def wait_for_executors(cluster: Cluster, count: int) -> set[int]:
    deadline = time.monotonic() + MAX_WAIT_SECONDS
    while len(executors := executors_of(cluster)) != count:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return executors


def test_a_master_two_workers_and_their_executors_answer(cluster: Cluster) -> None:
    assert ask(cluster, "select sum(id) from range(0, 1000, 1, 4)") == [(499500,)]
    wait_for_executors(cluster, 2)
    commands = b"\n".join(processes_of(cluster).values())
    parts = re.findall(
        rb"\0org\.apache\.spark\.[\w.]+\.(Master|Worker|HiveThriftServer2)\0", commands
    )
    assert sorted(parts) == [b"HiveThriftServer2", b"Master", b"Worker", b"Worker"]


def test_times_are_utc(cluster: Cluster) -> None:
    (row,) = ask(cluster, "select current_timezone(), cast(timestamp '2026-01-05 09:00' as string)")
    assert row == ("UTC", "2026-01-05 09:00:00")


def test_only_this_machine_reaches_it(cluster: Cluster) -> None:
    addresses = set()
    for number in processes_of(cluster):
        sockets = {
            os.readlink(link) for link in Path(f"/proc/{number}/fd").iterdir() if link.is_symlink()
        }
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/{number}/net/{table}").read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                    addresses.add(fields[1].split(":")[0])
    # 127.0.0.1 as the kernel writes it, plain and as an IPv6 address
    assert addresses <= {"0100007F", "0000000000000000FFFF00000100007F"}
    assert addresses != set()


def test_its_secret_is_nobody_elses(cluster: Cluster) -> None:
    settings = (cluster.folder / "conf/spark-defaults.conf").read_text()
    (secret,) = re.findall(r"^spark\.authenticate\.secret (\w{64})$", settings, re.MULTILINE)
    assert (cluster.folder / "conf").stat().st_mode & 0o077 == 0
    assert not any(secret.encode() in command for command in processes_of(cluster).values())


def test_a_killed_worker_comes_back(cluster: Cluster) -> None:
    before = wait_for_executors(cluster, 2)
    cluster.kill_worker(1)
    (survivor,) = wait_for_executors(cluster, 1)
    assert ask(cluster, "select count(distinct id % 7) from range(0, 1000, 1, 4)") == [(7,)]
    cluster.start_worker(1)
    assert survivor in wait_for_executors(cluster, 2) & before
    assert ask(cluster, "select count(distinct id % 7) from range(0, 1000, 1, 4)") == [(7,)]


def test_its_folder_is_its_own(cluster: Cluster) -> None:
    with (
        pytest.raises(CannotUseSparkError, match=f"Another cluster uses {cluster.folder}"),
        running_cluster(cluster.folder),
    ):
        pass
    assert ask(cluster, "select 1") == [(1,)]


def test_the_command_exits_as_dbt_does_and_leaves_the_reports(
    cluster: Cluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """On the cluster that runs already; a second one would show nothing more."""
    (tmp_path / "seeds").mkdir()
    for file, header in ALL_HEADERS.items():
        (tmp_path / "seeds" / file).write_text(f"{header}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "warehouse.spark.command.running_cluster", lambda *_, **__: nullcontext(cluster)
    )
    handler = signal.getsignal(signal.SIGTERM)
    try:
        assert main(["spark", "--", "--no-such-option"]) == 2
    finally:
        signal.signal(signal.SIGTERM, handler)
    printed, errors = capfd.readouterr()
    assert "No such option" in errors
    assert "dbt build failed; the reports in reports/spark/ are unchanged." in printed


def test_a_program_on_it_is_interrupted_with_the_command(cluster: Cluster, tmp_path: Path) -> None:
    """It may end in order, as dbt does with its statements."""
    # It is waited for by then.
    script = "trap 'touch cancelled; exit' INT; sleep 1; kill -INT $0; while :; do sleep 0.02; done"
    with pytest.raises(KeyboardInterrupt):
        cluster.run(["sh", "-c", f"cd {tmp_path}; {script}", str(os.getpid())], dict(os.environ))
    assert (tmp_path / "cancelled").exists()
