"""A warehouse is fed from one store: another one's events never get in, nor after a restore."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.operations.games import Files, names_of_failed
from tests.warehouse.store.old import make_old_store
from warehouse.loader.loader import Loader
from warehouse.loader.source_store import AnotherStoreError
from warehouse.operations.backup import make_backup
from warehouse.operations.inventory import backups_in
from warehouse.operations.restore import restore
from warehouse.operations.verify import verify_backup
from warehouse.store.outbox import SqlOutbox
from warehouse.store.sql_store import SqlStore
from warehouse.store.upkeep import SqlUpkeep


def store_id(files: Files) -> str:
    with files.open() as store:
        return store.store_id()


def noted(files: Files) -> list[tuple[object, ...]]:
    with duckdb.connect(str(files.warehouse), read_only=True) as warehouse:
        return warehouse.execute("select store_id from raw.source_store").fetchall()


def strangers(files: Files) -> Files:
    """A new store whose players have the ids of those of another one, and its warehouse."""
    new = Files(files.store.with_name("new.sqlite"), files.warehouse)
    with new.open() as store:
        mallory = store.register("mallory", "a hash").user_id
        store.earn(mallory, 1, "quest")
    return new


def test_a_shipment_notes_the_store(files: Files) -> None:
    assert noted(files) == [(store_id(files),)]


def test_stores_differ(files: Files) -> None:
    assert store_id(files) != store_id(strangers(files))


def test_a_warehouse_of_another_store_is_refused(files: Files) -> None:
    rows, other = files.rows(), strangers(files)
    run = other.run("load")
    assert run.exit_code == 2
    assert str(files.warehouse) in run.output
    assert store_id(files) in run.output
    assert store_id(other) in run.output
    assert "Nothing was changed. Set STORE_URL" in run.output
    assert files.rows() == rows
    with other.open() as store:
        assert store.event_counts(None) == {"earn": 1}
    with closing(SqlOutbox(other.url)) as outbox:
        assert outbox.backlog().event_count == 1


def test_a_warehouse_of_another_store_is_refused_where_nothing_waits(files: Files) -> None:
    """Else all that the store has would wait to be shipped again, for nothing."""
    other = strangers(files)
    elsewhere = Files(other.store, files.warehouse.with_name("elsewhere.duckdb"))
    elsewhere.ship()
    with closing(SqlOutbox(other.url)) as outbox:
        with pytest.raises(AnotherStoreError):
            Loader(outbox, files.warehouse).ship_once()
        assert outbox.backlog().event_count == 0


@pytest.mark.parametrize("command", [["load", "--all"], ["adopt"]])
def test_a_warehouse_of_another_store_is_not_made_this_ones(
    files: Files, command: list[str]
) -> None:
    rows, other = files.rows(), strangers(files)
    elsewhere = Files(other.store, files.warehouse.with_name("elsewhere.duckdb"))
    elsewhere.ship()
    run = other.run(*command)
    assert run.exit_code == 2, run.output
    assert "Nothing was changed" in run.output
    assert files.rows() == rows
    with closing(SqlOutbox(other.url)) as outbox:
        assert outbox.backlog().event_count == 0
    assert noted(files) == [(store_id(files),)]


def test_verify_tells_a_warehouse_of_another_store(files: Files) -> None:
    run = strangers(files).run("verify")
    assert run.exit_code == 1
    assert "both: the warehouse belongs to this store: it belongs to" in run.output


def test_a_store_and_a_warehouse_of_before_get_an_id_and_go_on(tmp_path: Path) -> None:
    files = Files(tmp_path / "old.sqlite", tmp_path / "old.duckdb")
    make_old_store(files.url, "0003")
    files.change_store(
        "insert into players (user_id, username, password_hash, balance, created_at, is_shipped)"
        " values (1, 'ann', 'a hash', 0, 0, 0)"
    )
    with files.open() as store:
        store.earn(1, 5, "quest")
    files.ship()
    files.change_warehouse("drop table raw.source_store")
    with files.open() as store:
        store.earn(1, 6, "quest")
    files.ship()
    assert noted(files) == [(store_id(files),)]
    assert files.failed() == []


def test_a_restored_store_is_another_one_and_its_warehouse_knows_it(
    backup: Path, files: Files
) -> None:
    old_id = store_id(files)
    restore(files.settings, backup, replace=True)
    assert store_id(files) != old_id
    assert noted(files) == [(store_id(files),)]
    with files.open() as store:
        store.earn(1, 5, "goes on")
    files.ship()
    assert files.failed() == []


def test_every_restore_makes_another_store(backup: Path, tmp_path: Path) -> None:
    ids = set()
    for number in range(2):
        files = Files(tmp_path / f"{number}/store.sqlite", tmp_path / f"{number}/w.duckdb")
        restore(files.settings, backup, replace=False)
        ids.add(store_id(files))
    assert len(ids) == 2


def test_a_warehouse_of_after_the_backup_is_refused_by_the_restored_store(
    backup: Path, files: Files, tmp_path: Path
) -> None:
    """As an interrupted restore leaves it: the ids of its newest players are given again."""
    with files.open() as store:
        dora = store.register("dora", "a hash").user_id
        store.earn(dora, 5, "after the backup")
    files.ship()
    restored = Files(tmp_path / "new/store.sqlite", tmp_path / "new/w.duckdb")
    restore(restored.settings, backup, replace=False)
    mixed = Files(restored.store, files.warehouse)
    rows = files.rows()
    with mixed.open() as store:
        assert store.register("mallory", "a hash").user_id == dora
    with pytest.raises(AnotherStoreError):
        mixed.ship()
    run = mixed.run("adopt")
    assert run.exit_code == 2
    assert f"1 players with another name in the store ({dora})" in run.output
    assert files.rows() == rows


def test_a_warehouse_of_the_backup_can_be_adopted(
    backup: Path, files: Files, tmp_path: Path
) -> None:
    restored = Files(tmp_path / "new/store.sqlite", tmp_path / "new/w.duckdb")
    restore(restored.settings, backup, replace=False)
    shutil.copy(backup / "warehouse.duckdb", restored.warehouse)
    assert restored.run("load").exit_code == 2
    run = restored.run("adopt")
    assert run.exit_code == 0, run.output
    assert f"Adopted {restored.warehouse}" in run.output
    assert noted(restored) == [(store_id(restored),)]
    restored.ship()
    assert restored.failed() == []
    assert files.failed() == []


def test_a_store_that_was_put_back_by_hand_gets_a_new_id(files: Files, tmp_path: Path) -> None:
    old_id = store_id(files)
    run = files.run("adopt", "--new-id")
    assert run.exit_code == 0, run.output
    assert old_id != store_id(files)
    assert f"The store has a new id, {store_id(files)}." in run.output
    assert noted(files) == [(store_id(files),)]
    alone = Files(files.store, tmp_path / "none.duckdb")
    assert "No warehouse exists" in alone.run("adopt").output


def test_a_backup_of_an_older_version_is_restored_with_an_id(files: Files, tmp_path: Path) -> None:
    """It lacks both tables with an id, and its inventory has another name."""
    old = Files(tmp_path / "old.sqlite", tmp_path / "old.duckdb")
    make_old_store(old.url, "0003")
    old.change_warehouse("create schema raw")
    backup = make_backup(old.settings, tmp_path / "backups")
    inventory = (backup / "inventory.json").rename(backup / "manifest.json")
    assert json.loads(inventory.read_text())["store"]["schema_version"] == "0003"
    checksums = (backup / "SHA256SUMS").read_text().replace("inventory.json", "manifest.json")
    (backup / "SHA256SUMS").write_text(checksums)
    assert backups_in(tmp_path / "backups") == [backup]
    assert names_of_failed(verify_backup(backup)) == []
    new = Files(tmp_path / "new/store.sqlite", tmp_path / "new/w.duckdb")
    restore(new.settings, backup, replace=False)
    assert noted(new) == [(store_id(new),)]
    with new.open() as store:
        store.earn(store.register("ann", "a hash").user_id, 5, "quest")
    new.ship()
    assert new.failed() == []
    assert new.rows() != files.rows()


def test_a_backup_of_two_that_never_belonged_together_does_not_marry_them(
    files: Files, tmp_path: Path
) -> None:
    other = strangers(files)
    backup = make_backup(other.settings, tmp_path / "backups")
    new = Files(tmp_path / "new/store.sqlite", tmp_path / "new/w.duckdb")
    restore(new.settings, backup, replace=False)
    assert noted(new) == [(store_id(files),)]
    with pytest.raises(AnotherStoreError):
        new.ship()


def test_all_who_open_a_store_see_one_id(files: Files) -> None:
    with (
        files.open() as store,
        closing(SqlStore(files.url)) as other,
        closing(SqlUpkeep(files.url)) as upkeep,
        closing(SqlOutbox(files.url)) as outbox,
    ):
        ids = {store.store_id(), other.store_id(), upkeep.store_id()}
        assert ids == {outbox.next_batch(1).store_id}
