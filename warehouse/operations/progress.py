"""Callbacks that report the progress of a long operation, and their output on a console."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from warehouse.terminal import echo, print_line

SECONDS_BETWEEN_LINES = 5.0

# Called with the name of a step, the amount done, and the total.
OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Callbacks:
    """The callbacks of a long operation.

    Attributes:
        on_progress: Called with the progress of a step.
        on_wait: Called with a message while another process locks the warehouse.
        on_step: Called with the name of a finished step, for tests of a crash.
    """

    on_progress: OnProgress = lambda _, __, ___: None
    on_wait: Callable[[str], None] = echo
    on_step: Callable[[str], None] = lambda _: None


NO_CALLBACKS = Callbacks()


@contextmanager
def show_progress(console: Console) -> Iterator[Callbacks]:
    """Show progress bars on a terminal; elsewhere print a line every few seconds."""
    if not console.is_terminal:
        yield Callbacks(_lines(console), partial(print_line, console))
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=done, total=total)

        yield Callbacks(show, partial(print_line, bars.console))


def _lines(console: Console) -> OnProgress:
    last_shown_at = time.monotonic()

    def show(step: str, done: int, total: int) -> None:
        nonlocal last_shown_at
        if time.monotonic() - last_shown_at >= SECONDS_BETWEEN_LINES:
            last_shown_at = time.monotonic()
            print_line(console, f"{step}: {100 * done // max(total, 1)} %")

    return show
