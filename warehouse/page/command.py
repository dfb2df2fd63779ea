"""The command `python -m warehouse page`: write `index.html` among the reports."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from warehouse.atomic_write import atomic_write
from warehouse.database import open_when_free
from warehouse.page.facts import read_facts
from warehouse.settings import Settings
from warehouse.terminal import EXIT_OK, echo


def add_page_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `page` to the commands of `python -m warehouse`."""
    page = commands.add_parser(
        "page",
        help="write the page index.html that shows the last build",
        description="Writes index.html into the reports folder: one file that a browser opens from"
        " disk, with the results of the last build and its checkpoints.",
        epilog="Settings: WAREHOUSE_PATH and REPORTS_PATH. The vars page_max_* in dbt_project.yml"
        " limit the number of rows.",
    )
    page.set_defaults(run=_page)


def _page(_: argparse.Namespace) -> int:
    echo(f"Page: {write_page(Settings.from_environment(), echo)}")
    return EXIT_OK


def write_page(settings: Settings, report: Callable[[str], None]) -> Path:
    """Write the page of the last complete build.

    Args:
        settings: The paths.
        report: Called with a message while another process locks the warehouse.

    Returns:
        The path of the page.

    Raises:
        CannotDrawError: There is no complete build.
        OSError: The folder is not writable.
        WarehouseUnavailableError: The warehouse cannot be read.
    """
    folder = settings.reports_path
    with open_when_free(settings.warehouse_path, read_only=True, report=report) as warehouse:
        facts = read_facts(warehouse, folder / "manifest.json")
    # Altair takes almost a second to import, which other commands and the errors above do not need.
    from warehouse.page.render import render  # noqa: PLC0415

    page = folder / "index.html"
    with atomic_write(page) as draft:
        draft.write_text(render(facts, folder), encoding="utf-8", newline="")
    return page
