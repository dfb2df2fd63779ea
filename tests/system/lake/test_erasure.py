"""Erased players in the lake."""

from __future__ import annotations

import pytest
from deltalake import QueryBuilder

from tests.system.lake.games import LakeGame
from tests.warehouse.loader.shipping import Late
from tests.warehouse.loader.test_erasure import assert_only_ann_is_erased, play
from warehouse.loader.lake import EVENTS_TABLE, PLAYERS_TABLE
from warehouse.loader.lake_destination import LakeDestination
from warehouse.loader.loader import Loader


def assert_files_are_clean(game: LakeGame) -> None:
    """No row of the current version, also none that readers skip, names the player."""
    for table, column in ((EVENTS_TABLE, "meta"), (PLAYERS_TABLE, "username")):
        opened = game.lake.open(table)
        assert opened is not None
        rows = QueryBuilder().register("it", opened).execute("select * from it").read_all()
        texts = rows[column].to_pylist()
        assert texts
        assert "secret" not in str(texts)


@pytest.mark.parametrize(
    ("is_shipped", "batch_size"), [(True, 1), (False, None)], ids=["shipped", "not shipped"]
)
def test_erasure_reaches_the_lake(game: LakeGame, is_shipped: bool, batch_size: int | None) -> None:
    ann, bob = play(game)
    if is_shipped:
        game.loader().ship_all()
        game.store.earn(bob, 1, "quest")
        game.store.spend(bob, 1, "sword")
        game.loader().ship_all()
    game.store.erase(ann, "a hash")
    game.loader(batch_size).ship_all()

    assert_only_ann_is_erased(game, ann, bob)
    assert_files_are_clean(game)
    game.outbox.ship_again()
    game.loader(batch_size).ship_all()
    assert_only_ann_is_erased(game, ann, bob)


def test_loader_that_was_asleep_does_not_undo_an_erasure(game: LakeGame) -> None:
    ann, bob = play(game)
    late = Late(game.outbox, game.outbox.next_batch(100))
    game.store.erase(ann, "a hash")
    game.loader().ship_all()
    Loader(late, game.warehouse, destination=LakeDestination(game.lake)).ship_once()
    game.loader().ship_all()
    assert_only_ann_is_erased(game, ann, bob)
    assert_files_are_clean(game)


def test_loader_that_dies_before_the_mark_leaves_the_erasure_to_do(game: LakeGame) -> None:
    ann, bob = play(game)
    game.loader().ship_all()
    game.store.erase(ann, "a hash")

    def die() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        game.loader(after_commit=die).ship_once()
    game.assert_money_holds()
    game.loader().ship_all()
    assert_only_ann_is_erased(game, ann, bob)
