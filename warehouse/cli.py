"""The command line `python -m warehouse COMMAND`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import duckdb

from warehouse.checkpoints.command import add_check_command
from warehouse.checkpoints.errors import CannotCheckError
from warehouse.database import WarehouseUnavailableError, failure_message
from warehouse.dbt_docs import CannotDocumentError, add_docs_command
from warehouse.diff import CannotCompareError, add_diff_command
from warehouse.inputs import headers
from warehouse.inputs.inspect import CannotInspectError, add_inspect_command
from warehouse.loader.command import add_load_command
from warehouse.operations.command import CannotOperateError, add_operations
from warehouse.page.command import add_page_command
from warehouse.page.facts import CannotDrawError
from warehouse.sample.generate import generate_sample
from warehouse.sample.scale import MAX_PURCHASES, MIN_PURCHASES, generate_with_progress
from warehouse.schedule import add_schedule_command
from warehouse.settings import Settings
from warehouse.spark.command import add_spark_commands
from warehouse.spark.errors import CannotUseSparkError
from warehouse.store.protocol import StoreError
from warehouse.summary import print_summary
from warehouse.taxonomy.command import add_events_command, fault_of_models
from warehouse.taxonomy.errors import TaxonomyError
from warehouse.terminal import (
    EXIT_COULD_NOT_RUN,
    EXIT_FAILED,
    EXIT_OK,
    console_for,
    echo,
    echo_error,
    escape_unencodable,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The words after `python -m warehouse`; those of the process by default.

    Returns:
        0 on success, 1 if a check failed, 2 if the command could not run.
    """
    escape_unencodable()
    options = parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (
        CannotCheckError,
        CannotCompareError,
        CannotDocumentError,
        CannotDrawError,
        CannotInspectError,
        CannotOperateError,
        CannotUseSparkError,
        OSError,
        StoreError,
        TaxonomyError,
        WarehouseUnavailableError,
    ) as error:
        echo_error(error)
    except duckdb.Error as error:
        echo_error(failure_message(Settings.from_environment().warehouse_path, error, "read"))
    return EXIT_COULD_NOT_RUN


def parser() -> argparse.ArgumentParser:
    """Make the parser of all commands."""
    root = argparse.ArgumentParser(
        prog="python -m warehouse",
        description="Commands around the warehouse; `dbt build` builds the models.",
        epilog="Settings: WAREHOUSE_PATH (the DuckDB file, default warehouse/gamehouse.duckdb),"
        " REPORTS_PATH (the reports folder, default reports), LANDING (the inputs folder, default"
        " seeds), STORE_URL (the operational store, default an SQLite file beside the warehouse),"
        " EVENTS_URI (a lake that the loader ships to instead of the DuckDB file) and EVENTS_FILE"
        " (the event types, default events.yml).",
    )
    commands = root.add_subparsers(required=True, metavar="COMMAND")

    check_inputs = commands.add_parser(
        "inputs",
        help="list the problems of the input files and of the models of events.yml, before dbt"
        " reads them",
    )
    check_inputs.add_argument(
        "--folder", type=Path, default=Path("seeds"), help="the inputs folder (default: seeds)"
    )
    check_inputs.set_defaults(run=_inputs)
    add_inspect_command(commands)

    generate = commands.add_parser(
        "generate",
        help="write four input files: the sample, or a game of any size",
        description="Writes four input files: the sample or, with --purchases, a game of any size"
        " with its expected results in the folder truth/.",
    )
    generate.add_argument("--out", type=Path, required=True, help="the folder to write to")
    generate.add_argument(
        "--purchases",
        type=_purchase_count,
        metavar="N",
        help=f"approximate number of rows in purchases_raw.csv, at least {MIN_PURCHASES:,}",
    )
    generate.add_argument("--seed", type=int, default=7, help="the random seed (default: 7)")
    generate.set_defaults(run=_generate)

    add_events_command(commands)
    add_load_command(commands)
    add_schedule_command(commands)

    summary = commands.add_parser("summary", help="print the outcome of the last build")
    summary.set_defaults(run=_summary)

    add_diff_command(commands)
    add_check_command(commands)
    add_docs_command(commands)
    add_page_command(commands)
    add_operations(commands)
    add_spark_commands(commands)
    return root


def _inputs(options: argparse.Namespace) -> int:
    landing = Settings.from_environment().landing
    if landing is None:
        faults = headers.faults(options.folder)
    else:
        faults = headers.placeholder_faults(options.folder, landing)
    if (fault := fault_of_models(Path())) is not None:
        faults.append(fault)
    for fault in faults:
        echo_error(fault)
    return EXIT_FAILED if faults else EXIT_OK


def _purchase_count(text: str) -> int:
    count = int(text)
    if not MIN_PURCHASES <= count <= MAX_PURCHASES:
        raise argparse.ArgumentTypeError(
            f"{count:,} is not between {MIN_PURCHASES:,} and {MAX_PURCHASES:,}"
        )
    return count


def _generate(options: argparse.Namespace) -> int:
    if options.purchases is not None:
        try:
            generate_with_progress(options.out, options.purchases, options.seed, console_for())
        except (OSError, duckdb.Error) as error:
            echo_error(f"Cannot write to {options.out}: {error}")
            return EXIT_COULD_NOT_RUN
        return EXIT_OK
    generate_sample(options.out, options.seed)
    echo(f"Wrote {', '.join(headers.HEADERS)} to {options.out}")
    return EXIT_OK


def _summary(_: argparse.Namespace) -> int:
    print_summary(Settings.from_environment(), console_for())
    return EXIT_OK
