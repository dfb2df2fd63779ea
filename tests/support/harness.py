"""A copy of the project that tests build with the real dbt."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from tests.support.forking import run_dbt

ROOT = Path(__file__).resolve().parents[2]
DBT = str(Path(sys.executable).parent / "dbt")

PROJECT_FILES = [".dbtignore", "dbt_project.yml", "profiles.yml", "selectors.yml"]
PROJECT_FOLDERS = ["api", "macros", "models", "tests/dbt", "warehouse"]
# Settings of the tests' shell must not affect the project under test.
SETTINGS = [
    *("WAREHOUSE_PATH", "WAREHOUSE_MEMORY_LIMIT", "REPORTS_PATH", "STORE_URL", "EVENTS_URI"),
    "EVENTS_FILE",
    *("LANDING", "LOADER", "LOADER_INTERVAL_SECONDS"),
    *("HOST", "PORT", "THREADS", "JWT_SECRET", "TOKEN_TTL_SECONDS", "BUILD_INTERVAL_SECONDS"),
    *("SPARK_THRIFT_HOST", "SPARK_THRIFT_PORT"),
    *("DBT_PROFILES_DIR", "DBT_PROJECT_DIR", "DBT_TARGET", "DBT_TARGET_PATH", "DBT_LOG_PATH"),
]
# dbt's parse cache.
PARSED = Path("target/partial_parse.msgpack")
# Small valid inputs.
GOOD = {
    "purchases_raw": """\
appsflyer_id,event_name,event_time_utc,revenue_usd,campaign,receipt_id,status
af_1,purchase,2026-01-05T09:00:00Z,4.99,A,RCP-1,success
af_2,purchase,2026-01-06T09:00:00Z,9.99,A,RCP-2,success
""",
    "confirmed_purchases": """\
appsflyer_id,event_name,event_time_utc,revenue_usd,campaign,receipt_id
af_1,purchase,2026-01-05T09:01:00Z,4.99,A,RCP-1
""",
    "costs_daily": "date,campaign,ad_cost_usd\n2026-01-05,A,10\n",
    "sessions": "event_timestamp_utc,user_id,event_name\n2026-01-05T08:00:00Z,u1,session_start\n",
}
# A separate test runs the unit tests of the models.
WITHOUT_UNIT_TESTS = ["--exclude-resource-type", "unit_test"]


@dataclass(frozen=True)
class Run:
    """The result of a command.

    Attributes:
        exit_code: The exit status.
        output: Standard output and standard error.
    """

    exit_code: int
    output: str


@dataclass(frozen=True)
class Project:
    """A project folder with its inputs, warehouse and reports."""

    root: Path

    @classmethod
    def copy_to(cls, root: Path) -> Project:
        """Copy the project without its inputs, with dbt's parse cache."""
        project = cls.copy_unparsed_to(root)
        (root / PARSED).parent.mkdir()
        shutil.copy(_parsed() / PARSED, root / PARSED)
        return project

    @classmethod
    def copy_unparsed_to(cls, root: Path) -> Project:
        """Copy the project without its inputs, as in a fresh clone."""
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
        for name in ("_seeds.yml", "exchange_rates.csv"):
            shutil.copy(ROOT / "seeds" / name, root / "seeds")
        return cls(root)

    def clone_to(self, root: Path) -> Project:
        """Copy the project with the results of its builds."""
        shutil.copytree(self.root, root)
        return Project(root)

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def warehouse(self) -> Path:
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
        """Run `dbt build` without the unit tests of the models, and without dbt's own reports."""
        variables_text = ["--vars", json.dumps(variables)] if variables else []
        words = ["build", *WITHOUT_UNIT_TESTS, *arguments, *variables_text]
        return self.dbt(*words, environment={"DBT_WRITE_JSON": "false", **(environment or {})})

    def dbt(self, *arguments: str, environment: dict[str, str] | None = None) -> Run:
        """Run dbt in the project folder."""
        return Run(*run_dbt(list(arguments), self.root, _environment(environment), _parsed()))

    def run(self, *command: str, environment: dict[str, str] | None = None) -> Run:
        """Run any command in the project folder."""
        process = self.start(*command, environment=environment)
        output, _ = process.communicate()
        return Run(process.returncode, output)

    def start(
        self, *command: str, environment: dict[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start any command in the project folder with one pipe for its output."""
        return subprocess.Popen(
            command,
            cwd=self.root,
            env=_environment(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def report(self, name: str) -> Any:  # noqa: ANN401 (an object or an array)
        """Read `reports/<name>.json`."""
        return json.loads((self.reports / f"{name}.json").read_text(encoding="utf-8"))

    def report_bytes(self) -> dict[str, bytes]:
        """Read all reports as bytes by file name."""
        return {path.name: path.read_bytes() for path in self.reports.glob("*.json")}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Query the warehouse."""
        with duckdb.connect(str(self.warehouse), read_only=True) as warehouse:
            return warehouse.execute(sql).fetchall()


def _environment(changes: dict[str, str] | None) -> dict[str, str]:
    inherited = {name: text for name, text in os.environ.items() if name not in SETTINGS}
    return {
        **inherited,
        "DBT_USE_COLORS": "false",
        "PYTHONUNBUFFERED": "1",
        **(changes or {}),
    }


@cache
def _parsed() -> Path:
    """A project with good inputs, parsed once for all workers and later test runs."""
    sources = hashlib.sha256()
    for name in [*PROJECT_FILES, *PROJECT_FOLDERS, "seeds/_seeds.yml"]:
        for path in sorted([ROOT / name, *(ROOT / name).rglob("*")]):
            if path.suffix in (".sql", ".yml", ".md") or (path.parent == ROOT and path.is_file()):
                sources.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    folder = ROOT / "target/tests"
    folder.mkdir(parents=True, exist_ok=True)
    parsed = folder / sources.hexdigest()
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not parsed.exists():
            shutil.rmtree(folder / "new", ignore_errors=True)
            project = Project.copy_unparsed_to(folder / "new")
            project.write_inputs(GOOD)
            run = project.run(DBT, "parse")
            assert run.exit_code == 0, run.output
            (folder / "new").replace(parsed)
    return parsed
