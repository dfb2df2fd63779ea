"""`load --all` makes the warehouse's events and players whole again, whatever happened to them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from tests.support.server import Request, Server
from tests.warehouse.loader.shipping import eventually
from tests.warehouse.operations.games import Files
from warehouse.loader.loader import Loader
from warehouse.store.election import FileElection
from warehouse.store.outbox import SqlOutbox

LOAD_ALL = """
import warehouse.store.outbox as outbox

def then_told(function, step):
    def call(*arguments):
        result = function(*arguments)
        after(step)
        return result
    return call

outbox.IDS_PER_QUERY = 100
outbox.retrying = then_told(outbox.retrying, "changed")
main(["load", "--all"])
"""
HARM = {
    "nothing": "select 1",
    "all events": "delete from raw.game_events",
    "all events and players": "delete from raw.game_events; delete from raw.players",
    "an early earn": "delete from raw.game_events where meta like '{\"amount\": 10,%'",
    "some events": "delete from raw.game_events where hash(event_id) % 3 = 0",
    "all but one player": "delete from raw.players where user_id != 2",
    "both tables": "drop table raw.game_events; drop table raw.players",
    "contents": """update raw.game_events set meta = '{"amount": 999}', user_id = 2
        where meta like '{"amount": 10,%'""",
    "names": "update raw.players set username = 'eve', created_at = now()::timestamp",
    "high balances": "update raw.players set balance = balance + 7",
    "low balances": "update raw.players set balance = 0",
}


@pytest.fixture
def expected(played: Files, tmp_path: Path) -> Files:
    """The game with all of it shipped."""
    files = played.copy_to(tmp_path / "expected")
    files.ship()
    return files


@pytest.mark.parametrize("harm", HARM)
def test_whatever_is_missing_or_wrong_is_put_right(
    files: Files, expected: Files, harm: str
) -> None:
    files.change_warehouse(HARM[harm])
    assert files.run("load", "--all").exit_code == 0
    assert files.failed() == []
    assert files.rows() == expected.rows()


def test_a_warehouse_that_is_gone_is_made_again(files: Files, expected: Files) -> None:
    files.warehouse.unlink()
    run = files.run("load", "--all")
    assert run.exit_code == 0, run.output
    assert "Shipping all players and 352 shipped events again." in run.output
    assert "Shipped 354 events and 3 player records" in run.output
    assert files.failed() == []
    assert files.rows() == expected.rows()


def test_a_warehouse_that_cannot_be_read_is_to_be_moved_away(files: Files, expected: Files) -> None:
    files.warehouse.write_bytes(b"no database")
    files.warehouse.with_name(f"{files.warehouse.name}.wal").write_bytes(b"a log")
    run = files.run("load", "--all")
    assert run.exit_code == 2
    assert "move it away" in run.output
    assert files.warehouse.read_bytes() == b"no database"
    with closing(SqlOutbox(files.url)) as outbox:
        assert outbox.backlog().event_count == 2
    files.warehouse.rename(files.warehouse.with_suffix(".damaged"))
    run = files.run("load", "--all")
    assert run.exit_code == 0, run.output
    assert files.failed() == []
    assert files.rows() == expected.rows()


def test_what_the_store_does_not_know_stays(files: Files) -> None:
    files.change_warehouse(
        "create table raw.purchases_raw as select 1 as x",
        "insert into raw.game_events values ('x', null, 'deep_link', now()::timestamp,"
        " now()::timestamp, null, now()::timestamp)",
    )
    assert files.run("load", "--all").exit_code == 0
    with duckdb.connect(str(files.warehouse), read_only=True) as warehouse:
        assert warehouse.execute("from raw.purchases_raw").fetchall() == [(1,)]
        row = warehouse.execute("select count(*) from raw.game_events where event_id = 'x'")
        assert row.fetchone() == (1,)


# All players, then events from the newest on, a hundred at a time, then what was shipped is marked.
@pytest.mark.parametrize("count", [1, 2, 4, 5, 6])
def test_whoever_is_killed_has_done_no_harm_and_can_be_repeated(
    files: Files, expected: Files, count: int
) -> None:
    files.change_warehouse(HARM["contents"], HARM["names"], HARM["high balances"])
    files.run_killed(LOAD_ALL, "changed", count)
    files.ship()
    assert [len(rows) for rows in files.rows()] == [len(rows) for rows in expected.rows()]
    run = files.run("load", "--all")
    assert run.exit_code == 0, run.output
    assert files.failed() == []
    assert files.rows() == expected.rows()


@pytest.mark.parametrize(
    "harm", ["all events and players", "an early earn", "some events", "all but one player"]
)
def test_once_all_waits_any_loader_does_the_rest_in_small_batches(
    files: Files, expected: Files, harm: str
) -> None:
    """Old batches arrive beside newer events, and lower no balance."""
    files.change_warehouse(HARM[harm])
    with closing(SqlOutbox(files.url)) as outbox:
        outbox.ship_again()
        Loader(outbox, files.warehouse, batch_size=40).ship_all()
    assert files.failed() == []
    assert files.rows() == expected.rows()


def test_the_loader_of_an_api_that_runs_does_the_shipping(files: Files) -> None:
    files.change_warehouse(HARM["contents"], HARM["high balances"])
    server = Server(files.warehouse, {"STORE_URL": files.url})
    server.start()
    try:
        election = FileElection(files.warehouse)
        with closing(SqlOutbox(files.url)) as outbox:
            eventually(lambda: outbox.backlog().event_count == 0)
        credentials = {"username": "dora", "password": "a password of dora"}
        _, login = server.call(Request("POST", "/login", credentials))
        for _ in range(5):
            earn = Request("POST", "/earn", {"amount": 3, "reason": "x"}, login["token"])
            assert server.call(earn)[0] == 201
        run = files.run("load", "--all")
        assert run.exit_code == 0, run.output
        assert election.leader() == f"PID {server.process.pid}"  # type: ignore[union-attr]
    finally:
        assert server.stop() == 0
    assert files.failed() == []


def test_a_new_store_has_nothing_to_ship(tmp_path: Path) -> None:
    files = Files(tmp_path / "store.sqlite", tmp_path / "game.duckdb")
    with files.open():
        pass
    assert files.run("load", "--all").exit_code == 0
    assert not files.warehouse.exists()
    files.change_warehouse("select 1")
    run = files.run("load", "--all")
    assert run.exit_code == 0, run.output
    assert files.rows() == ([], [])


def test_it_needs_a_store(files: Files) -> None:
    files.store.unlink()
    run = files.run("load", "--all")
    assert run.exit_code == 2
    assert f"The store {files.store} does not exist" in run.output
    assert not files.store.exists()
