"""Describes expectations and their results in a few words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from warehouse.terminal import MAX_CELLS, printable

# The maximum number of rows or values in a message.
MAX_EXAMPLES = 3

# The condition of each type of expectation whose arguments do not describe it.
CONDITIONS = {
    "expect_column_values_to_be_null": "null",
    "expect_column_values_to_not_be_null": "not null",
    "expect_column_values_to_be_unique": "unique",
    "expect_compound_columns_to_be_unique": "unique",
    "expect_column_pair_values_to_be_equal": "= {column_B}",
    "expect_column_pair_values_a_to_be_greater_than_b": "> {column_B}",
    "expect_counts_to_lie_between": "within those of {comparison_data_source_name}",
}

# The arguments of an expectation, with the values of the bounds.
Kwargs = Mapping[str, Any]
# The result in Great Expectations; the keys depend on the expectation.
Result = Mapping[str, Any]


def text(value: object) -> str:
    """Format a value for a reader: `1,234.5`, `2026-01-29`, `null`."""
    if value is None:
        return "null"
    if isinstance(value, float | Decimal):
        # A small share must not be rounded to 0.
        rounded = f"{value:,.4f}".rstrip("0").rstrip(".")
        return rounded if float(rounded.replace(",", "")) or not value else f"{value:.1e}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def label(key: object) -> str:
    """Format a key, in which a number has no thousands separators."""
    return text(key) if key is None else str(key)


def cut(value: str) -> str:
    """Format a value of the data for a message, truncated."""
    return printable(value, MAX_CELLS)


def interval(low: object, high: object) -> str:
    """Format bounds: `0 to 0.05`, `at least 1`, `at most 0.05`, `7`; either may be None."""
    if low is None:
        return "any" if high is None else f"at most {text(high)}"
    if high is None:
        return f"at least {text(low)}"
    return text(low) if low == high else f"{text(low)} to {text(high)}"


def listed(items: Iterable[object]) -> str:
    """List the first items, without duplicates."""
    names = list(dict.fromkeys(map(text, items)))
    return ", ".join([*names[:MAX_EXAMPLES], *(["..."] if len(names) > MAX_EXAMPLES else [])])


def subject(kwargs: Kwargs) -> str:
    """Name the judged columns; empty for the whole table."""
    columns = kwargs.get("column_list") or [kwargs.get("column") or kwargs.get("column_A") or ""]
    return ", ".join(columns)


def expected(kind: str, kwargs: Kwargs) -> str:
    """Describe the condition of an expectation of this type, `expect_...`."""
    words = _expected(kind, kwargs)
    mostly = kwargs.get("mostly", 1)
    return words if mostly == 1 else f"{words} in {text(mostly * 100)} % of rows"


def _expected(kind: str, kwargs: Kwargs) -> str:
    if kind in CONDITIONS:
        words = CONDITIONS[kind].format_map(kwargs)
        return words.replace(">", ">=", 1) if kwargs.get("or_equal") else words
    if "value_set" in kwargs:
        return f"{'has' if 'contain' in kind else 'one of'} {listed(kwargs['value_set'])}"
    if "value" in kwargs:
        return text(kwargs["value"])
    if "min_value" not in kwargs and "max_value" not in kwargs:
        return kind.removeprefix("expect_").replace("_", " ")
    bounds = interval(kwargs.get("min_value"), kwargs.get("max_value"))
    is_strict = kwargs.get("strict_min") or kwargs.get("strict_max")
    return f"{bounds}, exclusive" if is_strict else bounds


def observed(result: Result) -> str:
    """Describe what was observed, in a word or two."""
    if "element_count" in result:
        rows = judged_rows(result)
        return _of(result["unexpected_count"], f"{text(rows)} row{'' if rows == 1 else 's'}")
    if compared := _details(result).get("compared_count"):
        return _of(len(_details(result)["outside"]), f"{text(compared)} counts")
    if missing := result.get("missing_count"):
        return f"{text(missing)} missing"
    if unexpected := result.get("unexpected_count"):
        return f"{text(unexpected)} unexpected"
    observed = result.get("observed_value")
    return "" if observed is None else text(observed)


def judged_rows(result: Result) -> int:
    """Count the rows that an expectation on rows has judged; it skips nulls."""
    return int(result["element_count"]) - int(result.get("missing_count", 0))


def examples(result: Result, key: Sequence[str]) -> str | None:
    """List rows or values that fail; None if the result has none.

    Args:
        result: The result.
        key: The key columns of a row.
    """
    if rows := result.get("partial_unexpected_index_list"):
        # Sorted, because Great Expectations returns them in any order.
        items: Sequence[object] = sorted(_row(row, key) for row in rows)
    elif outside := _details(result).get("outside"):
        items = [
            f"{cut(count['key'])}: {text(count['count'])} instead of"
            f" {interval(count['least'], count['most'])}"
            for count in outside
        ]
    else:
        values = result.get("partial_unexpected_list") or result.get("partial_missing_list") or []
        items = [cut(text(value)) for value in values]
    return f"{observed(result)}: {listed(items)}" if items else None


def _row(row: Mapping[str, object], key: Sequence[str]) -> str:
    name = " ".join(cut(label(row[column])) for column in key)
    others = {column: value for column, value in row.items() if column not in key}
    if len(others) > 1:
        values = ", ".join(f"{column} {text(value)}" for column, value in others.items())
        return f"{name} ({values})"
    return " = ".join([name, *map(text, others.values())])


def _of(part: int, whole: str) -> str:
    return f"{text(part)} of {whole}" if part else whole


def _details(result: Result) -> Mapping[str, Any]:
    return result.get("details") or {}
