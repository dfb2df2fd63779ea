"""The command `python -m warehouse load`: ship events and players to the warehouse."""

from __future__ import annotations

import argparse
import logging
import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from warehouse.database import WarehouseUnavailableError, open_when_free
from warehouse.loader.coins import CORRECT_BALANCES
from warehouse.loader.destination import Destination, destination_of
from warehouse.loader.loader import Loader, Status
from warehouse.loader.raw_tables import make_raw_tables
from warehouse.settings import Settings, default_interval
from warehouse.store.election import election_of
from warehouse.store.protocol import Outbox, StoreError
from warehouse.terminal import (
    EXIT_COULD_NOT_RUN,
    EXIT_OK,
    PrintableStream,
    console_for,
    echo_error,
    print_line,
)

# A long backlog ships fastest in large batches; the events of a second are far fewer.
BATCH_SIZE = 50_000
STOP_SIGNALS = {signal.SIGINT, signal.SIGTERM}


def add_load_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `load` to the commands of `python -m warehouse`."""
    load = commands.add_parser(
        "load",
        help="ship players and events from the store to the warehouse",
        description="Ships players and events from the store to the warehouse. Every event arrives"
        " exactly once, even if the command is killed.",
        epilog="Settings: STORE_URL (default: an SQLite file beside the warehouse), WAREHOUSE_PATH,"
        " EVENTS_URI (a lake to ship to instead) and LOADER_INTERVAL_SECONDS (default 1, with"
        " EVENTS_URI 60).",
    )
    mode = load.add_mutually_exclusive_group()
    mode.add_argument(
        "--once", action="store_true", help="ship the events that wait, then exit (the default)"
    )
    mode.add_argument(
        "--all",
        action="store_true",
        help="ship all events and players of the store again, then exit: adds missing rows,"
        " corrects different ones and removes none; after an interruption, run it again",
    )
    mode.add_argument(
        "--follow", action="store_true", help="ship continuously until Ctrl-C or SIGTERM"
    )
    load.add_argument(
        "--interval",
        type=_seconds,
        default=os.environ.get(
            "LOADER_INTERVAL_SECONDS", default_interval(os.environ.get("EVENTS_URI"))
        ),
        metavar="SECONDS",
        help="pause of --follow when no event waits (default: LOADER_INTERVAL_SECONDS)",
    )
    load.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; return 0, or print the reason on standard error and return 2."""
    # SQLAlchemy and Alembic take a second to import, which commands without a store do not need.
    from warehouse.store.file import require_store  # noqa: PLC0415
    from warehouse.store.outbox import SqlOutbox  # noqa: PLC0415

    settings = Settings.from_environment()
    logging.basicConfig(format="%(message)s", stream=PrintableStream(sys.stderr))
    logging.getLogger("warehouse").setLevel(logging.INFO)
    console = console_for()
    destination = destination_of(settings.warehouse_path, settings.events_uri)
    if options.all:
        require_store(settings.store_url)
    try:
        outbox = SqlOutbox(settings.store_url)
        try:
            if options.follow:
                _follow(settings, outbox, destination, options.interval, console)
            else:
                _once(settings, outbox, destination, console, ship_again=options.all)
        finally:
            outbox.close()
    except (StoreError, WarehouseUnavailableError) as error:
        echo_error(error)
        return EXIT_COULD_NOT_RUN
    except OSError as error:
        echo_error(f"Cannot ship to {destination}: {error}")
        return EXIT_COULD_NOT_RUN
    return EXIT_OK


def _once(
    settings: Settings,
    outbox: Outbox,
    destination: Destination,
    console: Console,
    *,
    ship_again: bool,
) -> None:
    if ship_again:
        # Rejects a destination of another store before this store changes.
        destination.has(outbox.next_batch(1))
        count = outbox.ship_again()
        print_line(console, f"Shipping all players and {count:,} shipped events again.")
    total = outbox.backlog().event_count
    with _progress(console, total) as show:
        loader = Loader(
            outbox,
            settings.warehouse_path,
            destination=destination,
            batch_size=BATCH_SIZE,
            election=election_of(settings.store_url, settings.warehouse_path),
            on_progress=show,
        )
        loader.ship_all()
    print_line(console, _summary(loader.status, destination))
    if ship_again and settings.events_uri is None and settings.warehouse_path.exists():
        _correct_balances(settings.warehouse_path, console)


def _correct_balances(warehouse_path: Path, console: Console) -> None:
    """Correct balances that are not what the earns and spends in the warehouse add up to."""
    with open_when_free(warehouse_path, read_only=False) as warehouse:
        make_raw_tables(warehouse)
        ((count,),) = warehouse.execute(CORRECT_BALANCES, {"user_ids": None}).fetchall()
    if count:
        print_line(console, f"Corrected {count:,} balances to the sum of their earns and spends.")


def _follow(
    settings: Settings,
    outbox: Outbox,
    destination: Destination,
    interval: float,
    console: Console,
) -> None:
    loader = Loader(
        outbox,
        settings.warehouse_path,
        destination=destination,
        interval_seconds=interval,
        batch_size=BATCH_SIZE,
        election=election_of(settings.store_url, settings.warehouse_path),
        on_progress=_lines(console, outbox.backlog().event_count),
    )
    # Wait for signals instead of handling them: a handler that sets the event could interrupt a
    # thread that holds the event's lock. Threads inherit the blocked signals.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    stop = threading.Event()
    thread = threading.Thread(target=loader.run, args=[stop], name="loader")
    thread.start()
    print_line(console, f"Shipping events to {destination} until stopped.")
    signal.sigwait(STOP_SIGNALS)
    stop.set()
    thread.join()
    print_line(console, _summary(loader.status, destination))


@contextmanager
def _progress(console: Console, total: int) -> Iterator[Callable[[Status], None]]:
    """Show a progress bar on a terminal, and print lines elsewhere."""
    if not console.is_terminal:
        yield _lines(console, total)
        return
    columns = (TextColumn("Shipping events"), BarColumn(), MofNCompleteColumn())
    hidden = total <= BATCH_SIZE
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=hidden) as bar:
        task = bar.add_task("", total=total)
        yield lambda status: bar.update(task, completed=status.event_count)


def _lines(console: Console, total: int) -> Callable[[Status], None]:
    """Print a line per batch until the initial backlog is shipped."""

    def show(status: Status) -> None:
        if status.event_count < total:
            print_line(console, f"Shipped {status.event_count:,} of {total:,} events")

    return show


def _summary(status: Status, destination: Destination) -> str:
    if not status.event_count and not status.player_count:
        return f"Nothing to ship to {destination}."
    return (
        f"Shipped {status.event_count:,} events and {status.player_count:,} player records"
        f" to {destination}."
    )


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < math.inf:
        raise ValueError
    return seconds
