"""Differences between engines are dispatched macros, each tested on both engines."""

from __future__ import annotations

import re

from tests.support.harness import ROOT
from tests.system.spark.macro_cases import TABLES

# Macros without cases in the table, because they are steps of a build or need files, by their test
# in `tests/system/spark`. Every build on DuckDB uses DuckDB's versions.
ELSEWHERE = {
    "test_the_sample_with_all_data_tests_and_a_worker_killed_midway": {
        *("built_relation", "create_raw_tables", "export_json", "file_sha256", "report_files"),
        *("project_file", "regex_fault", "seed_path"),
    },
    "test_nasty_inputs_as_parquet_in_landing": {
        *("create_history", "files_like", "publish_reports", "record_build", "sha256_of_files"),
    },
    "test_nasty_inputs_as_csv_in_landing_and_events_in_a_lake": {"create_lake_views"},
    "test_exports_of_all_presets_give_the_rows_of_duckdb": {"make_readable"},
    "test_events_are_judged_alike_on_spark": {"json_members"},
    "test_files_are_refused_and_the_rows_of_before_stay": {"assert_inputs", "discard_reports"},
}
MACROS = "\n".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "macros").rglob("*.sql"))
)
DISPATCHED = set(re.findall(r"adapter\.dispatch\('(\w+)'", MACROS))
WITH_CASES = {table.macro for table in TABLES}


def test_every_dispatched_macro_is_there_for_both_engines() -> None:
    made = set(re.findall(r"\{%-? macro (\w+)\(", MACROS))
    missing = [
        f"{engine}__{name}"
        for name in DISPATCHED
        for engine in ("duckdb", "spark")
        if not {f"{engine}__{name}", f"default__{name}"} & made
    ]
    assert DISPATCHED
    assert missing == []


def test_every_dispatched_macro_has_cases_or_a_test_elsewhere() -> None:
    elsewhere = [name for names in ELSEWHERE.values() for name in names]
    assert sorted([*WITH_CASES & DISPATCHED, *elsewhere]) == sorted(DISPATCHED)


def test_the_tests_elsewhere_exist() -> None:
    text = "".join(
        path.read_text("utf-8") for path in (ROOT / "tests/system/spark").glob("test_*.py")
    )
    assert [test for test in ELSEWHERE if f"\ndef {test}(" not in text] == []


def test_every_table_names_a_macro() -> None:
    assert {name for name in WITH_CASES if f"macro {name}(" not in MACROS} <= DISPATCHED
