"""What docs/operations.md tells to do can be done."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.harness import ROOT, Project
from tests.warehouse.operations.games import Files
from warehouse.cli import parser

TEXT = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^ *```sh\n(.*?)^ *```", TEXT, re.MULTILINE | re.DOTALL)
COMMANDS = sorted({*re.findall(r"python -m warehouse [a-z][^`\n]*", TEXT)})


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_one(command: str) -> None:
    words = shlex.split(command)[3:]
    assert parser().parse_args(words).run is not None


def test_every_operation_is_told() -> None:
    told = {command.split()[3] for command in COMMANDS}
    assert {"backup", "verify", "restore", "load", "prune"} <= told


@pytest.mark.parametrize("target", sorted({*re.findall(r"`make ([a-z]+)`", TEXT)}))
def test_every_target_of_make_is_one(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_section_that_is_linked_is_there() -> None:
    headings = {
        heading.lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]*)\)", TEXT)) <= headings


def test_every_metric_is_measured() -> None:
    source = (ROOT / "api/metrics.py").read_text(encoding="utf-8")
    for metric in re.findall(r"`(gamehouse_\w+)`", TEXT):
        assert f'"{metric.removesuffix("_total")}"' in source


def test_the_drill_and_every_other_block_runs(files: Files, tmp_path: Path) -> None:
    """In the order of the page, in a project with the default places."""
    project = Project.copy_to(tmp_path / "project")
    folder = project.root / "warehouse"
    shutil.copy(files.store, folder / "gamehouse.store.sqlite")
    shutil.copy(files.warehouse, folder / "gamehouse.duckdb")
    script = "".join(re.sub(r"^ +", "", block, flags=re.MULTILINE) for block in BLOCKS)
    # The page names a backup of some day; here it is the one that its first command makes.
    example = "backups/backup-20260131T120000Z"
    assert example in script
    script = script.replace(example, '"$(ls -d backups/backup-* | head -n 1)"')
    (project.root / "page.sh").write_text(script)
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    run = project.run("bash", "-euo", "pipefail", "page.sh", environment={"PATH": path})
    assert run.exit_code == 0, run.output
    assert run.output.count("checks, all hold") == 5
    assert "Shipped 2 events" in run.output
    assert not (project.root / "drill").exists()
    (aside,) = folder.glob("replaced-*")
    assert (aside / "gamehouse.store.sqlite").exists()
