"""Every YAML file of the dbt project has the keys that dbt knows; dbt ignores most others."""

from __future__ import annotations

import operator
from functools import reduce
from pathlib import Path

import pytest
import yaml
from dbt.jsonschemas.jsonschemas import project_schema, resources_schema
from jsonschema import Draft7Validator

from tests.support.harness import ROOT

PROPERTIES = sorted(
    path for folder in ("macros", "models", "seeds") for path in (ROOT / folder).rglob("*.y*ml")
)


def faults(text: str, schema: dict[str, object]) -> list[str]:
    """What the schema does not allow, each with its place."""
    content = yaml.safe_load(text)
    # dbt 1.11 reads metrics in an earlier form than its schema has. It rejects unknown keys there.
    content.pop("metrics", None)
    found = Draft7Validator(schema).iter_errors(content)
    return [f"{'.'.join(map(str, fault.absolute_path))}: {fault.message}" for fault in found]


@pytest.mark.parametrize("path", PROPERTIES, ids=lambda path: path.name)
def test_properties_have_the_keys_that_dbt_knows(path: Path) -> None:
    assert faults(path.read_text(encoding="utf-8"), resources_schema()) == []


def test_project_file_has_the_keys_that_dbt_knows() -> None:
    text = (ROOT / "dbt_project.yml").read_text(encoding="utf-8")
    assert faults(text, project_schema()) == []


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("seeds.0.columns.0", "seeds: [{name: s, columns: [{name: c, description: one, two.}]}]"),
        ("models.0.columns.0", "models: [{name: m, columns: [{name: c, data_typ: date}]}]"),
        ("models.0", "models: [{name: m, descripton: Rows.}]"),
        ("models.0.data_tests.0", "models: [{name: m, data_tests: [{unique: {colum: c}}]}]"),
        ("models.0.config", "models: [{name: m, config: {materialised: view}}]"),
        (
            "sources.0.tables.0.config",
            "sources: [{name: s, tables: [{name: t, config: {tag: a}}]}]",
        ),
        ("unit_tests.0", "unit_tests: [{name: u, model: m, given: [], expects: {rows: []}}]"),
    ],
)
def test_a_key_that_dbt_does_not_know_is_found(place: str, text: str) -> None:
    """Such as the rest of a description that an unquoted comma cuts in two."""
    assert any(fault.startswith(f"{place}:") for fault in faults(text, resources_schema()))


@pytest.mark.parametrize("misspelt", ["+materialised", "+tag"])
@pytest.mark.parametrize("place", ["seeds", "models", "models.gamehouse.staging.api"])
def test_a_setting_of_a_folder_that_dbt_does_not_know_is_found(place: str, misspelt: str) -> None:
    """Only this test finds it: dbt compares files with its schema for other adapters alone."""
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    kind, *folders = place.split(".")
    reduce(operator.getitem, folders, project[kind])[misspelt] = "view"

    (fault,) = faults(yaml.safe_dump(project), project_schema())

    assert fault.startswith(f"{kind}:")
