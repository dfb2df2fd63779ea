"""A copy of the project in a folder of its own, built by the real dbt as a user would build it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parents[1]
DBT = str(Path(sys.executable).parent / "dbt")

PROJECT_FILES = [".dbtignore", "dbt_project.yml", "profiles.yml", "selectors.yml"]
PROJECT_FOLDERS = ["api", "macros", "models", "tests/dbt", "warehouse"]
# Settings of the shell that runs the tests must not leak into the project under test.
SETTINGS = [
    *("WAREHOUSE_PATH", "WAREHOUSE_MEMORY_LIMIT", "REPORTS_PATH", "STORE_URL"),
    *("LOADER", "LOADER_INTERVAL_SECONDS"),
    *("HOST", "PORT", "THREADS", "JWT_SECRET", "TOKEN_TTL_SECONDS", "BUILD_INTERVAL_SECONDS"),
    *("DBT_PROFILES_DIR", "DBT_PROJECT_DIR", "DBT_TARGET", "DBT_TARGET_PATH", "DBT_LOG_PATH"),
]
# The unit tests of the models run once, in a test of their own.
WITHOUT_UNIT_TESTS = ["--exclude-resource-type", "unit_test"]


@dataclass(frozen=True)
class Run:
    """What a command did.

    Attributes:
        exit_code: Its exit status.
        output: All it printed, standard error included.
    """

    exit_code: int
    output: str


@dataclass(frozen=True)
class Project:
    """A project folder with inputs, a warehouse and reports of its own."""

    root: Path

    @classmethod
    def copy_to(cls, root: Path) -> Project:
        """Copy the project without its inputs."""
        for name in PROJECT_FILES:
            root.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
        for name in PROJECT_FOLDERS:
            shutil.copytree(
                ROOT / name,
                root / name,
                ignore=shutil.ignore_patterns("*.duckdb*", "*.sqlite*", "__pycache__"),
            )
        (root / "seeds").mkdir()
        shutil.copy(ROOT / "seeds/_seeds.yml", root / "seeds")
        return cls(root)

    def clone_to(self, root: Path) -> Project:
        """Copy the project with all that was built in it."""
        shutil.copytree(self.root, root)
        return Project(root)

    @property
    def reports(self) -> Path:
        """The folder of the reports."""
        return self.root / "reports"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file."""
        return self.root / "warehouse/gamehouse.duckdb"

    def write_inputs(self, inputs: dict[str, str]) -> None:
        """Write `seeds/<name>.csv` for each name and text."""
        for name, text in inputs.items():
            (self.root / "seeds" / f"{name}.csv").write_text(text, encoding="utf-8", newline="")

    def build(
        self,
        *arguments: str,
        variables: dict[str, object] | None = None,
        environment: dict[str, str] | None = None,
    ) -> Run:
        """Run `dbt build` without the unit tests of the models."""
        variables_text = ["--vars", json.dumps(variables)] if variables else []
        return self.dbt(
            "build", *WITHOUT_UNIT_TESTS, *arguments, *variables_text, environment=environment
        )

    def dbt(self, *arguments: str, environment: dict[str, str] | None = None) -> Run:
        """Run dbt in the project folder."""
        return self.run(DBT, *arguments, environment=environment)

    def run(self, *command: str, environment: dict[str, str] | None = None) -> Run:
        """Run any command in the project folder."""
        process = self.start(*command, environment=environment)
        output, _ = process.communicate()
        return Run(process.returncode, output)

    def start(
        self, *command: str, environment: dict[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start any command in the project folder, its output in one pipe."""
        inherited = {name: text for name, text in os.environ.items() if name not in SETTINGS}
        return subprocess.Popen(
            command,
            cwd=self.root,
            env={
                **inherited,
                "DBT_USE_COLORS": "false",
                "PYTHONUNBUFFERED": "1",
                **(environment or {}),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def report(self, name: str) -> Any:  # noqa: ANN401 (an object or an array)
        """Read `reports/<name>.json`."""
        return json.loads((self.reports / f"{name}.json").read_text(encoding="utf-8"))

    def report_bytes(self) -> dict[str, bytes]:
        """Read all reports as they stand, by file name."""
        return {path.name: path.read_bytes() for path in self.reports.glob("*.json")}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse."""
        with duckdb.connect(str(self.warehouse), read_only=True) as warehouse:
            return warehouse.execute(sql).fetchall()
