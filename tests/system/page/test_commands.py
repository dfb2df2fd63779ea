"""`python -m warehouse page` and `docs`: what they write, and what they say when they cannot."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.conftest import Built
from tests.support.harness import Project
from tests.system.page.conftest import MAX_BYTES, WAREHOUSE, Made

MAX_LINES = 50


@pytest.fixture
def copy(built: Built, tmp_path: Path) -> Project:
    """The built sample, to change."""
    return built.project.clone_to(tmp_path / "project")


def test_build_ends_with_its_results_and_prints_nothing_else(made: Made) -> None:
    lines = [line for line in made.output.splitlines() if line.strip()]
    assert "START" not in made.output
    assert len(lines) < MAX_LINES
    assert lines[0] == "Building and testing the models; `dbt build` shows each step."
    assert lines[1].startswith("D-1 is 2026-01-29")
    assert lines[-1] == "Page: reports/index.html"


def test_page_is_one_small_file_and_the_same_each_time(copy: Project) -> None:
    page = copy.reports / "index.html"
    pages = []
    for _ in range(2):
        run = copy.run(*WAREHOUSE, "page")
        assert (run.exit_code, run.output) == (0, "Page: reports/index.html\n")
        pages.append(page.read_bytes())
    assert pages[0] == pages[1]
    assert len(pages[0]) < MAX_BYTES
    assert [path.name for path in copy.reports.glob(".*")] == []


def test_page_of_earlier_reports_says_so_until_it_is_drawn_again(copy: Project) -> None:
    """A build of the same inputs writes the same reports; a part of one writes none.

    The history does not record a build for a past day.
    """
    page = copy.reports / "index.html"
    assert copy.run(*WAREHOUSE, "page").exit_code == 0
    drawn = page.read_text(encoding="utf-8")
    digest = hashlib.sha256((copy.reports / "manifest.json").read_bytes()).hexdigest()
    assert digest in drawn
    assert '<p id="outdated" hidden ' in drawn
    run = copy.build("--select", "fct_deep_links")
    assert run.exit_code == 0, run.output
    assert page.read_text(encoding="utf-8") == drawn

    run = copy.build(variables={"as_of_date": "2026-01-20"})
    assert run.exit_code == 0, run.output
    assert "Not recorded" in run.output
    assert copy.query("select count(*) from history.builds") == [(1,)]
    assert page.read_text(encoding="utf-8") == drawn.replace(
        '<p id="outdated" hidden ', '<p id="outdated" '
    )
    assert copy.run(*WAREHOUSE, "page").exit_code == 0
    redrawn = page.read_text(encoding="utf-8")
    assert '<p id="outdated" hidden ' in redrawn
    assert "Monday 19 January 2026" in redrawn


def test_page_tells_of_a_failed_checkpoint(copy: Project) -> None:
    path = copy.reports / "manifest.json"
    path.write_text(
        path.read_text(encoding="utf-8").replace(
            '"checkpoint_marts":"not_run"', '"checkpoint_marts":"failed"'
        ),
        encoding="utf-8",
    )
    assert copy.run(*WAREHOUSE, "page").exit_code == 0
    page = (copy.reports / "index.html").read_text(encoding="utf-8")
    assert '<li class="failed">checkpoint marts: failed</li>' in page
    assert "The checkpoint <strong>marts</strong> failed" in page
    assert '<li class="open">checkpoint landed: not run</li>' in page


def test_page_before_the_first_build_says_what_to_do(project: Project) -> None:
    run = project.run(*WAREHOUSE, "page")
    assert run.exit_code == 2
    assert "Run `make build` first" in run.output
    assert "Traceback" not in run.output


def test_page_of_a_manifest_of_another_build_is_refused(copy: Project) -> None:
    path = copy.reports / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["files"][0]["row_count"] += 1
    path.write_text(json.dumps(manifest), encoding="utf-8")
    run = copy.run(*WAREHOUSE, "page")
    assert (run.exit_code, run.output) == (
        2,
        "reports/manifest.json and the warehouse are from different builds."
        " Run `dbt build` again.\n",
    )
    assert not (copy.reports / "index.html").exists()


def test_page_that_cannot_be_written_is_an_error_and_leaves_nothing(copy: Project) -> None:
    (copy.reports / "index.html").mkdir()
    run = copy.run(*WAREHOUSE, "page")
    assert run.exit_code == 2
    assert "reports/index.html" in run.output
    assert "Traceback" not in run.output
    assert list(copy.reports.glob(".*")) == []


def test_page_without_its_manifest_says_what_to_do(copy: Project) -> None:
    (copy.reports / "manifest.json").unlink()
    run = copy.run(*WAREHOUSE, "page")
    assert (run.exit_code, run.output) == (
        2,
        "reports/manifest.json does not exist. Run `make build` first.\n",
    )


def test_docs_of_no_warehouse_say_what_to_do(project: Project) -> None:
    run = project.run(*WAREHOUSE, "docs")
    assert (run.exit_code, run.output) == (
        2,
        "warehouse/gamehouse.duckdb does not exist. Run `make build` or `dbt build` first.\n",
    )
    assert not project.warehouse.exists()


def test_docs_that_dbt_cannot_write_name_the_fault(copy: Project) -> None:
    (copy.root / "models/reports/broken.sql").write_text("select * from {{ ref('nowhere') }}")
    run = copy.run(*WAREHOUSE, "docs")
    assert run.exit_code == 2
    assert "nowhere" in run.output
    assert "Traceback" not in run.output
    assert not (copy.reports / "dbt_docs.html").exists()
