"""`python -m warehouse inspect FILE`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.support.harness import GOOD, Project, Run
from tests.system.inputs.exports import write_exports

# Files, and the input and preset that fit each.
FILES = {
    "exports/pull 1.csv": ("purchases_raw", "appsflyer_pull_api"),
    "exports/locker/part-00000.snappy.parquet": ("purchases_raw", "appsflyer_data_locker"),
    "exports/google/salesreport_202601.csv": ("confirmed_purchases", "google_play_sales"),
    "exports/cost_etl/dt=2026-01-05/b=9/part.parquet": ("costs_daily", "appsflyer_cost_etl"),
    "seeds/sessions.csv": ("sessions", "gamehouse"),
}


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with exports and without a mapping."""
    project = Project.copy_to(tmp_path_factory.mktemp("studio") / "project")
    project.write_inputs(GOOD)
    write_exports(project.root / "exports")
    (project.root / "exports/own.csv").write_text("when,who\n2026-01-05,u1\n")
    return project


def inspect(project: Project, *files: str) -> Run:
    return project.run(sys.executable, "-m", "warehouse", "inspect", *files)


@pytest.fixture(scope="module")
def inspected(studio: Project) -> Run:
    """All files, one of which fits nothing."""
    return inspect(studio, *FILES, "exports/own.csv")


@pytest.mark.parametrize("file", FILES)
def test_the_mapping_of_a_file_can_be_pasted(inspected: Run, file: str) -> None:
    name, preset = FILES[file]
    expected = f'vars:\n  inputs:\n    {name}: {{preset: {preset}, path: "{file}"}}\n'
    assert expected in inspected.output


def test_the_project_is_untouched(studio: Project, inspected: Run) -> None:
    assert inspected.output
    assert not studio.warehouse.exists()
    assert not (studio.root / "target/inputs").exists()


def test_what_does_not_parse_is_counted(inspected: Run) -> None:
    assert (
        "event_time_utc: 1 of 3 values do not parse, such as '########'. Their rows will be set"
        " aside.\n"
    ) in inspected.output
    assert re.search("receipt_id +Event Value +1 +RCP-1\n", inspected.output)


def test_a_file_that_fits_nothing_is_told_what_it_lacks(inspected: Run) -> None:
    assert inspected.exit_code == 1
    assert "exports/own.csv fits no preset." in inspected.output
    assert "  sessions: event_timestamp_utc, user_id, event_name\n" in inspected.output


def test_a_declared_file_is_read_with_its_mapping(studio: Project, tmp_path: Path) -> None:
    project = studio.clone_to(tmp_path / "project")
    settings = project.root / "dbt_project.yml"
    mapping = (
        "inputs: {sessions: {path: exports/own.csv, columns: {event_timestamp_utc: When,"
        " user_id: Who, event_name: {value: session_start}}}}"
    )
    settings.write_text(settings.read_text("utf-8").replace("  inputs: null", f"  {mapping}"))
    run = inspect(project, "exports/own.csv")
    assert run.exit_code == 0, run.output
    assert "exports/own.csv is sessions by var inputs, with 1 rows." in run.output
    assert "2026-01-05T00:00:00Z" in run.output


def test_a_missing_file_is_told(studio: Project) -> None:
    run = inspect(studio, "exports/none.csv")
    assert run.exit_code == 2
    assert run.output == ("exports/none.csv is not a file. Name CSV or Parquet files.\n")
