"""The proof of the soak test finds missing and duplicate events."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from tests.system.soak.proof import differences

Change = Callable[[sqlite3.Connection, duckdb.DuckDBPyConnection], object]
COINS = {1: 7, 2: 14}


def compare(folder: Path, change: Change, ambiguous: int = 0) -> list[str]:
    """Create a store and a warehouse with three earns, apply a change, and compare."""
    store, warehouse, said = folder / "s.sqlite", folder / "w.duckdb", folder / "said.txt"
    said.write_text("a\nb\nc\n")
    events = [("a", 1), ("b", 2), ("c", 2)]
    with closing(sqlite3.connect(store)) as one, duckdb.connect(str(warehouse)) as other:
        one.execute("create table events (event_id, user_id, event_type, meta)")
        one.execute("create table players (user_id, balance)")
        one.executemany("insert into events values (?, ?, 'earn', '{\"amount\": 7}')", events)
        one.executemany("insert into players values (?, ?)", COINS.items())
        other.execute("create schema raw")
        other.execute("create table raw.game_events (event_id varchar)")
        other.execute("create table raw.players (user_id bigint, balance bigint)")
        other.executemany("insert into raw.game_events values (?)", [[i] for i, _ in events])
        other.executemany("insert into raw.players values (?, ?)", list(COINS.items()))
        change(one, other)
        one.commit()
    return differences(warehouse, store, said, COINS, ambiguous)


def test_complete_data_has_no_differences(tmp_path: Path) -> None:
    assert compare(tmp_path, lambda *_: None) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (
            lambda store, _: store.execute("delete from events where event_id = 'a'"),
            "1 acknowledged events are missing in the store",
        ),
        (
            lambda _, warehouse: warehouse.execute("delete from raw.game_events"),
            "3 events of the store are missing in the warehouse",
        ),
        (
            lambda _, warehouse: warehouse.execute("insert into raw.game_events values ('a')"),
            "1 events are in the warehouse twice",
        ),
        (
            lambda _, warehouse: warehouse.execute("insert into raw.game_events values ('x')"),
            "1 events of the warehouse are not in the store",
        ),
        (
            lambda store, _: store.execute("insert into events values ('x', null, 'track', null)"),
            "1 events happened that were not acknowledged",
        ),
        (
            lambda store, _: store.execute("update players set balance = 21 where user_id = 2"),
            "1 players have another balance than was acknowledged",
        ),
        (
            lambda _, warehouse: warehouse.execute("update raw.players set balance = 0"),
            "2 players have another balance in the warehouse",
        ),
    ],
)
def test_each_difference_is_reported(tmp_path: Path, change: Change, found: str) -> None:
    assert found in compare(tmp_path, change)


def test_ambiguous_requests_may_have_taken_effect(tmp_path: Path) -> None:
    def happened(store: sqlite3.Connection, warehouse: duckdb.DuckDBPyConnection) -> None:
        store.execute("insert into events values ('x', null, 'track', null)")
        warehouse.execute("insert into raw.game_events values ('x')")

    assert compare(tmp_path, happened, ambiguous=1) == []
