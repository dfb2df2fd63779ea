"""The lake: game events and players as two Delta tables under EVENTS_URI.

Each batch has a number and is written to the players first, then to the events. A reader gets whole
batches if it reads one version of the events, and only the players whose batch number is at most
the last one of these events.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from deltalake import CommitProperties, DeltaTable, QueryBuilder, Schema, Transaction
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.schema import Field, PrimitiveType

from warehouse.database import WarehouseUnavailableError
from warehouse.loader.raw_tables import GAME_EVENTS, PLAYERS, RawTable

# The application id under which both tables record the number of the last batch.
APPLICATION = "gamehouse-loader"
PARTITION = "received_date"
# The log contains the minimum and maximum of these columns per file. Event ids begin with the time,
# so a reader finds an event's file. Columns with data from players are left out.
CONFIGURATION = {
    "delta.dataSkippingStatsColumns": "event_id,user_id,received_at,batch_number",
    "delta.checkpointInterval": "100",
    "delta.logRetentionDuration": "interval 7 days",
    "delta.deletedFileRetentionDuration": "interval 7 days",
}
KINDS = {"text": "string", "bigint": "long", "timestamp": "timestamp", "date": "date"}


# The description of the events table contains the id of its store.
FED_FROM = "Events of the gamehouse store "


class LakeUnavailableError(WarehouseUnavailableError):
    """The lake cannot be read or written; the message says why and what to do."""


@dataclass(frozen=True)
class LakeTable:
    """One of the two tables.

    Attributes:
        raw: The table in the warehouse.
        name: The name of the folder.
        columns: The DuckDB type of each column by name: first those of `raw`.
        partition: The column that partitions the rows into folders, if any.
    """

    raw: RawTable
    name: str
    columns: dict[str, str]
    partition: str | None

    @property
    def schema(self) -> Schema:
        """The Delta schema."""
        return Schema(
            [Field(name, PrimitiveType(KINDS[kind])) for name, kind in self.columns.items()]
        )

    @property
    def partitions(self) -> list[str]:
        """The partition columns."""
        return [self.partition] if self.partition else []


EVENTS_TABLE = LakeTable(
    GAME_EVENTS,
    "game_events",
    {**GAME_EVENTS.columns, "batch_number": "bigint", PARTITION: "date"},
    PARTITION,
)
PLAYERS_TABLE = LakeTable(PLAYERS, "players", {**PLAYERS.columns, "batch_number": "bigint"}, None)


@dataclass(frozen=True)
class Pinned:
    """One version of each table.

    Attributes:
        store_id: The id of the store that feeds them; None if it is not recorded.
        batch_number: The last batch of the events.
        event_files: Paths or URIs of the Parquet files of the events.
        player_files: Those of the players, which may contain rows of later batches.
    """

    store_id: str | None
    batch_number: int
    event_files: Sequence[str]
    player_files: Sequence[str]

    @property
    def events_sql(self) -> str:
        """A DuckDB query for `raw.game_events`, with the day on which each event was received."""
        columns = [*_in_duckdb(GAME_EVENTS), PARTITION]
        return _query(EVENTS_TABLE, columns, self.event_files)

    @property
    def players_sql(self) -> str:
        """A DuckDB query for `raw.players`, as of the last batch of events.

        The last row with a balance counts. A player without one has no coins yet.
        """
        rows = _query(PLAYERS_TABLE, _in_duckdb(PLAYERS), self.player_files)
        return (
            f"select * replace (coalesce(balance, 0) as balance) from ({rows}"  # noqa: S608 (from here)  # nosec B608
            f" where batch_number <= {self.batch_number}"
            " qualify row_number() over ("
            "partition by user_id order by balance is not null desc, batch_number desc) = 1)"
        )


class Lake:
    """The two tables under one root."""

    def __init__(self, uri: str) -> None:
        """Store the root, without accessing it.

        Args:
            uri: A folder, or a URI that delta-rs supports.
        """
        self._root = uri.rstrip("/") or "/"

    def __str__(self) -> str:
        """Return the root as configured."""
        return self._root

    def table_uri(self, table: LakeTable) -> str:
        """Return the URI of a table; delta-rs would decode a `%20` in a path."""
        if "://" in self._root:
            return f"{self._root}/{table.name}"
        return (Path(self._root).absolute() / table.name).as_uri()

    def open(self, table: LakeTable) -> DeltaTable | None:
        """Open the newest version of a table; None if the table is missing.

        Raises:
            LakeUnavailableError: It cannot be read.
        """
        if "://" not in self._root and "%" in self._root:
            # delta-rs would decode it in some places, and read another folder than it writes.
            raise self.unavailable("use", ValueError("its path contains a %"))
        try:
            return DeltaTable(self.table_uri(table))
        except TableNotFoundError as error:
            if "Unknown scheme" in str(error):
                raise self.unavailable("read", error) from error
            return None
        except (DeltaError, OSError) as error:
            raise self.unavailable("read", error) from error

    def create(self, table: LakeTable, store_id: str | None = None) -> DeltaTable:
        """Open a table; create it if it is missing.

        Args:
            table: The table.
            store_id: The id of the store to record in a new table of events.

        Raises:
            LakeUnavailableError: The table cannot be opened or created.
        """
        if (found := self.open(table)) is not None:
            return found
        try:
            return DeltaTable.create(
                self.table_uri(table),
                table.schema,
                partition_by=table.partitions,
                configuration=CONFIGURATION,
                description=store_id and f"{FED_FROM}{store_id}",
            )
        except (DeltaError, OSError) as error:
            # Another loader may have created it.
            if (found := self.open(table)) is not None:
                return found
            raise self.unavailable("write to", error) from error

    def note_store(self, store_id: str) -> None:
        """Record in the table of events, if it exists, the id of its store.

        Raises:
            LakeUnavailableError: It is not writable, or another process writes to it.
        """
        events = self.open(EVENTS_TABLE)
        if events is None:
            return
        try:
            note_store(events, store_id)
        except (DeltaError, OSError) as error:
            raise self.unavailable("write to", error) from error

    def pin(self) -> Pinned:
        """Read the versions of both tables.

        It reads the events first, because a batch writes its players before its events.

        Raises:
            LakeUnavailableError: They cannot be read.
        """
        events, players = self.open(EVENTS_TABLE), self.open(PLAYERS_TABLE)
        return Pinned(
            store_id=store_id_of(events),
            batch_number=batch_number(events),
            event_files=self._files(EVENTS_TABLE, events),
            player_files=self._files(PLAYERS_TABLE, players),
        )

    def unavailable(self, action: str, error: Exception) -> LakeUnavailableError:
        """Make an error that says what failed, why, and what to do about it."""
        reason = str(error).partition("\n")[0]
        return LakeUnavailableError(
            f"Cannot {action} the lake {self}: {reason}\nSet EVENTS_URI to a readable and writable"
            " folder, or to a URI such as s3://bucket/folder. If its log is damaged, move the lake"
            " away; the loader ships all events to a new one."
        )

    def _files(self, table: LakeTable, opened: DeltaTable | None) -> list[str]:
        if opened is None:
            return []
        uri = urlsplit(self.table_uri(table))
        # DuckDB does not support file:, and delta-rs writes file names that need no escapes.
        root = unquote(uri.path) if uri.scheme == "file" else self.table_uri(table)
        paths = opened.get_add_actions().column("path").to_pylist()
        return sorted(f"{root}/{path}" for path in paths)


def batch_number(table: DeltaTable | None) -> int:
    """Return the number of the last batch; 0 before the first."""
    if table is None:
        return 0
    return table.transaction_version(APPLICATION) or 0


def store_id_of(events: DeltaTable | None) -> str | None:
    """Return the id of the store that feeds a table of events; None if it is not recorded."""
    description = (events.metadata().description if events else None) or ""
    return description.removeprefix(FED_FROM) if description.startswith(FED_FROM) else None


def note_store(events: DeltaTable, store_id: str) -> None:
    """Record the id of the store that feeds a table of events.

    Raises:
        CommitFailedError: Another process has written to the table since it was opened.
    """
    events.alter.set_table_description(f"{FED_FROM}{store_id}")


def numbered(number: int) -> CommitProperties:
    """Make commit properties with the number of a batch.

    Of two such commits that start from the same version, one fails.
    """
    return CommitProperties(app_transactions=[Transaction(APPLICATION, number)])


def known_ids(events: DeltaTable, first: str, last: str) -> set[str]:
    """Read the event ids of a range, including both ends.

    New ids are greater than all others, so this rarely reads a file.

    Raises:
        DeltaError, OSError: The ids cannot be read.
    """
    within = f"event_id between {_text(first)} and {_text(last)}"
    if not events.file_uris(file_pruning_predicate=within):
        return set()
    select = f"select event_id from events where {within}"  # noqa: S608 (quoted)  # nosec B608
    found = QueryBuilder().register("events", events).execute(select).read_all()
    return set(found["event_id"].to_pylist())


def pinned_as_json(uri: str) -> str:
    """Pin the lake for a build; `macros/inputs/create_lake_views.sql` calls this.

    Returns:
        A JSON object with the queries `game_events` and `players`, and a message for the log.
    """
    lake = Lake(uri)
    pinned = lake.pin()
    return json.dumps(
        {
            "game_events": pinned.events_sql,
            "players": pinned.players_sql,
            "told": f"Events of {lake}, as of batch {pinned.batch_number:,}:"
            f" {len(pinned.event_files):,} files",
        }
    )


def _in_duckdb(table: RawTable) -> list[str]:
    """Select the columns as in `raw`, where times are UTC without a zone."""
    return [
        f"timezone('UTC', {name}) as {name}" if kind == "timestamp" else name
        for name, kind in table.columns.items()
    ]


def _query(table: LakeTable, columns: Iterable[str], files: Sequence[str]) -> str:
    if not files:
        nothing = ", ".join(
            f"null::{'timestamptz' if kind == 'timestamp' else kind} as {name}"
            for name, kind in table.columns.items()
        )
        source = f"(select {nothing} limit 0)"
    else:
        listed = ", ".join(map(_text, files))
        hive = f", hive_types = {{'{table.partition}': date}}" if table.partition else ""
        source = f"read_parquet([{listed}], hive_partitioning = {bool(table.partition)}{hive})"
    return f"select {', '.join(columns)} from {source}"  # noqa: S608 (quoted)  # nosec B608


def _text(value: str) -> str:
    return "'{}'".format(value.replace("'", "''"))
