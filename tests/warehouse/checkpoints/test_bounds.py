"""Bounds that a person set, and what may be wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.checkpoints.errors import CannotCheckError
from warehouse.checkpoints.project import read_bounds


def test_bounds_are_numbers_by_name(tmp_path: Path) -> None:
    path = tmp_path / "bounds.yml"
    path.write_text("# the reason\nmax_share: 0.05\nmin_rows: 1\n")
    assert read_bounds(path, {"min_rows", "max_share"}) == {"max_share": 0.05, "min_rows": 1}


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        ("", "must contain only lines `name: number`"),
        ("- 1\n", "must contain only lines `name: number`"),
        ("a: [1\n", "is not YAML: "),
        ("a: 1\nb: '2'\n", ": b must be a number without quotes and unit."),
        ("a: 1\nb: 5 %\n", ": b must be a number"),
        ("a: 1\nb: true\n", ": b must be a number"),
        ("a: 1\nb: .nan\n", ": b must be a number"),
        ("a: 1\nb: .inf\n", ": b must be a number"),
        ("a: 1\nb:\n", ": b must be a number"),
        ("a: 1\n", " lacks b. Add each as a line `name: number`."),
        ("a: 1\nb: 2\nc: 3\n", ": no suite uses c. Correct the name, or remove the line."),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, content: str, advice: str) -> None:
    path = tmp_path / "bounds.yml"
    path.write_text(content)
    with pytest.raises(CannotCheckError) as error:
        read_bounds(path, {"a", "b"})
    assert str(error.value).startswith(str(path))
    assert advice in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotCheckError, match=r"bounds\.yml is missing\. The checkpoints need it"):
        read_bounds(tmp_path / "bounds.yml", set())
