"""Good data passes all checkpoints, and the documented check detects each fault."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from tests.support.harness import ROOT, Project
from tests.support.long import IS_LONG
from tests.system.e2e.corruptions import CORRUPTIONS, Corruption, tried
from tests.warehouse.checkpoints.gx_project import RUNS_GREAT_EXPECTATIONS
from tests.warehouse.loader.shipping import Game
from warehouse.checkpoints.command import check
from warehouse.checkpoints.project import CHECKPOINTS
from warehouse.loader.loader import Loader
from warehouse.sample.generate import generate_sample
from warehouse.settings import Settings, store_beside
from warehouse.store.outbox import SqlOutbox
from warehouse.store.sql_store import SqlStore

pytestmark = RUNS_GREAT_EXPECTATIONS

# The data tests test the SQL, which no fault changes.
WITHOUT_TESTS = ["--exclude-resource-type", "test"]
# The part of a build that the checkpoints on landed data and marts read.
WHAT_IS_JUDGED = ("+path:models/quality/landed", "+path:models/quality/marts")
DOCUMENT = ROOT / "docs/checkpoints.md"
CAUGHT_ROW = re.compile(r"\| (?P<what>[^|`]+) \| (?P<guards>`[^|]+) \|")


def built_with(root: Path, seed: int) -> Project:
    """Create a project with the sample of a seed and API events."""
    project = Project.copy_to(root)
    generate_sample(root / "seeds", seed)
    url = store_beside(project.warehouse)
    store, outbox = SqlStore(url), SqlOutbox(url)
    game = Game(url, store, outbox, project.warehouse)
    game.play(game.register("ann", "bob", "cyd"), 300, seed)
    Loader(outbox, project.warehouse).ship_all()
    outbox.close()
    store.close()
    run = project.build(*WITHOUT_TESTS)
    assert run.exit_code == 0, run.output
    return project


def changed_since(good: Project, project: Project) -> list[str]:
    """Select of a build what is judged and comes from an input that is another now."""
    inputs = [
        path.stem
        for path in sorted((project.root / "seeds").glob("*.csv"))
        if path.read_bytes() != (good.root / "seeds" / path.name).read_bytes()
    ]
    return ["--select", *(f"{name}+,{judged}" for name in inputs for judged in WHAT_IS_JUDGED)]


def failed_expectations(
    project: Project, monkeypatch: pytest.MonkeyPatch, checkpoints: Sequence[str] = CHECKPOINTS
) -> list[str]:
    """Run checkpoints, as `python -m warehouse check` does; return failed expectations."""
    monkeypatch.chdir(project.root)
    settings = Settings.from_environment({})
    output = StringIO()
    exit_code = check(checkpoints, settings, Console(file=output, width=1000), brief=True)
    names = re.findall(r"FAILED: (.+)", output.getvalue())
    assert exit_code == (1 if names else 0), output.getvalue()
    verdicts = re.findall(r"^(landed|marts|reports): ", output.getvalue(), re.MULTILINE)
    assert verdicts == list(checkpoints)
    return [name for line in names for name in line.split(", ")]


def stopped_by(output: str) -> list[str]:
    """Return what stopped a build: an input, or the macro of an on-run-start hook."""
    nodes = re.findall(r"Error in (?:seed|operation) (\S+)", output)
    return [f"dbt: {_called(node)}" for node in dict.fromkeys(nodes)]


def _called(node: str) -> str:
    if hook := re.fullmatch(r"gamehouse-on-run-start-(\d+)", node):
        project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
        return re.sub(r"[^a-z_]", "", project["on-run-start"][int(hook[1])])
    return node


def documented() -> dict[str, list[str]]:
    """Return the documented check of each fault."""
    rows = CAUGHT_ROW.finditer(DOCUMENT.read_text(encoding="utf-8"))
    return {row["what"]: re.findall(r"`([^`]+)`", row["guards"]) for row in rows}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A good project that tests copy."""
    return built_with(tmp_path_factory.mktemp("good") / "project", seed=7)


def test_good_data_raises_nothing(good: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert failed_expectations(good, monkeypatch) == []


@pytest.mark.parametrize("seed", range(1, 21) if IS_LONG else [1])
def test_other_good_data_raises_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    assert failed_expectations(built_with(tmp_path / "project", seed), monkeypatch) == []


def test_catalogue_is_the_documents() -> None:
    assert [corruption.what for corruption in CORRUPTIONS] == list(documented())
    assert len(CORRUPTIONS) >= 20


def test_every_fault_is_tested_and_distinguished() -> None:
    caught = documented()
    for is_long in (False, True):
        groups = tried(is_long=is_long)
        names = [corruption.name for group in groups for corruption in group]
        assert sorted(names) == sorted(corruption.name for corruption in CORRUPTIONS)
        for group in groups:
            guards = [guard for corruption in group for guard in caught[corruption.what]]
            assert len(guards) == len(set(guards)), group
            assert len({corruption.needs_build for corruption in group}) == 1


@pytest.mark.parametrize(
    "group", tried(is_long=IS_LONG), ids=lambda group: "+".join(each.name for each in group)
)
def test_corruption_is_caught(
    good: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: list[Corruption]
) -> None:
    project = good.clone_to(tmp_path / "project")
    for corruption in group:
        corruption.spoil(project)
    if not group[0].needs_build:
        guards = failed_expectations(project, monkeypatch)
    elif (build := project.build(*changed_since(good, project), *WITHOUT_TESTS)).exit_code != 0:
        guards = stopped_by(build.output)
    else:
        guards = failed_expectations(project, monkeypatch, ["landed", "marts"])
    assert guards, "nothing caught it"
    caught = documented()
    for corruption in group:
        said = caught.get(corruption.what, [])
        found = [guard for guard in guards if guard in said or len(group) == 1]
        row = f"| {corruption.what} | {', '.join(f'`{guard}`' for guard in found)} |"
        print(row)
        assert found == said, f"{DOCUMENT.name} should say: {row}"
        guards = [guard for guard in guards if guard not in found]
    assert guards == [], "caught by what nothing here should touch"
