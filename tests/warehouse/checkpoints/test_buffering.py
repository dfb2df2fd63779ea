"""Great Expectations on DuckDB, with the mend and without."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb

from tests.harness import ROOT

# A checkpoint as its documentation has it, first without the mend and then with it.
RUN_TWICE = """
import sys, uuid
from warehouse.checkpoints.buffering import buffer_results
from warehouse.checkpoints.importing import without_pyspark
with without_pyspark():
    import great_expectations as gx

def run():
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_sql("w", connection_string=f"duckdb:///{sys.argv[1]}")
    batch = source.add_table_asset("t", table_name="t").add_batch_definition_whole_table("all")
    suite = gx.ExpectationSuite(name="s", expectations=[
        gx.expectations.ExpectTableRowCountToBeBetween(min_value=3, max_value=3),
        gx.expectations.ExpectColumnMaxToBeBetween(column="i", min_value=2, max_value=2),
    ])
    validation = gx.ValidationDefinition(name="v", data=batch, suite=context.suites.add(suite))
    result = context.validation_definitions.add(validation).run()
    print(result.success, "IndexError: list index out of range" in str(result.to_json_dict()))

run()
buffer_results()
run()
"""


def test_the_mend_is_needed_and_does_its_work(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    with duckdb.connect(str(path)) as warehouse:
        warehouse.execute("create table t as select i from range(3) t(i)")
    run = subprocess.run(
        [sys.executable, "-c", RUN_TWICE, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    without, mended = run.stdout.splitlines() or [run.stderr, ""]
    assert without == "False True", (
        "Great Expectations reads DuckDB as it is now: remove warehouse/checkpoints/buffering.py"
        f" and its use in run.py. It said: {without}"
    )
    assert mended == "True False"
