"""Writes the dbt models of a taxonomy: a typed model for each event type, and the misfits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from warehouse.store.event_types import RESERVED_EVENT_TYPES
from warehouse.taxonomy.events_file import (
    EVENT_COLUMNS,
    MISFITS_MODEL,
    EventType,
    MetaField,
    Taxonomy,
    column_of,
    model_of,
)

# Files with this line are written and removed by the command; dbt compiles away the comment.
_MARK = "Written by `python -m warehouse events` from events.yml. Change that file instead."
_TEMPLATES = Path(__file__).parent / "models"
_MACRO = "macros/game_events/event_taxonomy.sql"
_MARTS = "models/marts/game_events"
# Where the models go that are the same for every taxonomy.
_FIXED = {
    "int_events__received.sql": "models/intermediate/game_events",
    f"{MISFITS_MODEL}.sql": _MARTS,
    "qa_event_misfits.sql": "models/quality/game_events",
}
_PROPERTIES = f"{_MARTS}/_game_events__models.yml"
_FOLDERS = (Path(_MACRO).parent, *map(Path, _FIXED.values()))
# Blocks of models/docs/shared_columns.md that are not named after their column.
_DOCS = {"user_id": "event_user_id"}


def out_of_date(project: Path, taxonomy: Taxonomy | None) -> list[Path]:
    """List the files that are missing, differ, or are left from an earlier taxonomy."""
    wanted = _files(taxonomy)
    changed = [path for path, text in wanted.items() if _text(project / path) != text]
    return sorted([*changed, *_left_over(project, wanted)])


def write_models(project: Path, taxonomy: Taxonomy | None) -> None:
    """Write the files of a taxonomy and remove those of earlier ones; without one, remove all.

    Raises:
        OSError: The project cannot be written.
    """
    wanted = _files(taxonomy)
    for path, text in wanted.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text, encoding="utf-8", newline="")
    for path in _left_over(project, wanted):
        (project / path).unlink()
        if not any((project / path).parent.iterdir()):
            (project / path).parent.rmdir()


def _left_over(project: Path, wanted: dict[Path, str]) -> list[Path]:
    found = {path for folder in _FOLDERS for path in (project / folder).glob("*.*")}
    written = {path.relative_to(project) for path in found if _MARK in (_text(path) or "")}
    return sorted(written - wanted.keys())


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _files(taxonomy: Taxonomy | None) -> dict[Path, str]:
    if taxonomy is None:
        return {}
    files = {f"{folder}/{name}": _template(name) for name, folder in _FIXED.items()}
    for event_type in taxonomy.events:
        model = _template("fct_event_type.sql").replace("EVENT_TYPE", event_type)
        files[f"{_MARTS}/{model_of(event_type)}.sql"] = model
    marked = {name: f"{{# {_MARK} #}}\n{text}" for name, text in files.items()}
    marked[_MACRO] = _macro(taxonomy)
    marked[_PROPERTIES] = f"# {_MARK}\n{_properties(taxonomy)}"
    return {Path(name): text for name, text in marked.items()}


def _template(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def macro_data(taxonomy: Taxonomy) -> str:
    """Return what the macros need to know, as a mapping in Jinja."""
    types = {
        event_type: [_entry(*item) for item in declared.fields.items()]
        for event_type, declared in taxonomy.events.items()
    }
    # Jinja reads JSON, but not the two escapes of a character beyond 16 bits.
    data = {"reserved": RESERVED_EVENT_TYPES, "types": types}
    return json.dumps(data, ensure_ascii=False, indent=2)


def _macro(taxonomy: Taxonomy) -> str:
    # dbt gives macros no other file.
    return (
        f"{{# The event types of events.yml and their fields. {_MARK} #}}\n"
        "{% macro event_taxonomy() -%}\n"
        f"{{{{ return({macro_data(taxonomy)}) }}}}\n"
        "{%- endmacro %}\n"
    )


def _entry(name: str, field: MetaField) -> dict[str, object]:
    return {
        "name": name,
        "column": column_of(name),
        "type": field.type,
        "required": field.required,
        "one_of": list(map(str, field.one_of)),
        "expected": field.expected,
    }


def _properties(taxonomy: Taxonomy) -> str:
    properties = yaml.safe_load(_template("game_events.yml"))
    for event_type, declared in taxonomy.events.items():
        properties["models"].append(_model_properties(event_type, declared))
    text: str = yaml.safe_dump(properties, sort_keys=False, allow_unicode=True, width=95)
    return text


def _model_properties(event_type: str, declared: EventType) -> dict[str, Any]:
    name = model_of(event_type)
    grain = f"Grain: one row per event of the type {event_type}."
    columns: list[dict[str, object]] = [
        {
            "name": column,
            "data_type": column_type,
            "description": f"{{{{ doc('{_DOCS.get(column, column)}') }}}}",
        }
        for column, column_type in EVENT_COLUMNS.items()
    ]
    for field_name, field in declared.fields.items():
        meaning = field.description or f"Field {field_name} of meta."
        columns.append(
            {
                "name": column_of(field_name),
                "quote": True,
                "data_type": field.value_type.column_type,
                "description": f"{meaning} Null unless meta has {field.value_type.phrase}.",
            }
        )
    return {
        "name": name,
        "config": {"contract": {"enforced": True}},
        "description": f"{grain} {declared.description}".strip(),
        "data_tests": [{"holds": {"name": f"{name}_holds", "arguments": {"key": ["event_id"]}}}],
        "columns": columns,
    }
