"""`erase`, and what a backup brings back of an erased player."""

from __future__ import annotations

from pathlib import Path

from tests.warehouse.operations.games import Files


def text_of(files: Files) -> str:
    return repr(files.rows())


def test_erase_names_who_is_erased_and_who_is_not(files: Files) -> None:
    run = files.run("erase", "1", "99")
    assert run.exit_code == 1
    assert "Erased player 1. " in run.output
    assert "No player has the id 99" in run.output
    assert files.run("erase", "1").exit_code == 1
    assert files.run("erase", "ann").exit_code == 2
    assert files.failed() == []
    files.ship()
    assert files.failed() == []
    assert "ann" not in text_of(files)
    assert "bob" in text_of(files)
    assert "quest" in text_of(files)  # Bob's


def test_restored_backup_does_not_bring_an_erased_player_back(files: Files, backup: Path) -> None:
    assert files.run("erase", "1").exit_code == 0
    files.ship()

    run = files.run("restore", str(backup), "--replace")

    assert run.exit_code == 0, run.output
    with files.open() as store:
        assert store.find_player("ann") is None
        assert store.find_player("bob")
    files.ship()
    assert files.failed() == []
    assert "ann" not in text_of(files)


def test_a_later_player_with_the_id_of_an_erased_one_stays(files: Files) -> None:
    with files.open() as store:
        dora = store.register("dora", "a hash").user_id
    branch = files.copy_to(files.store.parent.parent / "other")
    files.run("erase", str(dora))
    # Another branch of the same game, where the id belongs to somebody else.
    branch.change_store("update players set created_at = created_at + 1 where username = 'dora'")
    branch.ship()
    made = branch.run("backup", "--to", str(branch.store.parent / "backups"))
    assert made.exit_code == 0, made.output
    (other,) = (branch.store.parent / "backups").iterdir()

    run = files.run("restore", str(other), "--replace")

    assert run.exit_code == 0, run.output
    with files.open() as store:
        assert store.find_player("dora")


def test_restore_without_a_readable_store_says_that_erasures_are_not_repeated(
    files: Files, backup: Path
) -> None:
    files.store.write_bytes(b"not a database" * 1000)
    run = files.run("restore", str(backup), "--replace")
    assert run.exit_code == 0, run.output
    assert "its erasures are not repeated" in run.output
