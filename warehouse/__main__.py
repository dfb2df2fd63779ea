"""Command line of the warehouse: `python -m warehouse COMMAND`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from warehouse import inputs
from warehouse.database import WarehouseUnavailableError
from warehouse.generate import generate_sample
from warehouse.load import add_load_command
from warehouse.schedule import add_schedule_command
from warehouse.settings import Settings
from warehouse.summary import print_summary

EXIT_OK, EXIT_FAILED, EXIT_COULD_NOT_RUN = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The words after `python -m warehouse`; those of the process by default.

    Returns:
        0 on success, 1 where a check failed, 2 where the command could not run.
    """
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (FileNotFoundError, WarehouseUnavailableError) as error:
        print(error, file=sys.stderr)
        return EXIT_COULD_NOT_RUN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m warehouse",
        description="Commands around the warehouse; `dbt build` itself builds the models.",
        epilog="Settings: WAREHOUSE_PATH (the DuckDB file, default warehouse/gamehouse.duckdb),"
        " REPORTS_PATH (the folder of the reports, default reports) and STORE_URL (the operational"
        " store, default an SQLite file beside the warehouse).",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    check_inputs = commands.add_parser(
        "inputs", help="say which of the four input files dbt cannot read"
    )
    check_inputs.add_argument(
        "--folder", type=Path, default=Path("seeds"), help="where they are (default: seeds)"
    )
    check_inputs.set_defaults(run=_inputs)

    generate = commands.add_parser("generate", help="write the four sample input files")
    generate.add_argument("--out", type=Path, required=True, help="folder to write them to")
    generate.add_argument(
        "--seed", type=int, default=7, help="other seeds give other data (default: 7)"
    )
    generate.set_defaults(run=_generate)

    add_load_command(commands)
    add_schedule_command(commands)

    summary = commands.add_parser("summary", help="print the outcome of the last build")
    summary.set_defaults(run=_summary)
    return parser


def _inputs(options: argparse.Namespace) -> int:
    faults = inputs.faults(options.folder)
    for fault in faults:
        print(fault, file=sys.stderr)
    return EXIT_FAILED if faults else EXIT_OK


def _generate(options: argparse.Namespace) -> int:
    generate_sample(options.out, options.seed)
    print(f"Wrote {', '.join(inputs.HEADERS)} to {options.out}")
    return EXIT_OK


def _summary(_: argparse.Namespace) -> int:
    print_summary(Settings.from_environment(), Console(highlight=False))
    return EXIT_OK


if __name__ == "__main__":
    sys.exit(main())
