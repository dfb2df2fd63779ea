"""Bad inputs, settings and disks give a clear error and leave the earlier reports unchanged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.harness import DBT, GOOD, ROOT, Project
from warehouse.inputs.headers import HEADERS


def assert_refused(
    project: Project,
    *words: str,
    variables: str | None = None,
    environment: dict[str, str] | None = None,
) -> str:
    """The build fails with this output and does not change reports and raw rows."""
    reports = project.report_bytes()
    rows = project.query("select * from raw.costs_daily")
    given = ["--vars", variables] if variables else []
    run = project.build(*given, environment=environment)
    assert run.exit_code != 0, run.output
    folded = " ".join(run.output.split())
    for word in words:
        assert word in folded
    assert "Traceback" not in run.output
    assert project.report_bytes() == reports
    assert project.query("select * from raw.costs_daily") == rows
    return run.output


def test_renamed_column(good: Project) -> None:
    good.write_inputs({"costs_daily": "date,campaign,cost\n2026-01-05,A,10\n"})
    assert_refused(
        good,
        "seeds/costs_daily.csv has no column ad_cost_usd.",
        "It has: date, campaign, cost.",
        "it must have date,campaign,ad_cost_usd",
    )


def test_other_columns_other_order_and_other_line_ends_do_no_harm(good: Project) -> None:
    """As saved by a spreadsheet: byte order mark, CRLF, quoted names, trailing comma."""
    good.write_inputs(
        {
            "costs_daily": '\ufeff"campaign", ad_cost_usd,note,date,\r\n'
            'A,"20,5","say ""hi"",\r\nthen go",2026-01-05,\r\n'
        }
    )
    run = good.build("--select", "+stg_ads__costs")
    assert run.exit_code == 0, run.output
    assert good.query(
        "select cost_date::text, campaign, ad_cost_usd::double from staging.stg_ads__costs"
    ) == [("2026-01-05", "A", 20.5)]
    assert good.query("select note from raw.costs_daily") == [('say "hi",\r\nthen go',)]


def test_header_without_rows(good: Project) -> None:
    good.write_inputs({"costs_daily": "date,campaign,ad_cost_usd\n"})
    assert_refused(
        good, "seeds/costs_daily.csv has a header and no rows", "allow_empty_inputs: true"
    )


def test_header_without_rows_is_taken_where_it_is_meant(good: Project) -> None:
    good.write_inputs({name: text.splitlines(keepends=True)[0] for name, text in GOOD.items()})
    run = good.build(variables={"allow_empty_inputs": True})
    assert run.exit_code == 0, run.output
    assert good.report("purchases_curated") == []
    assert good.report("roas_d1") == []
    assert good.report("arpdau_d1") == [
        {"date": None, "revenue_usd": 0, "dau": 0, "arpdau_usd": None, "state": "missing_sessions"}
    ]
    summary = good.run(sys.executable, "-m", "warehouse", "summary")
    assert summary.exit_code == 0, summary.output
    assert "there is no activity" in summary.output


def test_files_that_dbt_cannot_read_are_named_before_it_starts(good: Project) -> None:
    costs, sessions = good.root / "seeds/costs_daily.csv", good.root / "seeds/sessions.csv"
    costs.unlink()
    sessions.write_bytes("event_timestamp_utc,user_id,event_name\n,Jos\xe9,\n".encode("latin-1"))
    run = good.run(sys.executable, "-m", "warehouse", "inputs")
    assert run.exit_code == 1
    assert run.output.splitlines() == [
        "seeds/costs_daily.csv is missing. Put the export there, with the header line"
        " date,campaign,ad_cost_usd",
        "seeds/sessions.csv is not UTF-8 text: see line 2. Save it as UTF-8. Or leave it so,"
        " outside of seeds/, and name its encoding in var inputs (docs/inputs.md).",
    ]


def test_missing_file(good: Project) -> None:
    reports = good.report_bytes()
    (good.root / "seeds/costs_daily.csv").unlink()
    run = good.build()
    assert run.exit_code != 0
    assert "depends on a node named 'costs_daily' which was not found" in run.output
    assert good.report_bytes() == reports


A_TIME = "2026-01-31 00:00:00"


@pytest.mark.parametrize(
    "settings",
    [
        {
            "as_of_date": ("2026-02-30", "a date that exists, as YYYY-MM-DD"),
            "reconciliation_window_minutes": (-1, "a whole number, 0 or greater"),
            "roas_anomaly_ratio": ("half", "a number, 0 or greater"),
            "roas_trial_z": (-1, "a number, 0 or greater"),
            "roas_daily_variation": ("some", "a number, 0 or greater"),
            "roas_trial_window_days": (0, "a whole number, 1 or greater"),
            "roas_trial_min_history_days": (0, "a whole number, 1 or greater"),
            "sweep_min_rows": (0, "a whole number, 1 or greater"),
            "window_fit_min_share": (-0.1, "a number, 0 or greater"),
            "zone_shift_min_share": ("tenth", "a number, 0 or greater"),
            "page_max_days": (0, "a whole number, 1 or greater"),
            "page_max_charts": (0, "a whole number, 1 or greater"),
            "page_max_rows": (0, "a whole number, 1 or greater"),
            "purchase_event_names": ("purchase", "a list of texts"),
            "refund_statuses": (["refund", None], "a list of texts"),
            "allow_empty_inputs": ("no", "true or false"),
            "last_day_is_complete": ("yes", "true or false"),
            "receipt_patterns": (
                ["RCP-1", "RCP-[0-9"],
                "a list of one or more regular expressions of RE2 (missing ]: [0-9)",
            ),
        },
        {
            "as_of_date": (A_TIME, "a date that exists, as YYYY-MM-DD"),
            "inputs": (
                {"sessions": {"timezone": "Berlin"}},
                "null or a mapping of inputs to mappings as in docs/inputs.md: in sessions,"
                ' timezone is "Berlin", not "UTC"',
            ),
            "receipt_patterns": ("^RCP-[0-9]+$", "a list of one or more regular expressions"),
        },
        {
            "as_of_date": ("yesterday", "a date that exists, as YYYY-MM-DD"),
            "receipt_patterns": ([], "a list of one or more regular expressions"),
        },
    ],
)
def test_all_bad_settings_are_told(good: Project, settings: dict[str, tuple[object, str]]) -> None:
    """Without quotes, YAML reads a time as such."""
    variables = json.dumps({name: value for name, (value, _) in settings.items()})
    told = [
        f"Var {name} is {json.dumps(value)}. It must be {expected}"
        for name, (value, expected) in settings.items()
    ]
    assert_refused(
        good,
        *(text.replace(f'"{A_TIME}"', A_TIME) for text in told),
        variables=variables.replace(f'"{A_TIME}"', A_TIME),
    )


def test_unknown_settings_are_told(good: Project) -> None:
    """Of the command line and of the project file, but for one that something reads."""
    settings = good.root / "dbt_project.yml"
    own = "vars:\n  own_number: 5\n  landings: x\n"
    settings.write_text(settings.read_text().replace("vars:\n", own))
    (good.root / "models/own.sql").write_text("select {{ var('own_number') }} as n")
    output = assert_refused(
        good,
        "Var landings is unknown: nothing reads it. Did you mean landing?",
        "Var receipt_pattern is unknown: nothing reads it. Did you mean receipt_patterns?",
        "Var roas_anomly_ratio is unknown: nothing reads it. Did you mean roas_anomaly_ratio?",
        variables='{"receipt_pattern": "X", "roas_anomly_ratio": 0.4}',
    )
    assert "own_number" not in output


@pytest.mark.parametrize(
    ("receipt", "event", "message"),
    [
        (
            "TX-1",
            "purchase",
            "3 rows of purchases_raw.csv are false_success (unknown_receipt_form), 3 of 3"
            ' successes. For example row 1: receipt_id is "TX-1". Var receipt_patterns says what'
            " a receipt looks like.",
        ),
        (
            "",
            "iap",
            "3 rows of purchases_raw.csv are not_a_purchase, 3 of 3 successes. For example row 1:"
            ' event_name is "iap". Var purchase_event_names says what a purchase is called.',
        ),
    ],
)
def test_purchases_that_a_setting_sets_aside(
    good: Project, receipt: str, event: str, message: str
) -> None:
    """No error, because the data may be so; but a revenue of 0 should not be the only sign."""
    rows = [f"p1,{event},2026-01-05 1{hour}:00,5,A,{receipt},success\n" for hour in range(3)]
    good.write_inputs({"purchases_raw": f"{HEADERS['purchases_raw.csv']}\n{''.join(rows)}"})
    run = good.build("--select", "+successes_are_curated")
    assert run.exit_code == 0, run.output
    assert f"successes_are_curated: {message}" in " ".join(run.output.split())


def test_every_var_of_the_project_has_a_rule() -> None:
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    rules = (ROOT / "macros/inputs/setting_rules.sql").read_text(encoding="utf-8")
    without = [name for name in project["vars"] if f"'{name}'" not in rules]
    assert without == [], "add rules for these vars to macros/inputs/setting_rules.sql"


def test_file_that_is_not_a_warehouse(good: Project) -> None:
    good.warehouse.write_text("no database")
    run = good.build()
    assert run.exit_code != 0
    assert "Cannot open the warehouse warehouse/gamehouse.duckdb" in " ".join(run.output.split())
    assert "set WAREHOUSE_PATH to another" in " ".join(run.output.split())
    assert "Traceback" not in run.output
    assert good.warehouse.read_text() == "no database"


@pytest.fixture
def unwritable(tmp_path: Path) -> Iterator[Path]:
    """A folder that not even root can write: an empty file system mounted read-only."""
    folder = tmp_path / "unwritable"
    folder.mkdir()
    if os.geteuid() == 0:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)], check=True)
        yield folder
        subprocess.run(["umount", str(folder)], check=True)
    else:
        folder.chmod(0o500)
        yield folder
        folder.chmod(0o700)


@pytest.mark.parametrize("setting", ["REPORTS_PATH", "WAREHOUSE_PATH"])
def test_disk_that_cannot_be_written(good: Project, unwritable: Path, setting: str) -> None:
    target = unwritable / "gamehouse.duckdb" if setting == "WAREHOUSE_PATH" else unwritable
    assert_refused(
        good,
        f"Cannot write to {unwritable}.",
        f"set {setting} to a writable path",
        environment={setting: str(target)},
    )


def test_warehouse_that_another_process_holds(good: Project) -> None:
    hold = (
        "import duckdb, time\n"
        "held = duckdb.connect('warehouse/gamehouse.duckdb')\n"
        "print('held')\n"
        "time.sleep(60)\n"
    )
    holder = good.start(sys.executable, "-c", hold)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    build = good.start(DBT, "build", "--select", "rpt_roas_d1")
    assert build.stdout is not None
    told = next((line for line in build.stdout if "is locked by" in line), "dbt did not say")
    holder.kill()
    holder.communicate()
    output, _ = build.communicate()
    assert f"(PID {holder.pid}); waiting up to 63 s." in told
    assert build.returncode == 0, output


def test_memory_limit_that_is_none_is_named(good: Project) -> None:
    run = good.build(environment={"WAREHOUSE_MEMORY_LIMIT": "much"})
    assert run.exit_code != 0
    assert "WAREHOUSE_MEMORY_LIMIT is 'much'. Set it to an amount such as 8GB" in run.output


def test_memory_limit_holds_in_a_build(good: Project) -> None:
    """A limit that is too small fails the build, which proves that limits apply."""
    run = good.build(environment={"WAREHOUSE_MEMORY_LIMIT": "1MB"})
    assert run.exit_code != 0
    assert "Out of Memory" in run.output
