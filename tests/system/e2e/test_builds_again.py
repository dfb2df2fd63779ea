"""The result of a build does not depend on earlier builds, except for what it says of them."""

from __future__ import annotations

import csv
import io
import random
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.support.harness import PARSED, Project
from tests.system.e2e.nasty import nasty_inputs

PURCHASES = "appsflyer_id,event_name,event_time_utc,revenue_usd,campaign,receipt_id,status\n"
CONFIRMED = "appsflyer_id,event_name,event_time_utc,revenue_usd,campaign,receipt_id\n"
SESSIONS = "event_timestamp_utc,user_id,event_name\n"
COSTS = "date,campaign,ad_cost_usd\n"

FIRST_DAYS = {
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
# All kinds of rows that change earlier days.
GROWN = {
    "purchases_raw": FIRST_DAYS["purchases_raw"]
    # an earlier success with a known receipt: the known row becomes the duplicate
    + "p2,purchase,2026-01-01T11:59:00Z,3.00,B,RCP-2,success\n"
    # the same without a receipt
    + "p1,purchase,2026-01-01T11:00:00Z,4.00,A,,success\n"
    # a chargeback of a matched purchase
    + "p3,purchase,2026-01-03T08:00:00Z,9.00,B,RCP-3,chargeback\n"
    # late, and nearer to a confirmation that another purchase matched
    + "p1,purchase,2026-01-01T10:01:30Z,5.00,A,RCP-9,success\n"
    # a new day, a new player
    + "p4,purchase,2026-01-03T10:00:00Z,2.00,A,RCP-4,success\n"
    + "p4,purchase,no time,2.00,A,RCP-5,success\n",
    "confirmed_purchases": FIRST_DAYS["confirmed_purchases"]
    # late: an af_only purchase is matched
    + "p1,purchase,2026-01-01T11:02:00Z,4.00,A,RCP-8\n"
    + "p2,purchase,2026-01-01T11:58:00Z,3.00,B,RCP-2\n"
    + "p5,purchase,2026-01-03T10:00:00Z,2.00,A,RCP-6\n",
    "sessions": FIRST_DAYS["sessions"]
    + "2026-01-01T23:00:00Z,p9,session_start\n2026-01-03T09:00:00Z,p1,session_start\n",
    "costs_daily": COSTS + "2026-01-01,A,7\n2026-01-02,B,\n2026-01-03,A,1\n",
}
# A removed row, a changed row and a late row in the middle, as in an export sorted by time.
# No confirmation has the receipt RCP-2, so only its form makes it genuine.
SHRUNK = {
    "purchases_raw": "".join(FIRST_DAYS["purchases_raw"].splitlines(keepends=True)[:-1]),
    "confirmed_purchases": FIRST_DAYS["confirmed_purchases"].replace(
        "\np3,", "\np2,purchase,2026-01-01T12:01:00Z,3.00,B,RCP-7\np3,"
    ),
    "sessions": FIRST_DAYS["sessions"].replace("p2", "p1"),
}
RULES: dict[str, object] = {"receipt_patterns": ["X"], "reconciliation_window_minutes": 5}
LEFT_BY_EARLIER_VERSIONS = {"builds", "input_loads", "input_files"}
# The checkpoints' views and the tests do not change tables.
ONLY_SESSIONS = ["--select", "+stg_game__sessions"]
ONLY_REPORTS = ["--exclude", "path:models/quality", "--exclude-resource-type", "test"]


def build(project: Project, variables: dict[str, object] | None = None) -> None:
    run = project.build(*ONLY_REPORTS, variables=variables)
    assert run.exit_code == 0, run.output


def assert_as_in_a_new_warehouse(
    project: Project, folder: Path, variables: dict[str, object] | None = None
) -> None:
    """Build again, and compare with a build of a new warehouse."""
    before = project.report_bytes()
    build(project, variables)
    new = project.clone_to(folder)
    new.warehouse.unlink()
    shutil.rmtree(new.reports)
    build(new, variables)
    assert reports_of(project) == reports_of(new)
    assert project.report_bytes() != before


def reports_of(project: Project) -> dict[str, Any]:
    """All reports without restatements.json, which compares with an earlier build."""
    reports: dict[str, Any] = dict(project.report_bytes())
    del reports["restatements.json"]
    manifest = project.report("manifest")
    (restatements,) = [row for row in manifest["files"] if row["file"] == "restatements.json"]
    manifest["files"].remove(restatements)
    return {**reports, "manifest.json": manifest}


def test_inputs_that_grow_and_shrink_and_other_rules(project: Project, tmp_path: Path) -> None:
    project.write_inputs(FIRST_DAYS)
    build(project)
    with duckdb.connect(str(project.warehouse)) as warehouse:
        for table in LEFT_BY_EARLIER_VERSIONS:
            warehouse.execute(f"create table raw.{table} as select 1 as build_number")
    project.write_inputs(GROWN)
    assert_as_in_a_new_warehouse(project, tmp_path / "grown")
    assert project.query(
        "select purchase_id, disposition, duplicate_of, is_charged_back"
        " from intermediate.int_purchases__classified"
        " left join intermediate.int_purchases__curated using (purchase_id)"
        " where purchase_id in (3, 4) order by all"
    ) == [(3, "duplicate", 5, None), (4, "curated", None, True)]
    assert project.query(
        "select purchase_id, outcome from marts.fct_reconciliation"
        " where purchase_id in (2, 3, 5) order by all"
    ) == [(2, "matched"), (5, "matched")]
    tables = project.query(
        "select table_name from information_schema.tables where table_schema = 'raw'"
    )
    assert not {name for (name,) in tables} & LEFT_BY_EARLIER_VERSIONS
    project.write_inputs(SHRUNK)
    assert_as_in_a_new_warehouse(project, tmp_path / "shrunk")
    assert_as_in_a_new_warehouse(project, tmp_path / "ruled", RULES)


def test_nasty_rows_that_come_in_another_order(project: Project, tmp_path: Path) -> None:
    """Build a shuffled part first, so that many rows are late, with a partial build in between."""
    chance = random.Random(6)
    halves, wholes = {}, {}
    for name, text in nasty_inputs(6, 800).items():
        header, *rows = csv.reader(io.StringIO(text, newline=""))
        chance.shuffle(rows)
        halves[name] = as_csv([header, *rows[: len(rows) // 2]])
        wholes[name] = as_csv([header, *rows])
    project.write_inputs(halves)
    build(project)
    project.write_inputs(wholes)
    for arguments in (["seed"], ["run", "--select", "stg_appsflyer__purchases"]):
        run = project.dbt(*arguments)
        assert run.exit_code == 0, run.output
    assert_as_in_a_new_warehouse(project, tmp_path / "wholes")


def as_csv(rows: list[list[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize("variables", [{}, {"landing": "seeds"}])
def test_a_copy_of_a_project_reads_its_own_files(
    good: Project, tmp_path: Path, variables: dict[str, object]
) -> None:
    """Also with dbt's parse cache of the original."""
    (good.root / PARSED).unlink()
    assert good.build(*ONLY_SESSIONS, variables=variables).exit_code == 0
    copy = good.clone_to(tmp_path / "copy")
    (good.root / "seeds/sessions.csv").write_text(SESSIONS)
    run = copy.build(*ONLY_SESSIONS, variables=variables)
    assert run.exit_code == 0, run.output
    assert copy.query("select count(*) from staging.stg_game__sessions") == [(1,)]
    shutil.rmtree(good.root)
    assert copy.build(*ONLY_SESSIONS, variables=variables).exit_code == 0
    assert copy.query("select count(*) from raw.sessions") == [(1,)]
