"""Every acknowledged event and coin is in the store and in the warehouse, once."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import duckdb

# After a failed commit, a command with this code may still have taken effect.
AMBIGUOUS = "store_unavailable"


def differences(
    warehouse: Path, store: Path, acknowledged: Path, coins: Mapping[int, int], ambiguous: int
) -> list[str]:
    """Compare acknowledged events and coins with the store and the warehouse.

    Args:
        warehouse: The DuckDB file after shipping everything.
        store: The SQLite file.
        acknowledged: A file with the ids of acknowledged events, one per line.
        coins: Acknowledged coins by user id.
        ambiguous: Number of requests that may have taken effect without acknowledgement.

    Returns:
        Descriptions of all differences.
    """
    in_store = acknowledged.with_suffix(".store")
    with closing(sqlite3.connect(store)) as connection, in_store.open("w") as file:
        for (event_id,) in connection.execute("select event_id from events"):
            file.write(f"{event_id}\n")
        balances = dict(connection.execute("select user_id, balance from players"))
        moved = dict(
            connection.execute(
                "select user_id, sum(json_extract(meta, '$.amount')"
                " * iif(event_type = 'spend', -1, 1)) from events"
                " where event_type in ('earn', 'spend') group by user_id"
            )
        )
    with duckdb.connect() as here:
        here.execute(f"attach '{warehouse}' as warehouse (read_only)")
        for name, path in (("said", acknowledged), ("stored", in_store)):
            here.execute(
                f"create table {name} as select * from read_csv("  # noqa: S608 (names of ours)
                "?, header = false, columns = {'event_id': 'varchar'})",
                [str(path)],
            )
        here.execute("create view shipped as select event_id from warehouse.raw.game_events")
        found = {
            "acknowledged events are missing in the store": _missing(here, "said", "stored"),
            "events of the store are missing in the warehouse": _missing(here, "stored", "shipped"),
            "events of the warehouse are not in the store": _missing(here, "shipped", "stored"),
            "events were acknowledged twice": _repeated(here, "said"),
            "events are in the warehouse twice": _repeated(here, "shipped"),
        }
        extra = _missing(here, "stored", "said")
        shipped_balances = dict(
            here.execute("select user_id, balance from warehouse.raw.players").fetchall()
        )
    if extra > ambiguous:
        found["events happened that were not acknowledged"] = extra
    found["players have another balance in the warehouse"] = _unequal(balances, shipped_balances)
    found["players have another balance than their earns and spends add up to"] = _unequal(
        balances, {user: moved.get(user, 0) for user in balances}
    )
    if not ambiguous:
        found["players have another balance than was acknowledged"] = _unequal(
            {user: coins for user, coins in balances.items() if coins},
            {user: coins for user, coins in coins.items() if coins},
        )
    return [f"{count:,} {what}" for what, count in found.items() if count]


def _missing(here: duckdb.DuckDBPyConnection, these: str, there: str) -> int:
    query = f"select count(*) from {these} anti join {there} using (event_id)"  # noqa: S608
    ((count,),) = here.execute(query).fetchall()
    return int(count)


def _repeated(here: duckdb.DuckDBPyConnection, these: str) -> int:
    query = f"select count(*) - count(distinct event_id) from {these}"  # noqa: S608
    ((count,),) = here.execute(query).fetchall()
    return int(count)


def _unequal(one: Mapping[int, int], other: Mapping[int, int]) -> int:
    return sum(one.get(user) != other.get(user) for user in one.keys() | other.keys())
