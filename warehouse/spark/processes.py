"""Starts processes that end when this process ends, even if it is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess  # nosec B404 # starts the parts of a cluster, and dbt
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

# The time that a process has to end before it is killed.
STOP_SECONDS = 5
# Writes its process id into the pipe on standard input, then executes the command. So the watcher
# knows the id before the command starts, even if this process is killed at any moment.
REGISTERED = ["/bin/sh", "-c", 'echo $$ >&0 && exec "$@" </dev/null', "sh"]
WATCHER = Path(__file__).with_name("watcher.py")


class Processes:
    """A context manager that starts processes, each as the leader of a process group.

    When it exits or this process is killed, all groups are killed and the folder is removed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Processes:
        reading, self._pipe = os.pipe()
        with os.fdopen(reading) as pipe:
            # In a new session, the watcher does not get the terminal's Ctrl-C.
            self._watcher = subprocess.Popen(  # noqa: S603 (our own program)  # nosec B603
                [sys.executable, "-I", str(WATCHER), str(self._folder.absolute())],
                stdin=pipe,
                start_new_session=True,
            )
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            for process in reversed(self._started):
                signal_group(process, signal.SIGTERM)
            deadline = time.monotonic() + STOP_SECONDS
            for process in self._started:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(max(0, deadline - time.monotonic()))
        finally:
            os.close(self._pipe)
            self._watcher.wait()
            for process in self._started:
                process.wait()

    def start(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        output: IO[bytes] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a command.

        Args:
            command: The program and its arguments.
            environment: Its environment; by default that of this process.
            folder: Its working directory; by default that of this process.
            output: The file for its output; by default that of this process.

        Returns:
            The process, which is the leader of a new process group.

        Raises:
            OSError: It cannot be started.
        """
        process = subprocess.Popen(  # noqa: S603 (not a user's command)  # nosec B603
            [*REGISTERED, *command],
            cwd=folder,
            env=environment,
            stdin=self._pipe,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        self._started.append(process)
        return process


def signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to the group of a process, unless the process has ended."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
