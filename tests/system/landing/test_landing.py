"""Inputs in many files of a landing folder give the same reports, after any earlier build."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import jsonschema
import pytest

from tests.conftest import Built
from tests.support.harness import GOOD, ROOT, Project
from tests.system.e2e.nasty import nasty_inputs
from tests.system.landing.files import read_rows, reordered, write_csv, write_parquet

# The checkpoints' views and the tests do not change reports.
ONLY_REPORTS = ["--exclude", "path:models/quality", "--exclude-resource-type", "test"]


def build(project: Project, landing: str | None) -> None:
    """Build with the environment variable LANDING."""
    run = project.build(*ONLY_REPORTS, environment={"LANDING": landing or ""})
    assert run.exit_code == 0, run.output


def reports(project: Project) -> dict[str, bytes]:
    """Read all reports except the manifest, which names the files."""
    return {name: text for name, text in project.report_bytes().items() if name != "manifest.json"}


def inputs(project: Project) -> dict[str, dict[str, object]]:
    """Read the manifest's inputs by file."""
    files = project.report("manifest")["files"]
    return {file["file"]: file for file in files if file["kind"] == "input"}


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, dict[str, bytes]]:
    """A project built from nasty seeds, and its reports."""
    project = Project.copy_to(tmp_path_factory.mktemp("nasty") / "project")
    project.write_inputs(nasty_inputs(11, 800))
    build(project, None)
    return project, reports(project)


def test_files_of_any_kind_and_number_give_the_reports_of_the_seeds(
    nasty: tuple[Project, dict[str, bytes]],
) -> None:
    """Build from several CSV files, add rows and files, build again; then use Parquet."""
    project, expected = nasty
    csv_folder, parquet_folder = project.root / "lands [1]", project.root / "it's"
    later: list[tuple[Path, list[list[str]]]] = []
    for name, text in nasty_inputs(11, 800).items():
        header, *rows = read_rows(text)
        third = len(rows) // 3
        first, second, third_part = rows[:third], rows[third : 2 * third], rows[2 * third :]
        # In the order of paths, not of file names or depth.
        write_csv(csv_folder / name / "a.csv", [header, *first])
        write_csv(csv_folder / name / "a" / "empty.csv", [header])
        write_csv(csv_folder / name / "b.csv", [header, *second[:5]])
        write_csv(csv_folder / name / "_temporary" / "0.csv", [["not", "finished"]])
        later.append((csv_folder / name / "b.csv", [header, *second]))
        later.append((csv_folder / name / "c.csv", reordered([header, *third_part])))
        write_parquet(parquet_folder / name / "0.parquet", [header, *first])
        write_parquet(parquet_folder / name / "1" / "1.parquet", reordered([header, *second]))
        write_parquet(parquet_folder / name / "2.parquet", [header, *third_part])

    build(project, csv_folder.name)
    for path, rows in later:
        write_csv(path, rows)
    build(project, csv_folder.name)
    assert reports(project) == expected

    build(project, str(parquet_folder))
    assert reports(project) == expected
    assert project.query(
        "select table_type from information_schema.tables where table_name = 'costs_daily'"
    ) == [("VIEW",)]

    manifest = project.report("manifest")
    schema = json.loads((ROOT / "reports/schemas/manifest.schema.json").read_text("utf-8"))
    jsonschema.validate(manifest, schema)
    lines = b""
    for name in ("0.parquet", "1/1.parquet", "2.parquet"):
        content = (parquet_folder / "costs_daily" / name).read_bytes()
        lines += f"{hashlib.sha256(content).hexdigest()}  costs_daily/{name}\n".encode()
    costs = inputs(project)["costs_daily/**/*.parquet"]
    assert costs["sha256"] == hashlib.sha256(lines).hexdigest()
    assert [(costs["row_count"],)] == project.query("select count(*) from raw.costs_daily")


def test_sample_from_parquet_is_built_checked_and_shown(built: Built, tmp_path: Path) -> None:
    """The landing is a mapping to globs, files and folders; `seeds/` has no inputs."""
    project = built.project.clone_to(tmp_path / "project")
    for name in GOOD:
        seed = project.root / "seeds" / f"{name}.csv"
        header, *rows = read_rows(seed.read_text("utf-8"))
        seed.write_text("")
        half = len(rows) // 2
        write_parquet(project.root / f"lands/{name}/2026-01.parquet", [header, *rows[:half]])
        write_parquet(project.root / f"lands/{name}/2026-02.parquet", [header, *rows[half:]])
    landing = {
        "purchases_raw": "lands/purchases_raw/2026-*.parquet",
        "confirmed_purchases": "lands/confirmed_purchases",
        "costs_daily": f"{project.root}/lands/costs_daily/",
        "sessions": "lands/sessions/*.parquet",
    }
    run = project.build(*ONLY_REPORTS, variables={"landing": landing})
    assert run.exit_code == 0, run.output
    assert reports(project) == reports(built.project)
    summary = project.run(sys.executable, "-m", "warehouse", "summary")
    assert summary.exit_code == 0, summary.output
    assert "3,122 purchase rows in" in summary.output
    check = project.run(sys.executable, "-m", "warehouse", "check", "--checkpoint", "landed")
    assert check.exit_code == 0, check.output


def test_folder_without_seeds_is_told_what_to_do(project: Project) -> None:
    """Without files in `seeds/`, dbt alone would only report a missing node."""
    project.write_inputs({name: "" for name in GOOD if name != "sessions"})
    run = project.run(
        sys.executable, "-m", "warehouse", "inputs", environment={"LANDING": "/data/landing"}
    )
    assert run.exit_code == 1
    assert run.output == (
        "seeds/sessions.csv is missing. The inputs come from /data/landing, but dbt needs a file"
        " of this name. Run: echo event_timestamp_utc,user_id,event_name > seeds/sessions.csv\n"
    )
