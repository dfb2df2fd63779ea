"""The loader, between a real store and a real DuckDB file."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from random import Random

import duckdb
import pytest
import yaml

from tests.support.harness import ROOT
from tests.warehouse.loader.shipping import MOMENT, Game, Late, event, eventually, held
from warehouse.database import WarehouseUnavailableError
from warehouse.loader.loader import Loader, Status
from warehouse.loader.raw_tables import GAME_EVENTS, PLAYERS, RawTable
from warehouse.store.protocol import MAX_BALANCE, NewEvent, ShippedEvents, ShippedPlayers

SOURCES = ROOT / "models/staging/api/_api__sources.yml"
# A loader that is killed when a batch is in the warehouse and not yet marked as shipped.
KILLED_BEFORE_MARKING = """
import os, signal, sys
from pathlib import Path
from warehouse.store.outbox import SqlOutbox
from warehouse.loader.loader import Loader

url, path, batch_size, shipped_before = sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:])

def after_commit():
    global shipped_before
    if shipped_before == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    shipped_before -= 1

Loader(SqlOutbox(url), path, batch_size=batch_size, after_commit=after_commit).ship_all()
"""
COUNT = """
import duckdb, sys
print(*duckdb.connect(sys.argv[1]).execute("select count(*) from raw.game_events").fetchone())
"""


@contextmanager
def running(loader: Loader) -> Iterator[Callable[[], None]]:
    """Run the loader in a thread; yields what stops it and waits for its end."""
    stop = threading.Event()
    thread = threading.Thread(target=loader.run, args=[stop])
    thread.start()

    def end() -> None:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()

    try:
        yield end
    finally:
        end()


# --- What arrives ---------------------------------------------------------------------------------


def test_events_and_players_arrive_with_all_their_values(game: Game) -> None:
    before = datetime.now(UTC)
    (player,) = game.register("Zoë 🐉")
    loaded_at = datetime(2026, 2, 1, 8, 30, tzinfo=timezone(timedelta(hours=2)))
    earned = game.store.earn(player, MAX_BALANCE, 'a "quest"\\ \x00 ')
    moments = {
        "first_year": datetime(1, 1, 1, tzinfo=UTC),
        "last_year": datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        "elsewhere": datetime(2026, 1, 30, 12, 0, 0, 1, tzinfo=timezone(timedelta(hours=5.5))),
    }
    meta = {"text": "'; drop table raw.players; -- \n\t\u2028 é🐉"}
    for name, moment in moments.items():
        game.store.record(None, NewEvent(name, moment, json.dumps(meta, ensure_ascii=False)))
    game.store.record(player, event("without_meta"))

    assert Loader(game.outbox, game.warehouse, clock=lambda: loaded_at).ship_once() == 5 + 1

    rows = game.query("select * from raw.game_events order by event_id")
    by_type = {row[2]: row for row in rows}
    assert [row[0] for row in rows] == game.stored_ids()
    assert {row[6] for row in rows} == {datetime(2026, 2, 1, 6, 30)}
    assert by_type["earn"][:2] == (earned.event_id, player)
    assert json.loads(by_type["earn"][5]) == {"amount": MAX_BALANCE, "reason": 'a "quest"\\ \x00 '}
    assert by_type["without_meta"][1:4] == (player, "without_meta", MOMENT.replace(tzinfo=None))
    assert by_type["without_meta"][5] is None
    for name, moment in moments.items():
        assert by_type[name][1] is None
        assert by_type[name][3] == moment.astimezone(UTC).replace(tzinfo=None)
        assert json.loads(by_type[name][5]) == meta
    received = [row[4].replace(tzinfo=UTC) for row in rows]
    assert before <= min(received) <= max(received) <= datetime.now(UTC)
    ((user_id, username, created_at, balance, player_loaded_at),) = game.query(
        "select * from raw.players"
    )
    assert (user_id, username, balance) == (player, "Zoë 🐉", MAX_BALANCE)
    assert before <= created_at.replace(tzinfo=UTC) <= min(received)
    assert player_loaded_at == datetime(2026, 2, 1, 6, 30)


def test_anonymous_clicks_need_no_player(game: Game) -> None:
    game.store.record(None, event("deep_link"))
    assert Loader(game.outbox, game.warehouse).ship_once() == 1
    assert game.query("select user_id, event_type from raw.game_events") == [(None, "deep_link")]


def test_nothing_that_waits_opens_nothing(game: Game) -> None:
    assert Loader(game.outbox, game.warehouse).ship_once() == 0
    assert not game.warehouse.exists()


def test_what_was_shipped_is_not_touched_again(game: Game) -> None:
    players = game.register("ann", "bob")
    game.play(players, 20)
    Loader(game.outbox, game.warehouse, clock=lambda: MOMENT).ship_all()
    Loader(game.outbox, game.warehouse).ship_all()
    assert game.shipped_ids() == game.stored_ids()
    loaded = (
        "select distinct loaded_at from raw.game_events union select loaded_at from raw.players"
    )
    assert game.query(loaded) == [(MOMENT.replace(tzinfo=None),)]


def test_players_without_events_arrive_and_their_balances_follow(game: Game) -> None:
    ann, bob = game.register("ann", "bob")
    loader = Loader(game.outbox, game.warehouse)
    assert loader.ship_once() == 2
    assert game.query("select user_id, balance from raw.players order by all") == [
        (ann, 0),
        (bob, 0),
    ]
    game.store.earn(bob, 30, "quest")
    loader.ship_once()
    game.store.earn(bob, 12, "quest")
    loader.ship_once()
    assert game.query("select user_id, balance from raw.players order by all") == [
        (ann, 0),
        (bob, 42),
    ]
    game.assert_money_holds()


def test_spent_coins_do_not_come_back_with_a_late_batch(game: Game) -> None:
    (ann,) = game.register("ann")
    game.store.earn(ann, 30, "quest")
    late = Late(game.outbox, game.outbox.next_batch(10))
    game.store.spend(ann, 12, "sword")
    Loader(game.outbox, game.warehouse).ship_all()
    Loader(late, game.warehouse).ship_once()
    assert game.query("select balance from raw.players") == [(18,)]
    game.outbox.ship_again()
    while Loader(game.outbox, game.warehouse, batch_size=1).ship_once():
        assert game.query("select balance from raw.players") == [(18,)]
    game.assert_money_holds()


def test_tables_that_dbt_made_are_filled(game: Game) -> None:
    game.warehouse.parent.mkdir()
    with duckdb.connect(str(game.warehouse)) as warehouse:
        warehouse.execute("create schema raw; create table raw.purchases_raw (line text)")
        warehouse.execute(GAME_EVENTS.create)
        warehouse.execute(PLAYERS.create)
    game.play(game.register("ann"), 3)
    Loader(game.outbox, game.warehouse).ship_all()
    assert game.shipped_ids() == game.stored_ids()


# --- Exactly once, and the money proof ------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [1, 3, 7, 1000])
def test_money_holds_after_every_batch_of_a_backlog(game: Game, batch_size: int) -> None:
    players = game.register("ann", "bob", "cid", "dee")
    game.play(players, 30, seed=batch_size)
    counts: list[int] = []

    def check(status: Status) -> None:
        game.assert_money_holds()
        counts.append(status.event_count)

    Loader(game.outbox, game.warehouse, batch_size=batch_size, on_progress=check).ship_all()
    assert counts == [*range(batch_size, 30, batch_size), 30]
    assert game.shipped_ids() == game.stored_ids()
    assert len(game.query("select * from raw.players")) == len(players)


def test_money_holds_while_players_go_on_earning(game: Game) -> None:
    players = game.register("ann", "bob", "cid")
    game.play(players, 30)
    loader = Loader(game.outbox, game.warehouse, batch_size=10)
    for seed in range(8):
        loader.ship_once()
        game.assert_money_holds()
        game.play(players, 5, seed)
    loader.ship_all()
    game.assert_money_holds()
    assert game.shipped_ids() == game.stored_ids()


@pytest.mark.parametrize("batch_size_after", [2, 10, 1000])
def test_kill_between_commit_and_marking_leaves_every_event_once(
    game: Game, batch_size_after: int
) -> None:
    players = game.register("ann", "bob", "cid")
    game.play(players, 40)
    for batches_before in (0, 1):
        waiting = game.outbox.backlog().event_count
        batches = ["10", str(batches_before)]
        killed = subprocess.run(
            [sys.executable, "-c", KILLED_BEFORE_MARKING, game.url, str(game.warehouse), *batches],
            cwd=ROOT,
            check=False,
        )
        assert killed.returncode == -signal.SIGKILL
        assert game.outbox.backlog().event_count == waiting - 10 * batches_before
        game.assert_money_holds()
    assert len(game.shipped_ids()) == 20
    game.play(players, 5, seed=1)

    def check(_: Status) -> None:
        game.assert_money_holds()

    Loader(game.outbox, game.warehouse, batch_size=batch_size_after, on_progress=check).ship_all()
    assert game.shipped_ids() == game.stored_ids()
    assert game.outbox.backlog().event_count == 0


def test_kill_at_any_moment_leaves_every_event_once(game: Game) -> None:
    players = game.register("ann", "bob", "cid")
    random = Random(7)
    command = [sys.executable, "-c", KILLED_BEFORE_MARKING, game.url, str(game.warehouse)]
    for attempt in range(6):
        game.play(players, 20, seed=attempt)
        waiting = game.outbox.backlog().event_count
        with subprocess.Popen([*command, "1", "99"], cwd=ROOT) as loader:
            eventually(partial(_fewer_wait, game, waiting))
            time.sleep(random.uniform(0, 0.05))
            loader.kill()
        game.assert_money_holds()
    Loader(game.outbox, game.warehouse).ship_all()
    game.assert_money_holds()
    assert game.shipped_ids() == game.stored_ids()


def _fewer_wait(game: Game, than: int) -> bool:
    return game.outbox.backlog().event_count < than


# --- Waiting, trouble, stopping -------------------------------------------------------------------


@pytest.mark.parametrize("holder", ["writer", "reader"])
def test_while_the_file_is_held_the_store_goes_on_and_the_backlog_ships_later(
    game: Game, holder: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "warehouse.loader.loader")
    players = game.register("ann", "bob")
    loader = Loader(game.outbox, game.warehouse, interval_seconds=0.01)
    loader.ship_all()
    with running(loader):
        with held(game.warehouse, holder) as process:
            game.play(players, 10)
            eventually(lambda: loader.status.trouble is not None)
            game.play(players, 10, seed=1)
            assert f"(PID {process.pid})" in str(loader.status.trouble)
            assert game.outbox.backlog().event_count == 20
        eventually(lambda: game.outbox.backlog().event_count == 0)
        eventually(lambda: loader.status.trouble is None)
    assert game.shipped_ids() == game.stored_ids()
    game.assert_money_holds()
    assert [record.message.split(";")[0] for record in caplog.records] == [
        f"This loader ships to {game.warehouse}",
        f"{game.warehouse} is locked by {_program(process.pid)}",
        f"Shipping to {game.warehouse} again",
    ]


def test_patience_with_a_held_file_ends(game: Game) -> None:
    players = game.register("ann")
    loader = Loader(game.outbox, game.warehouse, max_wait_seconds=0.2)
    loader.ship_once()
    game.play(players, 3)
    with held(game.warehouse, "reader") as process:
        with pytest.raises(WarehouseUnavailableError, match=rf"locked by .*\(PID {process.pid}\)"):
            loader.ship_once()
        assert game.outbox.backlog().event_count == 3
    assert loader.ship_once() == 3 + 1


def test_run_outlives_trouble_and_logs_it_once(
    game: Game, caplog: pytest.LogCaptureFixture
) -> None:
    game.play(game.register("ann"), 5)
    game.warehouse.parent.mkdir()
    game.warehouse.write_text("no database")
    attempts = 0

    def stumble() -> None:
        nonlocal attempts
        attempts += 1
        if attempts < 4:
            raise OSError("the disk is on strike")

    loader = Loader(game.outbox, game.warehouse, interval_seconds=0.01, after_commit=stumble)
    with running(loader):
        eventually(lambda: "not a valid DuckDB" in str(loader.status.trouble))
        game.warehouse.unlink()
        eventually(lambda: game.outbox.backlog().event_count == 0)
    assert attempts == 4
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 1
    assert game.shipped_ids() == game.stored_ids()


def test_run_outlives_what_nobody_foresaw(game: Game, caplog: pytest.LogCaptureFixture) -> None:
    game.play(game.register("ann"), 1)
    faults = iter([KeyError("surprise"), KeyError("surprise")])

    def stumble() -> None:
        if fault := next(faults, None):
            raise fault

    loader = Loader(game.outbox, game.warehouse, interval_seconds=0.01, after_commit=stumble)
    with running(loader):
        eventually(lambda: game.outbox.backlog().event_count == 0)
    (record,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert record.exc_info is not None
    assert record.exc_info[0] is KeyError


def test_stop_ships_what_is_committed(game: Game) -> None:
    """The interval is so long that only the stop can have shipped the last events."""
    players = game.register("ann")
    loader = Loader(game.outbox, game.warehouse, interval_seconds=3600)
    with running(loader) as end:
        eventually(lambda: loader.status.last_success_at is not None)
        game.play(players, 10)
        end()
        assert game.shipped_ids() == game.stored_ids()
        assert loader.status.is_elected is False


def test_stop_ends_waiting_for_a_held_file_and_loses_nothing(
    game: Game, caplog: pytest.LogCaptureFixture
) -> None:
    players = game.register("ann")
    loader = Loader(game.outbox, game.warehouse, interval_seconds=0.01, last_attempt_seconds=0.2)
    loader.ship_all()
    with held(game.warehouse, "writer"), running(loader) as end:
        game.play(players, 5)
        eventually(lambda: loader.status.trouble is not None)
        end()
        assert game.outbox.backlog().event_count == 5
    assert "which remain in the store" in caplog.messages[-1]
    Loader(game.outbox, game.warehouse).ship_all()
    assert game.shipped_ids() == game.stored_ids()


def test_the_file_is_free_between_batches(game: Game) -> None:
    """A reader that opens the file after each batch would fail if the loader kept it."""
    game.play(game.register("ann"), 10)
    seen: list[int] = []
    Loader(
        game.outbox,
        game.warehouse,
        batch_size=2,
        on_progress=lambda _: seen.append(_counted_by_another_process(game.warehouse)),
    ).ship_all()
    assert seen == [2, 4, 6, 8, 10]


def _counted_by_another_process(warehouse: Path) -> int:
    output = subprocess.check_output([sys.executable, "-c", COUNT, str(warehouse)], text=True)
    return int(output)


def _program(pid: int) -> str:
    return f"{Path(sys.executable).resolve()} (PID {pid})"


# --- The columns ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "model"), [(GAME_EVENTS, ShippedEvents), (PLAYERS, ShippedPlayers)]
)
def test_columns_are_those_of_the_model_and_of_the_dbt_source(
    game: Game, table: RawTable, model: type[ShippedEvents | ShippedPlayers]
) -> None:
    game.play(game.register("ann"), 1)
    Loader(game.outbox, game.warehouse).ship_all()
    expected = [*(field.name for field in fields(model)), "loaded_at"]
    schema, name = table.name.split(".")
    in_warehouse = [row[:2] for row in game.query(f"describe {table.name}")]
    assert [column for column, _ in in_warehouse] == expected
    (source,) = yaml.safe_load(SOURCES.read_text(encoding="utf-8"))["sources"]
    assert source.get("schema", source["name"]) == schema
    (described,) = [entry for entry in source["tables"] if entry["name"] == name]
    assert [column["name"] for column in described["columns"]] == expected
