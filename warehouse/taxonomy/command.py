"""The command `python -m warehouse events`: write the dbt models of `events.yml`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.terminal import EXIT_FAILED, EXIT_OK, echo, echo_error

if TYPE_CHECKING:
    from warehouse.taxonomy.events_file import Taxonomy

# The view that the checkpoints judge.
MISFIT_MEASURES = "quality.qa_event_misfits"
WRITE = "Run `python -m warehouse events`, then `dbt build`."


def add_events_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `events` to the commands of `python -m warehouse`."""
    parser = commands.add_parser(
        "events",
        help="write the dbt models of the event types in events.yml",
        description="Writes the dbt models of events.yml: one with typed columns for each event"
        " type, and fct_event_misfits. Without the file, removes them. Run it in the project"
        " folder after each change of the file.",
        epilog="Setting: EVENTS_FILE (the file, default events.yml). docs/events.md describes it.",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit with 1 if the models do not match the file",
    )
    parser.set_defaults(run=_events)


def taxonomy_in_use() -> Taxonomy | None:
    """Read the file in EVENTS_FILE.

    Raises:
        TaxonomyError: The file is not valid.
    """
    # Pydantic takes a third of the start of a command, and most commands read no taxonomy.
    from warehouse.taxonomy.events_file import EVENTS_FILE, read_events_file  # noqa: PLC0415

    return read_events_file(os.environ.get("EVENTS_FILE", EVENTS_FILE))


def fault_of_models(project: Path) -> str | None:
    """Say how the models differ from the file, and what to do; None if they match.

    Raises:
        TaxonomyError: The file is not valid.
    """
    from warehouse.taxonomy.dbt_models import out_of_date  # noqa: PLC0415

    files = out_of_date(project, taxonomy_in_use())
    if not files:
        return None
    return f"The models of events.yml are out of date: {', '.join(map(str, files))}. {WRITE}"


def _events(options: argparse.Namespace) -> int:
    from warehouse.taxonomy.dbt_models import write_models  # noqa: PLC0415

    project = Path()
    if not (project / "dbt_project.yml").exists():
        raise FileNotFoundError(
            "dbt_project.yml is not in this folder. Run the command in the project folder."
        )
    if options.check:
        fault = fault_of_models(project)
        if fault is not None:
            echo_error(fault)
        return EXIT_OK if fault is None else EXIT_FAILED
    taxonomy = taxonomy_in_use()
    write_models(project, taxonomy)
    if taxonomy is None:
        echo("There is no events.yml, so there are no models of it.")
    else:
        echo(f"Wrote the models of {len(taxonomy.events)} event types. Run `dbt build`.")
    return EXIT_OK
