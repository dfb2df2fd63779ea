"""Shows what came of the checkpoints to a person, on a terminal or in a log."""

from __future__ import annotations

from itertools import groupby

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from warehouse.checkpoints.outcome import CheckpointOutcome, Outcome, Verdict

STYLES = {
    Verdict.OK: "green",
    Verdict.FAILED: "bold red",
    Verdict.ERROR: "bold red",
    Verdict.TOO_LITTLE_DATA: "dim",
    Verdict.NOT_COMPARED: "yellow",
}


def print_checkpoint(console: Console, checkpoint: CheckpointOutcome, *, brief: bool) -> None:
    """Print what came of a checkpoint.

    Args:
        console: Where to.
        checkpoint: What came of it.
        brief: Leave out what holds, and what could not be judged.
    """
    shown = checkpoint.failed if brief else list(checkpoint.outcomes)
    if shown:
        console.print()
        console.print(_table(checkpoint.name, shown))
    for outcome in shown:
        if outcome.is_failed or outcome.details:
            _print_details(console, outcome)
    console.print(_summary(checkpoint), soft_wrap=True)


def _table(title: str, outcomes: list[Outcome]) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    for header in ("", "column", "expected", "observed", "verdict"):
        # Names do not bear a break; the rest is words.
        table.add_column(header, no_wrap=header in ("", "column"))
    for name, group in groupby(outcomes, key=lambda outcome: outcome.table):
        table.add_row(Text(name, style="bold"))
        for outcome in group:
            table.add_row(
                Text(f" {outcome.name}", style="yellow" if _is_left_out(outcome) else ""),
                Text(outcome.column),
                Text(outcome.demanded),
                *_observed_and_verdict(outcome),
            )
    return table


def _observed_and_verdict(outcome: Outcome) -> tuple[Text, Text]:
    word = Text(outcome.verdict.value, style=STYLES[outcome.verdict])
    if outcome.verdict in (Verdict.TOO_LITTLE_DATA, Verdict.NOT_COMPARED):
        return word, Text("-", style=word.style)
    return Text(outcome.found), word


def _is_left_out(outcome: Outcome) -> bool:
    return outcome.verdict is Verdict.NOT_COMPARED


def _print_details(console: Console, outcome: Outcome) -> None:
    """Say what a row means, in whole lines: a path or a list of rows does not fit a cell."""
    line = Text(" ").append(outcome.name, style=STYLES[outcome.verdict])
    if _is_left_out(outcome):
        line.append(f": {outcome.verdict.value}: {outcome.details}")
    else:
        line.append(f": {outcome.description}")
    console.print(line, soft_wrap=True)
    if outcome.is_failed and outcome.details:
        console.print(Text(f"   {outcome.details}"), soft_wrap=True)


def _summary(checkpoint: CheckpointOutcome) -> Text:
    count, held = len(checkpoint.outcomes), len(checkpoint.held)
    line = Text(f"{checkpoint.name}: ", style="bold")
    if failed := checkpoint.failed:
        names = ", ".join(outcome.name for outcome in failed)
        return line.append(f"{len(failed)} of {count} FAILED: {names}", style="bold red")
    if not count:
        return line.append("FAILED: there is nothing to judge", "bold red")
    if not held:
        return line.append(f"FAILED: none of {count} expectations could be judged", "bold red")
    if held == count:
        return line.append(f"{count} expectations, all hold", "green")
    return line.append(f"{held} of {count} expectations hold, the rest cannot be judged", "green")
