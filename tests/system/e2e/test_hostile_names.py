"""Campaign names with markup, terminal escapes or confusable characters."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

import pytest

from tests.support.harness import GOOD, Project
from warehouse.inputs.headers import HEADERS

WAREHOUSE = [sys.executable, "-m", "warehouse"]
LONG = "Q" * 87
ACTING = {"\x1b", "\x07", "\x9b", "\u202e", "\u200b"}
# The summary's form of each name at 80 columns.
NAMES = {
    "Sale [/EU]": "SALE [/EU]",
    "Sale [#1]": "SALE [#1]",
    "[@ads] [bold]": "[@ADS] [BOLD]",
    "clear\x1b[2J\x1b]0;x\x07": r"CLEAR\x1b[2J",
    "c1\x9b2J": r"C1\x9b2J",
    "bidi\u202eUE": r"BIDI\u202eUE",
    "zero\u200b": r"ZERO\u200b",
    LONG: "QQQQ",
    "冬" * 40: "冬冬",
    "<script>alert(1)</script>": "<SCRIPT>",
    "Caf\u00e9": "CAF\u00c9",
    "Cafe\u0301": "CAFE\u0301",
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A built project with these campaigns."""
    project = Project.copy_to(tmp_path_factory.mktemp("hostile") / "project")
    costs = io.StringIO()
    writer = csv.writer(costs, lineterminator="\n")
    writer.writerow(HEADERS["costs_daily.csv"].split(","))
    writer.writerows(["2026-01-05", name, "10"] for name in NAMES)
    project.write_inputs({**GOOD, "costs_daily": costs.getvalue()})
    run = project.build()
    assert run.exit_code == 0, run.output
    return project


def test_summary_shows_every_name_and_every_number(hostile: Project) -> None:
    run = hostile.run(*WAREHOUSE, "summary", environment={"COLUMNS": "80"})
    assert run.exit_code == 0, run.output
    assert not ACTING & set(run.output)
    lines = [text.strip() for text in run.output.splitlines()]
    for seen in NAMES.values():
        rows = [text for text in lines if text.startswith(seen)]
        assert len(rows) == 1, seen
        assert rows[0].split()[-5:] == ["0.00", "10.00", "0.00", "-", "insufficient_history"]


def test_summary_on_a_terminal_without_unicode_escapes_what_it_lacks(hostile: Project) -> None:
    environment = {"COLUMNS": "160", "PYTHONIOENCODING": "ascii"}
    run = hostile.run(*WAREHOUSE, "summary", environment=environment)
    assert run.exit_code == 0, run.output
    assert "CAFE\\u0301" in run.output


def test_page_takes_no_name_for_markup(hostile: Project) -> None:
    run = hostile.run(*WAREHOUSE, "page")
    assert run.exit_code == 0, run.output
    page = (hostile.reports / "index.html").read_text(encoding="utf-8")
    assert "<SCRIPT>ALERT" not in page
    assert "&lt;SCRIPT&gt;ALERT(1)&lt;/SCRIPT&gt;" in page


def test_check_names_no_campaign_that_acts(hostile: Project) -> None:
    run = hostile.run(*WAREHOUSE, "check")
    assert run.exit_code in (0, 1), run.output
    assert not ACTING & set(run.output)


def test_spelling_with_marks_apart_warns(hostile: Project) -> None:
    [(campaign, spelling)] = hostile.query(
        "select campaign, campaign_spelling from test_failures.campaign_spellings_collide"
    )
    assert (campaign, spelling) == ("CAFE\u0301", "Cafe\u0301")


@pytest.mark.parametrize("folder", ["a[/b]", "[#1]", "c\x1b[2J"])
def test_backup_names_its_folder_whole(hostile: Project, tmp_path: Path, folder: str) -> None:
    run = hostile.run(*WAREHOUSE, "backup", "--to", str(tmp_path / folder))
    assert run.exit_code == 0, run.output
    seen = folder.replace("\x1b", "\\x1b")
    assert f"Backup: {tmp_path}/{seen}/backup-" in run.output
    assert not ACTING & set(run.output)
