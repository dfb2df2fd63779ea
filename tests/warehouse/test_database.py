"""Waiting for the DuckDB file, against a process that really holds it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from warehouse.database import WarehouseUnavailableError, open_when_free

HOLD = """
import duckdb, sys
held = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An existing warehouse."""
    path = tmp_path / "w.duckdb"
    duckdb.connect(str(path)).close()
    return path


@pytest.fixture
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the warehouse until its input is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def _program(process: subprocess.Popen[str]) -> str:
    return str(Path(f"/proc/{process.pid}/exe").resolve())


def test_free_file_opens_at_once(path: Path) -> None:
    told: list[str] = []
    with open_when_free(path, read_only=False, report=told.append) as warehouse:
        assert warehouse.execute("select 1").fetchall() == [(1,)]
    assert told == []


def test_gives_up_after_the_last_attempt_and_names_the_holder(
    path: Path, holder: subprocess.Popen[str]
) -> None:
    told: list[str] = []
    slept: list[float] = []
    with pytest.raises(WarehouseUnavailableError) as error:
        open_when_free(path, read_only=True, attempts=3, report=told.append, sleep=slept.append)
    assert slept == [1, 2]
    assert len(told) == 1
    assert f"(PID {holder.pid}); waiting up to 3 s" in told[0]
    assert f"still locked by {_program(holder)} (PID {holder.pid}) after 3 s." in str(error.value)
    assert "a copy of the file, or the marts as Parquet (--vars 'parquet_marts: true')" in str(
        error.value
    )


def test_opens_as_soon_as_the_holder_lets_go(path: Path, holder: subprocess.Popen[str]) -> None:
    def let_go(_: float) -> None:
        holder.communicate()

    with open_when_free(path, read_only=False, report=lambda _: None, sleep=let_go) as warehouse:
        assert warehouse.execute("select 1").fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("missing.duckdb", "Run `make build` first"),
        ("text.duckdb", "If it is not a DuckDB database"),
        ("no/such/folder.duckdb", "Run `make build` first"),
    ],
)
def test_what_waiting_cannot_cure_fails_at_once(tmp_path: Path, name: str, advice: str) -> None:
    (tmp_path / "text.duckdb").write_text("no database")
    slept: list[float] = []
    with pytest.raises(WarehouseUnavailableError, match=advice):
        open_when_free(tmp_path / name, read_only=True, sleep=slept.append)
    assert slept == []
