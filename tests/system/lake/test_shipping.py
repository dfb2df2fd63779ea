"""Shipping to a lake: what arrives, and that it arrives once whatever happens meanwhile."""

from __future__ import annotations

import json
import shutil
import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random

import duckdb
import pytest
from deltalake import DeltaTable

import warehouse.loader.lake_destination
from tests.system.lake.games import LakeGame, ask
from tests.system.properties.mortals import Mortals
from tests.warehouse.loader.shipping import event
from warehouse.database import WarehouseUnavailableError
from warehouse.loader.lake import EVENTS_TABLE, PLAYERS_TABLE, Lake, LakeTable
from warehouse.loader.lake_destination import LakeDestination
from warehouse.loader.loader import Loader
from warehouse.store.outbox import SqlOutbox
from warehouse.store.protocol import Batch, NewEvent


class PowerLossError(Exception):
    """Ends a loader at once."""


def lose_power() -> datetime:
    """End the loader that calls this."""
    raise PowerLossError


# --- What arrives ---------------------------------------------------------------------------------


def test_the_lake_has_the_values_that_the_duckdb_file_would_have(game: LakeGame) -> None:
    moment = datetime(2026, 2, 1, 8, 30, 0, 1, tzinfo=timezone(timedelta(hours=2)))
    (player,) = game.register("Zoë 🐉")
    game.store.earn(player, 2**53 - 1, "a 'quest'\\ \x00 ")
    meta = json.dumps({"text": "\n\t\u2028 é🐉 <>'"}, ensure_ascii=False)
    game.store.record(None, NewEvent("first", datetime(1, 1, 1, tzinfo=UTC), meta))
    last = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    game.store.record(None, NewEvent("last", last))
    game.loader(clock=lambda: moment).ship_all()
    game.outbox.ship_again()
    Loader(game.outbox, game.warehouse, clock=lambda: moment).ship_all()

    for table, key in (("game_events", "event_id"), ("players", "user_id")):
        with duckdb.connect(str(game.warehouse), read_only=True) as file:
            expected = file.table(f"raw.{table}").order(key)
            names, kinds, rows = expected.columns, expected.types, expected.fetchall()
        columns = ", ".join(names)
        select = f"(select {columns} from raw.{table})"  # noqa: S608 (names from here)
        assert game.query(f"from {select} order by {key}") == rows
        described = game.query(f"describe from {select}")
        assert [kind for _, kind, *_ in described] == [str(kind) for kind in kinds]


def test_events_are_in_the_folder_of_the_utc_day_that_they_were_received_on(
    game: LakeGame,
) -> None:
    game.play(game.register("ann"), 3)
    game.loader().ship_all()
    assert game.query(
        "select count(*) from raw.game_events where received_date = received_at::date"
    ) == [(3,)]
    assert all("/received_date=" in file for file in game.lake.pin().event_files)


def test_other_programs_read_it_as_a_plain_delta_table(game: LakeGame) -> None:
    game.play(game.register("ann"), 3)
    game.loader().ship_all()
    events = DeltaTable(game.lake.table_uri(EVENTS_TABLE))
    assert (events.protocol().min_reader_version, events.protocol().min_writer_version) == (1, 2)
    assert events.metadata().partition_columns == ["received_date"]
    assert events.count() == 3
    # What players write stays out of the log.
    log = Path(f"{game.lake}/game_events/_delta_log/00000000000000000001.json")
    assert "amount" not in log.read_text(encoding="utf-8")


def test_players_without_events_arrive_and_their_balances_follow(game: LakeGame) -> None:
    ann, bob = game.register("ann", "bob")
    game.loader().ship_all()
    assert game.query("select user_id, balance from raw.players order by 1") == [(ann, 0), (bob, 0)]
    game.store.earn(bob, 30, "quest")
    game.loader().ship_all()
    game.store.record(None, event("deep_link"))
    game.loader().ship_all()
    assert game.query("select user_id, balance from raw.players order by 1") == [
        (ann, 0),
        (bob, 30),
    ]
    game.assert_all_arrived()


# --- Exactly once ---------------------------------------------------------------------------------


def test_kills_at_any_moment_leave_every_event_once(game: LakeGame, mortals: Mortals) -> None:
    """A commit takes some milliseconds, so that kills hit it before, between and after both."""
    players = game.register("ann", "bob", "cid")
    random = Random(7)
    for attempt in range(12):
        game.play(players, 8, seed=attempt)
        size = random.randint(1, 9)
        mortal = mortals.start(
            "ship", game.url, str(game.warehouse), size, "never", 0, str(game.lake)
        )
        time.sleep(random.uniform(0, 0.25))
        mortal.kill()
        game.assert_money_holds()
        shipped = game.shipped_ids()
        assert len(shipped) == len(set(shipped))
    game.loader(5).ship_all()
    game.assert_all_arrived()


@pytest.mark.parametrize("moment", ["before_marking", "after_marking"])
def test_a_kill_around_marking_leaves_every_event_once(
    game: LakeGame, mortals: Mortals, moment: str
) -> None:
    game.play(game.register("ann", "bob"), 12)
    for turn in (0, 1):
        mortal = mortals.start(
            "ship", game.url, str(game.warehouse), 3, moment, turn, str(game.lake)
        )
        assert list(mortal.said()) == []
        game.assert_money_holds()
    # Batches of another size, so that one holds known and new events.
    game.loader(5).ship_all()
    game.assert_all_arrived()


@pytest.mark.parametrize("batch_size_after", [2, 50])
def test_players_whose_events_never_came_are_not_seen(
    game: LakeGame, monkeypatch: pytest.MonkeyPatch, batch_size_after: int
) -> None:
    players = game.register("ann", "bob")
    game.play(players, 5)
    game.loader().ship_all()
    game.play(players, 10, seed=1)
    append = warehouse.loader.lake_destination._append

    def die_before_events(opened: DeltaTable, table: LakeTable, *rest: object) -> None:
        if table is EVENTS_TABLE:
            raise PowerLossError
        append(opened, table, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(warehouse.loader.lake_destination, "_append", die_before_events)
        with pytest.raises(PowerLossError):
            game.loader(10).ship_once()
    players_now = DeltaTable(game.lake.table_uri(PLAYERS_TABLE))
    assert players_now.count() > 2
    game.assert_money_holds()
    assert len(game.shipped_ids()) == 5
    # A smaller batch has smaller balances than those left behind.
    while game.loader(batch_size_after).ship_once():
        game.assert_money_holds()
    game.assert_all_arrived()


def test_of_two_writers_of_one_batch_one_writes(game: LakeGame) -> None:
    """The other one has looked at the lake before, and comes to write afterwards."""
    players = game.register("ann", "bob")
    game.play(players, 5)
    game.loader().ship_all()
    game.play(players, 10, seed=1)
    looks = 0

    def meanwhile() -> datetime:
        nonlocal looks
        looks += 1
        if looks == 1:
            assert game.loader(4).ship_once() > 4
        return datetime.now(UTC)

    game.loader(10, clock=meanwhile).ship_once()
    assert looks == 2
    game.assert_money_holds()
    game.loader().ship_all()
    game.assert_all_arrived()


def test_a_writer_that_sleeps_between_players_and_events_is_kept_out(
    game: LakeGame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its players are taken for those of a dead one. Its events must not come without them."""
    players = game.register("ann", "bob")
    game.play(players, 10)
    append, sleeps = warehouse.loader.lake_destination._append, 0

    def sleep_before_events(opened: DeltaTable, table: LakeTable, *rest: object) -> None:
        nonlocal sleeps
        if table is EVENTS_TABLE and sleeps == 0:
            sleeps += 1
            assert game.loader(3).ship_once() > 3
            game.assert_money_holds()
            game.play(players, 2, seed=2)
        append(opened, table, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(warehouse.loader.lake_destination, "_append", sleep_before_events)
    game.loader(7).ship_once()
    assert sleeps == 1
    game.assert_money_holds()
    game.loader().ship_all()
    game.assert_all_arrived()


def test_many_writers_at_once_do_no_harm(game: LakeGame) -> None:
    game.play(game.register("ann", "bob", "cid"), 40)
    failures: list[BaseException] = []

    def ship(size: int) -> None:
        outbox = SqlOutbox(game.url)
        try:
            loader = Loader(
                outbox,
                game.warehouse,
                destination=LakeDestination(game.lake),
                batch_size=size,
                max_wait_seconds=60,
            )
            while loader.ship_once():
                game.assert_money_holds()
        except BaseException as error:
            failures.append(error)
        finally:
            outbox.close()

    threads = [threading.Thread(target=ship, args=[size]) for size in (3, 5, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    game.assert_all_arrived()


def test_a_batch_that_was_read_long_ago_brings_nothing_back(game: LakeGame) -> None:
    players = game.register("ann", "bob")
    game.play(players, 6)
    old = game.outbox.next_batch(6)
    game.loader(4).ship_all()
    game.play(players, 6, seed=1)
    game.loader(4).ship_all()

    class Late(SqlOutbox):
        def next_batch(self, limit: int) -> Batch:
            return old if limit == 6 else super().next_batch(limit)

    late = Late(game.url)
    Loader(late, game.warehouse, destination=LakeDestination(game.lake), batch_size=6).ship_once()
    late.close()
    game.assert_all_arrived()


# --- What becomes of the lake ---------------------------------------------------------------------


@pytest.mark.parametrize("waits", [True, False])
def test_a_lake_that_was_deleted_gets_everything_again(game: LakeGame, waits: bool) -> None:
    players = game.register("ann", "bob")
    game.play(players, 10)
    loader = game.loader(4)
    loader.ship_all()
    shutil.rmtree(str(game.lake))
    if waits:
        game.play(players, 3, seed=1)
    loader.ship_all()
    game.assert_all_arrived()


def test_an_older_state_of_the_lake_gets_what_it_lacks(game: LakeGame, tmp_path: Path) -> None:
    players = game.register("ann", "bob")
    game.play(players, 10)
    loader = game.loader(4)
    loader.ship_all()
    shutil.copytree(str(game.lake), tmp_path / "older")
    game.play(players, 10, seed=1)
    loader.ship_all()
    shutil.rmtree(str(game.lake))
    (tmp_path / "older").rename(str(game.lake))
    while loader.ship_once():
        game.assert_money_holds()
    game.assert_all_arrived()


def test_players_that_were_deleted_alone_are_missed(game: LakeGame) -> None:
    game.play(game.register("ann"), 3)
    game.loader().ship_all()
    shutil.rmtree(f"{game.lake}/players")
    game.play([1], 3, seed=1)
    with pytest.raises(WarehouseUnavailableError, match=r"`players` lacks batches .* Move both"):
        game.loader().ship_all()
    shutil.rmtree(f"{game.lake}/game_events")
    game.loader().ship_all()
    game.assert_all_arrived()


def test_events_that_were_deleted_alone_come_again(game: LakeGame) -> None:
    game.play(game.register("ann"), 3)
    game.loader().ship_all()
    shutil.rmtree(f"{game.lake}/game_events")
    game.loader().ship_all()
    game.assert_all_arrived()


def test_switching_to_the_file_and_back_loses_nothing_and_repeats_nothing(game: LakeGame) -> None:
    players = game.register("ann", "bob")
    for turn in range(4):
        game.play(players, 5, seed=turn)
        if turn % 2:
            game.loader(3).ship_all()
            game.assert_all_arrived()
        else:
            Loader(game.outbox, game.warehouse, batch_size=3).ship_all()
            with duckdb.connect(str(game.warehouse), read_only=True) as file:
                ids = file.execute("select event_id from raw.game_events order by 1").fetchall()
            assert [event_id for (event_id,) in ids] == game.stored_ids()


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("/proc/no/lake", "Cannot write to the lake /proc/no/lake: .*\nSet EVENTS_URI to"),
        ("nosuch://bucket/lake", "Cannot read the lake nosuch://bucket/lake: Unknown scheme"),
        ("/proc/50%25", "Cannot use the lake /proc/50%25: its path contains a %"),
        ("/etc/hostname", "Cannot write to the lake /etc/hostname: .*"),
    ],
)
def test_a_lake_that_cannot_be_written_leaves_all_in_the_store(
    game: LakeGame, uri: str, says: str
) -> None:
    game.play(game.register("ann"), 3)
    loader = Loader(game.outbox, game.warehouse, destination=LakeDestination(Lake(uri)))
    with pytest.raises(WarehouseUnavailableError, match=says):
        loader.ship_once()
    assert game.outbox.backlog().event_count == 3


def test_a_log_that_is_damaged_says_so_and_stops_nothing_else(game: LakeGame) -> None:
    game.play(game.register("ann"), 3)
    game.loader().ship_all()
    pinned = game.lake.pin()
    Path(f"{game.lake}/game_events/_delta_log/00000000000000000001.json").write_text("no log")
    game.play([1], 1)
    with pytest.raises(
        WarehouseUnavailableError, match="If its log is damaged, move the lake away"
    ):
        game.loader().ship_all()
    assert ask(pinned, "select count(*) from raw.game_events") == [(3,)]
    Path(str(game.lake)).rename(f"{game.lake}.away")
    game.loader().ship_all()
    game.assert_all_arrived()
