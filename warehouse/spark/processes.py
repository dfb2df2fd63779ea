"""Processes that end with the one that started them, whatever ends that."""

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

# What a part may take to end in order before it is killed.
STOP_SECONDS = 5
# Writes its own number into the pipe that is its standard input, then becomes the command. Whoever
# starts it may die at any moment: the number is in the pipe before there is anything to end.
REGISTERED = ["/bin/sh", "-c", 'echo $$ >&0 && exec "$@" </dev/null', "sh"]
WATCHER = Path(__file__).with_name("watcher.py")


class Processes:
    """Starts processes, each with its children in a group of its own, and ends all of them.

    Meant as a context manager. When it ends, or when this process dies in any way, no process of
    any of the groups is left, and neither is the folder.
    """

    def __init__(self, folder: Path) -> None:
        """Take the folder that the processes work in; it is removed with them."""
        self._folder = folder
        self._started: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Processes:
        """Start the process that watches this one."""
        reading, self._pipe = os.pipe()
        with os.fdopen(reading) as pipe:
            # In a session of its own, it does not get the terminal's Ctrl-C.
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
        """End all, those that were started last first asked; kill what does not end in time."""
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
            environment: All of its environment; by default that of this process.
            folder: Where it runs; by default where this process does.
            output: Where to write what it prints; by default where this process does.

        Returns:
            The process, which leads a group of its own.

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
    """Send a signal to a process and all of its group, unless it has ended."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
