"""The cost of a command according to the operating system."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.memory import peak_memory_bytes

LOOK_EVERY_SECONDS = 0.02


@dataclass(frozen=True)
class Cost:
    """The cost of one run of a command.

    Attributes:
        seconds: Elapsed time.
        cpu_seconds: Processor time over all cores.
        peak_memory_bytes: Peak memory of its process.
    """

    seconds: float
    cpu_seconds: float
    peak_memory_bytes: int


@dataclass(frozen=True)
class Costs:
    """The costs of several runs of one command."""

    runs: Sequence[Cost]

    @property
    def seconds(self) -> float:
        """The median."""
        return statistics.median(run.seconds for run in self.runs)

    @property
    def cpu_seconds(self) -> float:
        """The median."""
        return statistics.median(run.cpu_seconds for run in self.runs)

    @property
    def peak_memory_bytes(self) -> float:
        """The largest."""
        return max(run.peak_memory_bytes for run in self.runs)


def cost_of(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str] | None = None
) -> Cost:
    """Run a command.

    Args:
        command: The command.
        folder: The working directory.
        environment: Additional environment variables.

    Raises:
        RuntimeError: The command failed; the message contains the end of its output.
    """
    with tempfile.TemporaryFile() as output:
        begin = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        peak = ended = 0
        while not ended:
            # Not from wait4, because a child process starts with its parent's memory there.
            peak = max(peak, peak_memory_bytes(process.pid))
            time.sleep(LOOK_EVERY_SECONDS)
            # wait4 returns the resource usage of this process.
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        seconds = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            end = output.read().decode(errors="replace")[-2000:]
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{end}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, peak)
