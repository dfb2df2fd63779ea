"""Queries metrics as a reader of the semantic layer does; runs as a process of its own.

The arguments are a JSON list of queries and the file to which a JSON list of their
rows is written.
A query has `metrics`, `by` and `where`. Numbers are text, so that decimals stay exact.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest


def main() -> None:
    """Answer the queries for the dbt project in the working directory."""
    configuration = CLIConfiguration()
    configuration.setup(configure_file_logging=False)
    answers = []
    for query in json.loads(sys.argv[1]):
        request = MetricFlowQueryRequest.create(
            metric_names=query["metrics"],
            group_by_names=query["by"],
            where_constraints=query["where"],
        )
        table = configuration.mf.query(request).result_df
        assert table is not None
        names = table.column_names
        answers.append([dict(zip(names, map(_plain, row), strict=True)) for row in table.rows])
    Path(sys.argv[2]).write_text(json.dumps(answers), encoding="utf-8")


def _plain(value: Any) -> str | None:  # noqa: ANN401 (a value of any column)
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return None if value is None else str(value)


if __name__ == "__main__":
    main()
