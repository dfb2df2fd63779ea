"""Run the models' compiled SQL on a test's rows without a build."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb
import yaml

from tests.support.harness import Project
from warehouse.inputs.headers import ALL_HEADERS, HEADERS

# In dependency order.
MODELS = (
    "stg_finance__exchange_rates",
    "stg_appsflyer__purchases",
    "stg_app_store__confirmed_purchases",
    "stg_ads__costs",
    "stg_game__sessions",
    "int_confirmations__accepted",
    "int_confirmations__refunded",
    "int_confirmations__rejected",
    "int_purchases__classified",
    "int_purchases__refunded",
    "int_costs__superseded",
    "int_campaigns__named",
    "int_purchases__curated",
    "int_reconciliation__paired",
    "int_reconciliation__matched",
    "int_reconciliation__neighbours_measured",
    "int_reconciliation__counterparts_traced",
    "int_reconciliation__reopened",
    "int_reconciliation__reconsidered",
    "int_reconciliation__rematched",
    "int_reconciliation__grouped",
    "fct_reconciliation",
    "fct_reconciliation_sweep",
    "fct_reconciliation_alternatives",
)

Rows = Sequence[Sequence[str | None]]


class Models:
    """An in-memory database with the inputs and a view for each model.

    `fill` replaces the rows of an input; queries then return the result of a build. Models that
    several others read are tables, which `settle` rebuilds.
    """

    def __init__(self, project: Project) -> None:
        """Compile the models; `project` may be any copy without inputs."""
        project.write_inputs({_table(name): f"{header}\n" for name, header in ALL_HEADERS.items()})
        run = project.dbt("compile", "--select", *MODELS)
        assert run.exit_code == 0, run.output
        self._database = duckdb.connect(config={"threads": 1})
        self._database.execute("attach ':memory:' as gamehouse; use gamehouse")
        for schema in ("raw", "staging", "intermediate", "marts"):
            self._database.execute(f"create schema {schema}")
        seeds = yaml.safe_load((project.root / "seeds/_seeds.yml").read_text("utf-8"))["seeds"]
        for seed in seeds:
            names = [column["name"] for column in seed["columns"][1:]]
            columns = ", ".join(f"{name} varchar" for name in names)
            self._database.execute(
                f"create table raw.{seed['name']} (source_row_number bigint, {columns})"
            )
        # AppsFlyer has sent no message.
        self._database.execute("create table raw.stg_appsflyer__messages as from raw.purchases_raw")
        self._queries: dict[str, str] = {}
        for path in (project.root / "target/compiled").rglob("*.sql"):
            if path.stem in MODELS:
                schema = path.relative_to(project.root).parts[4]
                self._queries[f"{schema}.{path.stem}"] = path.read_text(encoding="utf-8")
        assert len(self._queries) == len(MODELS)
        # A test that settles some of them reads the others.
        self.settle()

    def fill(self, table: str, rows: Rows) -> None:
        """Replace the rows of an input, numbered from 1."""
        self._database.execute(f"truncate raw.{table}")
        if rows:
            columns = [list(column) for column in zip(*rows, strict=True)]
            names = HEADERS[f"{table}.csv"]
            lists = ", ".join("unnest(?::varchar[])" for _ in columns)
            self._database.execute(
                f"insert into raw.{table} (source_row_number, {names})"
                f" select unnest(range(1, ?)), {lists}",
                [len(rows) + 1, *columns],
            )

    def settle(self, names: Iterable[str] = MODELS) -> None:
        """Rebuild the tables of these models."""
        for wanted in sorted(names, key=MODELS.index):
            (relation,) = (name for name in self._queries if name.endswith(f".{wanted}"))
            self._database.execute(
                f"create or replace table {relation} as {self._queries[relation]}"
            )

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a query."""
        return self._database.execute(sql).fetchall()


def _table(file_name: str) -> str:
    return file_name.removesuffix(".csv")
