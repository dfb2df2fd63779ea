"""The lake: game events and players as two Delta tables under EVENTS_URI, plain Parquet files.

Both tables are written a batch at a time, each batch with its number: first its players, then its
events. So whoever reads the events of one version, and of the players only those rows whose batch
number is not above the last one that the events have, sees whole batches and nothing else.
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

# Both tables note under this name which batch was written last.
APPLICATION = "gamehouse-loader"
PARTITION = "received_date"
# Of each file only these are in the log with their least and greatest values: event ids begin with
# the time, so they find an event without reading other files. What players write stays out of it.
CONFIGURATION = {
    "delta.dataSkippingStatsColumns": "event_id,user_id,received_at,batch_number",
    "delta.checkpointInterval": "100",
    "delta.logRetentionDuration": "interval 7 days",
    "delta.deletedFileRetentionDuration": "interval 7 days",
}
KINDS = {"text": "string", "bigint": "long", "timestamp": "timestamp", "date": "date"}


# The description of the table of events says which store they are of.
FED_FROM = "Events of the gamehouse store "


class LakeUnavailableError(WarehouseUnavailableError):
    """The lake cannot be read or written; the message says why and what to do."""


@dataclass(frozen=True)
class LakeTable:
    """One of the two tables.

    Attributes:
        raw: Its columns in the warehouse.
        name: The folder's.
        columns: The DuckDB type of each column, by name: those of `raw`, then the lake's own.
        partition: The column that says in which folder a row is, if there is one.
    """

    raw: RawTable
    name: str
    columns: dict[str, str]
    partition: str | None

    @property
    def schema(self) -> Schema:
        """Delta's schema."""
        return Schema(
            [Field(name, PrimitiveType(KINDS[kind])) for name, kind in self.columns.items()]
        )

    @property
    def partitions(self) -> list[str]:
        """As Delta takes them."""
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
    """Both tables as they were at one moment.

    Attributes:
        store_id: Which store they are fed from; None where none has been noted.
        batch_number: The last batch that the events have.
        event_files: Paths or addresses of the Parquet files that make up the events.
        player_files: Likewise; they may hold rows of later batches.
    """

    store_id: str | None
    batch_number: int
    event_files: Sequence[str]
    player_files: Sequence[str]

    @property
    def events_sql(self) -> str:
        """A query of DuckDB for `raw.game_events`, and the day that each event was received on."""
        columns = [*_in_duckdb(GAME_EVENTS), PARTITION]
        return _query(EVENTS_TABLE, columns, self.event_files)

    @property
    def players_sql(self) -> str:
        """Likewise for `raw.players`: the last row of each, as of the last batch of the events."""
        columns = _in_duckdb(PLAYERS)
        return (
            f"{_query(PLAYERS_TABLE, columns, self.player_files)}"
            f" where batch_number <= {self.batch_number}"
            " qualify row_number() over ("
            "partition by user_id order by balance desc, batch_number desc) = 1"
        )


class Lake:
    """The two tables under one address."""

    def __init__(self, uri: str) -> None:
        """Name them; touches nothing.

        Args:
            uri: A folder, or an address of any kind that delta-rs knows.
        """
        self._root = uri.rstrip("/") or "/"

    def __str__(self) -> str:
        """Return the address as it was given."""
        return self._root

    def address(self, table: LakeTable) -> str:
        """Name a table for delta-rs, which takes a folder's `%20` for a blank."""
        if "://" in self._root:
            return f"{self._root}/{table.name}"
        return (Path(self._root).absolute() / table.name).as_uri()

    def open(self, table: LakeTable) -> DeltaTable | None:
        """Open a table as it is now; None where there is none.

        Raises:
            LakeUnavailableError: It cannot be read.
        """
        if "://" not in self._root and "%" in self._root:
            # delta-rs would take it for an escape, and read another folder than it writes.
            raise self.unavailable("use", ValueError("its name has a % in it"))
        try:
            return DeltaTable(self.address(table))
        except TableNotFoundError as error:
            if "Unknown scheme" in str(error):
                raise self.unavailable("read", error) from error
            return None
        except (DeltaError, OSError) as error:
            raise self.unavailable("read", error) from error

    def create(self, table: LakeTable, store_id: str | None = None) -> DeltaTable:
        """Open a table, made where it is missing.

        Args:
            table: Which.
            store_id: Of the store that its events are of, for a table that is made.

        Raises:
            LakeUnavailableError: It can neither be opened nor made.
        """
        if (found := self.open(table)) is not None:
            return found
        try:
            return DeltaTable.create(
                self.address(table),
                table.schema,
                partition_by=table.partitions,
                configuration=CONFIGURATION,
                description=store_id and f"{FED_FROM}{store_id}",
            )
        except (DeltaError, OSError) as error:
            # Another loader may have been faster.
            if (found := self.open(table)) is not None:
                return found
            raise self.unavailable("write to", error) from error

    def note_store(self, store_id: str) -> None:
        """Note in the table of events which store it is fed from; nothing where there is no table.

        Raises:
            LakeUnavailableError: It cannot be written, or another process writes to it.
        """
        events = self.open(EVENTS_TABLE)
        if events is None:
            return
        try:
            note_store(events, store_id)
        except (DeltaError, OSError) as error:
            raise self.unavailable("write to", error) from error

    def pin(self) -> Pinned:
        """Look at both tables.

        The events come first: of the players, all that belongs to these is there before.

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

    def unavailable(self, doing: str, error: Exception) -> LakeUnavailableError:
        """Say what cannot be done, why, and what to do about it."""
        reason = str(error).partition("\n")[0]
        return LakeUnavailableError(
            f"Cannot {doing} the lake {self}: {reason}\nSet EVENTS_URI to a folder that can be"
            " read and written, or to an address such as s3://bucket/folder. If its log is"
            " damaged, move the lake away: the loader ships all events to a new one."
        )

    def _files(self, table: LakeTable, opened: DeltaTable | None) -> list[str]:
        if opened is None:
            return []
        address = urlsplit(self.address(table))
        # DuckDB knows no file:, and delta-rs writes names that need no escapes.
        root = unquote(address.path) if address.scheme == "file" else self.address(table)
        paths = opened.get_add_actions().column("path").to_pylist()
        return sorted(f"{root}/{path}" for path in paths)


def batch_number(table: DeltaTable | None) -> int:
    """Tell which batch was written last; 0 before the first."""
    if table is None:
        return 0
    return table.transaction_version(APPLICATION) or 0


def store_id_of(events: DeltaTable | None) -> str | None:
    """Tell which store a table of events is fed from; None where none has been noted."""
    description = (events.metadata().description if events else None) or ""
    return description.removeprefix(FED_FROM) if description.startswith(FED_FROM) else None


def note_store(events: DeltaTable, store_id: str) -> None:
    """Note which store a table of events is fed from.

    Raises:
        CommitFailedError: Another process has written to it since it was opened.
    """
    events.alter.set_table_description(f"{FED_FROM}{store_id}")


def numbered(number: int) -> CommitProperties:
    """Note a batch's number with a commit.

    Of two commits that do so and have seen the same version, one fails.
    """
    return CommitProperties(app_transactions=[Transaction(APPLICATION, number)])


def known_ids(events: DeltaTable, first: str, last: str) -> set[str]:
    """Read the event ids of a range, both ends included.

    New ids are greater than all others, so that mostly no file has to be looked at.

    Raises:
        DeltaError, OSError: They cannot be read.
    """
    within = f"event_id between {_text(first)} and {_text(last)}"
    if not events.file_uris(file_pruning_predicate=within):
        return set()
    select = f"select event_id from events where {within}"  # noqa: S608 (quoted)  # nosec B608
    found = QueryBuilder().register("events", events).execute(select).read_all()
    return set(found["event_id"].to_pylist())


def pinned_as_json(uri: str) -> str:
    """Pin the lake for a build, as `macros/inputs/create_lake_views.sql` calls it.

    Returns:
        JSON: an object of the queries `game_events` and `players`, and what to say about them.
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
    """Select columns as `raw` has them: times are UTC without a zone there."""
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
