"""`events.yml`: what it may say, and what an error tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.harness import ROOT
from warehouse.taxonomy.errors import TaxonomyError
from warehouse.taxonomy.events_file import column_of, read_events_file

EXAMPLE = ROOT / "examples/events/events.yml"


def test_the_example_is_valid() -> None:
    taxonomy = read_events_file(str(EXAMPLE))
    assert taxonomy is not None
    assert not taxonomy.is_strict
    for event_type, declared in taxonomy.events.items():
        assert list(taxonomy.misfits(event_type, declared.example())) == []


def test_only_the_default_file_may_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_events_file("events.yml") is None
    with pytest.raises(TaxonomyError, match=r"^other\.yml does not exist\. Correct EVENTS_FILE\.$"):
        read_events_file("other.yml")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file: must be a mapping"),
        ("- level_up", "the file: must be a mapping"),
        ("mode: warn", "events: is missing; add it"),
        ("events: {}", "events: Dictionary should have at least 1 item"),
        ("{mode: loud, events: {a: {}}}", "mode: Input should be 'warn' or 'strict'"),
        ("{modus: warn, events: {a: {}}}", "modus: is not a known key; correct or remove it"),
        ("events: {earn: {}}", "events.earn: only the server writes events of this type"),
        ("events: {Level: {}}", "events.Level: String should match pattern"),
        ("events: {a.b: {}, a_b: {}}", "several models would be called fct_event_a_b"),
        ("events: {misfits: {}}", "several models would be called fct_event_misfits"),
        ("events: {a: {description: '{{ x }}'}}", "events.a.description: must not contain '{{'"),
        ("events: {a: {fields: {x: {}}}}", "events.a.fields.x.type: is missing"),
        ("events: {a: {fields: {x: {type: int}}}}", "events.a.fields.x.type: Input should be"),
        (
            "events: {a: {fields: {x-y: {type: string}}}}",
            "events.a.fields.x-y: String should match",
        ),
        (
            "events: {a: {fields: {xY: {type: string}, x_y: {type: string}}}}",
            "events.a: several fields would be the column x_y",
        ),
        (
            "events: {a: {fields: {x: {type: string, one_of: [yes, no]}}}}",
            "events.a.fields.x: True in one_of is not a text; YAML reads yes, no,",
        ),
        (
            "events: {a: {fields: {x: {type: number, one_of: [1]}}}}",
            "events.a.fields.x: one_of is for fields of type string or integer, not number",
        ),
        (
            "events: {a: {fields: {x: {type: integer, one_of: [1, 2], example: 3}}}}",
            "events.a.fields.x: the example 3 is not one of 1, 2",
        ),
        (
            "events: {a: {fields: {x: {type: timestamp, example: 2026-02-30T12:00:00}}}}",
            "cannot be read as YAML: day is out of range for month",
        ),
        ("events: [", "cannot be read as YAML"),
        (
            "events: {a: {}, b: {}, a: {}}",
            "cannot be read as YAML: the key a is there twice; remove one\n  in",
        ),
    ],
)
def test_an_error_names_the_file_and_the_place(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "types.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TaxonomyError) as error:
        read_events_file(str(path))
    assert str(error.value).startswith(f"{path} ")
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("field", "column"),
    [("level", "level"), ("durationSeconds", "duration_seconds"), ("userId", "meta_user_id")],
)
def test_a_field_is_a_column_in_snake_case(field: str, column: str) -> None:
    assert column_of(field) == column
