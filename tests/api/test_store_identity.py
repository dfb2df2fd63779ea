"""A player's token is good in the store that gave its id, and in no other."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

import pytest
import requests

from api.tokens import Identity, Role, Tokens
from tests.api.game import SECRET, Process, bearer
from tests.warehouse.operations.games import Files
from warehouse.operations.backup import make_backup
from warehouse.operations.restore import restore
from warehouse.store.upkeep import SqlUpkeep

Start = Callable[..., Process]


def ask(server: Process, headers: dict[str, str]) -> tuple[int, int, str]:
    """Ask for a balance, and earn: both statuses, and what is said."""
    balance = requests.get(f"{server.url}/balance", headers=headers, timeout=30)
    earned = requests.post(
        f"{server.url}/earn", json={"amount": 5, "reason": "quest"}, headers=headers, timeout=30
    )
    return balance.status_code, earned.status_code, balance.json().get("detail", "")


@pytest.mark.sqlite_only("about files that are replaced")
def test_a_token_does_not_outlive_its_store(start: Start, tmp_path: Path) -> None:
    old = start(JWT_SECRET=SECRET, STORE_URL=f"sqlite:///{tmp_path}/old.sqlite")
    alice = old.login("alice")
    assert ask(old, alice)[:2] == (200, 201)
    old.terminate()
    old.wait()

    new = start(JWT_SECRET=SECRET, STORE_URL=f"sqlite:///{tmp_path}/new.sqlite")
    mallory = new.login("mallory")

    balance, earned, detail = ask(new, alice)
    assert (balance, earned) == (401, 401)
    assert detail == "The token is of another store of accounts; log in again."
    assert requests.get(f"{new.url}/balance", headers=mallory, timeout=30).json()["balance"] == 0


@pytest.mark.sqlite_only("PostgreSQL has its own tools for this")
def test_a_token_of_after_the_backup_opens_nobody_elses_account(
    start: Start, tmp_path: Path
) -> None:
    files = Files(tmp_path / "s.sqlite", tmp_path / "w.duckdb")
    before = start(JWT_SECRET=SECRET, STORE_URL=files.url)
    alice = before.login("alice")
    backup = make_backup(files.settings, tmp_path / "backups")
    dora = before.login("dora")
    assert ask(before, dora)[:2] == (200, 201)
    before.terminate()
    before.wait()
    restore(files.settings, backup, replace=True)

    after = start(JWT_SECRET=SECRET, STORE_URL=files.url)
    erin = after.login("erin")

    assert ask(after, dora)[:2] == (401, 401)
    assert ask(after, alice)[:2] == (401, 401)
    assert requests.get(f"{after.url}/balance", headers=erin, timeout=30).json()["balance"] == 0
    assert ask(after, after.login("alice"))[:2] == (200, 201)


def test_processes_on_one_store_take_each_others_tokens(start: Start) -> None:
    one, other = start(JWT_SECRET=SECRET), start(JWT_SECRET=SECRET)

    assert ask(other, one.login("alice"))[:2] == (200, 201)
    assert ask(one, other.login("bob"))[:2] == (200, 201)


def test_a_process_that_runs_notices_that_its_store_has_a_new_id(
    start: Start, store_url: str
) -> None:
    server = start(JWT_SECRET=SECRET)
    alice = server.login("alice")
    assert ask(server, alice)[:2] == (200, 201)

    with closing(SqlUpkeep(store_url)) as upkeep:
        upkeep.renew_id()

    deadline = time.monotonic() + 30
    while ask(server, alice)[0] != HTTPStatus.UNAUTHORIZED:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert ask(server, server.login("alice"))[:2] == (200, 201)


def test_operators_need_no_store(start: Start) -> None:
    """`python -m api token` opens none; an operator has no account to be taken for another one."""
    operator = bearer(Tokens(SECRET).mint(Identity(Role.OPERATOR, "ops"), 3600))
    server = start(JWT_SECRET=SECRET)

    assert requests.get(f"{server.url}/stats", headers=operator, timeout=30).status_code == 200
