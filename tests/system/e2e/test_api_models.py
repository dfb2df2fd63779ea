"""The loader's events through `dbt build` to the marts and `deep_links.json`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from jsonschema import Draft202012Validator

from tests.support.harness import ROOT, Project
from warehouse.store.protocol import ShippedEvents, ShippedPlayers

# (event id, user id, event type, occurred at, meta)
Event = tuple[str, int | None, str, str, str | None]
# (user id, username, balance)
Account = tuple[int, str, int]

NOON = "2026-02-01 12:00:00"
# The largest bigint, which an older store accepted as a balance.
MAX_BALANCE = 2**63 - 1

HOSTILE = [
    "Knight",
    "kNIGHT",
    'O\'Brien "x" \\',
    "'); drop table raw.players; --",
    "<script>alert('&amp;')</script>",
    '{"character": ["Knight"]}',
    '"}],"clicks":1}',
    "{{ ref('rpt_period') }}${HOME}%00",
    "line 1\nline 2\r\n\tline 3",
    "a,b;c|d",
    "\x01\x1f\x7f",
    "nul\x00in between",
    "日本語 🐉 \u202eright\u2028to left",
    "caf\u00e9",
    "cafe\u0301",
    "null",
    "NULL",
    "true",
    "0",
    "x" * 100_000,
]

# Clicks without a valid character.
NAMELESS = [
    None,
    "",
    "character=Knight",
    '{"character": "Knight"',
    '["Knight"]',
    '{"character": null}',
    '{"character": " \\n\\u00a0"}',
    '{"character": "\\ud800"}',
    '{"Character": "Knight"}',
    "[" * 100_000,
]

EARNED: list[Event] = [
    ("earn-1", 1, "earn", "2026-02-01 23:59:59.999999", '{"amount": 5, "reason": "win"}'),
    ("earn-2", 1, "earn", "2026-02-02 00:00:00", '{"amount": 7, "reason": "win"}'),
    ("earn-3", 2, "earn", NOON, f'{{"amount": {MAX_BALANCE}}}'),
]
SPENT: list[Event] = [
    ("spend-1", 1, "spend", "2026-02-02 10:00:00", '{"amount": 4, "reason": "hat", "balance": 8}'),
    # Clients of the first version could send this.
    ("spend-2", 2, "spend", NOON, '{"amount": 3, "reason": "hat"}'),
]
OTHERS: list[Event] = [
    ("level-1", 1, "level_up", NOON, '{"character": "Knight", "amount": 99}'),
    ("click-1", 1, "deep_link", "2026-02-01 09:00:00.000001", '{"character": " Knight\\n"}'),
    ("click-2", 1, "deep_link", "2026-02-03 09:00:00", '{"character": "Knight"}'),
]
ACCOUNTS: list[Account] = [(1, "ann", 8), (2, "bob", MAX_BALANCE), (3, "idle", 0)]


def hostile_clicks() -> list[Event]:
    """Return an anonymous click for every character, with every second JSON escaped to ASCII."""
    metas = [
        json.dumps({"character": character}, ensure_ascii=index % 2 == 0)
        for index, character in enumerate(HOSTILE)
    ]
    return [
        (f"{kind}-{index}", None, "deep_link", NOON, meta)
        for kind, kind_metas in (("hostile", metas), ("nameless", NAMELESS))
        for index, meta in enumerate(kind_metas)
    ]


def land(
    project: Project,
    events: Iterable[Event] = (),
    accounts: Iterable[Account] = (),
    loaded_at: str = NOON,
) -> None:
    """Write rows as the loader does; replace existing accounts."""
    with duckdb.connect(str(project.warehouse)) as warehouse:
        for event_id, user_id, event_type, occurred_at, meta in events:
            warehouse.execute(
                "insert into raw.game_events values (?, ?, ?, ?, ?, ?, ?)",
                [event_id, user_id, event_type, occurred_at, NOON, meta, loaded_at],
            )
        for user_id, username, balance in accounts:
            warehouse.execute(
                "insert or replace into raw.players values (?, ?, ?, ?, ?)",
                [user_id, username, "2026-01-01 00:00:00", balance, loaded_at],
            )


@pytest.fixture(scope="module")
def landed(good_once: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project after another build with the rows above. Read it, do not change it."""
    project = good_once.clone_to(tmp_path_factory.mktemp("landed") / "project")
    land(project, [*EARNED, *SPENT, *OTHERS, *hostile_clicks()], ACCOUNTS)
    run = project.build()
    assert run.exit_code == 0, run.output
    return project


@pytest.fixture
def project(landed: Project, tmp_path: Path) -> Project:
    """A copy of the project `landed`."""
    return landed.clone_to(tmp_path / "project")


def test_build_needs_no_api(good_once: Project) -> None:
    assert good_once.report("deep_links") == []
    assert good_once.query("select count(*) from raw.game_events") == [(0,)]
    assert good_once.query("select count(*) from marts.dim_players") == [(0,)]
    assert good_once.query("select count(*) from marts.fct_player_events_daily") == [(0,)]


@pytest.mark.parametrize(
    ("table", "shipped"), [("game_events", ShippedEvents), ("players", ShippedPlayers)]
)
def test_store_tables_and_source_have_the_same_columns(
    good: Project, table: str, shipped: type[ShippedEvents] | type[ShippedPlayers]
) -> None:
    assert good.dbt("parse").exit_code == 0
    manifest = json.loads((good.root / "target/manifest.json").read_text(encoding="utf-8"))
    source = manifest["sources"][f"source.gamehouse.api.{table}"]
    described = [(name, column["data_type"]) for name, column in source["columns"].items()]
    columns = good.query(
        f"""
        select column_name, replace(lower(data_type), 'varchar', 'string')
        from information_schema.columns
        where table_schema = 'raw' and table_name = '{table}'
        order by ordinal_position
        """  # noqa: S608 (the names above)
    )
    assert columns == described
    assert {field.name for field in fields(shipped)} == {name for name, _ in columns} - {
        "loaded_at"
    }


def test_hostile_characters_arrive_exactly(landed: Project) -> None:
    report = landed.report("deep_links")
    schema = json.loads((ROOT / "reports/schemas/deep_links.schema.json").read_text())
    assert list(Draft202012Validator(schema).iter_errors(report)) == []
    characters = [row["character"] for row in report]
    assert characters == sorted(HOSTILE, key=lambda character: character.encode())
    once = {row["character"]: row for row in report if row["character"] != "Knight"}
    at_noon = "2026-02-01T12:00:00Z"
    for character, row in once.items():
        assert row == {
            "character": character,
            "clicks": 1,
            "players": 0,
            "first_click_utc": at_noon,
            "last_click_utc": at_noon,
        }


def test_clicks_on_the_same_character_add_up(landed: Project) -> None:
    (knight,) = [row for row in landed.report("deep_links") if row["character"] == "Knight"]
    assert knight == {
        "character": "Knight",
        "clicks": 3,
        "players": 1,
        "first_click_utc": "2026-02-01T09:00:00.000001Z",
        "last_click_utc": "2026-02-03T09:00:00Z",
    }


def test_players_and_their_days(landed: Project) -> None:
    assert landed.query(
        """
        select
            user_id, username, balance, earned_coins::hugeint, spent_coins::hugeint, event_count,
            earn_count, spend_count, deep_link_count, active_day_count, last_event_at::varchar
        from marts.dim_players
        order by user_id
        """
    ) == [
        (1, "ann", 8, 12, 4, 6, 2, 1, 2, 3, "2026-02-03 09:00:00"),
        (2, "bob", MAX_BALANCE, MAX_BALANCE, 0, 2, 1, 0, 0, 1, NOON),
        (3, "idle", 0, 0, 0, 0, 0, 0, 0, 0, None),
    ]
    assert landed.query(
        """
        select
            user_id, activity_date::varchar, event_type, event_count, earned_coins::hugeint,
            spent_coins::hugeint
        from marts.fct_player_events_daily
        order by all nulls first
        """
    ) == [
        (None, "2026-02-01", "deep_link", len(HOSTILE) + len(NAMELESS), 0, 0),
        (1, "2026-02-01", "deep_link", 1, 0, 0),
        (1, "2026-02-01", "earn", 1, 5, 0),
        (1, "2026-02-01", "level_up", 1, 0, 0),
        (1, "2026-02-02", "earn", 1, 7, 0),
        (1, "2026-02-02", "spend", 1, 0, 4),
        (1, "2026-02-03", "deep_link", 1, 0, 0),
        (2, "2026-02-01", "earn", 1, MAX_BALANCE, 0),
        (2, "2026-02-01", "spend", 1, 0, 0),
    ]


def test_sources_and_sinks_of_coins(landed: Project) -> None:
    assert landed.query(
        """
        select
            activity_date::varchar, coin_reason, earn_count, spend_count, player_count,
            earned_coins::hugeint, spent_coins::hugeint
        from marts.fct_coins_daily
        order by all nulls first
        """
    ) == [
        ("2026-02-01", None, 1, 0, 1, MAX_BALANCE, 0),
        ("2026-02-01", "win", 1, 0, 1, 5, 0),
        ("2026-02-02", "hat", 0, 1, 1, 0, 4),
        ("2026-02-02", "win", 1, 0, 1, 7, 0),
    ]


def test_events_change_no_other_report(good_once: Project, landed: Project) -> None:
    """The API's events are the newest rows, but do not determine the as-of date."""
    assert landed.report("manifest")["as_of_date"] == good_once.report("manifest")["as_of_date"]
    before, after = good_once.report_bytes(), landed.report_bytes()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"characters.json", "deep_links.json", "manifest.json"}


def test_order_of_landing_changes_no_byte(project: Project) -> None:
    before = project.report_bytes()
    with duckdb.connect(str(project.warehouse)) as warehouse:
        warehouse.execute("delete from raw.game_events")
    land(project, reversed([*EARNED, *SPENT, *OTHERS, *hostile_clicks()]))
    run = project.build("--threads", "1")
    assert run.exit_code == 0, run.output
    assert project.report_bytes() == before


def test_tampered_balance_stops_every_report(project: Project) -> None:
    before = project.report_bytes()
    project.write_inputs({"costs_daily": "date,campaign,ad_cost_usd\n2026-01-05,A,20\n"})
    land(project, accounts=[(1, "ann", 13)])
    run = project.build()
    assert run.exit_code == 1
    assert "FAIL 1 balances_equal_net_coins" in run.output
    assert project.report_bytes() == before


def test_money_proof_names_the_player_who_breaks_it(project: Project) -> None:
    events: list[Event] = [
        ("b-1", 12, "earn", NOON, '{"amount": 5}'),
        ("b-2", 13, "earn", NOON, '{"amount": "five"}'),
        ("b-3", 14, "earn", NOON, f'{{"amount": {MAX_BALANCE}}}'),
        ("b-4", 14, "earn", NOON, f'{{"amount": {MAX_BALANCE}}}'),
        ("b-5", 15, "earn", NOON, '{"amount": 1}'),
        ("b-6", None, "earn", NOON, '{"amount": 1}'),
        ("b-7", 16, "earn", NOON, f'{{"amount": {10**30}}}'),
        ("b-8", 17, "earn", NOON, '{"amount": 5}'),
        ("b-9", 17, "spend", NOON, '{"amount": 3, "balance": 2}'),
        ("b-10", 18, "spend", NOON, '{"amount": "three", "balance": 2}'),
    ]
    accounts: list[Account] = [
        (11, "coins from nowhere", 1),
        (12, "coins lost", 4),
        (13, "unreadable amount", 0),
        (14, "sum beyond 64 bits", MAX_BALANCE),
        (16, "amount beyond 64 bits", 0),
        (17, "spent and kept", 5),
        (18, "unreadable amount that was spent", 0),
    ]
    land(project, events, accounts)
    run = project.dbt("test", "--select", "balances_equal_net_coins", "--store-failures")
    assert run.exit_code == 1
    assert project.query(
        "select user_id from dbt_test__audit.balances_equal_net_coins order by all nulls last"
    ) == [(11,), (12,), (13,), (14,), (15,), (16,), (17,), (18,), (None,)]


def test_tests_pass_between_builds(project: Project) -> None:
    """New API events arrive while the marts contain the last build's data."""
    land(
        project,
        [("later-1", 4, "earn", NOON, '{"amount": 3}'), ("later-2", 1, "login", NOON, None)],
        [(4, "new", 3)],
    )
    run = project.dbt("test")
    assert run.exit_code == 0, run.output


@pytest.mark.parametrize(
    ("loaded_at", "outcome"),
    [(None, "WARN"), ("2020-01-01 00:00:00", "WARN"), ("just now", "PASS")],
)
def test_freshness_warns_and_never_fails(
    good: Project, loaded_at: str | None, outcome: str
) -> None:
    if loaded_at == "just now":
        loaded_at = datetime.now(UTC).replace(tzinfo=None).isoformat()
    if loaded_at:
        land(good, [("e", None, "deep_link", NOON, None)], loaded_at=loaded_at)
    run = good.dbt("source", "freshness")
    assert run.exit_code == 0, run.output
    assert f"{outcome} freshness of api.game_events" in run.output
