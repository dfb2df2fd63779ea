"""What the Great Expectations project says, read without Great Expectations.

Importing that takes seconds. What can be refused or said without it is refused or said at once.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.checkpoints.errors import CannotCheckError

# In the order in which data goes through the warehouse.
CHECKPOINTS = ("landed", "marts", "reports")
# The data source of the operational store. It may not exist yet: a warehouse needs no API.
STORE = "store"


@dataclass(frozen=True)
class Expectation:
    """One expectation, as its suite states it.

    Attributes:
        name: Its name, unique in its checkpoint.
        description: What it means, in a sentence.
        compares_with_store: Whether judging it takes the operational store.
    """

    name: str
    description: str
    compares_with_store: bool


@dataclass(frozen=True)
class Validation:
    """A suite and the table that it judges.

    Attributes:
        name: The name of the validation definition.
        suite: The name of the suite.
        table: The table or view, as `schema.table`.
        key: The columns that name a row of it; empty where nothing does.
        expectations: What the suite holds.
    """

    name: str
    suite: str
    table: str
    key: tuple[str, ...]
    expectations: tuple[Expectation, ...]


@dataclass(frozen=True)
class Checkpoint:
    """What is judged together."""

    name: str
    validations: tuple[Validation, ...]

    @property
    def tables(self) -> list[str]:
        """The tables and views it judges."""
        return [validation.table for validation in self.validations]


def read_checkpoint(folder: Path, name: str) -> Checkpoint:
    """Read a checkpoint with all it refers to.

    Args:
        folder: The project, `gx/`.
        name: The name of the checkpoint.

    Raises:
        CannotCheckError: A file is missing or is not what it should be.
    """
    path = folder / "checkpoints" / f"{name}.json"
    named = _read(path)
    try:
        names = [validation["name"] for validation in named["validation_definitions"]]
    except (KeyError, TypeError) as error:
        raise _malformed(path, error) from error
    checkpoint = Checkpoint(name, tuple(_read_validation(folder, each) for each in names))
    counts = Counter(
        expectation.name
        for validation in checkpoint.validations
        for expectation in validation.expectations
    )
    if repeated := sorted(name for name, count in counts.items() if count > 1):
        raise CannotCheckError(
            f"{path}: several expectations are named {', '.join(repeated)}."
            " Give each a name of its own in its meta."
        )
    return checkpoint


def bounds_in_use(folder: Path) -> set[str]:
    """Name the bounds that the suites of a project refer to.

    Args:
        folder: The project, `gx/`.

    Raises:
        CannotCheckError: A suite cannot be read.
    """
    suites = sorted((folder / "expectations").glob("*.json"))
    return {bound for suite in suites for bound in _parameters(_read(suite))}


def leave_out_comparisons(folder: Path, validation: Validation) -> None:
    """Take the comparisons with the store out of a suite, in a copy of the project."""
    path = folder / "expectations" / f"{validation.suite}.json"
    suite = _read(path)
    suite["expectations"] = [
        expectation
        for expectation in suite["expectations"]
        if not _compares_with_store(expectation)
    ]
    path.write_text(json.dumps(suite), encoding="utf-8")


def read_events_from_lake(folder: Path) -> None:
    """Have events judged as the last build found them in the lake, in a copy of the project."""
    path = folder / "great_expectations.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("table_name: game_events\n", "table_name: game_events_in_lake\n"),
        encoding="utf-8",
    )


def _read_validation(folder: Path, name: str) -> Validation:
    path = folder / "validation_definitions" / f"{name}.json"
    definition = _read(path)
    try:
        suite = str(definition["suite"]["name"])
        table = str(definition["data"]["asset"]["name"])
    except (KeyError, TypeError) as error:
        raise _malformed(path, error) from error
    path = folder / "expectations" / f"{suite}.json"
    content = _read(path)
    try:
        return Validation(
            name=name,
            suite=suite,
            table=table,
            key=tuple((content.get("meta") or {}).get("key", ())),
            expectations=tuple(
                Expectation(
                    name=expectation["meta"]["name"],
                    description=expectation["description"],
                    compares_with_store=_compares_with_store(expectation),
                )
                for expectation in content["expectations"]
            ),
        )
    except (KeyError, TypeError) as error:
        raise _malformed(path, error) from error


def _compares_with_store(expectation: dict[str, Any]) -> bool:
    return bool(expectation.get("kwargs", {}).get("comparison_data_source_name") == STORE)


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


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CannotCheckError(f"{path} is missing.") from error
    except ValueError as error:
        raise CannotCheckError(f"{path} is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise CannotCheckError(f"{path} is no JSON object.")
    return content


def _malformed(path: Path, error: KeyError | TypeError) -> CannotCheckError:
    fault = f"{error} is missing" if isinstance(error, KeyError) else str(error)
    return CannotCheckError(f"{path} is not what Great Expectations writes: {fault}.")
