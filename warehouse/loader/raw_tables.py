"""The tables of schema `raw` that the loader fills. This is the only definition of their columns.

dbt also creates them, so that a build needs no API. All timestamps are UTC without a zone.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class RawTable:
    """A table, and the statements that create and fill it.

    Attributes:
        name: The name with the schema.
        key: The column of the primary key.
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
        """Creates the table if it is missing."""
        columns = ", ".join(f"{column} {kind}" for column, kind in self.columns.items())
        return f"create table if not exists {self.name} ({columns}, primary key ({self.key}))"

    @property
    def insert(self) -> str:
        """Inserts rows whose keys do not exist yet.

        Its parameters are `$loaded_at` and one per shipped column, by name: the values as a JSON
        array, times as microseconds since 1970. One text per column is the fastest form that
        DuckDB's Python client binds without further packages: a row takes 2 ms, a list becomes that
        many constants, and one text for all columns takes twice as long.
        """
        arrays = ", ".join(
            f"""unnest(from_json(${column}, '["{_sent_as(kind)}"]')) as {column}"""
            for column, kind in self.columns.items()
            if column in self.shipped_columns
        )
        values = ", ".join(
            f"make_timestamp({column})" if self.columns[column] == "timestamp" else column
            for column in self.shipped_columns
        )
        return (
            f"insert into {self.name} ({', '.join(self.columns)})"  # noqa: S608 (names from here)  # nosec B608
            f" select {values}, $loaded_at from (select {arrays})"
        )

    def upsert(self, keep: Container[str] = ()) -> str:
        """Inserts like `insert`, and updates rows that exist and differ.

        It is slower than `insert`, because it looks up each key. Deleting and inserting a key in
        one transaction is not possible in DuckDB: it reports a duplicate key.

        Args:
            keep: Columns that it does not update.
        """
        new = [
            column for column in self.shipped_columns if column != self.key and column not in keep
        ]
        changes = ", ".join(f"{column} = excluded.{column}" for column in new)
        differs = " or ".join(f"{column} is distinct from excluded.{column}" for column in new)
        return (
            f"{self.insert} on conflict ({self.key})"  # nosec B608 # names from here
            f" do update set {changes}, loaded_at = excluded.loaded_at where {differs}"
        )


def _sent_as(kind: str) -> str:
    return "bigint" if kind == "timestamp" else kind


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
    """Create the schema and the tables if they are missing."""
    warehouse.execute("create schema if not exists raw")
    for table in (GAME_EVENTS, PLAYERS):
        warehouse.execute(table.create)
