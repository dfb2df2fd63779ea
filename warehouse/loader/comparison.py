"""Compares the store with the warehouse or the lake in SQL.

The store's rows are copied into temporary DuckDB tables. The warehouse must be open before the
store's snapshot begins: then the loader cannot write to it, and it must have all rows that the
snapshot marks as shipped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import duckdb

from warehouse.loader.coins import COINS, MOVES_COINS
from warehouse.loader.lake import Pinned
from warehouse.loader.raw_tables import GAME_EVENTS, PLAYERS, RawTable
from warehouse.store.protocol import TOMBSTONE

if TYPE_CHECKING:
    # SQLAlchemy takes almost a second to import, and the statements do not need it.
    from warehouse.store.upkeep import Columns, StoreReader

STORED_EVENTS = {
    "position": "bigint",
    "event_id": "text",
    "user_id": "bigint",
    "event_type": "text",
    "occurred_at": "bigint",
    "received_at": "bigint",
    "meta": "text",
    "balance": "bigint",
    "is_shipped": "boolean",
}
STORED_PLAYERS = {
    "user_id": "bigint",
    "username": "text",
    "created_at": "bigint",
    "balance": "bigint",
    "is_shipped": "boolean",
}
STORED_PRUNED = {"user_id": "bigint", "event_type": "text", "event_count": "bigint"}

# Players whose balance is not the sum of their earns less their spends.
MONEY = f"""
with moved as (
    select
        user_id,
        sum({COINS}) as coins,
        count(*) filter (where {COINS} is null) as unreadable_count
    from {{events}} where {MOVES_COINS} group by user_id
)
select coalesce(players.user_id, moved.user_id)
from {{players}} as players full join moved on players.user_id = moved.user_id
where
    players.balance is null
    or players.balance != coalesce(moved.coins, 0)
    or moved.unreadable_count > 0
order by all
"""  # noqa: S608 (names from here)  # nosec B608
LAST_BALANCES = """
select user_id from stored_players
left join (
    select user_id, arg_max(balance, position) as written from stored_events
    where balance is not null group by user_id
) using (user_id)
where stored_players.balance != coalesce(written, 0)
order by all
"""
REPEATED = "select event_id from {events} group by event_id having count(*) > 1 order by all"
REPEATED_PLAYERS = "select user_id from {players} group by user_id having count(*) > 1 order by all"
# Events that are marked as shipped but missing, in the order of the store.
MISSING = """
select event_id from stored_events
where is_shipped
and event_id not in (select event_id from landed_events where event_id is not null)
order by position
"""
IS_DIFFERENT = """
(
    stored.user_id is distinct from landed.user_id
    or stored.event_type is distinct from landed.event_type
    or make_timestamp(stored.occurred_at) is distinct from landed.occurred_at
    or make_timestamp(stored.received_at) is distinct from landed.received_at
    or stored.meta is distinct from landed.meta
)
"""
# Erased players whose tombstone waits to be shipped.
ERASURES = f"""
(select user_id from stored_players where not is_shipped and username like '{TOMBSTONE}%')
"""  # noqa: S608  # nosec B608
DIFFERENT = f"""
select stored.event_id from stored_events as stored
join landed_events as landed on stored.event_id = landed.event_id
where {IS_DIFFERENT} and coalesce(stored.user_id, 0) not in {ERASURES}
order by stored.position
"""  # noqa: S608  # nosec B608
# Events that are equal in the store and the warehouse.
ALIKE = f"""
select distinct stored.position from stored_events as stored
join landed_events as landed on stored.event_id = landed.event_id
where not {IS_DIFFERENT} order by stored.position
"""  # noqa: S608  # nosec B608
MISSING_PLAYERS = """
select user_id from stored_players where is_shipped
and user_id not in (select user_id from landed_players where user_id is not null)
order by user_id
"""
DIFFERENT_PLAYERS = f"""
select stored.user_id from stored_players as stored
join landed_players as landed on stored.user_id = landed.user_id
where
    stored.username is distinct from landed.username and stored.user_id not in {ERASURES}
    or make_timestamp(stored.created_at) is distinct from landed.created_at
order by all
"""  # noqa: S608  # nosec B608
# Players whose balance in the store is not that in the warehouse plus the unshipped changes.
BALANCES = f"""
with waiting as (
    select user_id, sum({COINS}) as coins from stored_events
    where {MOVES_COINS}
    and event_id not in (select event_id from landed_events where event_id is not null)
    group by user_id
)
select stored.user_id from stored_players as stored
left join landed_players as landed on stored.user_id = landed.user_id
left join waiting on stored.user_id = waiting.user_id
where stored.balance != coalesce(landed.balance, 0) + coalesce(waiting.coins, 0)
order by all
"""  # noqa: S608  # nosec B608
UNKNOWN_PLAYERS = """
select user_id from landed_players
where user_id not in (select user_id from stored_players) order by all
"""
# Events in the warehouse that the store neither has nor has pruned.
UNKNOWN = """
with unknown as (
    select coalesce(user_id, 0) as user_id, event_type, count(*) as event_count
    from landed_events anti join stored_events using (event_id) group by all
)
select unknown.user_id, event_type
from unknown left join stored_pruned using (user_id, event_type)
where unknown.event_count > coalesce(stored_pruned.event_count, 0)
order by all
"""
COUNTS = """
select count(*) from landed_events union all select count(*) from landed_players
"""
PRUNED = "select coalesce(sum(event_count), 0)::bigint from stored_pruned"
PRUNED_HERE = """
select count(*) from landed_events anti join stored_events using (event_id)
"""


class Comparison:
    """The rows of a warehouse or a lake beside those of the store, on one connection."""

    def __init__(self, warehouse: duckdb.DuckDBPyConnection, lake: Pinned | None = None) -> None:
        """Create empty temporary tables; the warehouse does not change.

        Args:
            warehouse: The connection to the warehouse.
            lake: The lake, if it has the events and players instead of the warehouse.
        """
        self._warehouse = warehouse
        for name, columns in (
            ("stored_events", STORED_EVENTS),
            ("stored_players", STORED_PLAYERS),
            ("stored_pruned", STORED_PRUNED),
        ):
            declared = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            warehouse.execute(f"create or replace temp table {name} ({declared})")
        if lake is None:
            self._create_view("landed_events", GAME_EVENTS)
            self._create_view("landed_players", PLAYERS)
        else:
            warehouse.execute(f"create or replace temp view landed_events as {lake.events_sql}")
            warehouse.execute(f"create or replace temp view landed_players as {lake.players_sql}")

    def read(self, reader: StoreReader, on_progress: Callable[[int, int], None]) -> None:
        """Copy all rows of the store."""
        total, done = reader.event_count(), 0
        self._fill("stored_players", STORED_PLAYERS, reader.players())
        self._fill("stored_pruned", STORED_PRUNED, reader.pruned())
        for columns in reader.events():
            self.add_events(columns)
            done += len(columns["position"])
            on_progress(done, total)

    def add_events(self, columns: Columns) -> None:
        """Copy some events of the store."""
        self._fill("stored_events", STORED_EVENTS, [columns])

    def column(self, query: str) -> list[Any]:
        """Return the first column of a query."""
        return [row[0] for row in self.rows(query)]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self._warehouse.execute(query).fetchall()

    def _create_view(self, view: str, table: RawTable) -> None:
        """Create a view of a raw table; an empty one if the table is missing."""
        exists = self._warehouse.execute(
            "select count(*) from information_schema.tables"
            " where table_catalog = current_database()"
            " and table_schema || '.' || table_name = ?",
            [table.name],
        ).fetchone() != (0,)
        nothing = ", ".join(f"null::{kind} as {name}" for name, kind in table.columns.items())
        source = f"from {table.name}" if exists else f"select {nothing} limit 0"
        self._warehouse.execute(f"create or replace temp view {view} as {source}")

    def _fill(self, table: str, kinds: dict[str, str], parts: Iterable[Columns]) -> None:
        arrays = ", ".join(
            f"""unnest(from_json(${column}, '["{kind}"]')) as {column}"""
            for column, kind in kinds.items()
        )
        insert = f"insert into {table} select {arrays}"
        for columns in parts:
            values = {name: json.dumps(columns[name], ensure_ascii=False) for name in kinds}
            self._warehouse.execute(insert, values)
