"""Does what `make build` does again and again, where nobody types it."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess  # nosec B404 # starts the steps of a round alone
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from warehouse.database import WarehouseUnavailableError
from warehouse.settings import Settings
from warehouse.store.clock import utc_now
from warehouse.terminal import say

# How often a wait looks up: to show that it is alive, and whether it should stop.
POLL_SECONDS = 1
# A heartbeat older than this means that the schedule hangs or is gone.
HEARTBEAT_SECONDS = 30
# What a build may take to stop in good order; DuckDB also survives less patience.
STOP_SECONDS = 30


def steps_of_a_round() -> dict[str, list[str]]:
    """Name the commands of a round by what they do, in the running Python's environment."""
    dbt = Path(sys.executable).with_name("dbt")
    warehouse = [sys.executable, "-m", "warehouse"]
    variables = os.environ.get("DBT_VARS", "")
    return {
        "build": [str(dbt), "build", *(["--vars", variables] if variables else [])],
        "check": [*warehouse, "check"],
        "docs": [*warehouse, "docs"],
        "page": [*warehouse, "page"],
    }


class Schedule:
    """Runs its steps, waits, and so on until it is told to stop.

    All steps rest on the first one: a round in which it fails ends there. Of the others each runs,
    whatever came of those before: a failed check is what the page has to tell.
    """

    def __init__(
        self,
        steps: Mapping[str, Sequence[str]],
        interval_seconds: int,
        heartbeat: Path,
        *,
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take what to run and how often.

        Args:
            steps: Commands by name, in the order in which they run.
            interval_seconds: From the end of a round to the beginning of the next.
            heartbeat: A file whose modification time says that the schedule is alive.
            clock: Tells the time; UTC, aware.
            sleep: Waits for a number of seconds.
        """
        self._steps = steps
        self._interval_seconds = interval_seconds
        self._heartbeat = heartbeat
        self._clock = clock
        self._sleep = sleep
        self._stopping = False

    def stop(self) -> None:
        """Have `run` return soon. A signal handler may call this: it only sets a flag."""
        self._stopping = True

    def run(self) -> None:
        """Run the steps until told to stop; one that runs then is interrupted."""
        while not self._stopping:
            started_at = self._clock()
            outcome = self._run_steps()
            ended_at = self._clock()
            if self._stopping:
                break
            next_at = ended_at + timedelta(seconds=self._interval_seconds)
            say(
                f"{ended_at:%Y-%m-%dT%H:%M:%SZ} {outcome}"
                f" after {(ended_at - started_at).total_seconds():.0f} s;"
                f" the next begins at {next_at:%Y-%m-%dT%H:%M:%SZ}"
            )
            self._wait()
        say(f"{self._clock():%Y-%m-%dT%H:%M:%SZ} stopped")

    def _run_steps(self) -> str:
        """Run the steps; returns what came of them, in words."""
        passed: list[str] = []
        failures: list[str] = []
        for name, command in self._steps.items():
            exit_code = self._run_step(command)
            if exit_code == 0:
                passed.append(name)
            else:
                failures.append(f"{name} failed with exit status {exit_code}")
            if not passed or self._stopping:
                break
        return ", ".join(failures) or f"{', '.join(passed)} passed"

    def _run_step(self, command: Sequence[str]) -> int:
        # In a session of its own, the step does not get the terminal's Ctrl-C as well as ours.
        with subprocess.Popen(command, start_new_session=True) as process:  # noqa: S603 (not a user's command)  # nosec B603
            while True:
                self._heartbeat.touch()
                try:
                    return process.wait(POLL_SECONDS)
                except subprocess.TimeoutExpired:
                    if self._stopping:
                        return self._interrupt(process)

    def _interrupt(self, process: subprocess.Popen[bytes]) -> int:
        """Stop a step as Ctrl-C does: dbt then cancels its queries and rolls back."""
        process.send_signal(signal.SIGINT)
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def _wait(self) -> None:
        # Counted, not timed: a clock that is set meanwhile must not put the next build off.
        for _ in range(0, self._interval_seconds, POLL_SECONDS):
            if self._stopping:
                break
            self._heartbeat.touch()
            self._sleep(POLL_SECONDS)


def is_alive(heartbeat: Path, now: datetime) -> bool:
    """Say whether the schedule that keeps this heartbeat runs.

    Args:
        heartbeat: Its file.
        now: The time; UTC, aware.
    """
    try:
        beaten_at = datetime.fromtimestamp(heartbeat.stat().st_mtime, UTC)
    except FileNotFoundError:
        return False
    return now - beaten_at <= timedelta(seconds=HEARTBEAT_SECONDS)


def add_schedule_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `schedule` to the commands of `python -m warehouse`."""
    parser = commands.add_parser(
        "schedule",
        help="do what `make build` does at an interval, whatever comes of it",
        description="Runs dbt build, then the checkpoints, the documentation and the page, now and"
        " then at an interval, until SIGTERM or Ctrl-C. A build that fails leaves the reports as"
        " they are; the next one is tried all the same.",
    )
    parser.add_argument(
        "--interval-seconds",
        type=_positive,
        default=os.environ.get("BUILD_INTERVAL_SECONDS", "300"),
        help="from the end of one round to the next (default: BUILD_INTERVAL_SECONDS or 300)",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="run nothing; exit with 0 where a schedule on this warehouse is alive, else with 1",
    )
    parser.set_defaults(run=_schedule)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


# argparse names the type in its message: "invalid positive whole number value: '0'".
_positive.__name__ = "positive whole number"


def _schedule(options: argparse.Namespace) -> int:
    warehouse = Settings.from_environment().warehouse_path
    heartbeat = warehouse.with_suffix(".heartbeat")
    if options.check:
        return 0 if is_alive(heartbeat, utc_now()) else 1
    try:
        heartbeat.parent.mkdir(parents=True, exist_ok=True)
        heartbeat.touch()
    except OSError as error:
        raise WarehouseUnavailableError(
            f"Cannot write {heartbeat}: {error.strerror}."
            " Set WAREHOUSE_PATH to a place that can be written."
        ) from error
    schedule = Schedule(steps_of_a_round(), options.interval_seconds, heartbeat)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: schedule.stop())
    schedule.run()
    return 0
