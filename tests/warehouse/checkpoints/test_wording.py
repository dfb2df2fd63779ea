"""Few words for what is expected and what was found."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from warehouse.checkpoints import wording
from warehouse.checkpoints.wording import examples, observed, subject, text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"),
        (True, "True"),
        (1234567, "1,234,567"),
        (0.0, "0"),
        (100.0, "100"),
        (-0.05, "-0.05"),
        (1234.56789, "1,234.5679"),
        (Decimal("4.50"), "4.5"),
        (0.00001234, "1.2e-05"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        ("2026-01-29", "2026-01-29"),
    ],
)
def test_values_read_well(value: object, expected: str) -> None:
    assert text(value) == expected


BETWEEN = "expect_column_values_to_be_between"


@pytest.mark.parametrize(
    ("kind", "kwargs", "expected"),
    [
        (BETWEEN, {"min_value": 0, "max_value": 0.05}, "0 to 0.05"),
        (BETWEEN, {"min_value": 1}, "at least 1"),
        (BETWEEN, {"min_value": None, "max_value": 2500}, "at most 2,500"),
        (BETWEEN, {"min_value": 7, "max_value": 7}, "7"),
        (BETWEEN, {"min_value": None, "max_value": None}, "any"),
        (BETWEEN, {"min_value": 0, "strict_min": True}, "at least 0, exclusive"),
        (BETWEEN, {"max_value": 1, "mostly": 0.95}, "at most 1 in 95 % of rows"),
        ("expect_measure_to_be_between", {"max_value": 0.1}, "at most 0.1"),
        ("expect_table_row_count_to_equal", {"value": 1}, "1"),
        ("expect_column_values_to_not_be_null", {"column": "a"}, "not null"),
        ("expect_column_values_to_be_unique", {"column": "a"}, "unique"),
        ("expect_column_values_to_be_in_set", {"value_set": ["a", "b"]}, "one of a, b"),
        ("expect_column_values_to_be_in_set", {"value_set": [*"abcd"]}, "one of a, b, c, ..."),
        ("expect_column_distinct_values_to_contain_set", {"value_set": ["a"]}, "has a"),
        ("expect_column_pair_values_to_be_equal", {"column_B": "b"}, "= b"),
        ("expect_column_pair_values_a_to_be_greater_than_b", {"column_B": "b"}, "> b"),
        (
            "expect_column_pair_values_a_to_be_greater_than_b",
            {"column_B": "b", "or_equal": True},
            ">= b",
        ),
        (
            "expect_counts_to_lie_between",
            {"comparison_data_source_name": "store"},
            "within those of store",
        ),
        ("expect_column_to_exist", {"column": "a"}, "column to exist"),
    ],
)
def test_expectations_are_said_in_words(kind: str, kwargs: dict[str, Any], expected: str) -> None:
    assert wording.expected(kind, kwargs) == expected


@pytest.mark.parametrize(
    ("kwargs", "expected"),
    [
        ({"column": "a"}, "a"),
        ({"column_A": "a", "column_B": "b"}, "a"),
        ({"column_list": ["a", "b"]}, "a, b"),
        ({}, ""),
    ],
)
def test_subject_is_the_column(kwargs: dict[str, Any], expected: str) -> None:
    assert subject(kwargs) == expected


ROWS = {"element_count": 40, "missing_count": 0, "unexpected_count": 2}


@pytest.mark.parametrize(
    ("result", "word", "names"),
    [
        ({"observed_value": 0.12}, "0.12", None),
        ({}, "", None),
        ({"element_count": 1, "missing_count": 0, "unexpected_count": 0}, "1 row", None),
        ({"element_count": 1400, "missing_count": 7, "unexpected_count": 0}, "1,393 rows", None),
        (
            {
                **ROWS,
                "partial_unexpected_index_list": [
                    {"source": "sessions", "day": "2026-01-20", "share": 0.1},
                    {"source": "costs", "day": "2026-01-21", "share": None},
                ],
            },
            "2 of 40 rows",
            "2 of 40 rows: costs 2026-01-21 = null, sessions 2026-01-20 = 0.1",
        ),
        (
            {
                **ROWS,
                "unexpected_count": 5,
                "partial_unexpected_index_list": [
                    {"source": name, "day": "d1", "a": 1, "b": 2} for name in "zyxwv"
                ],
            },
            "5 of 40 rows",
            "5 of 40 rows: v d1 (a 1, b 2), w d1 (a 1, b 2), x d1 (a 1, b 2), ...",
        ),
        (
            {
                **ROWS,
                "partial_unexpected_index_list": [
                    {"source": None, "day": 1234, "amount": 1234},
                ],
            },
            "2 of 40 rows",
            "2 of 40 rows: null 1234 = 1,234",
        ),
        (
            {**ROWS, "partial_unexpected_index_list": [{"source": "a", "day": "d1"}] * 2},
            "2 of 40 rows",
            "2 of 40 rows: a d1",
        ),
        (
            {**ROWS, "partial_unexpected_list": [0.1, 0.2]},
            "2 of 40 rows",
            "2 of 40 rows: 0.1, 0.2",
        ),
        (
            {"observed_value": None, "missing_count": 1, "partial_missing_list": ["z"]},
            "1 missing",
            "1 missing: z",
        ),
        (
            {"observed_value": None, "unexpected_count": 1, "partial_unexpected_list": ["y"]},
            "1 unexpected",
            "1 unexpected: y",
        ),
        (
            {"observed_value": "3 counts", "details": {"compared_count": 3, "outside": []}},
            "3 counts",
            None,
        ),
        (
            {
                "details": {
                    "compared_count": 3,
                    "outside": [{"key": "level_up", "least": 3, "count": 5, "most": 4}],
                }
            },
            "1 of 3 counts",
            "1 of 3 counts: level_up: 5 instead of 3 to 4",
        ),
    ],
)
def test_what_was_found_is_said_in_words(
    result: dict[str, Any], word: str, names: str | None
) -> None:
    assert observed(result) == word
    assert examples(result, ["source", "day"]) == names
