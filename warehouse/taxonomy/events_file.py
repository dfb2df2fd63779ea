"""Reads `events.yml`, and finds the misfits of an event."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from warehouse.store.event_types import EVENT_TYPE_PATTERN, RESERVED_EVENT_TYPES
from warehouse.taxonomy.errors import TaxonomyError
from warehouse.taxonomy.value_types import VALUE_TYPES, ValueType

EVENTS_FILE = "events.yml"
# Columns of every event and their types. A field of the same name gets the prefix `meta_`.
EVENT_COLUMNS = {
    "event_id": "string",
    "user_id": "bigint",
    "occurred_at": "timestamp",
    "received_at": "timestamp",
}
MISFITS_MODEL = "fct_event_misfits"
EXPECTED_TYPE = "an event type that events.yml names"
EXPECTED_FIELD = "no field of this name"
_MESSAGES = {
    "extra_forbidden": "is not a known key; correct or remove it",
    "missing": "is missing; add it",
    "model_type": "must be a mapping",
}

# Why a value that looks like text may not be one.
_HINT = "; YAML reads yes, no, numbers and times as such unless they are in quotes"

Reason = Literal["unknown_type", "missing_field", "wrong_type", "value_not_listed", "unknown_field"]


@dataclass(frozen=True)
class Misfit:
    """A field or a type of an event that does not fit the taxonomy.

    Attributes:
        field: The field of meta; None if the event type is unknown.
        reason: Why it does not fit.
        expected: What would fit, in words.
    """

    field: str | None
    reason: Reason
    expected: str


def _without_jinja(text: str) -> str:
    # dbt renders descriptions.
    if found := re.search(r"\{[{%#]", text):
        raise ValueError(f"must not contain {found[0]!r}, which dbt would read as code")
    return " ".join(text.split())


Description = Annotated[str, AfterValidator(_without_jinja)]


class _Part(BaseModel):
    """A part of the file: strict types, no undeclared keys."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class MetaField(_Part):
    """A field of the meta of a type."""

    type: Literal["string", "integer", "number", "boolean", "timestamp"]
    required: bool = False
    description: Description = ""
    one_of: list[Any] = Field(default_factory=list)
    example: Any = None

    @model_validator(mode="after")
    def _values_fit(self) -> MetaField:
        if self.one_of and self.type not in ("string", "integer"):
            raise ValueError(f"one_of is for fields of type string or integer, not {self.type}")
        for value in self.one_of:
            if not self.value_type.fits(value):
                raise ValueError(f"{value!r} in one_of is not {self.value_type.phrase}{_HINT}")
        if self.example is not None and self.reason(self.example):
            raise ValueError(f"the example {self.example!r} is not {self.expected}{_HINT}")
        return self

    @property
    def value_type(self) -> ValueType:
        """The type of its values."""
        return VALUE_TYPES[self.type]

    @property
    def expected(self) -> str:
        """What a value is, in words."""
        if not self.one_of:
            return self.value_type.phrase
        return f"one of {', '.join(map(str, self.one_of))}"

    def reason(self, value: object) -> Reason | None:
        """Say why a value does not fit; null is no value."""
        if value is None:
            return "missing_field" if self.required else None
        if not self.value_type.fits(value):
            return "wrong_type"
        return "value_not_listed" if self.one_of and value not in self.one_of else None

    def example_value(self) -> object:
        """Return the example, or else any value that fits."""
        if self.example is not None:
            return self.example
        return self.one_of[0] if self.one_of else self.value_type.example


FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,62}$")]


class EventType(_Part):
    """A type of events."""

    description: Description = ""
    fields: dict[FieldName, MetaField] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _columns_differ(self) -> EventType:
        if repeated := _repeated(map(column_of, self.fields)):
            raise ValueError(
                f"several fields would be the column {repeated}, because columns are in lower case;"
                " rename one"
            )
        return self

    def example(self) -> dict[str, object]:
        """Return a meta with all fields."""
        return {name: field.example_value() for name, field in self.fields.items()}


def _not_reserved(event_type: str) -> str:
    if event_type in RESERVED_EVENT_TYPES:
        raise ValueError("only the server writes events of this type; remove it")
    return event_type


EventTypeName = Annotated[
    str, StringConstraints(pattern=EVENT_TYPE_PATTERN), AfterValidator(_not_reserved)
]


class Taxonomy(_Part):
    """The content of `events.yml`."""

    mode: Literal["warn", "strict"] = "warn"
    events: Annotated[dict[EventTypeName, EventType], Field(min_length=1)]

    @model_validator(mode="after")
    def _models_differ(self) -> Taxonomy:
        if repeated := _repeated([MISFITS_MODEL, *map(model_of, self.events)]):
            raise ValueError(
                f"several models would be called {repeated}, because a model has no dots and"
                f" {MISFITS_MODEL} is that of the misfits; rename an event type"
            )
        return self

    @property
    def is_strict(self) -> bool:
        """Whether the API refuses what does not fit."""
        return self.mode == "strict"

    def misfits(self, event_type: str, meta: Mapping[str, object] | None) -> Iterator[Misfit]:
        """Find the misfits of an event; one that the server writes has none."""
        if event_type in RESERVED_EVENT_TYPES:
            return
        declared = self.events.get(event_type)
        if declared is None:
            yield Misfit(None, "unknown_type", EXPECTED_TYPE)
            return
        found = meta or {}
        for name, field in declared.fields.items():
            if reason := field.reason(found.get(name)):
                yield Misfit(name, reason, field.expected)
        for name in found:
            if name not in declared.fields:
                yield Misfit(name, "unknown_field", EXPECTED_FIELD)


def column_of(field_name: str) -> str:
    """Return the column of a field: `levelId` is `level_id`."""
    column = re.sub("(?<=[a-z0-9])(?=[A-Z])", "_", field_name).lower()
    return f"meta_{column}" if column in EVENT_COLUMNS else column


def model_of(event_type: str) -> str:
    """Return the dbt model of a type."""
    return f"fct_event_{event_type.replace('.', '_')}"


def _repeated(names: Iterable[str]) -> str | None:
    return next((name for name, count in Counter(names).items() if count > 1), None)


class _UniqueKeys(yaml.SafeLoader):
    """Reads YAML without repeated keys, of which PyYAML would silently take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [
            (key.value, key.start_mark) for key, _ in node.value if isinstance(key, yaml.ScalarNode)
        ]
        repeated = _repeated(name for name, _ in keys)
        if repeated is not None:
            raise yaml.constructor.ConstructorError(
                problem=f"the key {repeated} is there twice; remove one",
                problem_mark=dict(keys)[repeated],
            )
        return super().construct_mapping(node, deep)


def read_events_file(path: str) -> Taxonomy | None:
    """Read a taxonomy.

    Returns:
        The taxonomy; None without a file at the default path.

    Raises:
        TaxonomyError: The file is not valid, or there is none at another path.
    """
    try:
        with Path(path).open(encoding="utf-8") as file:
            content = _UniqueKeys(file).get_single_data()
    except FileNotFoundError:
        if path == EVENTS_FILE:
            return None
        raise TaxonomyError(f"{path} does not exist. Correct EVENTS_FILE.") from None
    # A date that does not exist is a ValueError of the parser.
    except (OSError, yaml.YAMLError, ValueError) as error:
        raise TaxonomyError(f"{path} cannot be read as YAML: {error}") from error
    try:
        return Taxonomy.model_validate(content)
    except ValidationError as error:
        faults = [
            f"  {'.'.join(str(part) for part in fault['loc'] if part != '[key]') or 'the file'}: "
            + _MESSAGES.get(fault["type"], fault["msg"].removeprefix("Value error, "))
            for fault in error.errors(include_url=False, include_context=False)
        ]
        raise TaxonomyError(
            "\n".join([f"{path} is not valid. Correct it as docs/events.md says:", *faults])
        ) from None
