"""Faults that meet the whole process of the API: a storm of clients, no descriptors, kills."""

from __future__ import annotations

import http.client
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from tests.support.harness import ROOT
from tests.support.server import Request, Server, exchange
from tests.system.e2e.storm import Storm, assert_exactly_what_was_acknowledged
from tests.system.faults.machine import Disk
from tests.warehouse.loader.shipping import eventually
from warehouse.store.outbox import SqlOutbox
from warehouse.store.sql_store import SqlStore

DESCRIPTORS = 64
FEW_DESCRIPTORS = f"""
import resource, sys
from api.__main__ import main
resource.setrlimit(resource.RLIMIT_NOFILE, ({DESCRIPTORS}, {DESCRIPTORS}))
sys.exit(main(["serve"]))
"""
# The third earn is killed when its rows are written and not committed, or committed and not
# answered.
KILLED_IN_A_COMMIT = """
import os, signal, sys
import warehouse.store.sql_store as store_module

url, moment = sys.argv[1:]
commits = 0

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

write = store_module._write_events

def write_and_die(connection, outcomes):
    write(connection, outcomes)
    if moment == "before" and commits == 3:
        die()

def count(_):
    global commits
    commits += 1
    if moment == "after" and commits == 4:
        die()

store_module._write_events = write_and_die
store = store_module.SqlStore(url, on_commit=count)
player = store.register("ada", "a hash").user_id
for number in range(9):
    key = store_module.Idempotency(f"quest-{number}", "same")
    print(store.earn(player, 5, "quest", key).event_id, flush=True)
"""
KILLED_IN_THE_MIGRATION = """
import os, signal, sys
from warehouse.store import migrations
from warehouse.store.sql_store import SqlStore

upgrade = migrations.command.upgrade

def upgrade_and_die(*arguments):
    upgrade(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)

migrations.command.upgrade = upgrade_and_die
SqlStore(sys.argv[1])
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """An API that is not started yet."""
    server = Server(tmp_path / "w.duckdb")
    yield server
    if server.process is not None and server.process.poll() is None:
        server.kill()


def test_disk_of_store_and_warehouse_is_full_in_a_storm(disk: Disk, tmp_path: Path) -> None:
    # On the full disk, the log would lose the very lines that it is read for.
    server = Server(disk.path / "w.duckdb", log_path=tmp_path / "api.log")
    server.start()
    storm = Storm(server, clients=8)
    storm.start()
    try:
        eventually(lambda: len(storm.event_ids) > 50)
        disk.fill()
        eventually(lambda: len(storm.failures) > 20)
        health = server.call(Request("GET", "/health"))
        disk.free()
        answered = len(storm.event_ids)
        eventually(lambda: len(storm.event_ids) > answered + 50)
    finally:
        # Else the storm never ends.
        disk.free()
        if server.process is not None and server.process.poll() is not None:
            server.start()
        storm.stop()
    assert health == (200, {"status": "ok"})
    assert {failure[:3] for failure in storm.failures} == {"503"}
    assert all("store_unavailable" in failure for failure in storm.failures)
    assert_exactly_what_was_acknowledged(storm, server)
    assert server.stop() == 0
    log = server.log.read_text(encoding="utf-8")
    # In the words of SQLite or of DuckDB, whichever came to it first.
    assert "database or disk is full" in log or "No space left on device" in log
    assert "Traceback" not in log


def test_process_has_few_file_descriptors(server: Server) -> None:
    """Connections have a part of them: the loader, which would end it, has the others."""
    server.command = ("-c", FEW_DESCRIPTORS)
    server.start()
    token = _login(server)
    earn = Request("POST", "/earn", {"amount": 5, "reason": "quest"}, token)
    known = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    assert exchange(known, earn)[0] == 201
    crowd = _crowd(server, 2 * DESCRIPTORS)
    for _ in range(19):
        assert exchange(known, earn)[0] == 201
    eventually(server.warehouse.exists)
    _leave([*crowd, known])
    assert server.call(Request("GET", "/balance", token=token))[1]["balance"] == 100
    assert server.stop() == 0  # which ships what waits
    with duckdb.connect(str(server.warehouse), read_only=True) as warehouse:
        assert warehouse.execute("select count(*) from raw.game_events").fetchone() == (20,)
    assert "Too many open files" not in _log(server)
    assert "Traceback" not in _log(server)


def test_process_has_no_more_file_descriptors(server: Server) -> None:
    """The system takes them away while it runs, so that it cannot have planned for it."""
    server.environment = {"LOADER": "off"}
    server.start()
    assert server.process is not None
    pid = server.process.pid
    token = _login(server)
    earn = Request("POST", "/earn", {"amount": 5, "reason": "quest"}, token)
    known = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    assert exchange(known, earn)[0] == 201
    limit = len(os.listdir(f"/proc/{pid}/fd")) + 8
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, limit))
    crowd = _crowd(server, DESCRIPTORS)
    eventually(lambda: "Too many open files" in _log(server))
    assert exchange(known, earn)[0] == 201  # as a client does that has a connection
    _leave([*crowd, known])
    assert server.call(Request("GET", "/health"))[0] == 200
    assert server.call(Request("GET", "/balance", token=token))[1]["balance"] == 10
    assert server.stop() == 0


def _login(server: Server) -> str:
    credentials = {"username": "ada", "password": "correct horse"}
    return str(server.call(Request("POST", "/login", credentials))[1]["token"])


def _crowd(server: Server, count: int) -> list[http.client.HTTPConnection]:
    """Connect so many clients, which send nothing."""
    crowd = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=30) for _ in range(count)]
    for client in crowd:
        client.connect()
    return crowd


def _leave(crowd: list[http.client.HTTPConnection]) -> None:
    for client in crowd:
        client.close()


def _log(server: Server) -> str:
    return server.log.read_text(encoding="utf-8")


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize(("moment", "durable"), [("before", 2), ("after", 3)])
def test_kill_in_the_middle_of_a_commit(tmp_path: Path, moment: str, durable: int) -> None:
    url = f"sqlite:///{tmp_path}/store.sqlite"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_IN_A_COMMIT, url, moment],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    acknowledged = killed.stdout.split()
    assert len(acknowledged) == 2
    store, outbox = SqlStore(url), SqlOutbox(url)
    stored = [event.event_id for event in store.recent_events(None, 100)][::-1]
    assert stored[:2] == acknowledged
    assert len(stored) == durable
    player = store.get_player(1)
    assert player is not None
    assert player.balance == 5 * durable
    store.close()
    outbox.close()


def test_kill_during_the_first_migration(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.sqlite"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_IN_THE_MIGRATION, url], cwd=ROOT, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as half:
        assert half.execute("select count(*) from sqlite_master").fetchone() == (0,)
    store = SqlStore(url)
    assert store.register("ada", "a hash").user_id == 1
    store.close()
