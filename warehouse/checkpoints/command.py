"""The command `python -m warehouse check`: run the checkpoints on the warehouse."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from warehouse.checkpoints.errors import CannotCheckError
from warehouse.checkpoints.hide_pyspark import hide_pyspark
from warehouse.checkpoints.page import PAGE, write_page
from warehouse.checkpoints.project import (
    CHECKPOINTS,
    Suite,
    bounds_in_use,
    read_bounds,
    read_suites,
)
from warehouse.checkpoints.table import print_checkpoint
from warehouse.checkpoints.verdicts import record_verdicts
from warehouse.database import open_when_free
from warehouse.settings import Settings
from warehouse.taxonomy.command import MISFIT_MEASURES, WRITE, taxonomy_in_use
from warehouse.terminal import EXIT_FAILED, EXIT_OK, console_for, print_line

HERE = Path(__file__).parent


def add_check_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `check` to the commands of `python -m warehouse`."""
    check = commands.add_parser(
        "check",
        help="run the checkpoints of Great Expectations on the warehouse",
        description=f"Runs the checkpoints on the last build, writes {PAGE} and records the"
        " verdicts in manifest.json. Exits with 1 if an expectation fails or a checkpoint has"
        " nothing to judge, and with 2 if it cannot run.",
        epilog="The allowed numbers are in warehouse/checkpoints/bounds.yml. Settings:"
        " WAREHOUSE_PATH, REPORTS_PATH, STORE_URL and EVENTS_FILE.",
    )
    check.add_argument(
        "--checkpoint",
        action="append",
        choices=CHECKPOINTS,
        help="run only this checkpoint; can be repeated (default: all)",
    )
    check.add_argument(
        "--brief",
        action="store_true",
        help="show only failures and warnings, and a line per checkpoint",
    )
    check.set_defaults(run=_check)


def _check(options: argparse.Namespace) -> int:
    console = console_for(is_log_wide=True)
    names = [name for name in CHECKPOINTS if name in (options.checkpoint or CHECKPOINTS)]
    return check(names, Settings.from_environment(), console, brief=options.brief)


def check(
    names: Sequence[str],
    settings: Settings,
    console: Console,
    *,
    brief: bool = False,
    folder: Path = HERE,
) -> int:
    """Run checkpoints and print their outcomes.

    Args:
        names: The checkpoints.
        settings: The paths and URLs.
        console: The console.
        brief: Show only failures and warnings, and a line per checkpoint.
        folder: The folder of `suites.yml` and `bounds.yml`.

    Returns:
        0 if all pass, 1 if one fails or has nothing to judge.

    Raises:
        CannotCheckError: The checkpoints cannot run.
        WarehouseUnavailableError: The warehouse cannot be read.
    """
    suites = read_suites(folder / "suites.yml")
    has_taxonomy = taxonomy_in_use() is not None
    bounds = read_bounds(folder / "bounds.yml", bounds_in_use(suites))
    checkpoints = {
        name: [each for each in suites[name] if has_taxonomy or each.table != MISFIT_MEASURES]
        for name in names
    }
    echo = partial(print_line, console)
    _require_tables(checkpoints, settings.warehouse_path, echo)
    _require_writable(settings.reports_path)
    # Great Expectations takes seconds to import, which other commands and the errors above do not
    # need.
    with hide_pyspark():
        from warehouse.checkpoints.run import run_checkpoints  # noqa: PLC0415

    results = run_checkpoints(checkpoints, bounds, settings, echo)
    for outcome in results.checkpoints:
        print_checkpoint(console, outcome, brief=brief)
    passed = {outcome.name: outcome.passed for outcome in results.checkpoints}
    fault = record_verdicts(settings.reports_path / "manifest.json", results.built, passed)
    if fault is not None:
        echo(f"The verdicts were not recorded: {fault}.")
    echo(f"Checkpoints: {write_page(settings.reports_path, results.checkpoints)}")
    return EXIT_OK if all(passed.values()) else EXIT_FAILED


def _require_tables(
    checkpoints: Mapping[str, Sequence[Suite]], path: Path, report: Callable[[str], None]
) -> None:
    with open_when_free(path, read_only=True, report=report) as warehouse:
        rows = warehouse.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
        ).fetchall()
    existing = {name for (name,) in rows}
    judged = dict.fromkeys(suite.table for suites in checkpoints.values() for suite in suites)
    if missing := [table for table in judged if table not in existing]:
        verb = "does" if len(missing) == 1 else "do"
        raise CannotCheckError(
            f"{', '.join(missing)} {verb} not exist in {path}. "
            + (WRITE if missing == [MISFIT_MEASURES] else "Run `make build` or `dbt build` first.")
        )


def _require_writable(reports: Path) -> None:
    try:
        reports.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=reports).close()
    except OSError as error:
        raise CannotCheckError(
            f"Cannot write to {reports}: {error.strerror}. Set REPORTS_PATH to a writable path."
        ) from error
