"""The schedule builds, waits and builds again, whatever a build comes to, and stops in order."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from threading import Thread
from time import sleep

import pytest

from tests.support.harness import GOOD, Project
from warehouse import schedule as module
from warehouse.database import open_when_free
from warehouse.schedule import MAX_HEARTBEAT_AGE_SECONDS, Schedule, is_alive, steps_of_a_round
from warehouse.store.clock import utc_now

SCHEDULE = [sys.executable, "-m", "warehouse", "schedule"]


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 30, 12, tzinfo=UTC)

    def clock(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_builds_take_their_vars_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBT_VARS", raising=False)
    assert steps_of_a_round()["build"][1:] == ["build"]
    monkeypatch.setenv("DBT_VARS", "{last_day_is_complete: true}")
    build, *others = steps_of_a_round().values()
    assert build[1:] == ["build", "--vars", "{last_day_is_complete: true}"]
    assert not any("--vars" in step for step in others)


@pytest.fixture
def heartbeat(tmp_path: Path) -> Path:
    return tmp_path / "heartbeat"


def test_builds_again_after_success_and_failure(
    tmp_path: Path, heartbeat: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs, time = tmp_path / "runs", FakeTime()

    def pause(seconds: float) -> None:
        time.sleep(seconds)
        if runs.read_text() == "xxx":
            schedule.stop()

    # The first build passes, the second fails, the third passes.
    build = python(
        f"import sys; log = open({str(runs)!r}, 'a+'); log.write('x'); sys.exit(log.tell() == 2)"
    )
    schedule = Schedule({"build": build}, 300, heartbeat, clock=time.clock, sleep=pause)
    schedule.run()
    assert capsys.readouterr().out.splitlines() == [
        "2026-01-30T12:00:00Z build passed after 0 s; the next begins at 2026-01-30T12:05:00Z",
        "2026-01-30T12:05:00Z build failed with exit status 1 after 0 s;"
        " the next begins at 2026-01-30T12:10:00Z",
        "2026-01-30T12:10:00Z build passed after 0 s; the next begins at 2026-01-30T12:15:00Z",
        "2026-01-30T12:10:01Z stopped",
    ]


@pytest.mark.parametrize(
    ("failing", "outcome"),
    [
        ("build", "build failed with exit status 2"),
        ("check", "check failed with exit status 2"),
        ("none", "build, check, page passed"),
    ],
)
def test_all_steps_run_once_the_first_has_passed(
    tmp_path: Path, heartbeat: Path, capsys: pytest.CaptureFixture[str], failing: str, outcome: str
) -> None:
    log, time = tmp_path / "log", FakeTime()

    def pause(seconds: float) -> None:
        time.sleep(seconds)
        schedule.stop()

    steps = {
        name: python(
            f"import sys; open({str(log)!r}, 'a').write('{name} '); sys.exit(2 * {name == failing})"
        )
        for name in ("build", "check", "page")
    }
    schedule = Schedule(steps, 300, heartbeat, clock=time.clock, sleep=pause)
    schedule.run()
    assert f"12:00:00Z {outcome} after 0 s" in capsys.readouterr().out
    ran = ["build"] if failing == "build" else ["build", "check", "page"]
    assert log.read_text().split() == ran


def test_stop_ends_the_wait(tmp_path: Path, heartbeat: Path) -> None:
    runs, time = tmp_path / "runs", FakeTime()

    def pause(seconds: float) -> None:
        time.sleep(seconds)
        if time.now.minute == 1:
            schedule.stop()

    build = python(f"open({str(runs)!r}, 'a').write('x')")
    schedule = Schedule({"build": build}, 300, heartbeat, clock=time.clock, sleep=pause)
    schedule.run()
    assert time.now == datetime(2026, 1, 30, 12, 1, tzinfo=UTC)
    assert runs.read_text() == "x"


def test_heart_beats_while_a_build_runs_and_while_waiting(heartbeat: Path) -> None:
    time, beats = FakeTime(), list[bool]()

    def pause(seconds: float) -> None:
        time.sleep(seconds)
        beats.append(heartbeat.exists())
        heartbeat.unlink()
        if len(beats) == 5:
            schedule.stop()

    # The build ends when it has seen a new heartbeat after it took one away.
    build = python(
        f"from pathlib import Path; import time; beat = Path({str(heartbeat)!r}); beat.unlink()\n"
        "while not beat.exists(): time.sleep(0.01)"
    )
    schedule = Schedule({"build": build}, 300, heartbeat, clock=time.clock, sleep=pause)
    schedule.run()
    assert beats == [True] * 5


@pytest.mark.parametrize(
    ("age", "alive"),
    [(0, True), (MAX_HEARTBEAT_AGE_SECONDS, True), (MAX_HEARTBEAT_AGE_SECONDS + 1, False)],
)
def test_an_old_heartbeat_is_none(heartbeat: Path, age: int, alive: bool) -> None:
    now = datetime(2026, 1, 30, 12, tzinfo=UTC)
    heartbeat.touch()
    os.utime(heartbeat, times=(now.timestamp() - age,) * 2)
    assert is_alive(heartbeat, now) == alive


def test_without_a_heartbeat_nothing_is_alive(heartbeat: Path) -> None:
    assert not is_alive(heartbeat, utc_now())


def stop_when_started(schedule: Schedule, started: Path) -> None:
    """Run the schedule, and stop it when its build has made the file `started`."""

    def stop() -> None:
        while not started.exists():
            sleep(0.01)
        schedule.stop()

    stopper = Thread(target=stop)
    stopper.start()
    schedule.run()
    stopper.join()


def test_a_running_build_is_interrupted_and_may_tidy_up(
    tmp_path: Path, heartbeat: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started, tidied = tmp_path / "started", tmp_path / "tidied"
    build = python(
        "import pathlib, time\n"
        f"try:\n    pathlib.Path({str(started)!r}).touch(); time.sleep(600)\n"
        f"except KeyboardInterrupt:\n    pathlib.Path({str(tidied)!r}).touch()"
    )
    stop_when_started(Schedule({"build": build}, 300, heartbeat), started)
    assert tidied.exists()
    assert [line.split()[1:] for line in capsys.readouterr().out.splitlines()] == [["stopped"]]


def test_a_build_that_will_not_stop_is_killed(
    tmp_path: Path, heartbeat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STOP_SECONDS", 1)
    started, survived = tmp_path / "started", tmp_path / "survived"
    build = python(
        "import pathlib, signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        f"pathlib.Path({str(started)!r}).touch(); time.sleep(600)\n"
        f"pathlib.Path({str(survived)!r}).touch()"
    )
    stop_when_started(Schedule({"build": build}, 300, heartbeat), started)
    assert not survived.exists()


def lines_until(process: subprocess.Popen[str], word: str) -> Iterator[str]:
    """Read what a process prints, up to the line with the word."""
    assert process.stdout is not None
    return takewhile(lambda line: word not in line, process.stdout)


def test_schedule_outlives_failing_builds_of_the_project(project: Project) -> None:
    with project.start(*SCHEDULE, "--interval-seconds", "1") as process:
        try:
            list(lines_until(process, "build failed with exit status"))  # there are no inputs yet
            assert project.run(*SCHEDULE, "--check").exit_code == 0
            project.write_inputs(GOOD)
            list(lines_until(process, "build, check, docs, page passed after"))
            assert project.report("manifest")["checkpoint_reports"] == "passed"
            assert project.run(*SCHEDULE, "--check").exit_code == 0
            process.terminate()
            output, _ = process.communicate()
        finally:
            process.kill()
    assert (process.returncode, output.splitlines()[-1].split()[1:]) == (0, ["stopped"])


def test_sigterm_stops_a_build_in_the_middle(project: Project) -> None:
    project.write_inputs(GOOD)
    with project.start(*SCHEDULE) as process:
        try:
            list(lines_until(process, "START seed"))
            process.terminate()
            output, _ = process.communicate()
        finally:
            process.kill()
    assert (process.returncode, output.splitlines()[-1].split()[1:]) == (0, ["stopped"])
    assert "Completed successfully" not in output
    assert project.report_bytes() == {}
    open_when_free(project.warehouse, read_only=False, attempts=1).close()
    assert project.build().exit_code == 0


def test_check_without_a_schedule_fails(project: Project) -> None:
    assert project.run(*SCHEDULE, "--check").exit_code == 1


@pytest.mark.parametrize("interval", ["0", "-1", "1.5", "soon"])
def test_interval_must_be_a_positive_whole_number(project: Project, interval: str) -> None:
    for run in (
        project.run(*SCHEDULE, f"--interval-seconds={interval}"),
        project.run(*SCHEDULE, environment={"BUILD_INTERVAL_SECONDS": interval}),
    ):
        assert run.exit_code == 2
        assert (
            f"--interval-seconds: invalid positive whole number value: '{interval}'" in run.output
        )


def test_a_place_that_cannot_be_written_is_named(project: Project) -> None:
    environment = {"WAREHOUSE_PATH": "dbt_project.yml/data/gamehouse.duckdb"}
    run = project.run(*SCHEDULE, environment=environment)
    assert run.exit_code == 2
    assert "Cannot write dbt_project.yml/data/gamehouse.heartbeat: Not a directory" in run.output
    assert "Set WAREHOUSE_PATH" in run.output
