"""`check` on a project of the test's own: verdicts, the page, the manifest, what is left alone."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.checkpoints.gx_project import (
    RUNS_GREAT_EXPECTATIONS,
    GxProject,
    Json,
    Judged,
    bound,
    expects,
    rows_of,
)
from tests.warehouse.loader.shipping import held
from warehouse.checkpoints.errors import CannotCheckError
from warehouse.database import WarehouseUnavailableError, connect_when_free
from warehouse.settings import Settings

pytestmark = RUNS_GREAT_EXPECTATIONS

DAYS = """
create schema quality;
create table quality.days as
select
    i as day_id,
    date '2026-01-01' + i::int as day,
    case when i % 2 = 0 then 'costs' else 'sessions' end as source,
    i / 10 as share,
    case when i < 9 then 1 end as seen,
    case when i < 9 then 1 else 2 end as again,
    null::int as unknown
from range(10) days(i)
"""
MANIFEST = (
    '{"as_of_date":"2026-01-30","d1_date":"2026-01-29","dbt_version":"1","engine_version":"1",'
    '"quality_status":"passed","checkpoint_landed":"not_run","checkpoint_marts":"not_run",'
    '"checkpoint_reports":"not_run","files":[\n'
    '{"kind":"input","file":"a.csv","row_count":2,"sha256":"ab"}\n]}\n'
)
RPT_MANIFEST = """
create schema reports;
create table reports.rpt_manifest as
select 'input' as kind, 'a.csv' as file, 2 as row_count, 'ab' as sha256
"""
WRITE = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute('create table intruder (i int)')"

FEW = expects("column_values_to_be_between", "few", column="share", max_value=bound("most"))


@pytest.fixture
def days(gx_project: GxProject) -> GxProject:
    """A warehouse of ten days, a manifest of its build, and one expectation that `most` decides."""
    gx_project.execute(DAYS)
    gx_project.execute(RPT_MANIFEST)
    gx_project.reports.mkdir()
    (gx_project.reports / "manifest.json").write_text(MANIFEST)
    expect(gx_project, most=1)
    return gx_project


def expect(project: GxProject, *, most: float) -> None:
    """Expect that no share is above `most`."""
    project.write_suites(Judged("quality.days", [FEW], ["source", "day"]), bounds={"most": most})


def verdicts(project: GxProject) -> list[str]:
    manifest = json.loads((project.reports / "manifest.json").read_text())
    return [manifest[f"checkpoint_{name}"] for name in ("landed", "marts", "reports")]


def test_all_hold(days: GxProject) -> None:
    run = days.check()
    assert run.exit_code == 0
    assert rows_of(run.output)["few"] == ["share", "at most 1", "10 rows", "ok"]
    assert run.output.splitlines()[-2:] == [
        "landed: 1 expectations, all hold",
        f"Checkpoints: {days.page}",
    ]
    assert verdicts(days) == ["passed", "not_run", "not_run"]


def test_one_fails(days: GxProject) -> None:
    expect(days, most=0.5)
    run = days.check()
    assert run.exit_code == 1
    assert rows_of(run.output)["few"] == ["share", "at most 0.5", "4 of 10 rows", "FAILED"]
    assert (
        " few: What few means.\n"
        "   4 of 10 rows: costs 2026-01-07 = 0.6, costs 2026-01-09 = 0.8,"
        " sessions 2026-01-08 = 0.7, ...\n"
        "landed: 1 of 1 FAILED: few\n"
    ) in run.output
    assert verdicts(days) == ["failed", "not_run", "not_run"]
    examples = "costs 2026-01-07 = 0.6, costs 2026-01-09 = 0.8, sessions 2026-01-08 = 0.7, ..."
    few = ["What few means.", "share", "at most 0.5", "4 of 10 rows"]
    assert days.page_rows()["few"] == [*few, f"4 of 10 rows: {examples}", "FAILED"]


def test_one_warns(days: GxProject) -> None:
    warning = {**FEW, "severity": "warning"}
    days.write_suites(Judged("quality.days", [warning], ["source", "day"]), bounds={"most": 0.5})
    run = days.check(brief=True)
    assert run.exit_code == 0
    assert rows_of(run.output)["few"] == ["share", "at most 0.5", "4 of 10 rows", "warning"]
    assert "landed: 0 of 1 expectations hold, 1 warn: few\n" in run.output
    assert verdicts(days) == ["passed", "not_run", "not_run"]
    assert days.page_rows()["few"][-1] == "warning"


def test_a_measure_that_fails_names_its_rows(days: GxProject) -> None:
    low_and_high = expects(
        "measure_to_be_between", "usual", column="share", min_value=0.1, max_value=0.7
    )
    days.write_suites(Judged("quality.days", [low_and_high], ["source", "day"]))
    run = days.check()
    assert rows_of(run.output)["usual"] == ["share", "0.1 to 0.7", "0 to 0.9", "FAILED"]
    assert (
        "   0 to 0.9: costs 2026-01-01 = 0, costs 2026-01-09 = 0.8, sessions 2026-01-10 = 0.9\n"
    ) in run.output


def test_expectations_of_all_kinds_are_understood(days: GxProject) -> None:
    """On rows, pairs, tables and values; and one that Great Expectations cannot do on DuckDB."""
    days.write_suites(
        Judged(
            "quality.days",
            [
                expects("column_values_to_not_be_null", "seen", column="seen"),
                expects(
                    "column_values_to_be_in_set", "known", column="source", value_set=["costs"]
                ),
                expects("column_values_to_be_unique", "once", column="seen"),
                expects(
                    "column_pair_values_to_be_equal", "same", column_A="again", column_B="seen"
                ),
                expects("table_row_count_to_be_between", "landed", min_value=1),
                expects(
                    "compound_columns_to_be_unique", "one_a_day", column_list=["source", "day"]
                ),
                expects(
                    "column_distinct_values_to_contain_set",
                    "complete",
                    column="source",
                    value_set=["costs", "events"],
                ),
                expects("column_values_to_be_between", "unknown", column="unknown", min_value=1),
                expects("column_values_to_match_regex", "regex", column="source", regex="^c"),
            ],
            key=["day_id"],
        )
    )
    run = days.check(width=120)
    rows = rows_of(run.output)
    assert rows["seen"] == ["seen", "not null", "1 of 10 rows", "FAILED"]
    assert rows["known"] == ["source", "one of costs", "5 of 10 rows", "FAILED"]
    assert rows["once"] == ["seen", "unique", "9 of 9 rows", "FAILED"]
    assert rows["same"] == ["again", "= seen", "1 of 10 rows", "FAILED"]
    assert rows["landed"] == ["at least 1", "10", "ok"]
    assert rows["one_a_day"] == ["source, day", "unique", "10 rows", "ok"]
    assert rows["complete"] == ["source", "has costs, events", "1 missing", "FAILED"]
    assert rows["unknown"] == ["unknown", "at least 1", "too little data", "-"]
    assert rows["regex"] == ["source", "column values to match regex", "ERROR"]
    for names in (
        "1 of 10 rows: 9 = null",
        "5 of 10 rows: 1 = sessions, 3 = sessions, 5 = sessions, ...",
        "1 of 10 rows: 9 (again 2, seen null)",
        "1 missing: events",
    ):
        assert f"   {names}\n" in run.output


def test_nothing_to_judge_is_a_failure(days: GxProject) -> None:
    unknown = expects("measure_to_be_between", "unknown", column="unknown", max_value=1)
    days.write_suites(Judged("quality.days", [unknown]))
    run = days.check("landed", "marts")
    assert run.exit_code == 1
    assert "landed: FAILED: none of 1 expectations could be judged" in run.output
    assert "marts: FAILED: it has no expectations" in run.output
    assert verdicts(days) == ["failed", "failed", "not_run"]


def test_a_suite_without_expectations_has_nothing_to_judge(days: GxProject) -> None:
    days.write_suites(Judged("quality.days", []))
    assert "landed: FAILED: it has no expectations" in days.check().output


def test_verdicts_are_not_recorded_for_another_build(days: GxProject) -> None:
    days.execute("update reports.rpt_manifest set sha256 = 'cd'")
    run = days.check()
    assert run.exit_code == 0
    manifest = days.reports / "manifest.json"
    note = (
        f"The verdicts were not recorded: {manifest} and the warehouse are from different builds.\n"
    )
    assert note in run.output
    assert manifest.read_text() == MANIFEST
    days.execute("drop table reports.rpt_manifest")
    assert note in days.check().output


def test_the_page_shows_the_last_run_only(days: GxProject) -> None:
    expect(days, most=0.5)
    days.check()
    expect(days, most=1)
    days.check()
    assert days.page_rows() == {
        "few": ["What few means.", "share", "at most 1", "10 rows", "ok"],
    }
    names = sorted(path.name for path in days.reports.iterdir())
    assert names == ["checkpoints.html", "manifest.json"]


def test_nothing_else_is_touched_and_no_network_is_used(
    days: GxProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("it wants to connect somewhere")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    before = _contents(days.folder), days.warehouse.read_bytes()
    assert days.check().exit_code == 0
    assert (_contents(days.folder), days.warehouse.read_bytes()) == before


def _contents(folder: Path) -> dict[Path, tuple[int, bytes]]:
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    "mistake",
    [{"type": "expect_column_values_to_be_betwen"}, {"kwargs": {"column": "share", "most": 1}}],
)
def test_an_expectation_that_cannot_be_understood_is_no_verdict(
    days: GxProject, mistake: Json
) -> None:
    """Great Expectations would leave it out, and all that is left may hold."""
    misspelt = {**FEW, "name": "misspelt", **mistake}
    days.write_suites(Judged("quality.days", [FEW, misspelt]), bounds={"most": 1})
    with pytest.raises(CannotCheckError, match=r"rejects misspelt in suites\.yml"):
        days.check()
    assert verdicts(days) == ["not_run"] * 3
    assert not days.page.exists()


def test_suites_that_great_expectations_cannot_run_are_no_verdict(days: GxProject) -> None:
    twice = [Judged("quality.days", [{**FEW, "name": name}]) for name in ("few", "again")]
    days.write_suites(*twice, bounds={"most": 1})
    with pytest.raises(CannotCheckError, match=r"^Great Expectations cannot run this: "):
        days.check()


def test_a_store_url_that_is_none_is_not_shown(days: GxProject) -> None:
    with pytest.raises(CannotCheckError, match=r"^STORE_URL is not an SQLAlchemy URL. ") as fault:
        days.check(store_url="game:s3cret@localhost")
    assert "s3cret" not in str(fault.value)


def test_nobody_writes_while_it_judges(days: GxProject, monkeypatch: pytest.MonkeyPatch) -> None:
    from warehouse.checkpoints import run as module  # noqa: PLC0415 (it takes seconds)

    intruders: list[subprocess.CompletedProcess[str]] = []
    judge = module._validate

    def intrude(*arguments: object) -> object:
        command = [sys.executable, "-c", WRITE, str(days.warehouse)]
        intruders.append(subprocess.run(command, capture_output=True, text=True, check=False))
        return judge(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_validate", intrude)
    assert days.check().exit_code == 0
    assert ["Could not set lock on file" in intruder.stderr for intruder in intruders] == [True]
    # It is free again, for other settings too.
    with duckdb.connect(str(days.warehouse)) as warehouse:
        assert (
            warehouse.execute("from duckdb_tables() where table_name = 'intruder'").fetchall() == []
        )


def test_a_warehouse_that_is_taken_meanwhile_is_waited_for(
    days: GxProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    from warehouse.checkpoints import run as module  # noqa: PLC0415 (it takes seconds)

    told: list[str] = []
    slept: list[float] = []

    def wait(path: Path, connect: object, report: object) -> object:
        return connect_when_free(
            path,
            connect,  # type: ignore[arg-type]
            attempts=3,
            report=report,  # type: ignore[arg-type]
            sleep=slept.append,
        )

    monkeypatch.setattr(module, "connect_when_free", wait)
    with held(days.warehouse, "writer") as holder:
        with pytest.raises(WarehouseUnavailableError, match=rf"locked by .*\(PID {holder.pid}\)"):
            module.run_checkpoints(
                {"landed": []},
                {},
                Settings.from_environment(days.environment),
                told.append,
            )
        assert [f"(PID {holder.pid}); waiting up to 3 s" in line for line in told] == [True]
    assert slept == [1, 2]
