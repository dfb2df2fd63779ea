"""The SQL of a `dbt build` as one DuckDB script: the lower bound of dbt's duration.

    python -m tests.benchmarks.pipeline.bare_script SCRIPT WAREHOUSE

runs a script that `record` took from a build: the statements that load the seeds, create the models
and write the reports, in dbt's order, on one connection. It omits the tests, the catalog queries
and dbt's transactions.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from tests.benchmarks.pipeline.costs import Cost, cost_of
from tests.support.harness import DBT, WITHOUT_UNIT_TESTS, Project
from warehouse.inputs.functions import register_functions
from warehouse.settings import Settings

# Statements that change the warehouse or write a file; all others are dbt's queries.
EFFECTS = ("alter", "copy", "create", "delete", "drop", "insert", "update")
PUBLICATION = "select publish_reports("
END_OF_STATEMENT = ";\n"


@dataclass(frozen=True)
class Statement:
    """A statement that dbt sent.

    Attributes:
        node: The model, test, seed or hook, as dbt names the connection.
        sql: The statement without dbt's comment.
        seconds: Its duration.
    """

    node: str
    sql: str
    seconds: float

    @property
    def has_effect(self) -> bool:
        """Whether the statement changes the warehouse or writes a file."""
        return self.sql.lower().startswith((*EFFECTS, PUBLICATION))


@dataclass(frozen=True)
class Recording:
    """A recorded build.

    Attributes:
        statements: All statements in order.
        cost: Cost of the build.
        start_seconds: Duration before its first node and after its last node.
    """

    statements: list[Statement]
    cost: Cost
    start_seconds: float


def record(project: Project, environment: Mapping[str, str]) -> Recording:
    """Build a project without a warehouse, and record the statements.

    Raises:
        RuntimeError: The build failed.
    """
    logs = project.root / "recorded"
    log = ("--log-format-file", "json", "--log-level-file", "debug", "--log-path", str(logs))
    command = [DBT, *log, "build", *WITHOUT_UNIT_TESTS]
    cost = cost_of(command, folder=project.root, environment=environment)
    results = json.loads((project.root / "target/run_results.json").read_text(encoding="utf-8"))
    moments = [
        datetime.fromisoformat(step[end])
        for result in results["results"]
        for step in result["timing"]
        for end in ("started_at", "completed_at")
    ]
    building = (max(moments) - min(moments)).total_seconds()
    return Recording(list(_statements(logs / "dbt.log")), cost, cost.seconds - building)


def write_script(statements: list[Statement], path: Path) -> None:
    """Write the statements with an effect as a script."""
    path.write_text(
        "".join(f"{s.sql}{END_OF_STATEMENT}" for s in statements if s.has_effect), encoding="utf-8"
    )


def _statements(log: Path) -> Iterator[Statement]:
    # Each thread of dbt sends one statement at a time and logs its end.
    sent: dict[str, Mapping[str, Any]] = {}
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            thread, data = event["info"]["thread"], event["data"]
            if event["info"]["name"] == "SQLQuery":
                sent[thread] = data
            elif event["info"]["name"] == "SQLQueryStatus" and thread in sent:
                query = sent.pop(thread)
                sql = re.sub(r"/\* \{.*?\} \*/", "", query["sql"]).strip().removesuffix(";")
                yield Statement(query["conn_name"], sql, data["elapsed"])


def main() -> None:
    """Run a script."""
    script, warehouse = map(Path, sys.argv[1:])
    limit = Settings.from_environment().memory_limit
    with duckdb.connect(
        str(warehouse), config={"memory_limit": limit} if limit else {}
    ) as connection:
        connection.execute("set TimeZone = 'UTC'")
        register_functions(connection)
        connection.execute(script.read_text(encoding="utf-8")).fetchall()


if __name__ == "__main__":
    main()
