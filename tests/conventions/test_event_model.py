"""The API's model of an event, the raw table and the dbt source agree."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import duckdb

from api.schemas import Event
from tests.conftest import Built
from warehouse.loader.raw_tables import GAME_EVENTS, make_raw_tables
from warehouse.store.protocol import ShippedEvents, StoredEvent


def test_api_store_raw_table_and_dbt_source_have_the_same_columns(
    built: Built, tmp_path: Path
) -> None:
    event = list(Event.model_fields)
    manifest = json.loads((built.project.root / "target/manifest.json").read_text("utf-8"))
    source = manifest["sources"]["source.gamehouse.api.game_events"]
    with duckdb.connect(str(tmp_path / "loader.duckdb")) as warehouse:
        make_raw_tables(warehouse)
        made_by_loader = warehouse.execute(f"describe {GAME_EVENTS.name}").fetchall()

    assert [field.name for field in fields(StoredEvent)] == event
    assert [field.name for field in fields(ShippedEvents)] == event
    assert GAME_EVENTS.shipped_columns == event
    assert [row[0] for row in made_by_loader] == [*event, "loaded_at"]
    assert built.project.query(f"describe {GAME_EVENTS.name}") == made_by_loader
    assert list(source["columns"]) == [*event, "loaded_at"]
