"""Spark reads files in pieces, too: no boundary makes, loses or changes a row."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from dbt_common.clients.jinja import get_template

from tests.support.harness import GOOD, ROOT, Project
from tests.system.landing.boundaries import HEADER, PIECE_BYTES, Rows, boundaries, files, rows_of
from tests.system.landing.test_boundaries import EXPECTED, REVENUE, large_file
from tests.system.spark.sessions import ask, session
from tests.system.spark.test_files import seed
from warehouse.spark.cluster import Cluster

# Of Spark's reader, in characters.
SPARK_PIECE = 1_048_576


def files_table(folder: Path) -> str:
    """The statement with which the project lets Spark read a folder of costs."""
    context: dict[str, Any] = {
        "sql_string": lambda text: f"'{text}'",
        "adapter": SimpleNamespace(quote=lambda name: f"`{name}`"),
    }
    for file in ("folder_options", "files_table"):
        text = (ROOT / f"macros/inputs/spark/{file}.sql").read_text(encoding="utf-8")
        context[file] = vars(get_template(text, context).module)[f"dbt_macro__{file}"]
    types = dict.fromkeys(HEADER.split(","), "string")
    statement: str = context["files_table"](
        "default.boundaries", {"format": "csv", "folder": folder, "delimiter": ","}, types
    )
    return statement


def with_line_feeds(rows: Rows) -> Rows:
    return [tuple(value and re.sub("\r\n?", "\n", value) for value in row) for row in rows]


def test_every_byte_of_every_row_on_a_boundary(cluster: Cluster, tmp_path: Path) -> None:
    """Of the pieces that its parser takes, and of the parts into which Spark may split files.

    Spark makes a line feed of every line break inside of a value.
    """
    expected = list(files())
    for number, content in enumerate(expected):
        (tmp_path / f"{number}.csv").write_bytes(content)
    read: defaultdict[int, Rows] = defaultdict(list)
    with session(cluster) as cursor:
        for statement in (
            f"set spark.sql.csv.parser.inputBufferSize = {PIECE_BYTES}",
            f"set spark.sql.files.maxPartitionBytes = {PIECE_BYTES}",
            "set spark.sql.files.openCostInBytes = 0",
            files_table(tmp_path),
            "select cast(replace(_metadata.file_name, '.csv') as int),"
            " monotonically_increasing_id(), date, campaign, ad_cost_usd"
            " from default.boundaries order by 1, 2",
        ):
            cursor.execute(statement)
        for file, _, *values in cursor.fetchall():
            read[file].append(tuple(values))
        cursor.execute("drop table default.boundaries")
    placements = sum(map(boundaries, expected))
    wrong = sum(
        read[number] != with_line_feeds(rows_of(content)) for number, content in enumerate(expected)
    )
    print(f"{placements:,} placements of the boundary, {wrong} files with wrong rows")
    assert placements >= 10_000
    assert wrong == 0


def test_real_boundaries_in_landing(project: Project, cluster: Cluster, tmp_path: Path) -> None:
    for name, text in GOOD.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.csv").write_text(text)
    for number, piece in enumerate([SPARK_PIECE, 8_000_000], start=1):
        (tmp_path / f"purchases_raw/{number}.csv").write_bytes(large_file(piece))
    run = seed(project, cluster, tmp_path)
    assert run.exit_code == 0, run.output
    assert ask(cluster, REVENUE) == [(*row, 2) for *row, _ in EXPECTED]
