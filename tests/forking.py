"""dbt in processes that need not import it first.

dbt is as a user runs it: a process of its own, in its folder, with its arguments and environment.
That process is a fork of one that has imported dbt already, which is a third of the processor time
of a small build; the tests run hundreds of them.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path

# What every run of dbt imports.
IMPORTED = [
    *("dbt.cli.main", "dbt.adapters.duckdb", "dbt.task.build", "dbt.compilation"),
    *("dbt.parser.manifest", "dbt.context.providers", "duckdb", "sqlparse", "agate"),
]


def run_dbt(arguments: list[str], folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Run `dbt` with these words behind it.

    Args:
        arguments: The words.
        folder: Where it runs.
        environment: All variables it has.

    Returns:
        Its exit status, and what it printed.
    """
    with tempfile.NamedTemporaryFile() as output:
        process = _context().Process(
            target=_be_dbt, args=[arguments, folder, environment, output.name]
        )
        process.start()
        process.join()
        assert process.exitcode is not None
        return process.exitcode, Path(output.name).read_text(encoding="utf-8")


@cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    return context


def _be_dbt(arguments: list[str], folder: Path, environment: dict[str, str], output: str) -> None:
    descriptor = os.open(output, os.O_WRONLY | os.O_APPEND)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["dbt", *arguments]
    from dbt.cli.main import cli  # noqa: PLC0415 (has been imported where this runs)

    sys.exit(cli())
