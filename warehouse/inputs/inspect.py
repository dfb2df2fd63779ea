"""The command `python -m warehouse inspect FILE`: what the warehouse makes of an export."""

from __future__ import annotations

import argparse
import json
import os
import subprocess  # nosec B404 # starts dbt alone
import sys
import tempfile
from pathlib import Path
from typing import Any

from warehouse.terminal import EXIT_FAILED, EXIT_OK, echo, echo_error

MAX_WIDTH = 24


class CannotInspectError(Exception):
    """The file cannot be inspected; the message says why and what to do."""


def add_inspect_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `inspect` to the commands of `python -m warehouse`."""
    inspect = commands.add_parser(
        "inspect",
        help="print the mapping of an export, five rows, and what does not parse",
        description="Finds the input and preset that fit a CSV or Parquet file, and prints the"
        " mapping for dbt_project.yml, the first five rows as the models read them, and for each"
        " column how many values there are and how many do not parse. A file that var inputs names"
        " is read with its mapping. The warehouse is not touched.",
        epilog="docs/inputs.md explains mappings. Run it in the project folder.",
    )
    inspect.add_argument("file", type=Path, nargs="+", help="an export")
    inspect.set_defaults(run=_inspect)


def _inspect(options: argparse.Namespace) -> int:
    files: list[Path] = options.file
    for file in files:
        if not file.is_file():
            raise CannotInspectError(f"{file} is not a file. Name CSV or Parquet files.")
    has_all = True
    for file, found in zip(files, _found(files), strict=True):
        for one in found["inputs"]:
            _print_input(file, one)
        if not found["inputs"]:
            has_all = False
            echo_error(
                f"{file} fits no preset. Map its columns under `columns` in var inputs"
                " (docs/inputs.md). As the file of an input it lacks:"
            )
            for name, columns in found["lacks"].items():
                echo_error(f"  {name}: {', '.join(columns)}")
    return EXIT_OK if has_all else EXIT_FAILED


def _found(files: list[Path]) -> list[dict[str, Any]]:
    """Run dbt's macro `inspect_files` on a scratch warehouse, without the parse cache of builds.

    Raises:
        CannotInspectError: dbt failed, perhaps because a file is no valid CSV.
    """
    dbt = [str(Path(sys.executable).with_name("dbt")), "--quiet", "--no-use-colors"]
    arguments = json.dumps({"paths": [str(file.absolute()) for file in files]})
    with tempfile.TemporaryDirectory() as scratch:
        places = {
            "WAREHOUSE_PATH": f"{scratch}/warehouse.duckdb",
            "REPORTS_PATH": f"{scratch}/reports",
            "DBT_TARGET_PATH": f"{scratch}/target",
        }
        run = subprocess.run(  # noqa: S603 (not a user's command)  # nosec B603
            [*dbt, "run-operation", "inspect_files", "--args", arguments],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | places,
        )
    if run.returncode != 0:
        raise CannotInspectError(run.stdout.strip() or run.stderr.strip())
    return [json.loads(line) for line in run.stdout.splitlines()[-len(files) :]]


def _print_input(file: Path, found: dict[str, Any]) -> None:
    name, preset, columns = found["input"], found["preset"], found["columns"]
    count = columns[0]["row_count"]
    if preset is None:
        echo(f"{file} is {name} by var inputs, with {count:,} rows.\n")
    else:
        echo(f"{file} can be {name}, with {count:,} rows. In dbt_project.yml:\n")
        echo(f"vars:\n  inputs:\n    {name}: {{preset: {preset}, path: {json.dumps(str(file))}}}\n")
    table = [["column", "from", "values", "unparsed", *(f"row {row}" for row in range(1, 6))]]
    table += [
        [
            column["column"],
            ", ".join(column["names"]),
            f"{column['filled']:,}",
            f"{column['unparsed']:,}" if column["unparsed"] else "",
            *(value or "" for value in column["sample"]),
        ]
        for column in columns
        if column["names"] or column["filled"]
    ]
    _print_table(table)
    for column in columns:
        if column["unparsed"]:
            echo(
                f"{column['column']}: {column['unparsed']:,} of {column['filled']:,} values do not"
                f" parse, such as {column['example']!r}. Their rows will be set aside."
            )
    echo("")


def _print_table(table: list[list[str]]) -> None:
    cut = [
        [cell if len(cell) <= MAX_WIDTH else f"{cell[: MAX_WIDTH - 1]}…" for cell in row]
        for row in table
    ]
    places = range(max(map(len, cut)))
    widths = [max(len(row[place]) for row in cut if place < len(row)) for place in places]
    for row in cut:
        echo(
            "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=False)).rstrip()
        )
