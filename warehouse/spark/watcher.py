"""Ends what belongs to a cluster once the process that started it is gone.

Runs as a program of its own: `watcher.py FOLDER`. Standard input is a pipe into which every process
of the cluster writes its number before it becomes what it is. The pipe ends when the one that
started them closes it or dies, also of SIGKILL, when no handler runs. Then every process group that
is left is killed, the executors of a worker with it, and FOLDER is removed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys


def main() -> None:
    """Read numbers until the end of the input, then clean up."""
    # Groups outlive the process they are named after, so a number stays good until all of it ended.
    groups = {int(line) for line in sys.stdin}
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    # A process that is being killed may still be writing.
    for _ in range(3):
        shutil.rmtree(sys.argv[1], ignore_errors=True)


if __name__ == "__main__":
    main()
