"""The tables of schema `raw` that the loader fills: their columns stand here and nowhere else.

dbt makes them too, where they are missing, so that a build needs no game API. All timestamps are
UTC without a zone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class RawTable:
    """A table, and the statements that make and fill it.

    Attributes:
        name: With its schema.
        key: The primary key's column.
        columns: The DuckDB type of each column, by name and in order. The last is `loaded_at`.
    """

    name: str
    key: str
    columns: Mapping[str, str]

    @property
    def shipped_columns(self) -> list[str]:
        """The columns that come from the store: all but `loaded_at`."""
        return [column for column in self.columns if column != "loaded_at"]

    @property
    def create(self) -> str:
        """Makes the table where it is missing."""
        columns = ", ".join(f"{column} {kind}" for column, kind in self.columns.items())
        return f"create table if not exists {self.name} ({columns}, primary key ({self.key}))"

    @property
    def insert_missing(self) -> str:
        """Inserts the rows whose key is not there yet.

        Takes `$rows`, JSON text of an object with one array per shipped column, and `$loaded_at`.
        One value per column is what DuckDB's Python client binds fast without further packages: a
        row at a time takes 2 ms, and a list of values is bound as that many constants.
        """
        types = json.dumps({column: [self.columns[column]] for column in self.shipped_columns})
        values = ", ".join(f"unnest(batch.{column})" for column in self.shipped_columns)
        return (
            f"insert into {self.name} ({', '.join(self.columns)})"  # noqa: S608 (names from here)
            f" select {values}, $loaded_at"
            f" from (select from_json($rows, '{types}') as batch)"
            f" on conflict ({self.key}) do nothing"
        )

    @property
    def upsert(self) -> str:
        """Inserts like `insert_missing`, and overwrites the rows whose key is there.

        It is no delete and insert: in one transaction, DuckDB takes that for a duplicate key.
        """
        changes = ", ".join(
            f"{column} = excluded.{column}" for column in self.columns if column != self.key
        )
        return self.insert_missing.removesuffix("nothing") + f"update set {changes}"


GAME_EVENTS = RawTable(
    name="raw.game_events",
    key="event_id",
    columns={
        "event_id": "text",
        "user_id": "bigint",
        "event_type": "text",
        "occurred_at": "timestamp",
        "received_at": "timestamp",
        "meta": "text",
        "loaded_at": "timestamp",
    },
)

PLAYERS = RawTable(
    name="raw.players",
    key="user_id",
    columns={
        "user_id": "bigint",
        "username": "text",
        "created_at": "timestamp",
        "balance": "bigint",
        "loaded_at": "timestamp",
    },
)


def make_raw_tables(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Make the schema and the tables where they are missing."""
    warehouse.execute("create schema if not exists raw")
    for table in (GAME_EVENTS, PLAYERS):
        warehouse.execute(table.create)
