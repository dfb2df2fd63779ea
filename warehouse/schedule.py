"""The command `python -m warehouse schedule`: repeat the steps of `make build` at an interval."""

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
from warehouse.terminal import echo

# How often a wait updates the heartbeat and checks whether to stop.
POLL_SECONDS = 1
# A heartbeat older than this means that the schedule has stopped or hangs.
MAX_HEARTBEAT_AGE_SECONDS = 30
# The time a build gets to stop before it is killed, which DuckDB survives as well.
STOP_SECONDS = 30


def steps_of_a_round() -> dict[str, list[str]]:
    """Return the commands of a round by name, in the environment of this Python."""
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
    """Runs its steps at an interval until `stop` is called.

    All steps depend on the first one: if it fails, the round ends. Each other step runs even if the
    one before it fails, because the page shows a failed check.
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
        """Store the settings; `run` starts the first round.

        Args:
            steps: Commands by name, in the order in which they run.
            interval_seconds: The time between the end of a round and the start of the next.
            heartbeat: A file whose modification time shows that the schedule is alive.
            clock: Returns the time; UTC, aware.
            sleep: Sleeps for a number of seconds.
        """
        self._steps = steps
        self._interval_seconds = interval_seconds
        self._heartbeat = heartbeat
        self._clock = clock
        self._sleep = sleep
        self._stopping = False

    def stop(self) -> None:
        """Make `run` return soon. This only sets a flag, so a signal handler may call it."""
        self._stopping = True

    def run(self) -> None:
        """Run rounds until `stop` is called, which interrupts the running step."""
        while not self._stopping:
            started_at = self._clock()
            outcome = self._run_steps()
            ended_at = self._clock()
            if self._stopping:
                break
            next_at = ended_at + timedelta(seconds=self._interval_seconds)
            echo(
                f"{ended_at:%Y-%m-%dT%H:%M:%SZ} {outcome}"
                f" after {(ended_at - started_at).total_seconds():.0f} s;"
                f" the next begins at {next_at:%Y-%m-%dT%H:%M:%SZ}"
            )
            self._wait()
        echo(f"{self._clock():%Y-%m-%dT%H:%M:%SZ} stopped")

    def _run_steps(self) -> str:
        """Run the steps; return the outcome in words."""
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
        # In a new session, the step gets only our SIGINT and not that of the terminal.
        with subprocess.Popen(command, start_new_session=True) as process:  # noqa: S603 (not a user's command)  # nosec B603
            while True:
                self._heartbeat.touch()
                try:
                    return process.wait(POLL_SECONDS)
                except subprocess.TimeoutExpired:
                    if self._stopping:
                        return self._interrupt(process)

    def _interrupt(self, process: subprocess.Popen[bytes]) -> int:
        """Interrupt a step like Ctrl-C, so that dbt cancels its queries and rolls back."""
        process.send_signal(signal.SIGINT)
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def _wait(self) -> None:
        # Count seconds instead of reading the clock, which may be adjusted.
        for _ in range(0, self._interval_seconds, POLL_SECONDS):
            if self._stopping:
                break
            self._heartbeat.touch()
            self._sleep(POLL_SECONDS)


def is_alive(heartbeat: Path, now: datetime) -> bool:
    """Return whether the schedule that updates this heartbeat file runs.

    Args:
        heartbeat: The file.
        now: The time; UTC, aware.
    """
    try:
        beaten_at = datetime.fromtimestamp(heartbeat.stat().st_mtime, UTC)
    except FileNotFoundError:
        return False
    return now - beaten_at <= timedelta(seconds=MAX_HEARTBEAT_AGE_SECONDS)


def add_schedule_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `schedule` to the commands of `python -m warehouse`."""
    parser = commands.add_parser(
        "schedule",
        help="repeat the steps of `make build` at an interval",
        description="Runs dbt build, the checkpoints, the documentation and the page at once and"
        " then at an interval, until SIGTERM or Ctrl-C. A build that fails leaves the reports"
        " unchanged; the schedule continues.",
    )
    parser.add_argument(
        "--interval-seconds",
        type=_positive,
        default=os.environ.get("BUILD_INTERVAL_SECONDS", "300"),
        help="time between two rounds (default: BUILD_INTERVAL_SECONDS or 300)",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="run nothing; exit with 0 if a schedule of this warehouse is alive, else with 1",
    )
    parser.set_defaults(run=_schedule)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


# argparse puts the name into its message: "invalid positive whole number value: '0'".
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
            f"Cannot write {heartbeat}: {error.strerror}. Set WAREHOUSE_PATH to a writable path."
        ) from error
    schedule = Schedule(steps_of_a_round(), options.interval_seconds, heartbeat)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: schedule.stop())
    schedule.run()
    return 0
