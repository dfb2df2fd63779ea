"""The documentation names settings, files and sections that exist, and all of the settings."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from api import settings as api_settings
from tests.support.harness import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
SETTINGS = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
# Variables of other programs that the warehouse reads.
FOREIGN = {"COLUMNS", "DBT_TARGET_PATH", "JAVA_HOME", "PATH"}


def without_code(text: str) -> str:
    """The text without its blocks of code, whose comments look like headings."""
    return re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The fragments that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", without_code(page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def table(heading: str) -> dict[str, list[str]]:
    """The rows of the tables below a heading of the settings page, by what they are about."""
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", SETTINGS, re.MULTILINE | re.DOTALL)
    assert section
    rows = [line.strip("|").split(" | ") for line in section[1].splitlines() if line[:3] == "| `"]
    return {row[0].strip(" `"): row for row in rows}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path, _, fragment = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        assert not fragment or fragment in anchors(linked), target


def test_the_index_lists_every_page() -> None:
    index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[([a-z]+\.md)\]", index, re.MULTILINE)
    assert listed == [page.name for page in PAGES if page.parent != ROOT][1:]


def test_every_environment_variable_is_documented_and_no_other() -> None:
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("macros", "models", "warehouse")
        for path in [*(ROOT / folder).rglob("*"), ROOT / "profiles.yml"]
        if path.suffix in {".py", ".sql", ".yml"}
    )
    read = re.findall(r"environ(?:ment)?\.get\(\s*\"(\w+)\"|env_var\('(\w+)'", source)
    declared = [field.metadata["setting"] for field in fields(api_settings.Settings)]
    known = {name for names in read for name in names if name} - FOREIGN
    documented = table("Environment variables")
    assert set(documented) == known | {setting.variable for setting in declared}
    for setting in declared:
        if isinstance(setting.default, str):
            shown = re.match(r"`?([^`;]+)", documented[setting.variable][1].strip())
            assert shown is not None
            assert shown[1] == (setting.default or "none"), setting.variable


def test_every_dbt_var_is_documented_and_no_other() -> None:
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    documented = table("dbt vars")
    assert list(documented) == list(project["vars"])
    for name, default in project["vars"].items():
        shown = re.findall(r"`([^`]+)`", documented[name][1]) or [documented[name][1]]
        if isinstance(default, list) and len(shown) > 1:
            assert shown == default
        elif default is not None and not isinstance(default, list):
            assert shown == [str(default).lower() if isinstance(default, bool) else str(default)]


def test_contributing_names_files_that_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w.\-]+/[\w./\-]*)`", text)
    assert len(named) > 30
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_hooks_run_what_make_lint_runs() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert repository["repo"] == "local"
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("$(BIN)", ".venv/bin")
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        command = re.sub(r"^env | --force-exclude$", "", hook["entry"])
        assert command in makefile, command


def test_the_dev_container_installs_what_the_workflow_installs() -> None:
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text("utf-8"))
    assert container["postCreateCommand"] == "bash .ci/install && make setup"
    assert "\nbash .ci/install\n" in (ROOT / ".ci/run").read_text(encoding="utf-8")
