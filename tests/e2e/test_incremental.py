"""A build on a warehouse with a past leaves what a full refresh of the same files leaves."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.e2e.nasty import nasty_inputs
from tests.harness import Project
from tests.long import IS_LONG

Inputs = Mapping[str, str]

PURCHASES = "appsflyer_id,event_name,event_time_utc,revenue_usd,campaign,receipt_id,status\n"
CONFIRMED = "appsflyer_id,event_name,event_time_utc,revenue_usd,campaign,receipt_id\n"
SESSIONS = "event_timestamp_utc,user_id,event_name\n"
COSTS = "date,campaign,ad_cost_usd\n"

FIRST_DAYS: Inputs = {
    "purchases_raw": PURCHASES
    + "p1,purchase,2026-01-01T10:00:00Z,5.00,A,RCP-1,success\n"
    + "p1,purchase,2026-01-01T11:00:00Z,4.00,A,,success\n"
    + "p2,purchase,2026-01-01T12:00:00Z,3.00,B,RCP-2,success\n"
    + "p3,purchase,2026-01-02T12:00:00Z,9.00,B,RCP-3,success\n",
    "confirmed_purchases": CONFIRMED
    + "p1,purchase,2026-01-01T10:01:00Z,5.00,A,RCP-1\n"
    + "p3,purchase,2026-01-02T12:09:00Z,9.00,B,RCP-3\n",
    "sessions": SESSIONS
    + "2026-01-01T09:00:00Z,p1,session_start\n2026-01-02T09:00:00Z,p2,session_start\n",
    "costs_daily": COSTS + "2026-01-01,A,10\n2026-01-01,B,10\n2026-01-02,B,10\n",
}

# Seeds of nasty rows, and over how many builds they come.
MANY = [(seed, portions) for seed in range(6, 10) for portions in (2, 3, 5)]
# Neither the checkpoints' views nor the tests change a table.
ONLY_WHAT_IS_COMPARED = ["--exclude", "path:models/quality", "--exclude-resource-type", "test"]

INCREMENTAL = [
    "staging.stg_appsflyer__purchases",
    "staging.stg_store__confirmed_purchases",
    "staging.stg_game__sessions",
    "intermediate.int_purchases__classified",
    "intermediate.int_reconciliation__paired",
    "intermediate.int_reconciliation__matched",
    "intermediate.int_reconciliation__neighbours_measured",
    "marts.fct_reconciliation",
]

# Tables and views of the layers, and whether their rows tell which build wrote them.
RELATIONS = """
select table_schema || '.' || table_name, bool_or(column_name = 'build_number')
from information_schema.columns
where table_schema in ('staging', 'intermediate', 'marts', 'reports')
group by all
order by all
"""


def contents(project: Project) -> dict[str, list[tuple[object, ...]]]:
    """Read every row of every relation, in a fixed order, without the number of its build."""
    relations = project.query(RELATIONS)
    assert {name for name, is_numbered in relations if is_numbered} >= set(INCREMENTAL)
    return {
        name: project.query(
            f"select * {'exclude (build_number)' if is_numbered else ''}"  # noqa: S608 (our own names)
            f" from {name} order by all"
        )
        for name, is_numbered in relations
    }


def build(project: Project, *arguments: str, variables: dict[str, object] | None = None) -> None:
    run = project.build(*ONLY_WHAT_IS_COMPARED, *arguments, variables=variables)
    assert run.exit_code == 0, run.output


def run(project: Project, *arguments: str) -> None:
    ran = project.dbt(*arguments)
    assert ran.exit_code == 0, ran.output


def build_numbers(project: Project, *relations: str) -> set[int]:
    """Tell which builds wrote the rows of relations."""
    numbers: set[int] = set()
    for relation in relations:
        numbers.update(
            *project.query(f"select distinct build_number from {relation}")  # noqa: S608 (our own)
        )
    return numbers


def assert_as_after_full_refresh(project: Project) -> None:
    """Compare warehouse and reports with those of a full refresh."""
    found, reports = contents(project), project.report_bytes()
    build(project, "--full-refresh")
    assert found == contents(project)
    assert reports == project.report_bytes()


def appended(**lines: str) -> dict[str, str]:
    """The first days with lines at the end."""
    return {name: text + lines.get(name, "") for name, text in FIRST_DAYS.items()}


@pytest.fixture(scope="module")
def first_days(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.copy_to(tmp_path_factory.mktemp("first_days") / "project")
    project.write_inputs(dict(FIRST_DAYS))
    build(project)
    return project


@pytest.fixture
def started(first_days: Project, tmp_path: Path) -> Project:
    """A project whose first days are built, as build 1."""
    return first_days.clone_to(tmp_path / "project")


def test_new_day_late_rows_and_restated_costs(started: Project) -> None:
    """Every kind of row that changes what is known of an earlier day, in one build."""
    inputs = appended(
        purchases_raw=(
            # an earlier success with a receipt that is known: the known row becomes the duplicate
            "p2,purchase,2026-01-01T11:59:00Z,3.00,B,RCP-2,success\n"
            # the same again, without a receipt
            "p1,purchase,2026-01-01T11:00:00Z,4.00,A,,success\n"
            # charges back what was matched
            "p3,purchase,2026-01-03T08:00:00Z,9.00,B,RCP-3,chargeback\n"
            # late, and nearer to the confirmation that went to another purchase
            "p1,purchase,2026-01-01T10:01:30Z,5.00,A,RCP-9,success\n"
            # a new day, a new player
            "p4,purchase,2026-01-03T10:00:00Z,2.00,A,RCP-4,success\n"
            "p4,purchase,no time,2.00,A,RCP-5,success\n"
        ),
        confirmed_purchases=(
            # late: what was af_only is matched
            "p1,purchase,2026-01-01T11:02:00Z,4.00,A,RCP-8\n"
            "p2,purchase,2026-01-01T11:58:00Z,3.00,B,RCP-2\n"
            "p5,purchase,2026-01-03T10:00:00Z,2.00,A,RCP-6\n"
        ),
        sessions="2026-01-01T23:00:00Z,p9,session_start\n2026-01-03T09:00:00Z,p1,session_start\n",
    )
    inputs["costs_daily"] = COSTS + "2026-01-01,A,7\n2026-01-02,B,\n2026-01-03,A,1\n"
    before = started.report("roas_d1")
    started.write_inputs(inputs)
    build(started)
    assert started.report("roas_d1") != before
    assert build_numbers(started, "staging.stg_game__sessions") == {1, 2}
    assert build_numbers(started, "intermediate.int_purchases__classified") == {1, 2}
    assert started.query(
        "select purchase_id, disposition, duplicate_of, is_charged_back"
        " from intermediate.int_purchases__classified where purchase_id in (3, 4) order by all"
    ) == [(3, "duplicate", 5, False), (4, "curated", None, True)]
    assert started.query(
        "select purchase_id, outcome from marts.fct_reconciliation"
        " where purchase_id in (2, 3, 5) order by all"
    ) == [(2, "matched"), (5, "matched")]
    assert_as_after_full_refresh(started)


def test_only_what_changed_is_written_again(started: Project) -> None:
    """The same files change nothing; a new purchase touches its player's rows, and no other's."""
    found, reports = contents(started), started.report_bytes()
    build(started)
    assert build_numbers(started, *INCREMENTAL) == {1}
    assert (contents(started), started.report_bytes()) == (found, reports)
    started.write_inputs(
        appended(purchases_raw="p1,purchase,2026-01-03T10:00:00Z,2.00,A,RCP-4,success\n")
    )
    build(started)
    assert started.query(
        "select distinct appsflyer_id, build_number from marts.fct_reconciliation order by all"
    ) == [("p1", 3), ("p2", 1), ("p3", 1)]
    assert started.query(
        "select purchase_id from intermediate.int_purchases__classified where build_number > 1"
    ) == [(5,)]


def test_file_that_did_not_just_grow_starts_anew(started: Project) -> None:
    confirmed = FIRST_DAYS["confirmed_purchases"]
    changes = {
        "a row changed": ("sessions", FIRST_DAYS["sessions"].replace("p2", "p1")),
        "a row left": ("purchases_raw", "".join(FIRST_DAYS["purchases_raw"].splitlines(True)[:-1])),
        # as in an export that is sorted by time
        "a late row in the middle": (
            "confirmed_purchases",
            confirmed.replace("\np3,", "\np2,purchase,2026-01-01T12:01:00Z,3.00,B,RCP-2\np3,"),
        ),
    }
    for number, (name, text) in enumerate(changes.values(), start=2):
        assert text != FIRST_DAYS[name]
        started.write_inputs({name: text})
        build(started)
        assert build_numbers(started, *INCREMENTAL) == {number}
    assert started.query("select count(*) from marts.fct_purchases") == [(3,)]
    assert started.query(
        "select outcome from marts.fct_reconciliation where appsflyer_id = 'p2'"
    ) == [("matched",)]


def test_other_rules_start_anew(started: Project) -> None:
    build(started, variables={"receipt_pattern": "X"})
    assert build_numbers(started, "intermediate.int_purchases__classified") == {2}
    macro = started.root / "macros/reconciliation_window.sql"
    macro.write_text(macro.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    build(started)
    assert build_numbers(started, "intermediate.int_purchases__classified") == {3}
    assert build_numbers(started, "marts.fct_reconciliation") == {3}


def test_another_day_to_look_back_from_starts_nothing_anew(started: Project) -> None:
    build(started, variables={"as_of_date": "2026-01-02"})
    assert build_numbers(started, *INCREMENTAL) == {1}
    assert {row["date"] for row in started.report("roas_d1")} == {"2026-01-01"}


def test_part_of_a_build_leaves_the_rest_to_the_next(started: Project) -> None:
    """Other files, and a run of one model only: the others are not forgotten."""
    started.write_inputs({"purchases_raw": FIRST_DAYS["purchases_raw"].replace("5.00", "6.00")})
    run(started, "seed", "--select", "purchases_raw")
    run(started, "run", "--select", "stg_appsflyer__purchases")
    build(started)
    assert build_numbers(started, "staging.stg_appsflyer__purchases") == {3}
    assert build_numbers(started, "marts.fct_reconciliation") == {4}
    run(started, "run", "--full-refresh", "--select", "int_purchases__classified")
    build(started)
    assert build_numbers(started, "marts.fct_reconciliation") == {6}
    assert_as_after_full_refresh(started)


def test_refused_file_is_loaded_once_it_is_mended(started: Project) -> None:
    line = "p4,purchase,2026-01-03T10:00:00Z,2.00,A,RCP-4\n"
    started.write_inputs(appended(confirmed_purchases=line + 'p5,"broken\n'))
    refused = started.dbt("seed")
    assert refused.exit_code != 0
    assert "confirmed_purchases.csv has quotes that never close: see line" in refused.output
    assert started.query("select count(*) from raw.confirmed_purchases") == [(2,)]
    started.write_inputs(appended(confirmed_purchases=line))
    run(started, "seed")
    assert started.query("select appsflyer_id from raw.confirmed_purchases order by all") == [
        ("p1",),
        ("p3",),
        ("p4",),
    ]


@pytest.mark.parametrize(("seed", "portions"), MANY if IS_LONG else [(6, 3)])
def test_nasty_rows_in_any_portions(project: Project, seed: int, portions: int) -> None:
    """Rows in any order, so that late ones abound, arrive in portions over several builds."""
    chance = random.Random(seed)
    shuffled = {}
    for name, text in nasty_inputs(seed, 800).items():
        header, *rows = csv.reader(io.StringIO(text, newline=""))
        chance.shuffle(rows)
        shuffled[name] = (header, rows)
    for portion in range(1, portions + 1):
        project.write_inputs(
            {
                name: as_csv([header, *rows[: len(rows) * portion // portions]])
                for name, (header, rows) in shuffled.items()
            }
        )
        build(project)
    assert build_numbers(project, "intermediate.int_purchases__classified") == set(
        range(1, portions + 1)
    )
    assert_as_after_full_refresh(project)


def as_csv(rows: list[list[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
