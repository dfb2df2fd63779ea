"""Reads `suites.yml` and `bounds.yml` without Great Expectations, which imports slowly."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from warehouse.checkpoints.errors import CannotCheckError
from warehouse.checkpoints.wording import cut

# In the order in which data goes through the warehouse.
CHECKPOINTS = ("landed", "marts", "reports")
# The data source of the operational store, which may not exist.
STORE = "store"
# The key of an expectation that only warns, with its value.
WARNS = ("severity", "warning")
KINDS: dict[type, str] = {str: "a text", list: "a list", dict: "a mapping"}


@dataclass(frozen=True)
class Expectation:
    """One expectation.

    Attributes:
        name: The unique name.
        description: The meaning, in a sentence.
        type: The type in Great Expectations, `expect_...`.
        kwargs: The arguments, with a bound as `{"$PARAMETER": name}`.
        severity: `critical`, or `warning` if the checkpoint passes although it does not hold.
    """

    name: str
    description: str
    type: str
    kwargs: dict[str, Any]
    severity: str = "critical"

    @property
    def compares(self) -> bool:
        """Whether it needs the operational store."""
        return self.kwargs.get("comparison_data_source_name") == STORE


@dataclass(frozen=True)
class Suite:
    """The expectations on a table.

    Attributes:
        table: The table or view, as `schema.table`.
        key: The columns of its key; empty without one.
        expectations: The expectations.
    """

    table: str
    key: list[str]
    expectations: list[Expectation]


def read_suites(path: Path) -> dict[str, list[Suite]]:
    """Read the suites of each checkpoint.

    Raises:
        CannotCheckError: The file is missing or not valid.
    """

    def read(content: object, **types: type) -> dict[str, Any]:
        if isinstance(content, dict):
            found = {n: type(value) for n, value in content.items() if (n, value) != WARNS}
            if found == types:
                return content
        wanted = ", ".join(f"`{name}` ({KINDS[kind]})" for name, kind in types.items())
        raise CannotCheckError(
            f"{path} has {cut(repr(content))}. Replace it with exactly these keys: {wanted}."
        )

    def read_suite(content: object) -> Suite:
        suite = read(content, table=str, key=list, expectations=list)
        expectations = [
            Expectation(**read(each, name=str, description=str, type=str, kwargs=dict))
            for each in suite["expectations"]
        ]
        return Suite(suite["table"], suite["key"], expectations)

    content = read(_load(path), **dict.fromkeys(CHECKPOINTS, list))
    suites = {name: [read_suite(each) for each in content[name]] for name in CHECKPOINTS}
    counts = Counter(expectation.name for expectation in _expectations(suites))
    if repeated := sorted(name for name, count in counts.items() if count > 1):
        raise CannotCheckError(
            f"{path}: several expectations are named {', '.join(repeated)}."
            " Give each a unique name."
        )
    return suites


def bounds_in_use(suites: dict[str, list[Suite]]) -> set[str]:
    """Return the names of the bounds that suites use."""
    return {bound for each in _expectations(suites) for bound in _parameters(each.kwargs)}


def read_bounds(path: Path, used: set[str]) -> dict[str, float]:
    """Read the numbers that suites use.

    Args:
        path: The file, a flat mapping from name to number.
        used: The bounds that the suites use. The file must contain exactly these.

    Raises:
        CannotCheckError: The file is not valid, or contains other bounds.
    """
    content = _load(path)
    if not isinstance(content, dict):
        raise CannotCheckError(f"{path} must contain only lines `name: number`.")
    bounds = {str(name): value for name, value in content.items()}
    wrong = [name for name, value in bounds.items() if not _is_number(value)]
    if wrong:
        raise CannotCheckError(
            f"{path}: {', '.join(wrong)} must be a number without quotes and unit."
        )
    if missing := sorted(used - bounds.keys()):
        raise CannotCheckError(
            f"{path} lacks {', '.join(missing)}. Add each as a line `name: number`."
        )
    if unused := sorted(bounds.keys() - used):
        raise CannotCheckError(
            f"{path}: no suite uses {', '.join(unused)}. Correct the name, or remove the line."
        )
    return bounds


def _load(path: Path) -> object:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CannotCheckError(
            f"{path} is missing. The checkpoints need it. Restore it from the repository."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CannotCheckError(f"{path} is not YAML: {error}") from error


def _expectations(suites: dict[str, list[Suite]]) -> Iterator[Expectation]:
    for of_checkpoint in suites.values():
        for suite in of_checkpoint:
            yield from suite.expectations


def _parameters(node: object) -> Iterator[str]:
    """Find every `{"$PARAMETER": name}` below a node."""
    if isinstance(node, dict):
        if "$PARAMETER" in node:
            yield str(node["$PARAMETER"])
        for child in node.values():
            yield from _parameters(child)
    elif isinstance(node, list):
        for child in node:
            yield from _parameters(child)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
