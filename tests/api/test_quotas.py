"""Quotas of accounts and clients, and full disks."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.api.game import PASSWORD, Play, Start, assert_problem
from tests.system.faults.machine import Disk, small_disk
from warehouse.store.disk import DiskFloor
from warehouse.store.protocol import DiskFullError

JUMP = {"eventType": "jump"}


def batch(count: int) -> dict[str, object]:
    return {"events": [JUMP] * count}


def test_a_batch_counts_as_its_events(play: Play) -> None:
    game = play(EVENT_LIMIT_PER_ACCOUNT="500/hour")
    alice, bob = game.player("alice"), game.player("bob")
    assert game.post("/events", batch(400), alice).json["recorded"] == 400

    refused = game.post("/events", batch(101), alice)

    assert_problem(refused, 429, "too_many_requests")
    assert 3500 <= int(refused.headers["Retry-After"]) <= 3600
    # A refused request is not charged, so the rest of the quota remains.
    assert game.post("/events", batch(98), alice).status_code == 200
    assert game.post("/event", JUMP, alice).status_code == 201
    assert game.post("/earn", {"amount": 1, "reason": "x"}, alice).status_code == 201
    assert_problem(game.post("/event", JUMP, alice), 429, "too_many_requests")
    assert_problem(
        game.post("/earn", {"amount": 1, "reason": "x"}, alice), 429, "too_many_requests"
    )
    track = game.get("/track", alice, query="character=x")
    assert_problem(track, 429, "too_many_requests")
    assert game.get("/stats", alice).json["total"] == 500
    assert game.post("/events", batch(500), bob).status_code == 200


def test_a_body_counts_as_its_bytes(play: Play) -> None:
    game = play(BYTE_LIMIT_PER_ACCOUNT="262144/hour")
    alice = game.player()
    body = b'{"eventType": "jump"}'
    large = body + b" " * (200_000 - len(body))
    assert game.post("/event", large, alice).status_code == 201

    assert_problem(game.post("/event", large, alice), 429, "too_many_requests")

    assert game.post("/event", body, alice).status_code == 201
    assert game.get("/stats", alice).json["total"] == 2


def test_all_accounts_of_one_client_share_its_quota(play: Play) -> None:
    game = play(EVENT_LIMIT_PER_CLIENT="1000/hour")
    players = [game.player(f"player {number}") for number in range(3)]

    answers = [game.post("/events", batch(500), player).status_code for player in players]

    assert answers == [200, 200, 429]
    assert_problem(game.get("/track", query="character=x"), 429, "too_many_requests")
    elsewhere = game.client.simulate_get(
        "/track", query_string="character=x", remote_addr="192.0.2.7"
    )
    assert elsewhere.status_code == 200
    assert game.get("/stats", players[2]).json["total"] == 0


def test_anonymous_clicks_count_for_the_client(play: Play) -> None:
    game = play(EVENT_LIMIT_PER_CLIENT="500/hour")

    statuses = [game.get("/track", query="character=x").status_code for _ in range(502)]

    assert statuses == [200] * 500 + [429] * 2


def test_refusal_by_the_client_quota_is_not_charged_to_the_account(play: Play) -> None:
    game = play(EVENT_LIMIT_PER_ACCOUNT="1000/hour", BYTE_LIMIT_PER_CLIENT="262144/hour")
    alice = game.player()
    large = b'{"events": [' + b'{"eventType": "a"}, ' * 499 + b'{"eventType": "a"}]}'
    padded = large + b" " * (200_000 - len(large))
    assert game.post("/events", padded, alice).status_code == 200
    assert game.post("/events", padded, alice).status_code == 429

    assert game.post("/events", batch(500), alice).status_code == 200


def test_invalid_requests_are_not_charged(play: Play) -> None:
    game = play(EVENT_LIMIT_PER_ACCOUNT="500/hour")
    alice = game.player()
    assert game.post("/events", {"events": [JUMP] * 501}, alice).status_code == 400
    assert game.post("/event", {"eventType": "Oops!"}, alice).status_code == 400

    assert game.post("/events", batch(500), alice).status_code == 200


def test_reading_goes_on(play: Play) -> None:
    game = play(EVENT_LIMIT_PER_ACCOUNT="500/hour")
    alice = game.player()
    game.post("/events", batch(500), alice)
    assert game.post("/event", JUMP, alice).status_code == 429

    for path in ("/balance", "/events", "/stats"):
        assert game.get(path, alice).status_code == 200


def test_by_default_a_few_accounts_do_not_fill_a_disk(play: Play) -> None:
    """Four accounts of one address can store at most 21 MB, even with the largest bodies."""
    game = play()
    full = {"events": [{"eventType": "jump", "meta": {"text": "x" * 4000}}] * 60}

    answers = [
        game.post("/events", full, player)
        for player in [game.player(name) for name in ("ann", "bob", "cid", "dan")]
        for _ in range(30)
    ]

    assert {answer.status_code for answer in answers} == {200, 429}
    assert 4 * 18 <= sum(answer.status_code == 200 for answer in answers) <= 4 * 21
    assert sum(path.stat().st_size for path in game.folder.glob("w.store.sqlite*")) < 40e6


@pytest.mark.sqlite_only("about HTTP")
def test_chunks_count_as_the_bytes_that_they_are(start: Start) -> None:
    server = start(BYTE_LIMIT_PER_ACCOUNT="262144 per hour")
    body = json.dumps({"eventType": "x", "meta": {"text": "x" * 4000}}).encode()
    headers = {**server.login(), "Content-Type": "application/json"}

    statuses = [
        server.ask("POST", "/event", headers, data=iter([body])).status_code for _ in range(70)
    ]

    assert statuses.index(429) == 262144 // len(body)


# --- The disk -------------------------------------------------------------------------------------


@pytest.fixture
def disk() -> Iterator[Disk]:
    """A disk of 32 MB."""
    with small_disk(32) as disk:
        yield disk


def fill(disk: Disk, megabytes: int) -> Path:
    path = disk.path / "filling"
    path.write_bytes(bytes(megabytes * 1_000_000))
    return path


@pytest.mark.sqlite_only("about the disk of a file")
def test_below_the_floor_nothing_is_stored_and_all_can_be_read(start: Start, disk: Disk) -> None:
    server = start(STORE_URL=f"sqlite:///{disk.path}/w.store.sqlite", DISK_FLOOR_MB="10")

    def eventually(status: int) -> requests.Response:
        deadline = time.monotonic() + 30
        while (answer := server.ask("GET", "/health")).status_code != status:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        return answer

    alice = server.login()
    assert server.ask("POST", "/event", alice, json=JUMP).status_code == 201
    filling = fill(disk, 25)
    health = eventually(503)

    writes = [
        server.ask("POST", "/earn", alice, json={"amount": 1, "reason": "x"}),
        server.ask("POST", "/event", alice, json=JUMP),
        server.ask("POST", "/events", alice, json={"events": [JUMP]}),
        server.ask("GET", "/track?character=x"),
        server.ask("POST", "/login", json={"username": "new", "password": PASSWORD}),
    ]
    for answer in [health, *writes]:
        assert (answer.status_code, answer.json()["code"]) == (503, "disk_full")
        assert answer.headers["Retry-After"] == "30"
        assert answer.headers["Content-Type"] == "application/problem+json"
    for path in ("/health/live", "/balance", "/events", "/stats", "/metrics"):
        assert server.ask("GET", path, alice).status_code == 200, path
    assert server.ask("GET", "/stats", alice).json()["total"] == 1
    # Login and logout still work; the server reserves space for them.
    assert server.ask("POST", "/logout", server.login()).status_code == 204

    filling.unlink()
    eventually(200)
    assert server.ask("POST", "/event", alice, json=JUMP).status_code == 201


def test_the_disk_is_asked_once_a_second(disk: Disk) -> None:
    now = 1000.0
    floor = DiskFloor(disk.path / "store.sqlite", 10_000_000, lambda: now)
    floor.require_space()
    filling = fill(disk, 25)
    now += 0.9
    floor.require_space()
    now += 0.2
    with pytest.raises(DiskFullError, match=f"{disk.path} has .* MB free, less than the 10 MB of"):
        floor.require_space()
    filling.unlink()
    now += 0.9
    with pytest.raises(DiskFullError):
        floor.require_space()
    now += 0.2
    floor.require_space()


def test_a_store_on_a_server_and_a_floor_of_zero_ask_no_disk() -> None:
    DiskFloor(None, 10**18).require_space()
    DiskFloor(Path("/nowhere/at all"), 0).require_space()
    DiskFloor(Path("/nowhere/at all"), 10**18).require_space()
