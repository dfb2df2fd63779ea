"""The command `python -m warehouse docs`: write dbt's documentation as one HTML file."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess  # nosec B404 # starts dbt alone
import sys
from pathlib import Path

from warehouse.atomic_write import atomic_write
from warehouse.database import open_when_free
from warehouse.settings import Settings
from warehouse.terminal import EXIT_OK, echo

DOCS = "dbt_docs.html"


class CannotDocumentError(Exception):
    """dbt cannot write its documentation; the message says why and what to do."""


def add_docs_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `docs` to the commands of `python -m warehouse`."""
    docs = commands.add_parser(
        "docs",
        help=f"write dbt's documentation as one file, {DOCS}",
        description=f"Writes {DOCS} into the reports folder: every model and column of the last"
        " build, and the lineage, in one file that a browser opens from disk.",
        epilog="Settings: WAREHOUSE_PATH and REPORTS_PATH. Run it in the project folder.",
    )
    docs.set_defaults(run=_docs)


def _docs(_: argparse.Namespace) -> int:
    echo(f"dbt docs: {write_docs(Settings.from_environment())}")
    return EXIT_OK


def write_docs(settings: Settings) -> Path:
    """Run `dbt docs generate` and copy its page into the reports folder.

    Returns:
        The path of the page.

    Raises:
        CannotDocumentError: The warehouse is missing, or dbt failed.
        OSError: The folder is not writable.
        WarehouseUnavailableError: The warehouse cannot be read.
    """
    if not settings.warehouse_path.exists():
        raise CannotDocumentError(
            f"{settings.warehouse_path} does not exist. Run `make build` or `dbt build` first."
        )
    # dbt's own message does not say why the warehouse cannot be opened.
    open_when_free(settings.warehouse_path, read_only=True).close()
    # --no-compile: the build has compiled all models.
    dbt = [str(Path(sys.executable).with_name("dbt")), "--quiet", "--no-use-colors"]
    run = subprocess.run(  # noqa: S603 (not a user's command)  # nosec B603
        [*dbt, "docs", "generate", "--static", "--no-compile"],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise CannotDocumentError(
            f"`dbt docs generate` failed. Correct the error or run `make build`:\n{run.stdout}"
        )
    page = settings.reports_path / DOCS
    page.parent.mkdir(parents=True, exist_ok=True)
    written = Path(os.environ.get("DBT_TARGET_PATH", "target")) / "static_index.html"
    with atomic_write(page) as draft:
        shutil.copyfile(written, draft)
    return page
