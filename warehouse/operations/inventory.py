"""The inventory of a backup: its name, its files and facts about their content."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from warehouse.store.upkeep import StoreReader

STORE, WAREHOUSE = "store.sqlite", "warehouse.duckdb"
INVENTORY, CHECKSUMS = "inventory.json", "SHA256SUMS"
# The name of the inventory in backups of older versions.
OLD_INVENTORY = "manifest.json"
NAME = re.compile(r"backup-[0-9]{8}T[0-9]{6}Z")


def file_timestamp(moment: datetime) -> str:
    """Format a time for a file name, so that names sort by time."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def inventory_of(backup: Path) -> Path:
    """Return the path of a backup's inventory, which may be missing."""
    new, old = backup / INVENTORY, backup / OLD_INVENTORY
    return old if old.is_file() and not new.exists() else new


def backups_in(folder: Path) -> list[Path]:
    """List the complete backups in a folder, the oldest first."""
    return sorted(
        path
        for path in folder.iterdir()
        if NAME.fullmatch(path.name) and inventory_of(path).is_file()
    )


def store_facts(reader: StoreReader) -> dict[str, Any]:
    """Return counts and the last event of a store."""
    player_count, balance = 0, 0
    for columns in reader.players():
        player_count += len(columns["user_id"])
        balance += sum(columns["balance"])
    last = reader.last_event()
    return {
        "schema_version": reader.schema_version(),
        "player_count": player_count,
        "balance": balance,
        "event_count": reader.event_count(),
        "waiting_event_count": reader.waiting_count(),
        "pruned_event_count": sum(sum(columns["event_count"]) for columns in reader.pruned()),
        "idempotency_key_count": reader.key_count(),
        "last_event_id": last[0] if last else None,
        "last_received_at": _text(last[1]) if last else None,
    }


def warehouse_facts(warehouse: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Return counts and the last event of a warehouse."""
    relations = warehouse.execute(
        "select table_schema || '.' || table_name, table_type from information_schema.tables"
        " where table_catalog = current_database() and table_schema != 'main' order by all"
    ).fetchall()
    names = [name for name, _ in relations]
    facts: dict[str, Any] = {
        "table_count": sum(kind == "BASE TABLE" for _, kind in relations),
        "view_count": sum(kind == "VIEW" for _, kind in relations),
        "player_count": 0,
        "balance": 0,
        "event_count": 0,
        "last_received_at": None,
    }
    if "raw.players" in names:
        row = warehouse.execute(
            "select count(*), coalesce(sum(balance), 0)::varchar from raw.players"
        ).fetchone()
        facts |= {"player_count": row[0], "balance": int(row[1])} if row else {}
    if "raw.game_events" in names:
        row = warehouse.execute("select count(*), max(received_at) from raw.game_events").fetchone()
        if row:
            last = row[1].replace(tzinfo=UTC) if row[1] else None
            facts |= {"event_count": row[0], "last_received_at": _text(last) if last else None}
    return facts


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
