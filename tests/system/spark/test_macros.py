"""Macros give on both engines what is written down, and the parsers what plain Python reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.support.harness import ROOT, Project
from tests.system.e2e.nasty import BAD_AMOUNTS, BAD_TIMES
from tests.system.properties.profile import examples
from tests.system.properties.test_parsing import (
    AMOUNTS,
    DATES,
    TIMES,
    cleaned,
    expected_amount,
    expected_date,
    expected_time,
    texts,
)
from tests.system.spark.macro_cases import TABLES, Table, Value
from tests.system.spark.macro_queries import Results, compiled, differences, project_of, results_of
from tests.system.spark.sessions import session
from warehouse.spark.cluster import Cluster


def made(
    macro: str, strategy: st.SearchStrategy[list[str]], expected: Callable[[str], Any]
) -> Table:
    """Cases of a parser with texts that Hypothesis makes, the same in every run."""
    given_texts: list[str] = []

    @examples(short=60, long=1000)
    @given(strategy)
    def collect(several: list[str]) -> None:
        given_texts.extend(several)

    collect()
    cases = [
        ((text,), _as_text(expected(text)))
        for text in dict.fromkeys(given_texts)
        if "\0" not in text
    ]
    assert any(result for _, result in cases)
    return Table(
        macro,
        f"{{{{ {macro}('cleaned_text') }}}}",
        {"text": "text"},
        cases,
        kind="decimal" if macro == "parse_money" else "text",
        derived={"cleaned_text": "{{ clean_text('text') }}"},
    )


def _as_text(value: dt.datetime | dt.date | Decimal | None) -> Value:
    """As engines write it."""
    if not isinstance(value, dt.datetime):
        return None if value is None else str(value)
    text = value.replace(tzinfo=None).isoformat(" ")
    return text.rstrip("0") if value.microsecond else text


@pytest.fixture(scope="module")
def tables() -> Sequence[Table]:
    """What is written down, and what was made up."""
    return [
        *TABLES,
        made("parse_utc_timestamp", texts(TIMES, BAD_TIMES), expected_time),
        made("parse_date", texts(DATES, BAD_TIMES), expected_date),
        made("parse_money", texts(AMOUNTS, BAD_AMOUNTS), expected_amount),
        made("clean_text", st.lists(st.text(), min_size=1), cleaned),
    ]


@pytest.fixture(scope="module")
def project(tables: Sequence[Table], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with the query of all tables."""
    return project_of(tables, tmp_path_factory.mktemp("macros") / "project")


def test_on_duckdb(project: Project, tables: Sequence[Table]) -> None:
    with duckdb.connect(config={"threads": 1}) as database:
        rows = database.execute(compiled(project, "duckdb")).fetchall()
    assert differences(results_of(rows), tables) == []


def test_on_spark(project: Project, tables: Sequence[Table], cluster: Cluster) -> None:
    assert differences(on_spark(cluster, compiled(project, "spark")), tables) == []


def on_spark(cluster: Cluster, query: str) -> Results:
    """Ask with the settings of a build.

    The optimizer would compute the rows itself, in other code than that which executors run.
    """
    profile = yaml.safe_load((ROOT / "profiles.yml").read_text(encoding="utf-8"))
    settings = profile["gamehouse"]["outputs"]["spark"]["server_side_parameters"] | {
        "spark.sql.optimizer.excludedRules": (
            "org.apache.spark.sql.catalyst.optimizer.ConvertToLocalRelation"
        )
    }
    with session(cluster) as cursor:
        for name, value in settings.items():
            cursor.execute(f"set {name}={value}")
        cursor.execute(query)
        return results_of(cursor.fetchall())
