"""Whatever is done to the store, the warehouse or a backup behind their backs is found."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from tests.support.long import IS_LONG
from tests.warehouse.loader.shipping import held
from tests.warehouse.operations.games import Files, names_of_failed
from warehouse.operations.inventory import CHECKSUMS, INVENTORY, STORE, WAREHOUSE
from warehouse.operations.verify import verify_backup

EVERYWHERE = [INVENTORY, CHECKSUMS, STORE, WAREHOUSE]
FLIPS = 200 if IS_LONG else 5
# What is done to the store, and the check that finds it.
STORE_HARM = {
    "update players set balance = balance + 1 where username = 'ann'": (
        "store: balances are earns less spends"
    ),
    "update players set balance = 9223372036854775807": "store: balances are earns less spends",
    "delete from events where position = 1": "store: balances are earns less spends",
    "delete from events where event_type = 'step'": "both: the store has or has pruned all events",
    """update events set meta = '{"amount": 11, "reason": "quest"}' where position = 1""": (
        "both: events are equal"
    ),
    "update events set meta = 'no json' where position = 1": (
        "store: balances are earns less spends"
    ),
    "update events set meta = null where position = 1": "store: balances are earns less spends",
    "update events set event_type = 'earned' where position = 1": (
        "store: balances are earns less spends"
    ),
    "update events set user_id = 2 where position = 1": "store: balances are earns less spends",
    "update events set user_id = 99 where event_type = 'step' and position = 25": (
        "store: every foreign key is valid"
    ),
    "update events set occurred_at = occurred_at + 1 where position = 30": (
        "both: events are equal"
    ),
    "update events set is_shipped = true": "both: shipped events have arrived",
    "delete from players where username = 'carl'": "both: the store has all players",
    "update players set username = 'eve' where username = 'ann'": "both: players are equal",
    "update events set balance = balance + 1": "store: balances are those of the last change",
    "update alembic_version set version_num = '9999'": "store: schema is known",
}
# What is done to the warehouse, and the check that finds it.
WAREHOUSE_HARM = {
    "delete from raw.game_events where event_type = 'step'": "both: shipped events have arrived",
    "delete from raw.game_events where event_type = 'earn' and user_id = 1": (
        "warehouse: balances are earns less spends"
    ),
    "update raw.players set balance = balance + 1 where user_id = 1": (
        "warehouse: balances are earns less spends"
    ),
    "update raw.players set username = 'eve' where user_id = 1": "both: players are equal",
    "delete from raw.players where user_id = 3": "both: shipped players have arrived",
    "insert into raw.players values (9, 'eve', now()::timestamp, 0, now()::timestamp)": (
        "both: the store has all players"
    ),
    "insert into raw.game_events values ('x', null, 'deep_link', now()::timestamp,"
    " now()::timestamp, null, now()::timestamp)": "both: the store has or has pruned all events",
    "update raw.game_events set meta = '{}' where event_type = 'deep_link'": (
        "both: events are equal"
    ),
    "create or replace table raw.game_events as from raw.game_events"
    " union all from raw.game_events": "warehouse: no event exists twice",
    "create or replace table raw.players as from raw.players union all from raw.players": (
        "warehouse: no player exists twice"
    ),
    "drop table raw.game_events": "both: shipped events have arrived",
    "alter table raw.game_events rename meta to details": "both: can be read",
}


def test_a_game_that_was_played_holds(files: Files) -> None:
    run = files.run("verify")
    assert run.exit_code == 0, run.output
    assert "19 checks, all hold" in run.output
    assert max(map(len, run.output.splitlines())) < 100


@pytest.mark.parametrize("statement", STORE_HARM)
def test_harm_to_the_store_is_found(files: Files, statement: str) -> None:
    files.change_store(statement)
    assert STORE_HARM[statement] in files.failed()


@pytest.mark.parametrize("statement", WAREHOUSE_HARM)
def test_harm_to_the_warehouse_is_found(files: Files, statement: str) -> None:
    files.change_warehouse(statement)
    assert WAREHOUSE_HARM[statement] in files.failed()


def test_a_harm_that_hides_from_both_money_proofs_is_found(files: Files) -> None:
    """A balance and an earn are changed alike, in the warehouse alone."""
    files.change_warehouse(
        "update raw.players set balance = balance + 90 where user_id = 1",
        """update raw.game_events set meta = '{"amount": 100, "reason": "quest"}' where event_id =
        (select event_id from raw.game_events where meta like '{"amount": 10,%')""",
    )
    assert files.failed() == [
        "both: events are equal",
        "both: balances differ by the unshipped changes",
    ]


def test_failure_is_told_with_examples_and_status_1(files: Files) -> None:
    files.change_store("update players set balance = 1 where username = 'bob'")
    run = files.run("verify")
    assert run.exit_code == 1
    assert "store: balances are earns less spends: not player 2" in run.output
    assert "3 of 19 checks FAILED" in run.output


@pytest.mark.parametrize("name", EVERYWHERE)
def test_a_flipped_bit_in_a_backup_is_found(backup: Path, tmp_path: Path, name: str) -> None:
    copy = shutil.copytree(backup, tmp_path / backup.name)
    whole = (copy / name).read_bytes()
    dice = random.Random(name)
    for place in [0, len(whole) - 1, *(dice.randrange(len(whole)) for _ in range(FLIPS))]:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << dice.randrange(8)
        (copy / name).write_bytes(damaged)
        failed = names_of_failed(verify_backup(copy))
        assert failed, f"byte {place}"
        assert failed[0].startswith("files:"), f"byte {place}"
    (copy / name).write_bytes(whole)
    assert names_of_failed(verify_backup(copy)) == []


@pytest.mark.parametrize("name", EVERYWHERE[1:])
def test_a_file_that_is_missing_or_cut_off_is_found(
    backup: Path, tmp_path: Path, name: str
) -> None:
    copy = shutil.copytree(backup, tmp_path / backup.name)
    with (copy / name).open("r+b") as file:
        file.truncate((copy / name).stat().st_size // 2)
    assert names_of_failed(verify_backup(copy)) != []
    (copy / name).unlink()
    assert names_of_failed(verify_backup(copy)) != []


def test_a_file_that_was_added_is_found(backup: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(backup, tmp_path / backup.name)
    (copy / f"{STORE}-wal").write_bytes(b"a log of another store")
    assert names_of_failed(verify_backup(copy)) == ["files: none were added"]


def test_verifying_a_backup_leaves_no_trace_in_it(backup: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in backup.iterdir()}
    assert names_of_failed(verify_backup(backup)) == []
    assert {path.name: path.stat().st_mtime_ns for path in backup.iterdir()} == before


@pytest.mark.parametrize("name", ["store", "warehouse"])
@pytest.mark.parametrize("harm", ["zeroed", "noise", "no database"])
def test_a_damaged_file_is_a_check_that_fails_and_no_crash(
    files: Files, name: str, harm: str
) -> None:
    path: Path = getattr(files, name)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    if harm == "no database":
        content = bytearray(b"no database, and long enough to be taken for one" * 500)
    else:
        filler = bytes(middle) if harm == "zeroed" else random.Random(1).randbytes(middle)
        content[middle // 2 : middle // 2 + middle] = filler
    path.write_bytes(content)
    run = files.run("verify")
    assert run.exit_code == 1, run.output
    assert "Traceback" not in run.output
    assert f"{name}: " in run.output


def test_what_is_not_there_yet_is_no_fault(files: Files) -> None:
    files.store.unlink()
    assert files.failed() == ["both: the store exists, or the warehouse has no events"]
    files.change_warehouse("delete from raw.game_events", "delete from raw.players")
    assert files.failed() == []
    files.warehouse.unlink()
    run = files.run("verify")
    assert run.exit_code == 2
    assert "There is neither a store" in run.output


def test_a_store_that_has_not_shipped_needs_no_warehouse(files: Files) -> None:
    files.warehouse.unlink()
    assert files.failed() == [
        "both: shipped events have arrived",
        "both: shipped players have arrived",
    ]
    files.change_store("update events set is_shipped = 0", "update players set is_shipped = 0")
    assert files.failed() == []


def test_a_folder_that_is_no_backup_is_told_apart(backup: Path, files: Files) -> None:
    run = files.run("verify", str(backup.parent))
    assert run.exit_code == 2
    assert f"It contains backups; the newest is {backup}." in run.output
    run = files.run("verify", str(files.store.parent / "none"))
    assert run.exit_code == 2
    assert "is not a backup" in run.output


def test_what_waits_in_a_held_warehouse_is_waited_for(files: Files) -> None:
    """A crash between insert and mark leaves events in both, which is not a fault."""
    files.ship()
    files.change_store("update events set is_shipped = 0 where position > 100")
    with held(files.warehouse, "reader"):
        assert files.failed() == []
