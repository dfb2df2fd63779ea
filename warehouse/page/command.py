"""The command `python -m warehouse page`: write `index.html` among the reports."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from warehouse.database import open_when_free
from warehouse.page.facts import read_facts
from warehouse.replacing import replacing
from warehouse.settings import Settings
from warehouse.terminal import say

EXIT_OK = 0


def add_page_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `page` to the commands of `python -m warehouse`."""
    page = commands.add_parser(
        "page",
        help="write the page index.html that shows the last build",
        description="Writes index.html into the folder of the reports: one file that opens from"
        " disk and shows what the last build and its checkpoints found.",
        epilog="Settings: WAREHOUSE_PATH and REPORTS_PATH. How much it shows: the vars page_max_*"
        " in dbt_project.yml.",
    )
    page.set_defaults(run=_page)


def _page(_: argparse.Namespace) -> int:
    page = write_page(Settings.from_environment(), say)
    say(f"Page: {page}")
    return EXIT_OK


def write_page(settings: Settings, say: Callable[[str], None]) -> Path:
    """Write the page of the last complete build.

    Args:
        settings: Where things are.
        say: Told while another process holds the warehouse.

    Returns:
        The path of the page.

    Raises:
        CannotDrawError: There is no complete build.
        OSError: The folder cannot be written.
        WarehouseUnavailableError: The warehouse cannot be read.
    """
    folder = settings.reports_path
    with open_when_free(settings.warehouse_path, read_only=True, report=say) as warehouse:
        facts = read_facts(warehouse, folder / "manifest.json")
    # The libraries that draw take a second to import, which the refusals above should not.
    from warehouse.page.render import render  # noqa: PLC0415

    page = folder / "index.html"
    with replacing(page) as replacement:
        replacement.write_text(render(facts, folder), encoding="utf-8", newline="")
    return page
