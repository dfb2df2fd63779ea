"""A store on PostgreSQL that cannot be opened: which one, why, and what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from api.__main__ import main as api
from tests.support.harness import ROOT
from tests.system.postgres.server import PostgresServer
from warehouse.store.engine import open_engine
from warehouse.store.protocol import StoreUnavailableError
from warehouse.store.sql_store import SqlStore

HIDDEN = "a-password-that-nobody-shall-read"


@pytest.fixture
def down(postgres: PostgresServer) -> Iterator[PostgresServer]:
    """The server, which is down."""
    postgres.stop()
    yield postgres
    postgres.start()


def refusal(url: str) -> str:
    """Fail to open a store; returns what one is told."""
    with pytest.raises(StoreUnavailableError) as caught:
        SqlStore(url)
    return str(caught.value)


def over_tcp(postgres: PostgresServer, database: str) -> str:
    """Name a database over the loopback address, with a password."""
    return f"postgresql+psycopg://gamehouse:{HIDDEN}@127.0.0.1:{postgres.port}/{database}"


def test_server_that_is_down(down: PostgresServer) -> None:
    told = refusal(over_tcp(down, "postgres"))
    assert told.startswith("Cannot open the store postgresql+psycopg://gamehouse:***@127.0.0.1:")
    assert "Check that PostgreSQL runs there" in told
    assert "Check that PostgreSQL runs there" in refusal(down.url("postgres"))


def test_wrong_password(postgres: PostgresServer) -> None:
    told = refusal(over_tcp(postgres, "postgres"))
    assert "Correct the user or the password in STORE_URL" in told
    assert HIDDEN not in told


def test_missing_database(postgres: PostgresServer) -> None:
    assert 'database "nowhere" does not exist. Correct the name' in refusal(postgres.url("nowhere"))


def test_schema_of_a_newer_version(postgres: PostgresServer) -> None:
    url = postgres.new_database()
    SqlStore(url).close()
    engine = open_engine(url, writes=True)
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    engine.dispose()
    assert "A newer version of this program created it" in refusal(url)


def test_encoding_that_cannot_hold_all_text(postgres: PostgresServer) -> None:
    postgres.execute("create database latin encoding 'LATIN1' template template0 locale 'C'")
    assert "createdb --encoding=UTF8" in refusal(postgres.url("latin"))


@pytest.mark.parametrize("url", ["mysql://root@localhost/game", "no url", f"x:{HIDDEN}@y"])
def test_url_that_names_no_store_stops_the_start(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STORE_URL", url)
    assert api(["serve"]) == 2
    told = capsys.readouterr().err
    assert "STORE_URL: expected a" in told
    assert "such as sqlite:///" in told
    assert HIDDEN not in told


@pytest.mark.parametrize(
    "command",
    [
        ["api", "serve"],
        ["warehouse", "load"],
        ["warehouse", "load", "--all"],
        ["warehouse", "prune", "--older-than", "9"],
    ],
)
def test_commands_end_with_2_and_show_no_password(
    postgres: PostgresServer, command: list[str], tmp_path: object
) -> None:
    run = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={
            **os.environ,
            "STORE_URL": over_tcp(postgres, "game"),
            "WAREHOUSE_PATH": f"{tmp_path}/w.duckdb",
            "JWT_SECRET": "a secret of more than thirty-two bytes",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2, run.stderr
    assert "Correct the user or the password in STORE_URL" in run.stderr
    assert HIDDEN not in run.stdout + run.stderr
    assert "Traceback" not in run.stderr
