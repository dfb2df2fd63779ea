"""Cases of macros as one query for each engine, made by dbt from the project's own macros."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.harness import ROOT, Project
from tests.system.spark.macro_cases import MATCHING, VARIABLES, Table, Value

# What one case gave: a text for each row.
Results = dict[tuple[int, int], list[Value]]
# A row of the query: the table and the case that it belongs to, and what came out.
Row = tuple[int, int, Value]


def project_of(tables: Sequence[Table], root: Path) -> Project:
    """A project with all macros and one query, without models: dbt parses it in a moment."""
    for folder in ("analyses", "seeds"):
        (root / folder).mkdir(parents=True)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(ROOT / name, root / name)
    for name in ("macros", "warehouse"):
        ignored = shutil.ignore_patterns("*.duckdb*", "*.sqlite*", "__pycache__")
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    (root / "analyses/macro_cases.sql").write_text(query_of(tables), encoding="utf-8")
    return Project(root)


def compiled(project: Project, target: str) -> str:
    """The query in the SQL of an engine, which need not run for it."""
    run = project.dbt(
        *(
            "compile",
            "--select",
            "macro_cases",
            "--target",
            target,
            "--target-path",
            f"target/{target}",
        ),
        *("--no-introspect", "--no-populate-cache", "--vars", json.dumps(VARIABLES)),
    )
    assert run.exit_code == 0, run.output
    path = f"target/{target}/compiled/gamehouse/analyses/macro_cases.sql"
    return (project.root / path).read_bytes().decode()  # keeps line breaks


def query_of(tables: Sequence[Table]) -> str:
    """A query in Jinja for the cases of all tables."""
    steps = [
        _matching(number, table) if table is MATCHING else _steps(number, table)
        for number, table in enumerate(tables)
    ]
    results = [f"select * from answers_{number}" for number in range(len(tables))]  # noqa: S608
    return f"with {', '.join(steps)} {' union all '.join(results)}"


def _steps(number: int, table: Table) -> str:
    rows = ", ".join(
        f"({case_number}, {', '.join(map(_literal, values))})"
        for case_number, (values, _) in enumerate(table.cases)
    )
    columns = ", ".join(
        f"cast({name} as {_type(sql_type)}) as {name}" for name, sql_type in table.columns.items()
    )
    derived = "".join(f", {result} as {name}" for name, result in table.derived.items())
    windows = f" window {table.windows}" if table.windows else ""
    return f"""
    texts_{number} as (
        select * from (values {rows}) as rows_given(case_number, {", ".join(table.columns)})
    ),
    inputs_{number} as (select case_number, {columns} from texts_{number}),
    derived_{number} as (select *{derived} from inputs_{number}),
    results_{number} as (
        select case_number, {table.result} as result from derived_{number}{windows}
    ),
    answers_{number} as (
        select
            {number} as table_number,
            case_number,
            cast(result as {_type("text")}) as result
        from results_{number}
    )"""  # noqa: S608


def _matching(number: int, table: Table) -> str:
    rows = ", ".join(
        f"({case_number}, {rank}, {case_number * 100 + purchase}, {case_number * 100 + other})"
        for case_number, (values, _) in enumerate(table.cases)
        for rank, (purchase, other) in enumerate(_numbers(values[0]), start=1)
    )
    return f"""
    candidates as (
        select
            player,
            cast(pair_rank as bigint) as pair_rank,
            cast(purchase_id as bigint) as purchase_id,
            cast(confirmation_id as bigint) as confirmation_id
        from (values {rows}) as rows_given(player, pair_rank, purchase_id, confirmation_id)
    ),
    pairs as ({{{{ mutually_best_pairs('candidates', 'player') }}}}),
    answers_{number} as (
        select
            {number} as table_number,
            candidates.player as case_number,
            concat(
                cast(purchase_id % 100 as {_type("text")}),
                '-',
                cast(confirmation_id % 100 as {_type("text")})
            ) as result
        from pairs
        inner join candidates using (purchase_id, confirmation_id)
    )"""  # noqa: S608


def _numbers(pairs: Value) -> Iterable[tuple[int, int]]:
    for pair in str(pairs).split():
        purchase, confirmation = pair.split("-")
        yield int(purchase), int(confirmation)


def _literal(value: Value) -> str:
    """A text for the engine, given to Jinja in ASCII."""
    text = _type("text")
    return f"cast(null as {text})" if value is None else f"{{{{ sql_string({value!a}) }}}}"


def _type(name: str) -> str:
    return "{{ type_string() }}" if name == "text" else name


def results_of(rows: Iterable[Row]) -> Results:
    """What the rows of the query say about each case."""
    results: Results = defaultdict(list)
    for table_number, case_number, result in rows:
        results[table_number, case_number].append(result)
    return results


def differences(results: Results, tables: Sequence[Table]) -> list[str]:
    """Every case that gave something else than what is written down."""
    return [
        f"{table.macro}{values!a} gave {results.get((table_number, case_number), [])!a},"
        f" not {expected!a}"
        for table_number, table in enumerate(tables)
        for case_number, (values, expected) in enumerate(table.cases)
        if not _is_as_expected(results.get((table_number, case_number), []), expected, table.kind)
    ]


def _is_as_expected(given: list[Value], expected: Value, kind: str) -> bool:
    if kind == "rows":
        return " ".join(sorted(map(str, given))) == expected
    return [_meaning(text, kind) for text in given] == [_meaning(expected, kind)]


def _meaning(text: Value, kind: str) -> Any:  # noqa: ANN401 (as the kind has it)
    if text is None or kind == "text":
        return text
    if kind == "json":
        return json.loads(text, parse_float=Decimal, parse_int=Decimal)
    return Decimal(text) if kind == "decimal" else float(text)
