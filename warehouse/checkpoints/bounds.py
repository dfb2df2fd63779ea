"""The numbers that suites refer to, which a person sets in `bounds.yml`."""

from __future__ import annotations

import math
from collections.abc import Set
from pathlib import Path

import yaml

from warehouse.checkpoints.errors import CannotCheckError


def read_bounds(path: Path, used: Set[str]) -> dict[str, float]:
    """Read the bounds.

    Args:
        path: The file, a flat mapping from name to number.
        used: The bounds that the suites refer to. Those of the file must be the same: whoever sets
            one that no suite uses believes in a check that does not exist.

    Raises:
        CannotCheckError: The file cannot be read as such, or holds other bounds.
    """
    bounds = _mapping(path)
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


def _mapping(path: Path) -> dict[str, float]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CannotCheckError(
            f"{path} is missing. Bring it back from the repository: it holds what the checkpoints"
            " allow."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CannotCheckError(f"{path} is no YAML: {error}") from error
    if not isinstance(content, dict):
        raise CannotCheckError(f"{path} must hold lines `name: number` and nothing else.")
    return {str(name): value for name, value in content.items()}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
