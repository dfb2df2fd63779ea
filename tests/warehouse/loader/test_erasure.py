"""Erased players in the warehouse."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.harness import ROOT
from tests.warehouse.loader.shipping import Game, Late, event
from tests.warehouse.loader.test_loader import KILLED_BEFORE_MARKING
from warehouse.loader.loader import Loader
from warehouse.operations.verify import verify_live
from warehouse.settings import Settings
from warehouse.store.outbox import SqlOutbox
from warehouse.store.sql_store import SqlStore
from warehouse.store.tombstones import coins_alone
from warehouse.store.upkeep import SqlUpkeep

EVERYTHING = "select (select array_agg(e) from raw.game_events e)::text || array_agg(p)::text"
EVERYTHING += " from raw.players p"


@pytest.fixture
def game(tmp_path: Path, store_url: str) -> Iterator[Game]:
    """A game without players, on each engine."""
    with closing(SqlStore(store_url)) as store, closing(SqlOutbox(store_url)) as outbox:
        yield Game(store_url, store, outbox, tmp_path / "game.duckdb")


def play(game: Game) -> tuple[int, int]:
    """Ann, who is to be erased, and Bob; their details contain `secret`."""
    ann, bob = game.register("ann-secret", "bob")
    for player in (ann, bob):
        game.store.earn(player, 30, "secret of ann" if player == ann else "quest")
        game.store.spend(player, 12, 'the "secret" sword' if player == ann else "sword")
        meta = '{"text": "secret", "amount": 7}' if player == ann else '{"level": 3}'
        game.store.record(player, event("chat", meta))
    return ann, bob


def ship(game: Game, batch_size: int | None = None) -> None:
    Loader(game.outbox, game.warehouse, batch_size=batch_size).ship_all()


def assert_only_ann_is_erased(game: Game, ann: int, bob: int) -> None:
    assert game.outbox.next_batch(10).players.user_id == []
    game.assert_money_holds()
    assert "secret" not in game.query(EVERYTHING)[0][0]
    names = dict(game.query("select user_id, username from raw.players"))
    assert names[ann].startswith(f"erased player {ann} at 20")
    assert names[bob] == "bob"
    metas = "select meta from raw.game_events where user_id = {} order by event_id"
    assert game.query(metas.format(ann)) == [
        ('{"amount": 30}',),
        ('{"amount": 12, "balance": 18}',),
        (None,),
    ]
    assert game.query(metas.format(bob))[2] == ('{"level": 3}',)
    assert game.shipped_ids() == game.stored_ids()
    assert_verified(game)


def assert_verified(game: Game) -> None:
    checks = verify_live(Settings.from_environment(game.environment))
    assert [check for check in checks if not check.holds] == []


@pytest.mark.parametrize(
    ("is_shipped", "batch_size"), [(True, 1), (False, 1000)], ids=["shipped", "not shipped"]
)
def test_erasure_reaches_the_warehouse(game: Game, is_shipped: bool, batch_size: int) -> None:
    ann, bob = play(game)
    if is_shipped:
        ship(game)
    game.store.erase(ann, "a hash")
    if is_shipped:
        assert_verified(game)  # while the erasure waits
    ship(game, batch_size)

    assert_only_ann_is_erased(game, ann, bob)
    game.outbox.ship_again()
    ship(game, batch_size)
    assert_only_ann_is_erased(game, ann, bob)


@pytest.mark.parametrize("is_asleep", [True, False], ids=["asleep", "busy"])
def test_batch_from_before_an_erasure_does_not_undo_it(game: Game, is_asleep: bool) -> None:
    ann, bob = play(game)
    late = Late(game.outbox, game.outbox.next_batch(100))
    game.store.erase(ann, "a hash")
    if is_asleep:  # another loader ships meanwhile
        ship(game)
    Loader(late, game.warehouse).ship_once()
    ship(game)
    assert_only_ann_is_erased(game, ann, bob)


def test_kill_before_the_mark_leaves_the_erasure_to_do(game: Game) -> None:
    ann, bob = play(game)
    ship(game)
    game.store.earn(bob, 5, "quest")
    game.store.spend(bob, 5, "sword")
    game.store.erase(ann, "a hash")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_BEFORE_MARKING, game.url, str(game.warehouse), "1", "0"],
        cwd=ROOT,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    game.assert_money_holds()
    ship(game)
    assert_only_ann_is_erased(game, ann, bob)


def test_pruned_events_are_erased_in_the_warehouse(game: Game) -> None:
    (ann,) = game.register("ann")
    game.store.record_many(ann, [event("chat", '{"text": "secret"}')] * 150)
    ship(game)
    with closing(SqlUpkeep(game.url)) as upkeep:
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        old = upkeep.candidates(0, tomorrow, 1000)["position"]
        assert upkeep.prune(old) == 50
    game.store.erase(ann, "a hash")
    ship(game)
    assert game.query("select count(*), count(meta) from raw.game_events") == [(150, 0)]
    assert_verified(game)


@pytest.mark.parametrize(
    ("event_type", "meta", "kept"),
    [
        ("earn", '{"amount": 5, "reason": "x", "more": 1}', '{"amount": 5}'),
        ("earn", '{"amount": 5}', '{"amount": 5}'),
        ("earn", "[5]", None),
        ("earn", "5, ", None),
        ("earn", None, None),
        ("spend", '{"balance": 2, "amount": 5, "reason": "x"}', '{"amount": 5, "balance": 2}'),
        ("spend", '{"amount": 5, "reason": "x"}', None),  # of a client
        ("chat", '{"amount": 5, "balance": 2}', None),
    ],
)
def test_details_that_remain(event_type: str, meta: str | None, kept: str | None) -> None:
    assert coins_alone(event_type, meta) == kept
    assert coins_alone(event_type, kept) == kept
