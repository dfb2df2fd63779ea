"""The table of faults names the tests that there are, all of them, and counts them right."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.support.harness import ROOT
from tests.system.faults.test_inputs import FOUND_BEFORE, FOUND_BY_DBT, TAKEN
from tests.system.faults.test_warehouse_file import DAMAGE

PAGE = (ROOT / "docs/faults.md").read_text(encoding="utf-8")


def names_in(*paths: Path) -> set[str]:
    """The names of all test functions."""
    return {
        node.name
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def rows() -> list[list[str]]:
    """The rows of the tables, without their headers."""
    lines = [line for line in PAGE.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def named(row: list[str]) -> list[str]:
    """The tests that a row names."""
    return re.findall(r"`(test_\w+)`", row[-1])


def test_every_test_that_is_named_exists_and_every_fault_test_is_named() -> None:
    in_table = {name for row in rows() for name in named(row)}
    assert in_table <= names_in(*(ROOT / "tests").rglob("test_*.py"))
    here = names_in(*(ROOT / "tests/system/faults").glob("test_*.py")) - names_in(Path(__file__))
    assert here <= in_table


def test_every_row_is_whole() -> None:
    for row in rows():
        if row[0] != "fault":
            assert len(row) == 5, row
            assert named(row), row


def test_counts_are_right() -> None:
    sections = PAGE.split("\n## ")[1:]
    counts = {
        section.splitlines()[0]: len(re.findall(r"^\| (?!fault)", section, re.MULTILINE))
        for section in sections
    }
    bad_inputs = counts.pop("Input files")
    cases = {*FOUND_BEFORE, *FOUND_BY_DBT, *TAKEN}
    kinds = len({case.removesuffix(", seen by dbt") for case in cases})
    assert (
        f"{sum(counts.values())} faults of the machine ({len(DAMAGE)} kinds of damage to the"
        f" warehouse among them), {bad_inputs} groups of inputs ({kinds} files)"
    ) in " ".join(PAGE.split())
