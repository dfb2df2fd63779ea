"""The suites, read without Great Expectations."""

from __future__ import annotations

import re

import pytest

from tests.warehouse.checkpoints.gx_project import GxProject, Json, Judged, bound, expects
from warehouse.checkpoints.errors import CannotCheckError
from warehouse.checkpoints.project import CHECKPOINTS, bounds_in_use, read_suites

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


def test_suites_are_read_with_all_that_belongs_to_them(written: GxProject) -> None:
    suites = read_suites(written.folder / "suites.yml")
    assert list(suites) == ["landed", "marts", "reports"]
    (suite,) = suites["landed"]
    assert (suite.table, suite.key) == ("quality.days", ["source", "day"])
    few, agree = suite.expectations
    assert (few.name, few.description, few.type) == ("few", "What few means.", FEW["type"])
    assert few.kwargs == FEW["kwargs"]
    assert (few.compares, agree.compares) == (False, True)
    assert suites["marts"] == []


def test_bounds_are_found_at_any_depth_and_in_every_suite(written: GxProject) -> None:
    nested = expects("column_values_to_be_in_set", "known", value_set=[bound("first")])
    written.write_suites(Judged("raw.a", [FEW]), Judged("raw.b", [nested]), checkpoint="reports")
    assert bounds_in_use(read_suites(written.folder / "suites.yml")) == {"first", "max_share"}


EMPTY: Json = {name: [] for name in CHECKPOINTS}
SUITE: Json = {"table": "raw.a", "key": [], "expectations": []}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, r"has None\."),
        ([], r"has \[\]\."),
        (
            {"landed": [], "marts": []},
            "exactly these keys: `landed` .*, `marts` .*, `reports` .*",
        ),
        ({**EMPTY, "landing": []}, "exactly these keys: `landed` "),
        ({**EMPTY, "landed": 7}, "exactly these keys: `landed` "),
    ],
)
def test_checkpoints_that_are_not_as_they_should_be_are_shown(
    gx_project: GxProject, content: object, fault: str
) -> None:
    path = gx_project.write("suites.yml", content)
    with pytest.raises(CannotCheckError, match=f"^{re.escape(str(path))} .*{fault}"):
        read_suites(path)


@pytest.mark.parametrize(
    ("suite", "fault"),
    [
        (
            "raw.a",
            r"'raw\.a'\. .* `table` \(a text\), `key` \(a list\), `expectations` \(a list\)\.",
        ),
        ({"table": "raw.a", "expectations": []}, r"\{'table': 'raw\.a', .*`key` \(a list\)"),
        ({**SUITE, "keys": []}, r"exactly these keys"),
        ({**SUITE, "key": "a"}, r"`key` \(a list\)"),
        (
            {**SUITE, "expectations": [7]},
            r"has 7\. .*`name` \(a text\), `description` .*, `type` .*, `kwargs` ",
        ),
        (
            {**SUITE, "expectations": [{"name": "a"}]},
            r"has \{'name': 'a'\}\. .*`description` \(a text\)",
        ),
        ({**SUITE, "expectations": [{**FEW, "name": True}]}, r"`name` \(a text\)"),
        ({**SUITE, "expectations": [{**FEW, "kwargs": []}]}, r"`kwargs` \(a mapping\)"),
        ({**SUITE, "expectations": [{**FEW, "severity": "low"}]}, r"exactly these keys"),
    ],
)
def test_a_suite_that_is_not_as_it_should_be_is_shown(
    gx_project: GxProject, suite: object, fault: str
) -> None:
    path = gx_project.write("suites.yml", {**EMPTY, "marts": [suite]})
    with pytest.raises(CannotCheckError, match=f"^{re.escape(str(path))} .*{fault}"):
        read_suites(path)


def test_a_file_that_is_no_yaml_is_named(written: GxProject) -> None:
    path = written.folder / "suites.yml"
    path.write_text("landed: [")
    with pytest.raises(CannotCheckError, match=f"^{re.escape(str(path))} is not YAML: "):
        read_suites(path)


def test_a_name_is_one_expectation(written: GxProject) -> None:
    written.write_suites(Judged("raw.a", [FEW]), Judged("raw.b", [FEW, AGREE]))
    with pytest.raises(CannotCheckError, match="several expectations are named few"):
        read_suites(written.folder / "suites.yml")
