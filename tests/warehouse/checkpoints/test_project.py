"""The files of the project, read without Great Expectations."""

from __future__ import annotations

import re

import pytest

from tests.warehouse.checkpoints.gx_project import GxProject, Judged, bound, expects
from warehouse.checkpoints.errors import CannotCheckError
from warehouse.checkpoints.project import (
    Expectation,
    Validation,
    bounds_in_use,
    leave_out_comparisons,
    read_checkpoint,
)

SUITE = "expectations/quality__days.json"
DEFINITION = "validation_definitions/quality__days.json"
CHECKPOINT = "checkpoints/landed.json"

FEW = expects("measure_to_be_between", "few", column="share", max_value=bound("max_share"))
AGREE = expects(
    "counts_to_lie_between",
    "agree",
    base_query="select 1, 1",
    comparison_data_source_name="store",
    comparison_query="select 1, 1, 1",
)


@pytest.fixture
def written(gx_project: GxProject) -> GxProject:
    """A project with one table, an expectation on it and a comparison."""
    gx_project.write_suites(Judged("quality.days", [FEW, AGREE], key=["source", "day"]))
    return gx_project


def test_a_checkpoint_is_read_with_all_that_belongs_to_it(written: GxProject) -> None:
    checkpoint = read_checkpoint(written.folder / "gx", "landed")
    assert checkpoint.tables == ["quality.days"]
    assert checkpoint.validations == (
        Validation(
            name="quality__days",
            suite="quality__days",
            table="quality.days",
            key=("source", "day"),
            expectations=(
                Expectation("few", "What few means.", compares_with_store=False),
                Expectation("agree", "What agree means.", compares_with_store=True),
            ),
        ),
    )
    assert read_checkpoint(written.folder / "gx", "marts").validations == ()


def test_bounds_are_found_at_any_depth_and_in_every_suite(written: GxProject) -> None:
    nested = '{"expectations": [{"kwargs": {"value_set": [{"$PARAMETER": "first"}]}}]}'
    written.write("expectations/of_no_checkpoint.json", nested)
    assert bounds_in_use(written.folder / "gx") == {"first", "max_share"}


def test_comparisons_alone_are_left_out(written: GxProject) -> None:
    folder = written.folder / "gx"
    (before,) = read_checkpoint(folder, "landed").validations
    leave_out_comparisons(folder, before)
    (after,) = read_checkpoint(folder, "landed").validations
    assert [expectation.name for expectation in after.expectations] == ["few"]
    assert after.key == before.key


@pytest.mark.parametrize(
    ("path", "content", "fault"),
    [
        (CHECKPOINT, None, " is missing."),
        (DEFINITION, None, " is missing."),
        (SUITE, None, " is missing."),
        (SUITE, "{", " is no JSON: "),
        (SUITE, "[]", " is no JSON object."),
        (CHECKPOINT, "{}", ": 'validation_definitions' is missing."),
        (CHECKPOINT, '{"validation_definitions": 7}', " is not what Great Expectations writes: "),
        (DEFINITION, '{"suite": {}}', ": 'name' is missing."),
        (SUITE, '{"expectations": [{"meta": {}}]}', ": 'name' is missing."),
        (SUITE, '{"expectations": [{"meta": {"name": "a"}}]}', ": 'description' is missing."),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_named(
    written: GxProject, path: str, content: str | None, fault: str
) -> None:
    file = written.folder / "gx" / path
    if content is None:
        file.unlink()
    else:
        file.write_text(content)
    with pytest.raises(CannotCheckError, match=f"^{re.escape(str(file))}.*{re.escape(fault)}"):
        read_checkpoint(written.folder / "gx", "landed")


def test_a_name_is_one_expectation(written: GxProject) -> None:
    written.write_suites(Judged("raw.a", [FEW]), Judged("raw.b", [FEW, AGREE]))
    with pytest.raises(CannotCheckError, match="several expectations are named few"):
        read_checkpoint(written.folder / "gx", "landed")
