"""What `suites.yml` and `bounds.yml` say, read without Great Expectations.

Importing that takes seconds. What can be refused or said without it is refused or said at once.
"""

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
# The data source of the operational store. It may not exist yet: a warehouse needs no API.
STORE = "store"
KINDS: dict[type, str] = {str: "a text", list: "a list", dict: "a mapping"}


@dataclass(frozen=True)
class Expectation:
    """One expectation.

    Attributes:
        name: Its name; no other has it.
        description: What it means, in a sentence.
        type: What Great Expectations calls it, `expect_...`.
        kwargs: Its arguments, a bound as `{"$PARAMETER": name}`.
    """

    name: str
    description: str
    type: str
    kwargs: dict[str, Any]

    @property
    def compares(self) -> bool:
        """Whether judging it takes the operational store."""
        return self.kwargs.get("comparison_data_source_name") == STORE


@dataclass(frozen=True)
class Suite:
    """What is expected of a table.

    Attributes:
        table: The table or view, as `schema.table`.
        key: The columns that name a row of it; empty where nothing does.
        expectations: What is expected.
    """

    table: str
    key: list[str]
    expectations: list[Expectation]


def read_suites(path: Path) -> dict[str, list[Suite]]:
    """Read the suites of each checkpoint.

    Raises:
        CannotCheckError: The file is missing or is not what it should be.
    """

    def read(content: object, **types: type) -> dict[str, Any]:
        if isinstance(content, dict) and {n: type(value) for n, value in content.items()} == types:
            return content
        wanted = ", ".join(f"`{name}` ({KINDS[kind]})" for name, kind in types.items())
        raise CannotCheckError(
            f"{path}: {wanted} and nothing else must stand where there is {cut(repr(content))}."
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
            " Give each a name of its own."
        )
    return suites


def bounds_in_use(suites: dict[str, list[Suite]]) -> set[str]:
    """Name the bounds that suites refer to."""
    return {bound for each in _expectations(suites) for bound in _parameters(each.kwargs)}


def read_bounds(path: Path, used: set[str]) -> dict[str, float]:
    """Read the numbers that suites refer to, which a person sets.

    Args:
        path: The file, a flat mapping from name to number.
        used: The bounds that the suites refer to. The file must hold the same ones: a bound that
            no suite uses promises a check that does not exist.

    Raises:
        CannotCheckError: The file cannot be read as such, or holds other bounds.
    """
    content = _load(path)
    if not isinstance(content, dict):
        raise CannotCheckError(f"{path} must hold lines `name: number` and nothing else.")
    bounds = {str(name): value for name, value in content.items()}
    wrong = [name for name, value in bounds.items() if not _is_number(value)]
    if wrong:
        raise CannotCheckError(
            f"{path}: {', '.join(wrong)} must be a number, without quotes or a unit."
        )
    if missing := sorted(used - bounds.keys()):
        raise CannotCheckError(
            f"{path} lacks {', '.join(missing)}. Add each as a line `name: number`."
        )
    if unused := sorted(bounds.keys() - used):
        raise CannotCheckError(
            f"{path}: no suite uses {', '.join(unused)}. Correct the name, or take the line out."
        )
    return bounds


def _load(path: Path) -> object:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CannotCheckError(
            f"{path} is missing. Bring it back from the repository: it holds what the checkpoints"
            " allow."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CannotCheckError(f"{path} is no YAML: {error}") from error


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
