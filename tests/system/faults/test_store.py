"""Faults of the store, in the process of the API: nothing acknowledged is lost, and it says why."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.api.game import Caller, assert_problem
from tests.api.game import Game as Api
from tests.system.faults.machine import Disk, flip, read_only
from tests.system.faults.starting import start_refused, started_without_rights
from tests.warehouse.loader.shipping import Game, event
from warehouse.loader.loader import Loader
from warehouse.store import engine
from warehouse.store.outbox import SqlOutbox
from warehouse.store.sql_store import SqlStore

EARN = {"amount": 5, "reason": "quest"}


def store_of(api: Api) -> Path:
    return api.folder / "w.store.sqlite"


def earn(api: Api, player: Caller, key: str | None = None) -> int:
    """Earn five coins; returns the status."""
    headers = {"Idempotency_Key": key} if key else {}
    return api.post("/earn", EARN, player, **headers).status_code


def assert_refused(api: Api, player: Caller, told: str) -> None:
    """Earning is answered with a problem document, and the log says why."""
    problem = assert_problem(api.post("/earn", EARN, player), 503, "store_unavailable")
    assert problem["detail"] == "The store is unavailable. Retry after `Retry-After` seconds."
    (*_, line) = [line for line in api.log_lines() if line["event"] == "store_unavailable"]
    assert told in line["reason"]
    assert "Traceback" not in api.log.getvalue()


def coins(path: Path) -> int:
    """What all balances in a store file add up to, as a process that opens it now sees them."""
    with closing(sqlite3.connect(path)) as store:
        return int(store.execute("select coalesce(sum(balance), 0) from players").fetchone()[0])


def test_disk_of_the_store_is_full(disk: Disk) -> None:
    api = Api(disk.path)
    player = api.player()
    acknowledged = [earn(api, player) for _ in range(3)]
    disk.fill()
    for _ in range(3000):  # until what SQLite has on the disk for itself is full, too
        acknowledged.append(earn(api, player))
        if acknowledged[-1] != 201:
            break
    assert_refused(api, player, "database or disk is full")
    assert api.get("/balance", player).json["balance"] == 5 * acknowledged.count(201)
    assert_problem(
        api.post("/events", {"events": [{"eventType": "a"}]}, player), 503, "store_unavailable"
    )
    disk.free()
    acknowledged.append(earn(api, player))
    assert acknowledged[-1] == 201
    api.close()
    assert coins(store_of(api)) == 5 * acknowledged.count(201)


@pytest.mark.parametrize("lost", ["w.store.sqlite", "w.store.sqlite-wal"])
def test_store_is_deleted_while_it_is_open(api: Api, lost: str) -> None:
    player = api.player()
    assert earn(api, player) == 201
    aside = api.folder / "aside"
    (api.folder / lost).rename(aside)
    assert_refused(api, player, "was deleted or replaced while it was open")
    assert_problem(api.get("/health"), 503, "store_unavailable")
    assert api.get("/health/live").status_code == 200
    assert not (api.folder / lost).exists()  # no process creates an empty one
    aside.rename(api.folder / lost)
    assert api.get("/health").status_code == 200
    assert earn(api, player) == 201


def test_store_is_replaced_while_it_is_open(api: Api) -> None:
    player = api.player()
    assert earn(api, player) == 201
    backup = api.folder / "backup"
    with closing(sqlite3.connect(store_of(api))) as store:
        store.execute("vacuum into ?", [str(backup)])
    backup.rename(store_of(api))
    assert_refused(api, player, "Put it back with its -wal file, or restore a backup, and restart")
    assert_problem(api.get("/health"), 503, "store_unavailable")
    (api.folder / "w.store.sqlite-wal").unlink()
    (api.folder / "w.store.sqlite-shm").unlink()
    assert coins(store_of(api)) == 5


def test_what_was_acknowledged_before_the_store_was_deleted_is_shipped(game: Game) -> None:
    (ann,) = game.register("ann")
    loader = Loader(game.outbox, game.warehouse)
    loader.ship_all()
    game.play([ann], 5)
    ids = game.stored_ids()
    path = Path(game.url.removeprefix("sqlite:///"))
    path.unlink()
    assert loader.ship_once() == 5 + 1
    assert game.shipped_ids() == ids
    with pytest.raises(Exception, match="was deleted or replaced while it was open"):
        loader.ship_once()
    assert not path.exists()


def test_store_is_locked_for_longer_than_the_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.2)
    api = Api(tmp_path)
    player = api.player()
    with closing(sqlite3.connect(store_of(api), isolation_level=None)) as other:
        other.execute("begin immediate")
        assert_refused(api, player, "database is locked")
        assert api.get("/balance", player).json["balance"] == 0
        assert api.get("/health").status_code == 200
    assert earn(api, player) == 201
    api.close()
    assert coins(store_of(api)) == 5


def test_store_is_damaged_while_it_is_open(api: Api) -> None:
    player = api.player()
    assert earn(api, player) == 201
    shutil.copy(store_of(api), api.folder / "before")
    with closing(sqlite3.connect(store_of(api))) as store:
        store.execute("pragma wal_checkpoint(truncate)")
    for page in range(1, store_of(api).stat().st_size // 4096):
        flip(store_of(api), page * 4096)
    api.store._read_engine.dispose()  # else pages come from the cache of a connection
    api.store._write_engine.dispose()
    assert_refused(api, player, "database disk image is malformed")
    assert_problem(api.get("/health"), 503, "store_unavailable")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("folder", "unable to open database file. Check that its folder exists"),
        ("text", "file is not a database. Move it away and restore a backup"),
        ("newer", "A newer version of this program created it: install that version"),
        ("malformed", "It is damaged: move it away and restore a backup"),
    ],
)
def test_store_that_cannot_be_opened_at_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], fault: str, told: str
) -> None:
    path = tmp_path / "w.store.sqlite"
    if fault == "folder":
        path.mkdir()
    elif fault == "text":
        path.write_text("no database, but text that is long enough to be one" * 100)
    else:
        SqlStore(f"sqlite:///{path}").close()
        with closing(sqlite3.connect(path)) as store:
            store.execute("update alembic_version set version_num = '9999'")
            store.commit()
        if fault == "malformed":
            flip(path, 100, 3000)
    content = path.read_bytes() if path.is_file() else None
    said = start_refused(tmp_path, capsys)
    assert f"The API cannot start: Cannot open the store {path}: " in said
    assert told in said
    assert "or set STORE_URL to another." in said
    assert (path.read_bytes() if path.is_file() else None) == content


def test_store_on_a_full_disk_at_the_start(disk: Disk, capsys: pytest.CaptureFixture[str]) -> None:
    disk.fill()
    assert "disk is full. Free some space on its disk" in start_refused(disk.path, capsys)


def test_store_on_a_read_only_disk_at_the_start(
    disk: Disk, capsys: pytest.CaptureFixture[str]
) -> None:
    SqlStore(f"sqlite:///{disk.path}/w.store.sqlite").close()
    with read_only(disk):
        said = start_refused(disk.path, capsys)
    assert "Cannot open the store" in said
    assert "Check that its folder exists and that this user can write to it" in said
    SqlStore(f"sqlite:///{disk.path}/w.store.sqlite").close()


def test_store_without_permission_at_the_start(tmp_path: Path) -> None:
    said = started_without_rights(tmp_path)
    assert "The API cannot start: Cannot open the store" in said
    assert "Check that its folder exists and that this user can write to it" in said
    assert "Traceback" not in said


def test_clock_of_the_store_goes_backwards_and_forwards(game: Game, tmp_path: Path) -> None:
    """Ids stay unique, and the order is that of arrival, whatever the clock says."""
    now = datetime(2026, 1, 30, 12, tzinfo=UTC)
    jumps = [0, 3600, -86_400, -1, 10 * 365 * 86_400, -20 * 365 * 86_400, 5]
    clock = iter(now + timedelta(seconds=sum(jumps[: n + 1])) for n in range(len(jumps)))
    store = SqlStore(f"sqlite:///{tmp_path}/clock.sqlite", clock=lambda: next(clock))
    outbox = SqlOutbox(f"sqlite:///{tmp_path}/clock.sqlite")
    ids = [store.record(None, event("tick")).event_id for _ in jumps]
    assert len(set(ids)) == len(jumps)
    assert [stored.event_id for stored in store.recent_events(None, 100)] == ids[::-1]
    assert outbox.next_batch(100).events.event_id == ids
    moments = iter([now, now - timedelta(days=400), now + timedelta(days=9000)])
    loader = Loader(outbox, game.warehouse, batch_size=3, clock=lambda: next(moments, now))
    loader.ship_all()
    assert game.shipped_ids() == sorted(ids)
    outbox.close()
    store.close()


def test_tokens_while_the_clock_goes_backwards_and_forwards(api: Api) -> None:
    """A good token is good again when the clock is right again; an expired one says so."""
    login = {"username": "ada", "password": "correct horse battery"}
    start = datetime.now(UTC)
    api.now = start
    token = api.post("/login", login).json["token"]
    player = Caller(1, token)
    statuses: dict[int, list[int]] = {}
    for days in (0, 2, 0, -30, 0):
        api.now = start + timedelta(days=days)
        statuses.setdefault(days, []).append(api.get("/balance", player).status_code)
        assert earn(api, player) in (201, 401)
    assert statuses[0] == [200, 200, 200]
    assert statuses[2] == [401]
    assert statuses[-30] == [200]
    api.now = start
    assert api.get("/balance", player).json["balance"] == 5 * 4
