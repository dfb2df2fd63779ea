"""Pandas and the warehouse write the same reports, so that their durations are comparable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd  # type: ignore[import-untyped]
import pytest
import yaml

from tests.benchmarks.pipeline import dataframes
from tests.benchmarks.pipeline.dataframes import write_reports
from tests.support.harness import ROOT, Project
from warehouse.inputs.headers import HEADERS
from warehouse.sample.generate import generate_sample
from warehouse.sample.scale import generate_game

PURCHASES, SEED = 5_000, 3
REPORTS = ["purchases_curated", "reconciliation", "roas_d1", "roas_anomaly", "arpdau_d1"]

Folders = tuple[Path, Path]


@pytest.fixture(scope="module", params=["sample", "game"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """The folders of the warehouse's and pandas' reports."""
    folder = tmp_path_factory.mktemp(request.param)
    project = Project.copy_to(folder / "project")
    seeds = project.root / "seeds"
    if request.param == "sample":
        generate_sample(seeds)
    else:
        generate_game(folder / "game", PURCHASES, SEED)
        for name in HEADERS:
            (folder / "game" / name).rename(seeds / name)
    run = project.build("--exclude", "path:models/quality", "--exclude-resource-type", "test")
    assert run.exit_code == 0, run.output
    write_reports(seeds, folder / "pandas")
    return project.reports, folder / "pandas"


@pytest.mark.parametrize("name", REPORTS)
def test_report_equals_that_of_the_warehouse(written: Folders, name: str) -> None:
    expected, found = (read(folder / f"{name}.json") for folder in written)
    if isinstance(expected, dict):
        assert found["summary"] == rounded(expected["summary"])
        expected, found = expected["details"], found["details"]
    assert len(expected) > 0
    assert len(found) == len(expected)
    differing = [
        (ours, theirs)
        for ours, theirs in zip(expected, found, strict=True)
        if theirs != rounded(ours)
    ]
    assert differing[:3] == []


def test_data_hold_what_the_rules_tell_apart(written: Folders) -> None:
    """Check that the data exercises the rules, so that equal reports are meaningful."""
    purchases = read(written[1] / "purchases_curated.json")
    ledger = read(written[1] / "reconciliation.json")["details"]
    assert any(row["duplicates_removed"] > 0 for row in purchases)
    assert any(row["is_charged_back"] for row in purchases)
    assert any(row["receipt_id"] is None for row in purchases)
    assert any("." in row["event_time_utc"] for row in purchases)
    assert {row["type"] for row in ledger} == {"matched", "af_only", "confirmed_only"}
    assert {row["match_rule"] for row in ledger} == {"receipt", "nearest", None}
    assert {row["reason"] for row in ledger} == {
        *("no_candidate", "outside_window", "lost_to_closer_pair", None),
        *("same_receipt_outside_window", "purchase_set_aside", "confirmation_set_aside"),
    }
    anomalies = read(written[1] / "roas_anomaly.json")
    assert {row["anomaly"] for row in anomalies} == {True, False}


def test_settings_are_those_of_the_project() -> None:
    """Equal reports do not prove equal limits, because few rows are near a limit."""
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    settings = {
        "purchase_event_names": dataframes.PURCHASE_EVENTS,
        "receipt_patterns": dataframes.RECEIPTS,
        "reconciliation_window_minutes": dataframes.WINDOW / pd.Timedelta(minutes=1),
        "organic_campaign_names": dataframes.ORGANIC_CAMPAIGNS,
        "roas_anomaly_ratio": dataframes.ANOMALY_RATIO,
        "roas_history_window_days": dataframes.HISTORY_DAYS,
        "roas_min_history_days": dataframes.MIN_HISTORY_DAYS,
        "roas_min_spend_usd": dataframes.MIN_SPEND_USD,
    }
    assert settings == {name: project["vars"][name] for name in settings}
    assert project["vars"]["as_of_date"] is None
    assert project["vars"]["last_day_is_complete"] is False


def rounded(row: dict[str, Any]) -> dict[str, Any]:
    """Round the numbers of a row to a millionth."""
    return {
        key: pytest.approx(value, rel=0, abs=1e-6) if is_number(value) else value
        for key, value in row.items()
    }


def is_number(value: object) -> bool:
    """Return whether a value is a number and not a boolean."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def read(path: Path) -> Any:  # noqa: ANN401 (an object or an array)
    """Read a report."""
    return json.loads(path.read_text(encoding="utf-8"))
