"""A lake is fed from one store, too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from deltalake import DeltaTable

from tests.system.lake.games import LakeGame
from warehouse.cli import main
from warehouse.loader.lake import EVENTS_TABLE
from warehouse.loader.source_store import AnotherStoreError
from warehouse.store.outbox import SqlOutbox
from warehouse.store.sql_store import SqlStore
from warehouse.store.upkeep import SqlUpkeep


@pytest.fixture
def strangers(game: LakeGame, tmp_path: Path) -> Iterator[LakeGame]:
    """Another store, whose loader is told to ship to the lake of the first."""
    url = f"sqlite:///{tmp_path}/strangers.sqlite"
    with closing(SqlStore(url)) as store, closing(SqlOutbox(url)) as outbox:
        yield replace(game, url=url, store=store, outbox=outbox)


def test_a_lake_of_another_store_is_refused(game: LakeGame, strangers: LakeGame) -> None:
    game.play(game.register("ann"), 5)
    game.loader().ship_all()
    versions = DeltaTable(game.lake.table_uri(EVENTS_TABLE)).version()
    strangers.play(strangers.register("mallory"), 3)

    with pytest.raises(AnotherStoreError, match=f"{game.lake} contains the events of the store"):
        strangers.loader().ship_all()

    assert DeltaTable(game.lake.table_uri(EVENTS_TABLE)).version() == versions
    game.assert_all_arrived()
    assert strangers.outbox.backlog().event_count == 3


def test_a_lake_of_before_is_this_stores_from_the_next_shipment_on(
    game: LakeGame, strangers: LakeGame
) -> None:
    players = game.register("ann")
    game.play(players, 5)
    game.loader().ship_all()
    DeltaTable(game.lake.table_uri(EVENTS_TABLE)).alter.set_table_description("")
    assert game.lake.pin().store_id is None
    game.play(players, 2, seed=1)
    game.loader().ship_all()

    assert game.lake.pin().store_id == game.store.store_id()
    game.assert_all_arrived()
    strangers.play(strangers.register("mallory"), 3)
    with pytest.raises(AnotherStoreError):
        strangers.loader().ship_all()


def test_a_lake_that_is_as_the_restored_store_can_be_adopted(
    game: LakeGame, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    game.play(game.register("ann"), 5)
    game.loader().ship_all()
    for name, text in game.environment.items():
        monkeypatch.setenv(name, text)
    with closing(SqlUpkeep(game.url)) as upkeep:
        upkeep.renew_id()
    game.play([1], 2, seed=1)
    assert main(["verify"]) == 1
    with pytest.raises(AnotherStoreError):
        game.loader().ship_all()

    assert main(["adopt"]) == 0

    assert f"Adopted {game.lake}" in capsys.readouterr().out
    game.loader().ship_all()
    game.assert_all_arrived()
    assert main(["verify"]) == 0


def test_a_lake_that_is_ahead_of_the_store_is_not_adopted(
    game: LakeGame,
    strangers: LakeGame,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    game.play(game.register("ann"), 5)
    game.loader().ship_all()
    strangers.register("mallory")
    for name, text in strangers.environment.items():
        monkeypatch.setenv(name, text)

    assert main(["adopt"]) == 2

    assert f"{game.lake} belongs to another store" in capsys.readouterr().err
    assert game.lake.pin().store_id == game.store.store_id()
