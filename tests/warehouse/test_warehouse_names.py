"""Which files the warehouse can be: every program takes and refuses the same ones."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.support.harness import Project
from warehouse.loader.destination import destination_of
from warehouse.settings import Settings, UnusablePathError, store_beside, usable_warehouse_path

WAREHOUSE = [sys.executable, "-m", "warehouse"]
API = [sys.executable, "-m", "api"]
SECRET = {"JWT_SECRET": "0123456789abcdef" * 4}

CATALOGS = ["main", "temp", "system", "information_schema", "pg_catalog"]
SCHEMAS = ["raw", "staging", "intermediate", "marts", "reports", "quality", "history"]
UNUSABLE = [
    *(f"{name}.duckdb" for name in [*CATALOGS, *SCHEMAS]),
    *("Temp.duckdb", "MAIN.duckdb", "folder/raw", "/folder/.raw.old.duckdb"),
    *("a;b.duckdb", "a?b.duckdb", "a#b.duckdb", "d;e/w.duckdb", "d?e/w.duckdb", "d#e/w.duckdb"),
    *("it's.duckdb", 'a"b.duckdb'),
    *("a\nb.duckdb", "a\x1b[2J.duckdb", "d\te/w.duckdb", "a\x9b.duckdb", "\udc80.duckdb"),
    *("md:x", "ducklake:x.duckdb", "s3://bucket/x.duckdb", ":memory:"),
    *("", ".", "..", "...", "/", "folder/..", " .duckdb"),
]
USABLE = [
    *("gamehouse.duckdb", "/var/lib/gamehouse/w.duckdb", "w", "a.b.c", ".hidden.duckdb"),
    *("it's/w.duckdb", 'a"b/w.duckdb', "main/w.duckdb", "raw.d/temp/w.duckdb", "./d/md:x.duckdb"),
    *("{{ x }}.duckdb", "${HOME}.duckdb", "[x].duckdb", "a b%20c.duckdb", "ü&=,@~.duckdb", "1"),
    *("main_db.duckdb", "temporary.duckdb", "select.duckdb"),
]


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_name_that_engines_take_differently_is_refused(name: str) -> None:
    for use in (
        usable_warehouse_path,
        lambda path: Settings.from_environment({"WAREHOUSE_PATH": path}),
        lambda path: store_beside(Path(path or ".")),
        lambda path: destination_of(Path(path or "."), None),
    ):
        with pytest.raises(UnusablePathError, match=r"^WAREHOUSE_PATH is .* Set it to another"):
            use(name)


@pytest.mark.parametrize("name", USABLE)
def test_any_other_name_is_taken(name: str) -> None:
    assert Settings.from_environment({"WAREHOUSE_PATH": name}).warehouse_path == Path(name)


@pytest.mark.parametrize(
    "command",
    [
        *(["inputs"], ["summary"], ["check"], ["docs"], ["page"], ["schedule", "--check"]),
        *(["load"], ["verify"], ["load", "--all"], ["prune", "--older-than", "1"]),
        *(["backup", "--to", "backups"], ["restore", "backups"]),
    ],
)
def test_every_command_refuses_it_before_it_does_anything(
    project: Project, command: list[str]
) -> None:
    before = sorted(project.root.rglob("*"))
    run = project.run(*WAREHOUSE, *command, environment={"WAREHOUSE_PATH": "data/main.duckdb"})
    assert run.exit_code == 2
    assert run.output == (
        "WAREHOUSE_PATH is 'data/main.duckdb': DuckDB reserves the name 'main'. Set it to another"
        " path, such as warehouse/gamehouse.duckdb.\n"
    )
    assert {*project.root.rglob("*")} - {*before} <= set(project.root.rglob("__pycache__/*")) | set(
        project.root.rglob("__pycache__")
    )


@pytest.mark.parametrize("store", [{}, {"STORE_URL": "sqlite:///store.sqlite"}])
def test_the_api_does_not_start_with_it(project: Project, store: dict[str, str]) -> None:
    environment = {**SECRET, **store, "WAREHOUSE_PATH": "data/raw.duckdb"}
    run = project.run(*API, "serve", environment=environment)
    assert run.exit_code == 2
    assert "WAREHOUSE_PATH is 'data/raw.duckdb'" in run.output
    assert "Traceback" not in run.output


@pytest.mark.parametrize(
    "name", ["main.duckdb", "temp", "raw.duckdb", "a;b.duckdb", "d#e/w.duckdb"]
)
def test_dbt_refuses_it(project: Project, name: str) -> None:
    """A name has dbt parse the project again, so this one has a single model."""
    for folder in ("models", "seeds", "tests"):
        shutil.rmtree(project.root / folder)
    (project.root / "models").mkdir()
    (project.root / "models/own.sql").write_text("select 1 as n")
    run = project.build(environment={"WAREHOUSE_PATH": f"data/{name}"})
    assert run.exit_code == 2
    assert f"WAREHOUSE_PATH is 'data/{name}'" in run.output
    assert not (project.root / "data").exists()


def test_everything_works_with_any_other(good: Project) -> None:
    name = "it's/{{ x }} ${HOME} ü&=,@~[x]%20.duckdb"
    environment = {"WAREHOUSE_PATH": f"data/{name}"}
    build = good.build(environment=environment)
    assert build.exit_code == 0, build.output
    backups = good.root / "backups"
    for command in (["load"], ["summary"], ["check"], ["page"], ["backup", "--to", str(backups)]):
        run = good.run(*WAREHOUSE, *command, environment=environment)
        assert run.exit_code == 0, run.output
    [backup] = backups.iterdir()
    for command in (["verify"], ["restore", str(backup), "--replace"]):
        run = good.run(*WAREHOUSE, *command, environment=environment)
        assert run.exit_code == 0, run.output
    assert (good.root / "data" / name).exists()
