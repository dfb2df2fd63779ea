"""Real exports, with one line of mapping each, give the reports of the same facts as plain CSV."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.harness import GOOD, Project
from tests.system.inputs.exports import INPUTS, PLAIN, write_exports
from tests.system.landing.files import write_csv
from tests.system.landing.test_landing import ONLY_REPORTS

NUMBERS = ["revenue_usd", "revenue", "ad_cost_usd", "cost", "refund_amount_usd", "refund_amount"]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The facts as plain CSV files, built."""
    project = Project.copy_to(tmp_path_factory.mktemp("plain") / "project")
    for name, rows in PLAIN.items():
        write_csv(project.root / f"seeds/{name}.csv", rows)
    run = project.build(*ONLY_REPORTS)
    assert run.exit_code == 0, run.output
    return project


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The facts as real exports, built; the files in `seeds/` are empty."""
    project = Project.copy_to(tmp_path_factory.mktemp("mapped") / "project")
    project.write_inputs(dict.fromkeys(GOOD, ""))
    write_exports(project.root / "exports")
    run = project.build(*ONLY_REPORTS, variables={"inputs": INPUTS})
    assert run.exit_code == 0, run.output
    return project


def texts(project: Project, name: str, columns: list[str]) -> list[tuple[object, ...]]:
    """Read an input with numbers as numbers, where they are."""
    selected = ", ".join(
        f"coalesce(try_cast({column} as decimal(18, 4))::text,"
        f" case when nullif({column}, '') is not null then 'malformed' end)"
        if column in NUMBERS
        else f"nullif({column}, '')"
        for column in columns
    )
    return project.query(f"select {selected} from raw.{name} order by source_row_number")  # noqa: S608


@pytest.mark.parametrize("name", list(GOOD))
def test_every_row_of_an_export_becomes_the_plain_row(
    plain: Project, mapped: Project, name: str
) -> None:
    columns = PLAIN[name][0]
    assert texts(mapped, name, columns) == texts(plain, name, columns)


def test_reports_are_those_of_the_plain_files(plain: Project, mapped: Project) -> None:
    expected = plain.report_bytes()
    reports = mapped.report_bytes()
    assert expected.pop("manifest.json") != reports.pop("manifest.json")
    assert reports == expected


def test_the_manifest_counts_the_rows_of_all_files(mapped: Project) -> None:
    rows = {
        file["file"].partition(".")[0].partition("/")[0]: file["row_count"]
        for file in mapped.report("manifest")["files"]
        if file["kind"] == "input"
    }
    assert rows == {name: len(rows) - 1 for name, rows in PLAIN.items()}


def test_copies_of_other_encodings_are_in_target(mapped: Project) -> None:
    copies = [path.name for path in (mapped.root / "target/inputs").rglob("*.csv")]
    assert sorted(copies) == ["kosten.csv", "salesreport_202601.csv"]
    assert not Path(mapped.root, "exports/google/target").exists()
