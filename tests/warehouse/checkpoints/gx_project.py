"""Checkpoints of a test's own, with the warehouse that they judge."""

from __future__ import annotations

import html
import io
import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console

from tests.support.harness import Run
from warehouse.checkpoints.command import check
from warehouse.checkpoints.project import CHECKPOINTS
from warehouse.settings import Settings

# Marks a module whose tests run Great Expectations in this process.
RUNS_GREAT_EXPECTATIONS = [
    pytest.mark.usefixtures("great_expectations"),
    # One data source for all schemas is what the project wants. It is to go with version 2.
    pytest.mark.filterwarnings("ignore:`schema_name` is deprecated:DeprecationWarning"),
]

Json = dict[str, Any]


def expects(kind: str, name: str, **kwargs: object) -> Json:
    """An expectation of type `expect_<kind>` with a name and a description."""
    return {
        "name": name,
        "description": f"What {name} means.",
        "type": f"expect_{kind}",
        "kwargs": kwargs,
    }


def bound(name: str) -> Json:
    """A reference to a bound."""
    return {"$PARAMETER": name}


def rows_of(output: str) -> dict[str, list[str]]:
    """Give the cells of each row of the tables, by its first one, which is a name."""
    lines = [line.split("  ") for line in output.splitlines()]
    rows = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    return {row[0]: row[1:] for row in rows if len(row) > 1}


@dataclass(frozen=True)
class Judged:
    """A table and what is expected of it."""

    table: str
    expectations: list[Json]
    key: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class GxProject:
    """A folder like `warehouse/checkpoints/`, and beside it a warehouse, a store and reports."""

    root: Path

    @property
    def folder(self) -> Path:
        """What holds `suites.yml` and `bounds.yml`."""
        return self.root / "checkpoints"

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def store(self) -> Path:
        return self.root / "store.sqlite"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def page(self) -> Path:
        return self.reports / "checkpoints.html"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "WAREHOUSE_PATH": str(self.warehouse),
            "REPORTS_PATH": str(self.reports),
            "STORE_URL": f"sqlite:///{self.store}",
        }

    def write_suites(
        self, *judged: Judged, checkpoint: str = "landed", bounds: dict[str, float] | None = None
    ) -> None:
        """Write the suites of one checkpoint, the others without any, and the bounds."""
        suites = [asdict(each) for each in judged]
        self.write("suites.yml", {n: suites if n == checkpoint else [] for n in CHECKPOINTS})
        self.write("bounds.yml", bounds or {})

    def write(self, name: str, content: object) -> Path:
        self.folder.mkdir(exist_ok=True)
        path = self.folder / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    def execute(self, sql: str, *parameters: object) -> None:
        with duckdb.connect(str(self.warehouse)) as warehouse:
            warehouse.execute(sql, parameters or None)

    def check(
        self, *names: str, width: int = 100, brief: bool = False, store_url: str | None = None
    ) -> Run:
        """Run checkpoints in this process, by default `landed`."""
        environment = self.environment
        if store_url is not None:
            environment["STORE_URL"] = store_url
        output = io.StringIO()
        exit_code = check(
            names or ("landed",),
            Settings.from_environment(environment),
            Console(file=output, width=width, highlight=False),
            brief=brief,
            folder=self.folder,
        )
        return Run(exit_code, output.getvalue())

    def page_rows(self) -> dict[str, list[str]]:
        """Read the rows of the page's tables by the name of the expectation."""
        rows = re.findall(r'<tr><th scope="row">.*?</tr>', self.page.read_text(encoding="utf-8"))
        cells = [re.split(r"(?:<[^>]+>)+", html.unescape(row))[1:-1] for row in rows]
        return {name: rest for name, *rest in cells}
