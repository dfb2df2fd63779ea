"""The command `python -m warehouse docs`: dbt's own documentation as one file among the reports."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess  # nosec B404 # starts dbt alone
import sys
from pathlib import Path

from warehouse.database import open_when_free
from warehouse.replacing import replacing
from warehouse.settings import Settings
from warehouse.terminal import say

EXIT_OK = 0
DOCS = "dbt_docs.html"


class CannotDocumentError(Exception):
    """dbt could not write its documentation; the message says why and what to do."""


def add_docs_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `docs` to the commands of `python -m warehouse`."""
    docs = commands.add_parser(
        "docs",
        help=f"write dbt's documentation as one file {DOCS}",
        description=f"Writes {DOCS} into the folder of the reports: every model and column as the"
        " last build left them, and the lineage, in one file that opens from disk.",
        epilog="Settings: WAREHOUSE_PATH and REPORTS_PATH. Run it in the folder of the project.",
    )
    docs.set_defaults(run=_docs)


def _docs(_: argparse.Namespace) -> int:
    say(f"dbt docs: {write_docs(Settings.from_environment())}")
    return EXIT_OK


def write_docs(settings: Settings) -> Path:
    """Have dbt describe the warehouse, and put the page among the reports.

    Returns:
        The path of the page.

    Raises:
        CannotDocumentError: There is no warehouse, or dbt failed.
        OSError: The folder cannot be written.
        WarehouseUnavailableError: The warehouse cannot be read.
    """
    if not settings.warehouse_path.exists():
        raise CannotDocumentError(
            f"{settings.warehouse_path} does not exist. Run `make build` or `dbt build` first."
        )
    # dbt says no more than that the catalog could not be written.
    open_when_free(settings.warehouse_path, read_only=True).close()
    # Without compiling: the build before has compiled all models.
    dbt = [str(Path(sys.executable).with_name("dbt")), "--quiet", "--no-use-colors"]
    run = subprocess.run(  # noqa: S603 (not a user's command)  # nosec B603
        [*dbt, "docs", "generate", "--static", "--no-compile"],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise CannotDocumentError(
            f"`dbt docs generate` failed; correct this, or run `make build` first:\n{run.stdout}"
        )
    page = settings.reports_path / DOCS
    page.parent.mkdir(parents=True, exist_ok=True)
    written = Path(os.environ.get("DBT_TARGET_PATH", "target")) / "static_index.html"
    with replacing(page) as replacement:
        shutil.copyfile(written, replacement)
    return page
