"""The command `python -m warehouse check`: run the checkpoints on the warehouse."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console

from warehouse.checkpoints.errors import CannotCheckError
from warehouse.checkpoints.importing import without_pyspark
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
from warehouse.terminal import console_for, line

EXIT_OK, EXIT_FAILED = 0, 1
HERE = Path(__file__).parent


def add_check_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `check` to the commands of `python -m warehouse`."""
    check = commands.add_parser(
        "check",
        help="run the checkpoints of Great Expectations on the warehouse",
        description="Runs the checkpoints on the warehouse as the last build left it, writes Data"
        " Docs and records the verdicts in manifest.json. Exits with 1 where an expectation fails"
        " or a checkpoint has nothing to judge, with 2 where it cannot run.",
        epilog="What is allowed stands in warehouse/checkpoints/bounds.yml. Settings:"
        " WAREHOUSE_PATH, REPORTS_PATH and STORE_URL.",
    )
    check.add_argument(
        "--checkpoint",
        action="append",
        choices=CHECKPOINTS,
        help="run this one; may be given several times (default: all)",
    )
    check.add_argument(
        "--brief", action="store_true", help="show only what fails, and a line per checkpoint"
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
    """Run checkpoints and show what came of them.

    Args:
        names: The checkpoints.
        settings: Where things are.
        console: Where to print.
        brief: Show only what fails, and a line per checkpoint.
        folder: Holds `suites.yml` and `bounds.yml`.

    Returns:
        0 where all hold, 1 where one fails or has nothing to judge.

    Raises:
        CannotCheckError: The checkpoints cannot run as things stand.
        WarehouseUnavailableError: The warehouse cannot be read.
    """
    suites = read_suites(folder / "suites.yml")
    bounds = read_bounds(folder / "bounds.yml", bounds_in_use(suites))
    checkpoints = {name: suites[name] for name in names}
    # Whole lines: what they name has spaces and brackets of its own.
    say = partial(line, console)
    _require_tables(checkpoints, settings.warehouse_path, say)
    docs = settings.reports_path / "data_docs"
    with _workshop(settings.reports_path) as workshop:
        # It takes seconds, which the other commands and every refusal above should not.
        with without_pyspark():
            from warehouse.checkpoints.run import run_checkpoints  # noqa: PLC0415

        results = run_checkpoints(checkpoints, bounds, settings, workshop / "data_docs", say)
        if docs.exists():
            docs.rename(workshop / "data_docs_before")
        (workshop / "data_docs").rename(docs)
    for outcome in results.checkpoints:
        print_checkpoint(console, outcome, brief=brief)
    passed = {outcome.name: outcome.passed for outcome in results.checkpoints}
    fault = record_verdicts(settings.reports_path / "manifest.json", results.built, passed)
    if fault is not None:
        say(f"Verdicts not recorded: {fault}.")
    say(f"Data Docs: {docs / 'index.html'}")
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
            f"{', '.join(missing)} {verb} not exist in {path}."
            " Run `make build` or `dbt build` first."
        )


@contextmanager
def _workshop(reports: Path) -> Iterator[Path]:
    """Make a folder for what is only needed during the run; it is gone afterwards.

    It stands beside the reports, so that a folder in it can replace one of them by its name.
    """
    try:
        reports.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix=".check-", dir=reports)
    except OSError as error:
        raise CannotCheckError(
            f"Cannot write to {reports}: {error.strerror}. Set REPORTS_PATH to a place that can be"
            " written."
        ) from error
    with folder as name:
        yield Path(name).absolute()
