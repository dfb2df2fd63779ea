"""What cannot be checked is refused with a reason, at once: Great Expectations takes seconds."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.warehouse.checkpoints.gx_project import GxProject, Judged, bound, expects
from warehouse.checkpoints.errors import CannotCheckError
from warehouse.database import WarehouseUnavailableError
from warehouse.taxonomy.command import MISFIT_MEASURES

FEW = expects("column_values_to_be_between", "few", column="share", max_value=bound("most"))


@pytest.fixture
def days(gx_project: GxProject, monkeypatch: pytest.MonkeyPatch) -> GxProject:
    """A project that could be checked, and Great Expectations that must not be imported."""
    monkeypatch.setitem(sys.modules, "warehouse.checkpoints.run", None)
    gx_project.execute("create schema quality; create table quality.days as select 1 as share")
    gx_project.write_suites(Judged("quality.days", [FEW]), bounds={"most": 1})
    return gx_project


def test_a_warehouse_that_does_not_exist(days: GxProject) -> None:
    days.warehouse.unlink()
    with pytest.raises(WarehouseUnavailableError, match="Run `make build` first"):
        days.check()
    assert not days.warehouse.exists()


def test_tables_that_do_not_exist(days: GxProject) -> None:
    suites = [Judged(f"quality.{name}", [{**FEW, "name": name}]) for name in "ab"]
    days.write_suites(*suites, Judged("quality.days", [FEW]), bounds={"most": 1})
    with pytest.raises(CannotCheckError) as error:
        days.check()
    assert str(error.value) == (
        f"quality.a, quality.b do not exist in {days.warehouse}."
        " Run `make build` or `dbt build` first."
    )


def test_misfits_are_judged_if_there_is_a_taxonomy(
    days: GxProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    misfits = Judged(MISFIT_MEASURES, [{**FEW, "name": "fit"}])
    days.write_suites(Judged("quality.days", [FEW]), misfits, bounds={"most": 1})
    with pytest.raises(ImportError, match=r"warehouse\.checkpoints\.run"):
        days.check()
    (tmp_path / "types.yml").write_text("events: {level_up: {}}", encoding="utf-8")
    monkeypatch.setenv("EVENTS_FILE", str(tmp_path / "types.yml"))
    with pytest.raises(CannotCheckError) as error:
        days.check()
    assert str(error.value) == (
        f"quality.qa_event_misfits does not exist in {days.warehouse}."
        " Run `python -m warehouse events`, then `dbt build`."
    )


def test_only_the_tables_of_the_checkpoints_that_run_are_needed(days: GxProject) -> None:
    days.execute("drop table quality.days")
    with pytest.raises(ImportError, match=r"warehouse\.checkpoints\.run"):
        days.check("marts")


def test_bounds_that_do_not_fit(days: GxProject) -> None:
    days.write_suites(Judged("quality.days", [FEW]), bounds={"mots": 1})
    with pytest.raises(CannotCheckError, match=r"bounds\.yml lacks most"):
        days.check()


def test_a_project_that_is_incomplete(days: GxProject) -> None:
    path = days.folder / "suites.yml"
    path.unlink()
    with pytest.raises(CannotCheckError, match=f"^{re.escape(str(path))} is missing"):
        days.check()


def test_reports_that_cannot_be_written(days: GxProject) -> None:
    days.reports.write_text("a file where the folder should be")
    with pytest.raises(CannotCheckError, match=r"Cannot write to .*/reports: .*Set REPORTS_PATH"):
        days.check()
