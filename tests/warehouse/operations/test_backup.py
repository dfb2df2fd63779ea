"""A backup holds all that was acknowledged before it, and two copies that belong together."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.support.server import Request, Server
from tests.warehouse.loader.shipping import held
from tests.warehouse.operations.games import Files, names_of_failed
from warehouse.operations.backup import make_backup, remove_old
from warehouse.operations.command import CannotOperateError
from warehouse.operations.inventory import INVENTORY, STORE, WAREHOUSE, backups_in
from warehouse.operations.progress import Callbacks
from warehouse.operations.verify import verify_backup

BACKUP = """
make_backup(settings, settings.warehouse_path.parent / "backups", callbacks=callbacks)
"""
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
# What DuckDB keeps beside rows: the exact definitions of all that a copy must have.
DEFINITIONS = [
    "select database_name = current_database(), schema_name, table_name, sql, estimated_size,"
    " has_primary_key from duckdb_tables() where not temporary order by all",
    "select schema_name, view_name, sql from duckdb_views() where not internal order by all",
    "select schema_name, table_name, constraint_text from duckdb_constraints() order by all",
    "select schema_name, sql from duckdb_schemas() where not internal order by all",
    "select schema_name, table_name, column_name, comment, column_default, is_nullable, data_type"
    " from duckdb_columns() where not internal order by all",
    "select schema_name, sequence_name, last_value from duckdb_sequences() order by all",
    "select schema_name, index_name, sql from duckdb_indexes() order by all",
    "select function_name, macro_definition from duckdb_functions() where not internal"
    " order by all",
]


class Players:
    """Players who earn until told to stop, and remember what was acknowledged."""

    def __init__(self, server: Server, count: int) -> None:
        self._server = server
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._acknowledged: set[str] = set()
        self.statuses: set[int] = set()
        self._threads = [
            threading.Thread(target=self._play, args=[f"player-{number}"])
            for number in range(count)
        ]

    def acknowledged(self) -> set[str]:
        with self._lock:
            return set(self._acknowledged)

    def __enter__(self) -> Players:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _play(self, name: str) -> None:
        credentials = {"username": name, "password": f"a password of {name}"}
        _, login = self._server.call(Request("POST", "/login", credentials))
        while not self._stop.is_set():
            earn = Request("POST", "/earn", {"amount": 3, "reason": "x"}, login["token"])
            status, answer = self._server.call(earn)
            with self._lock:
                self.statuses.add(status)
                if status == 201:
                    self._acknowledged.add(answer["eventId"])
            # Long enough for the others to get a turn on a small machine.
            self._stop.wait(0.005)


def ids_in(store: Path) -> set[str]:
    with closing(sqlite3.connect(store)) as connection:
        return {row[0] for row in connection.execute("select event_id from events")}


def test_backup_of_a_running_api_holds_what_was_acknowledged_and_comes_back(tmp_path: Path) -> None:
    live = Files(tmp_path / "live/game.store.sqlite", tmp_path / "live/game.duckdb")
    server = Server(live.warehouse, {"STORE_URL": live.url})
    server.start()
    try:
        with Players(server, 3) as players:
            backups = []
            for _ in range(2):
                seen = len(players.acknowledged())
                while len(players.acknowledged()) < seen + 20:
                    assert players.statuses <= {201}
                before = players.acknowledged()
                run = live.run("backup", "--to", str(tmp_path / "backups"))
                assert run.exit_code == 0, run.output
                assert "key that signs tokens" in run.output
                backups.append((before, Path(run.output.split("Backup: ")[1].strip())))
        assert players.statuses == {201}
        assert live.failed() == []
    finally:
        server.stop()
    for before, backup in backups:
        assert names_of_failed(verify_backup(backup)) == []
        assert before <= ids_in(backup / STORE)
    elsewhere = Files(tmp_path / "new/store.sqlite", tmp_path / "new/warehouse.duckdb")
    run = elsewhere.run("restore", str(backups[-1][1]))
    assert run.exit_code == 0, run.output
    again = Server(elsewhere.warehouse, {"STORE_URL": elsewhere.url})
    again.start()
    try:
        credentials = {"username": "player-0", "password": "a password of player-0"}
        status, login = again.call(Request("POST", "/login", credentials))
        assert status == 200
        earn = Request("POST", "/earn", {"amount": 1, "reason": "x"}, login["token"])
        assert again.call(earn)[0] == 201
    finally:
        assert again.stop() == 0
    assert backups[-1][0] <= ids_in(elsewhere.store)
    assert elsewhere.failed() == []


def test_nothing_that_happens_during_a_backup_gets_into_half_of_it(files: Files) -> None:
    def play_on(step: str) -> None:
        if step == "warehouse copied":
            # The copy of the store comes after this.
            with files.open() as store:
                store.earn(1, 1000, "meanwhile")
                store.register("dora", "a hash")

    stored = ids_in(files.store)
    backup = make_backup(
        files.settings, files.store.parent / "backups", callbacks=Callbacks(on_step=play_on)
    )
    assert ids_in(backup / STORE) == stored
    assert len(ids_in(files.store)) == len(stored) + 1
    assert names_of_failed(verify_backup(backup)) == []


def test_copy_of_the_warehouse_is_the_warehouse(files: Files) -> None:
    files.change_warehouse(
        "create schema marts",
        "create table marts.prices (id bigint primary key, price decimal(24, 8) not null,"
        " name text default 'x' check (name != ''), unique (name))",
        "insert into marts.prices select range, range / 3, range::text from range(10000)",
        "comment on column marts.prices.price is 'in US$'",
        "create index by_price on marts.prices (price)",
        "create view marts.cheap as select * from marts.prices where price < 10",
        "create view marts.cheaper as select * from marts.cheap where price < 5",
        "create sequence marts.numbers start 7",
        "create macro twice(x) as 2 * x",
    )
    backup = make_backup(files.settings, files.store.parent / "backups")
    with (
        duckdb.connect(str(files.warehouse), read_only=True) as original,
        duckdb.connect(str(backup / WAREHOUSE), read_only=True) as copy,
    ):
        for query in [*DEFINITIONS, "from marts.prices", "from marts.cheaper", "select twice(4)"]:
            expected = original.execute(query).fetchall()
            assert expected, query
            assert copy.execute(query).fetchall() == expected
    with duckdb.connect(str(backup / WAREHOUSE)) as copy, pytest.raises(duckdb.ConstraintException):
        copy.execute("insert into raw.game_events from raw.game_events limit 1")


def test_manifest_says_what_is_in_it(backup: Path) -> None:
    manifest = json.loads((backup / INVENTORY).read_text(encoding="utf-8"))
    store, warehouse = manifest["store"], manifest["warehouse"]
    assert (store["player_count"], warehouse["player_count"]) == (3, 3)
    assert store["event_count"] == warehouse["event_count"] + store["waiting_event_count"]
    assert store["waiting_event_count"] == 2
    assert store["balance"] == warehouse["balance"] + 11
    assert store["idempotency_key_count"] == 11
    assert backup.name == f"backup-{manifest['created_at'][:19].translate({45: '', 58: ''})}Z"


def test_only_its_owner_can_read_it_and_it_holds_no_key(files: Files) -> None:
    secret = "a secret of a development machine, 32 bytes"  # noqa: S105 (guards nothing)
    (files.store.parent / ".jwt_secret").write_text(secret)
    backup = make_backup(files.settings, files.store.parent / "backups")
    assert stat.S_IMODE(backup.stat().st_mode) == 0o700
    for path in backup.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert secret.encode() not in path.read_bytes()


@pytest.mark.parametrize("step", ["warehouse copied", "store copied", "filled"])
def test_a_killed_backup_leaves_none_and_the_next_one_is_whole(files: Files, step: str) -> None:
    folder = files.store.parent / "backups"
    files.run_killed(BACKUP, step)
    assert backups_in(folder) == []
    assert len(list(folder.iterdir())) == 1
    backup = make_backup(files.settings, folder)
    assert list(folder.iterdir()) == [backup]
    assert names_of_failed(verify_backup(backup)) == []
    assert files.failed() == []


def test_only_the_newest_are_kept_and_nothing_else_is_touched(files: Files) -> None:
    folder = files.store.parent / "backups"
    folder.mkdir()
    others = [folder / "notes.txt", folder / "backup-of-my-own", folder / "backup-20200101T000000Z"]
    others[0].write_text("mine")
    others[1].mkdir()
    others[2].mkdir()  # a folder without an inventory is not a backup
    made = [
        make_backup(files.settings, folder, clock=lambda: NOON + timedelta(days=day))  # noqa: B023
        for day in range(4)
    ]
    assert remove_old(folder, 2, spare=made[0]) == [made[1]]
    assert sorted(folder.iterdir()) == sorted([*others, made[0], made[2], made[3]])
    run = files.run("backup", "--to", str(folder), "--keep", "1")
    assert run.exit_code == 0, run.output
    assert f"Removed {made[3]}" in run.output
    assert len(backups_in(folder)) == 1
    assert all(path.exists() for path in others)


def test_two_backups_of_a_second_and_two_at_once_do_not_mix(files: Files) -> None:
    folder = files.store.parent / "backups"
    refusals = []

    def try_another(_: str) -> None:
        with pytest.raises(CannotOperateError, match="Another backup is running") as refusal:
            make_backup(files.settings, folder)
        refusals.append(refusal)

    make_backup(
        files.settings, folder, clock=lambda: NOON, callbacks=Callbacks(on_step=try_another)
    )
    assert len(refusals) == 3
    with pytest.raises(CannotOperateError, match="Check that the clock runs"):
        make_backup(files.settings, folder, clock=lambda: NOON)
    assert [path.name for path in folder.iterdir()] == ["backup-20260131T120000Z"]


def test_a_held_warehouse_is_waited_for(files: Files) -> None:
    said = []
    with held(files.warehouse, "writer") as holder:

        def let_go(words: str) -> None:
            said.append(words)
            holder.communicate()

        backup = make_backup(
            files.settings, files.store.parent / "b", callbacks=Callbacks(on_wait=let_go)
        )
    assert f"(PID {holder.pid})" in said[0]
    assert names_of_failed(verify_backup(backup)) == []


def test_a_store_alone_and_a_warehouse_alone_are_copied(files: Files, tmp_path: Path) -> None:
    files.change_store("update events set is_shipped = 0", "update players set is_shipped = 0")
    alone = Files(files.store, tmp_path / "none.duckdb")
    backup = make_backup(alone.settings, tmp_path / "store")
    assert sorted(path.name for path in backup.iterdir()) == ["SHA256SUMS", INVENTORY, STORE]
    assert names_of_failed(verify_backup(backup)) == []
    files.change_warehouse("drop table raw.game_events", "drop table raw.players")
    alone = Files(tmp_path / "none.sqlite", files.warehouse)
    backup = make_backup(alone.settings, tmp_path / "warehouse")
    assert sorted(path.name for path in backup.iterdir()) == ["SHA256SUMS", INVENTORY, WAREHOUSE]
    assert names_of_failed(verify_backup(backup)) == []


def test_what_cannot_be_copied_is_told_and_leaves_nothing(files: Files, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    run = files.run(
        "backup", "--to", str(folder), STORE_URL="postgresql+psycopg://user:secret@db/game"
    )
    assert run.exit_code == 2
    assert "pg_dump" in run.output
    assert "secret" not in run.output
    run = Files(tmp_path / "none", tmp_path / "none.duckdb").run("backup", "--to", str(folder))
    assert run.exit_code == 2
    assert "nothing to copy" in run.output
    (tmp_path / "file").write_text("a file")
    run = files.run("backup", "--to", str(tmp_path / "file/backups"))
    assert (run.exit_code, "Traceback" in run.output) == (2, False)
    with files.warehouse.open("r+b") as file:
        file.truncate(shutil.disk_usage(tmp_path).free + 2**30)
    run = files.run("backup", "--to", str(folder))
    assert run.exit_code == 2
    assert "MB free" in run.output
    assert not folder.exists() or list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["store", "warehouse"])
def test_a_file_that_is_no_database_is_told_and_leaves_nothing(files: Files, name: str) -> None:
    path: Path = getattr(files, name)
    path.write_bytes(b"no database, and long enough to be taken for one" * 500)
    run = files.run("backup", "--to", str(files.store.parent / "backups"))
    assert run.exit_code == 2, run.output
    assert str(path) in run.output
    assert "Traceback" not in run.output
    assert list((files.store.parent / "backups").iterdir()) == []
