"""The types of the fields in meta. `macros/taxonomy/typed_value.sql` judges as these do."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

INTEGERS = range(-(2**63), 2**63)
FIRST_YEAR = 1000
# As in `macros/parsing/parse_utc_timestamp.sql`.
_HOUR, _MINUTE = "([01][0-9]|2[0-3])", "[0-5][0-9]"
_TIME = re.compile(
    "(?P<date>[1-9][0-9]{3}-[0-9]{2}-[0-9]{2})"
    f"([T ](?P<clock>{_HOUR}:{_MINUTE})(:{_MINUTE}([.,][0-9]{{1,9}})?)?"
    f"(Z|(?P<sign>[+-])(?P<hours>{_HOUR})(:?(?P<minutes>{_MINUTE}))?)?)?"
)


@dataclass(frozen=True)
class ValueType:
    """A type of a field.

    Attributes:
        phrase: What a value is, in words.
        column_type: The type of the column in the warehouse.
        example: A value of the type.
        fits: Whether a value of JSON, which is not null, has the type.
    """

    phrase: str
    column_type: str
    example: object
    fits: Callable[[object], bool]


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in INTEGERS


def _is_number(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _is_boolean(value: object) -> bool:
    return isinstance(value, bool)


def _is_timestamp(value: object) -> bool:
    parts = _TIME.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        return False
    offset = timedelta(hours=int(parts["hours"] or 0), minutes=int(parts["minutes"] or 0))
    try:
        local = datetime.fromisoformat(f"{parts['date']}T{parts['clock'] or '00:00'}")
        utc = local + offset if parts["sign"] == "-" else local - offset
    except (ValueError, OverflowError):
        return False
    return utc.year >= FIRST_YEAR


VALUE_TYPES = {
    "string": ValueType("a text", "string", "text", _is_text),
    "integer": ValueType("a whole number of at most 64 bits", "bigint", 1, _is_integer),
    "number": ValueType("a number", "double", 1.5, _is_number),
    "boolean": ValueType("true or false", "boolean", True, _is_boolean),
    "timestamp": ValueType(
        "a time in ISO 8601", "timestamp", "2026-01-29T18:30:00Z", _is_timestamp
    ),
}
