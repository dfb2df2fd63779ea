"""What differs between engines is a dispatched macro, and each is tested on both."""

from __future__ import annotations

import re

from tests.harness import ROOT
from tests.spark.macro_cases import TABLES

EQUALITY = "tests/spark/test_equality.py"
# Macros without cases in the table, and the tests that cover them: what they make is no value of a
# query but a step of a build, or needs files. DuckDB's are covered by every test of a build.
ELSEWHERE = {
    "assert_inputs": f"{EQUALITY}::test_a_build_that_fails_changes_nothing",
    "begin_build": f"{EQUALITY}::test_a_build_that_fails_changes_nothing",
    "build_number": f"{EQUALITY}::test_nasty_inputs",
    "built_relation": f"{EQUALITY}::test_nasty_inputs",
    "create_lake_views": f"{EQUALITY}::test_nasty_inputs_as_csv_in_landing_and_events_in_a_lake",
    "create_raw_tables": f"{EQUALITY}::test_the_sample_with_all_data_tests",
    "discard_reports": f"{EQUALITY}::test_nasty_inputs",
    "files_like": f"{EQUALITY}::test_nasty_inputs_as_parquet_in_landing",
    "inputs_are_listed": f"{EQUALITY}::test_nasty_inputs_as_parquet_in_landing",
    "landed_manifest_row": f"{EQUALITY}::test_nasty_inputs_as_parquet_in_landing",
    "export_json": f"{EQUALITY}::test_nasty_inputs",
    "file_sha256": f"{EQUALITY}::test_nasty_inputs",
    "new_input_rows": f"{EQUALITY}::test_nasty_inputs",
    "publish_reports": f"{EQUALITY}::test_nasty_inputs",
    "report_files": f"{EQUALITY}::test_the_sample_with_all_data_tests",
    "seed_file_path": f"{EQUALITY}::test_nasty_inputs",
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
    assert ELSEWHERE.keys() == DISPATCHED - WITH_CASES
    assert not WITH_CASES & ELSEWHERE.keys()


def test_the_tests_elsewhere_exist() -> None:
    missing = [
        name
        for name, test in ELSEWHERE.items()
        for path, function in [test.split("::")]
        if f"\ndef {function}(" not in (ROOT / path).read_text(encoding="utf-8")
    ]
    assert missing == []


def test_every_table_names_a_macro() -> None:
    assert {name for name in WITH_CASES if f"macro {name}(" not in MACROS} <= DISPATCHED
