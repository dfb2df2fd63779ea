"""Pruning removes events that the warehouse has, and players see no difference."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.support.long import IS_LONG
from tests.warehouse.operations.games import LONG_AGO, NOW, Files, event
from warehouse.operations.backup import make_backup
from warehouse.operations.progress import NO_CALLBACKS, Callbacks
from warehouse.operations.prune import ROWS_PER_DELETE, Pruned, prune
from warehouse.operations.restore import restore
from warehouse.store.protocol import Idempotency
from warehouse.store.sql_store import SqlStore
from warehouse.store.upkeep import SqlUpkeep

A_MONTH_AGO = NOW - timedelta(days=30)
PRUNE = """
prune.__globals__["ROWS_PER_DELETE"] = 10
prune(SqlUpkeep(settings.store_url), settings.warehouse_path, datetime.now(UTC) - timedelta(30),
      callbacks=callbacks)
"""
# Of ann's 150 steps long ago 100 are followed by a hundred events (her last earns and level-ups are
# among those); of 130 clicks 30.
STEPS, CLICKS = 82, 30


def pruned(files: Files, callbacks: Callbacks = NO_CALLBACKS, *, dry_run: bool = False) -> Pruned:
    with closing(SqlUpkeep(files.url)) as upkeep:
        return prune(upkeep, files.warehouse, A_MONTH_AGO, dry_run=dry_run, callbacks=callbacks)


def answers(files: Files) -> list[object]:
    """What the API answers about players and events."""
    with files.open() as store:
        return [
            *(store.event_counts(user_id) for user_id in (None, 1, 2, 3)),
            *(store.recent_events(user_id, 100) for user_id in (None, 1, 2, 3)),
            *(store.get_player(user_id) for user_id in (1, 2, 3)),
        ]


def stored(files: Files) -> dict[str, int]:
    """What is still in the store, by type."""
    with files.open() as store:
        types = [event.event_type for event in store.recent_events(None, 10**6)]
    return {name: types.count(name) for name in sorted(set(types))}


def test_pruning_changes_no_answer_and_no_proof(files: Files) -> None:
    before, rows = answers(files), files.rows()
    run = files.run("prune", "--older-than", "30", "--dry-run")
    assert (run.exit_code, run.output) == (
        0,
        f"Would remove {STEPS + CLICKS} events and 10 idempotency keys.\n",
    )
    assert answers(files) == before
    run = files.run("prune", "--older-than", "30")
    assert (run.exit_code, run.output) == (
        0,
        f"Removed {STEPS + CLICKS} events and 10 idempotency keys.\n",
    )
    assert answers(files) == before
    assert files.rows() == rows
    assert files.failed() == []
    # No earns and spends, and no events of bob, who has few.
    assert stored(files) == {
        "deep_link": 100,
        "earn": 22,
        "level_up": 30,
        "spend": 1,
        "step": 171 - STEPS,
    }
    assert pruned(files) == Pruned(0, 0, 0)


def test_the_game_goes_on_after_pruning(files: Files) -> None:
    pruned(files)
    with files.open() as store:
        store.record_many(1, [event("step")] * 3)
        store.earn(1, 4, "goes on")
        assert store.event_counts(1)["step"] == 153
    files.ship()
    assert files.failed() == []
    assert pruned(files).events == 4
    assert files.failed() == []


def test_paging_goes_on_where_its_event_was_pruned(files: Files) -> None:
    with files.open() as store:
        everything = store.recent_events(None, 10**6)
    pruned(files)
    with files.open() as store:
        left = {event.event_id for event in store.recent_events(None, 10**6)}
        gone = 0
        for place, each in enumerate(everything):
            expected = [other for other in everything[place + 1 :] if other.event_id in left][:3]
            assert store.recent_events(None, 3, before=each.event_id) == expected
            gone += each.event_id not in left
    assert gone == STEPS + CLICKS


def test_what_is_not_in_the_warehouse_as_in_the_store_is_kept(files: Files) -> None:
    files.change_warehouse(
        "delete from raw.game_events where meta = '{\"n\": 3}'",
        "update raw.game_events set meta = '{}' where meta = '{\"n\": 4}'",
        "update raw.game_events set user_id = null where meta = '{\"n\": 5}'",
        "update raw.game_events set received_at = occurred_at - interval 1 second"
        " where meta = '{\"n\": 6}'",
    )
    files.change_store("update events set is_shipped = 0 where meta = '{\"n\": 7}'")
    run = files.run("prune", "--older-than", "30")
    assert run.exit_code == 1
    assert "Kept 4 shipped events that" in run.output
    with files.open() as store:
        metas = {event.meta for event in store.recent_events(1, 10**6)}
    assert {f'{{"n": {number}}}' for number in (3, 4, 5, 6, 7)} <= metas
    assert '{"n": 8}' not in metas
    assert files.run("load", "--all").exit_code == 0
    assert files.failed() == []
    assert pruned(files) == Pruned(5, 0, 0)
    assert files.failed() == []


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"no database")])
def test_nothing_is_pruned_without_a_warehouse(
    files: Files, harm: Callable[[Path], object]
) -> None:
    before = stored(files)
    harm(files.warehouse)
    run = files.run("prune", "--older-than", "30")
    assert run.exit_code == 2
    assert "Cannot open the warehouse" in run.output
    assert stored(files) == before


def test_a_request_repeated_after_its_key_was_pruned_counts_as_new(files: Files) -> None:
    pruned(files)
    with files.open() as store:
        assert store.earn(1, 7, "today", Idempotency("today", "print")).replayed
        assert not store.earn(1, 10, "quest", Idempotency("quest-0", "print")).replayed
    files.ship()
    assert files.failed() == []


@pytest.mark.parametrize("count", [1, 4])
def test_a_killed_prune_has_counted_what_it_removed(files: Files, count: int) -> None:
    before = answers(files)
    files.run_killed(PRUNE, "deleted", count)
    assert sum(stored(files).values()) == 354 - 10 * count
    assert answers(files) == before
    assert files.failed() == []
    assert pruned(files).events == STEPS + CLICKS - 10 * count
    assert answers(files) == before
    assert files.failed() == []


def test_two_that_prune_at_once_count_once(files: Files) -> None:
    before = answers(files)
    other: list[Pruned] = []

    def prune_too(_: str) -> None:
        if not other:
            other.append(pruned(files))

    with closing(SqlUpkeep(files.url)) as upkeep:
        mine = prune(upkeep, files.warehouse, A_MONTH_AGO, callbacks=Callbacks(on_step=prune_too))
    assert mine.events + other[0].events == STEPS + CLICKS
    assert answers(files) == before
    assert files.failed() == []


def test_requests_are_answered_while_it_prunes(files: Files) -> None:
    """With many events to prune, in many transactions."""
    with closing(SqlStore(files.url, clock=lambda: LONG_AGO)) as store:
        for _ in range(20 if IS_LONG else 2):
            store.record_many(2, [event("step")] * 1000)
    files.ship()
    stop, balances = threading.Event(), []
    with files.open() as store:

        def play() -> None:
            while not stop.is_set():
                balances.append(store.earn(3, 1, "meanwhile").balance)

        thread = threading.Thread(target=play)
        thread.start()
        try:
            transactions = []
            removed = pruned(files, Callbacks(on_step=lambda _: transactions.append(len(balances))))
        finally:
            stop.set()
            thread.join()
    assert removed.events >= 2000
    assert len(transactions) >= removed.events // ROWS_PER_DELETE
    assert balances == list(range(1, len(balances) + 1))
    # It gets on in between, not only at the end.
    assert len(set(transactions)) > len(transactions) // 2
    files.ship()
    assert files.failed() == []


def test_what_was_pruned_survives_a_restore_and_a_load_of_all(files: Files, tmp_path: Path) -> None:
    pruned(files)
    before = answers(files)
    backup = make_backup(files.settings, tmp_path / "backups")
    new = Files(tmp_path / "new/store.sqlite", tmp_path / "new/warehouse.duckdb")
    restore(new.settings, backup, replace=False)
    assert new.run("load", "--all").exit_code == 0
    assert new.failed() == []
    assert answers(new) == before
    new.ship()
    files.ship()
    assert new.rows() == files.rows()
    # Where the warehouse is lost they are gone from it, and `verify` says it; the money holds.
    new.warehouse.unlink()
    assert new.run("load", "--all").exit_code == 0
    run = new.run("verify")
    assert f"{STEPS + CLICKS}, 0 of them" in run.output
    assert new.failed() == []
    assert answers(new) == before


@pytest.mark.parametrize("seed", range(20 if IS_LONG else 2))
def test_any_game_is_pruned_as_the_rules_say(tmp_path: Path, seed: int) -> None:
    """Beside a plain model of the rules, with players who come and go in any order."""
    dice = Random(seed)
    files = Files(tmp_path / "store.sqlite", tmp_path / "game.duckdb")
    clock = NOW - timedelta(days=60)
    with closing(SqlStore(files.url, clock=lambda: clock)) as store:
        players = [store.register(f"player-{number}", "a hash").user_id for number in range(4)]
        for _ in range(60):
            clock += timedelta(hours=dice.randrange(40))
            who = dice.choice([*players[: dice.randrange(1, 5)], None])
            kind = dice.choice(["step", "jump"])
            if who is None:
                for _ in range(dice.randrange(20)):
                    store.record(None, event(kind))
            else:
                store.record_many(who, [event(kind)] * dice.randrange(1, 30))
                store.earn(who, dice.randrange(1, 10**9), "any")
        everything = store.recent_events(None, 10**6)
    files.ship()
    before = answers(files)
    pruned(files)
    expected, seen = [], dict.fromkeys([*players, None], 0)
    for each in everything:
        is_new = seen[each.user_id] < 100 or each.received_at >= A_MONTH_AGO
        seen[each.user_id] += 1
        if is_new or each.event_type in ("earn", "spend"):
            expected.append(each)
    assert 0 < len(expected) < len(everything)
    with files.open() as store:
        assert store.recent_events(None, 10**6) == expected
    assert answers(files) == before
    assert files.failed() == []
