"""What is secret stands in no file and no answer."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import requests

from api.settings import DEVELOPMENT_KEY_FILE
from tests.api.game import PASSWORD, SECRET, Process

Start = Callable[..., Process]
WRONG = "wrong horse battery"


def play(process: Process) -> list[str]:
    """Log in rightly and wrongly, play, log out; returns the tokens."""
    url, tokens = process.url, []
    for password in (PASSWORD, PASSWORD, WRONG):
        credentials = {"username": "alice", "password": password}
        answer = requests.post(f"{url}/login", json=credentials, timeout=30)
        assert password not in answer.text
        if answer.ok:
            tokens.append(answer.json()["token"])
    headers = {"Authorization": f"Bearer {tokens[0]}", "Idempotency-Key": "once"}
    body: dict[str, int | str] = {"amount": 1, "reason": "x"}
    assert requests.post(f"{url}/earn", json=body, headers=headers, timeout=30).ok
    assert requests.post(f"{url}/logout", headers=headers, timeout=30).status_code == 204
    assert requests.get(f"{url}/balance", headers=headers, timeout=30).status_code == 401
    return tokens


@pytest.mark.sqlite_only("reads its files")
def test_no_file_holds_a_password_a_token_or_the_key(start: Start, tmp_path: Path) -> None:
    process = start(JWT_SECRET=SECRET, LOADER="on")
    tokens = play(process)
    process.terminate()
    assert process.wait() == 0
    # Not only the whole token: its signature is what nobody else can make.
    signatures = [token.rpartition(".")[2] for token in tokens]

    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    assert {"w.duckdb", "w.store.sqlite", "api.log"} <= {path.name for path in files}
    for path, content in files.items():
        for secret in (PASSWORD, WRONG, SECRET, *tokens, *signatures):
            assert secret.encode() not in content, path


@pytest.mark.sqlite_only("reads its files")
def test_warehouse_gets_no_password_hash(start: Start, tmp_path: Path) -> None:
    process = start(LOADER="on")
    play(process)
    process.terminate()
    assert process.wait() == 0

    assert b"$argon2id$" in (tmp_path / "w.store.sqlite").read_bytes()
    assert b"$argon2id$" not in (tmp_path / "w.duckdb").read_bytes()
    with duckdb.connect(str(tmp_path / "w.duckdb"), read_only=True) as warehouse:
        tables = warehouse.execute("select table_name from duckdb_tables()").fetchall()
        columns = warehouse.execute("select column_name from duckdb_columns()").fetchall()
    assert sorted(tables) == [("game_events",), ("players",), ("source_store",)]
    assert not any("password" in name or "hash" in name for (name,) in columns)


@pytest.mark.sqlite_only("reads its files")
def test_key_made_for_development_is_in_its_own_file_alone(start: Start, tmp_path: Path) -> None:
    process = start(LOADER="on")
    play(process)
    process.terminate()
    assert process.wait() == 0

    key = tmp_path / DEVELOPMENT_KEY_FILE
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    secret = key.read_bytes().strip()
    others = [path for path in tmp_path.rglob("*") if path.is_file() and path != key]
    assert [path for path in others if secret in path.read_bytes()] == []
