"""A player's token is valid only in the store that issued the user id."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

from tests.api.game import Caller, Game, assert_problem
from tests.warehouse.operations.games import Files
from warehouse.operations.backup import make_backup
from warehouse.operations.restore import restore
from warehouse.store.upkeep import SqlUpkeep

COINS = {"amount": 5, "reason": "quest"}


def assert_let_in(game: Game, caller: Caller) -> None:
    assert game.post("/earn", COINS, caller).status_code == 201
    assert game.get("/balance", caller).status_code == 200


def assert_kept_out(game: Game, caller: Caller) -> None:
    for answer in (game.get("/balance", caller), game.post("/earn", COINS, caller)):
        problem = assert_problem(answer, 401, "invalid_token")
        assert problem["detail"] == "The token belongs to another store. Log in again."


def test_a_token_does_not_outlive_its_store(tmp_path: Path) -> None:
    with closing(Game(tmp_path, {"STORE_URL": f"sqlite:///{tmp_path}/old.sqlite"})) as old:
        alice = old.player("alice")
        assert_let_in(old, alice)

    with closing(Game(tmp_path, {"STORE_URL": f"sqlite:///{tmp_path}/new.sqlite"})) as new:
        mallory = new.player("mallory")

        assert mallory.user_id == alice.user_id
        assert_kept_out(new, alice)
        assert new.get("/balance", mallory).json["balance"] == 0


def test_a_token_issued_after_the_backup_is_invalid_after_a_restore(tmp_path: Path) -> None:
    files = Files(tmp_path / "s.sqlite", tmp_path / "w.duckdb")
    with closing(Game(tmp_path, {"STORE_URL": files.url})) as before:
        alice = before.player("alice")
        backup = make_backup(files.settings, tmp_path / "backups")
        dora = before.player("dora")
        assert_let_in(before, dora)
    restore(files.settings, backup, replace=True)

    with closing(Game(tmp_path, {"STORE_URL": files.url})) as after:
        erin = after.player("erin")

        assert erin.user_id == dora.user_id
        assert_kept_out(after, dora)
        assert_kept_out(after, alice)
        assert after.get("/balance", erin).json["balance"] == 0


def test_processes_of_one_store_take_each_others_tokens(game: Game) -> None:
    other = Game(game.folder, game.variables)

    assert_let_in(other, game.player("alice"))
    assert_let_in(game, other.player("bob"))
    other.close()


def test_a_process_that_runs_notices_that_its_store_has_a_new_id(
    game: Game, store_url: str
) -> None:
    alice = game.player("alice")
    assert_let_in(game, alice)

    with closing(SqlUpkeep(store_url)) as upkeep:
        upkeep.renew_id()

    deadline = time.monotonic() + 30
    while game.get("/balance", alice).status_code != 401:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert_kept_out(game, alice)
    assert_let_in(game, game.player("bob"))
