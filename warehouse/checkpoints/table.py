"""Prints the outcomes of the checkpoints on a terminal or in a log."""

from __future__ import annotations

from itertools import groupby

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from warehouse.checkpoints.outcome import CheckpointOutcome, Outcome, Verdict
from warehouse.terminal import cell, print_line, print_table, printable

STYLES = {
    Verdict.OK: "green",
    Verdict.FAILED: "bold red",
    Verdict.ERROR: "bold red",
    Verdict.WARNING: "bold yellow",
    Verdict.TOO_LITTLE_DATA: "dim",
    Verdict.NOT_COMPARED: "yellow",
}


def print_checkpoint(console: Console, checkpoint: CheckpointOutcome, *, brief: bool) -> None:
    """Print the outcome of a checkpoint.

    Args:
        console: The console.
        checkpoint: The outcome.
        brief: Show only failures and warnings.
    """
    judged = checkpoint.attention if brief else list(checkpoint.outcomes)
    if judged:
        print_line(console)
        print_table(console, _table(checkpoint.name, judged))
    for outcome in judged:
        if outcome.needs_attention or outcome.details:
            _print_details(console, outcome)
    style = "green" if checkpoint.passed else "bold red"
    print_line(console, (f"{checkpoint.name}: ", "bold"), (checkpoint.verdict, style))


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
        # Do not wrap names.
        table.add_column(header, no_wrap=header in ("", "column"))
    for name, group in groupby(outcomes, key=lambda outcome: outcome.table):
        table.add_row(cell(name, "bold"))
        for outcome in group:
            table.add_row(
                cell(f" {outcome.name}", "yellow" if _is_skipped(outcome) else ""),
                cell(outcome.column),
                cell(outcome.expected),
                *_observed_and_verdict(outcome),
            )
    return table


def _observed_and_verdict(outcome: Outcome) -> tuple[Text, Text]:
    style = STYLES[outcome.verdict]
    word = cell(outcome.verdict.value, style)
    if outcome.verdict in (Verdict.TOO_LITTLE_DATA, Verdict.NOT_COMPARED):
        return word, cell("-", style)
    return cell(outcome.observed), word


def _is_skipped(outcome: Outcome) -> bool:
    return outcome.verdict is Verdict.NOT_COMPARED


def _print_details(console: Console, outcome: Outcome) -> None:
    """Print the description and the details of an outcome, which do not fit into a cell."""
    text = (
        f"{outcome.verdict.value}: {outcome.details}"
        if _is_skipped(outcome)
        else outcome.description
    )
    print_line(console, (f" {outcome.name}", STYLES[outcome.verdict]), f": {printable(text)}")
    if outcome.needs_attention and outcome.details:
        print_line(console, f"   {printable(outcome.details)}")
