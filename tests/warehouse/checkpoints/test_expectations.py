"""The two expectations of our own, on a real DuckDB and a real SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

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

pytestmark = RUNS_GREAT_EXPECTATIONS

LANDED = "select event_type, count(*) from raw.events group by event_type"
RECORDED = "select event_type, sum(is_shipped), count(*) from events where true group by event_type"


def measures(**columns: str) -> str:
    """SQL of a table `quality.measures`, a list of values for each column."""
    unnested = ", ".join(f"unnest({values}) as {name}" for name, values in columns.items())
    return f"create schema quality; create table quality.measures as select {unnested}"


# Values, arguments, and the row in the table.
MEASURES: dict[str, tuple[str, Json, list[str]]] = {
    "one": ("[0.5]::double[]", {"max_value": 0.5}, ["at most 0.5", "0.5", "ok"]),
    "several": (
        "[0.1, null, 0.25]::double[]",
        {"min_value": 0.1, "max_value": bound("most")},
        ["0.1 to 0.3", "0.1 to 0.25", "ok"],
    ),
    "decimal": (
        "[0.1, 0.3]::decimal(18, 2)[]",
        {"min_value": 0.1, "max_value": bound("most")},
        ["0.1 to 0.3", "0.1 to 0.3", "ok"],
    ),
    "too_low": ("[3, 1200]::bigint[]", {"min_value": 4}, ["at least 4", "3 to 1,200", "FAILED"]),
    "too_high": ("[3, 1200]", {"max_value": 1199}, ["at most 1,199", "3 to 1,200", "FAILED"]),
    "nothing": ("[null]::double[]", {"min_value": 1}, ["at least 1", "too little data", "-"]),
    "no_number": (
        "[0::double, 'nan'::double]",
        {"max_value": 1},
        ["at most 1", "not a number", "FAILED"],
    ),
    "no_numbers": (
        "['nan', 'nan']::double[]",
        {"max_value": 1},
        ["at most 1", "not a number", "FAILED"],
    ),
    "infinite": (
        "[0::double, 'inf'::double]",
        {"min_value": 0},
        ["at least 0", "0 to inf", "FAILED"],
    ),
    "minus_infinite": (
        "['-inf'::double, 0::double]",
        {"max_value": 1},
        ["at most 1", "-inf to 0", "FAILED"],
    ),
}


def test_measures(gx_project: GxProject) -> None:
    gx_project.execute(measures(**{name: values for name, (values, _, _) in MEASURES.items()}))
    gx_project.write_suites(
        Judged(
            "quality.measures",
            [
                *(
                    expects("measure_to_be_between", name, column=name, **kwargs)
                    for name, (_, kwargs, _) in MEASURES.items()
                ),
                expects("measure_to_be_between", "no_column", column="absent", max_value=1),
            ],
        ),
        bounds={"most": 0.3},
    )
    run = gx_project.check()
    assert run.exit_code == 1
    rows = rows_of(run.output)
    for name, (_, _, cells) in MEASURES.items():
        assert rows[name] == [name, *cells]
    assert rows["no_column"] == ["absent", "at most 1", "ERROR"]
    assert 'no_column: What no_column means.\n   Error: The column "absent"' in run.output


def test_the_page_shows_description_value_and_verdict(gx_project: GxProject) -> None:
    gx_project.execute(measures(share="[0.1, 0.4]::double[]", nothing="[null, null]::double[]"))
    gx_project.write_suites(
        Judged(
            "quality.measures",
            [
                expects("measure_to_be_between", "few", column="share", max_value=bound("most")),
                expects("measure_to_be_between", "none", column="nothing", max_value=1),
            ],
        ),
        bounds={"most": 0.3},
    )
    gx_project.check()
    assert gx_project.page_rows() == {
        "few": [
            *("What few means.", "share", "at most 0.3", "0.1 to 0.4", "FAILED"),
        ],
        "none": ["What none means.", "nothing", "at most 1", "too little data"],
    }


# --- Counts ---------------------------------------------------------------------------------------


def record(project: GxProject, events: Iterable[tuple[str, int]]) -> None:
    """Write the store: event types, and whether the event is marked as shipped."""
    store = sqlite3.connect(project.store)
    store.execute("create table events (event_type text, is_shipped int)")
    store.executemany("insert into events values (?, ?)", events)
    store.commit()
    store.close()


def land(project: GxProject, *event_types: str) -> None:
    """Write the warehouse: the type of each event."""
    project.execute("create schema raw; create table raw.events (event_type text)")
    project.execute("insert into raw.events select unnest(?::text[])", list(event_types))


@pytest.fixture
def comparing(gx_project: GxProject) -> GxProject:
    """A project that compares events per type with the store."""
    agree = expects(
        "counts_to_lie_between",
        "agree",
        base_query=LANDED,
        comparison_data_source_name="store",
        comparison_query=RECORDED,
    )
    rows = expects("table_row_count_to_be_between", "landed", min_value=0)
    gx_project.write_suites(Judged("raw.events", [agree, rows]))
    return gx_project


def test_counts_agree_while_events_are_under_way(comparing: GxProject) -> None:
    """One is in the warehouse and not marked yet, one not in the warehouse yet, one type is new."""
    record(comparing, [("earn", 1), ("earn", 0), ("earn", 0), ("new", 0)])
    land(comparing, "earn", "earn")
    run = comparing.check()
    assert rows_of(run.output)["agree"] == ["within those of store", "2 counts", "ok"]
    assert run.exit_code == 0
    assert comparing.page_rows()["agree"][-3:] == ["within those of store", "2 counts", "ok"]


def test_counts_that_lie_outside_are_named(comparing: GxProject) -> None:
    record(comparing, [("earn", 1), ("earn", 1), ("lost", 1), ("ok", 1)])
    land(comparing, "earn", "earn", "earn", "unknown", "ok")
    run = comparing.check()
    assert rows_of(run.output)["agree"] == ["within those of store", "3 of 4 counts", "FAILED"]
    named = "3 of 4 counts: earn: 3 instead of 2, lost: 0 instead of 1, unknown: 1 instead of 0"
    assert named in run.output
    assert named in comparing.page_rows()["agree"]
    assert run.exit_code == 1


def test_counts_of_hundreds_of_keys_are_compared(comparing: GxProject) -> None:
    types = [f"type_{number:04}" for number in range(1000)]
    record(comparing, [(event_type, 1) for event_type in types])
    land(comparing, *types[:-1])
    run = comparing.check()
    assert "1 of 1,000 counts: type_0999: 0 instead of 1" in run.output


def test_no_events_at_all_are_too_little_data(comparing: GxProject) -> None:
    record(comparing, [])
    land(comparing)
    run = comparing.check()
    assert rows_of(run.output)["agree"] == ["within those of store", "too little data", "-"]
    assert run.exit_code == 0


def test_without_a_store_nothing_is_compared_and_none_is_made(comparing: GxProject) -> None:
    land(comparing, "earn")
    run = comparing.check()
    assert rows_of(run.output)["agree"] == ["not compared", "-"]
    assert f"agree: not compared: no store at {comparing.store}" in run.output
    assert "landed: 1 of 2 expectations hold, the rest cannot be judged" in run.output
    assert run.exit_code == 0
    assert not comparing.store.exists()
    assert comparing.page_rows()["agree"][-1] == "not compared"


def test_a_store_that_cannot_be_read_is_a_failure_with_its_reason(comparing: GxProject) -> None:
    land(comparing, "earn")
    comparing.store.write_text("no database at all" * 99)
    run = comparing.check()
    assert rows_of(run.output)["agree"] == ["within those of store", "ERROR"]
    assert "store cannot be read: file is not a database" in run.output
    assert run.exit_code == 1


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg2://game:{secret}@127.0.0.1:1/game",
        "nonsense://game:{secret}@127.0.0.1:1/game",
    ],
)
def test_a_password_is_shown_nowhere(comparing: GxProject, url: str) -> None:
    secret = "s3cret"  # noqa: S105 (guards nothing)
    land(comparing, "earn")
    run = comparing.check(store_url=url.format(secret=secret))
    assert "store cannot be read: " in run.output
    assert run.exit_code == 1
    assert secret not in run.output
    assert secret not in comparing.page.read_text(encoding="utf-8")
