"""Kills the processes of a cluster when the process that started it ends.

Runs as a separate program: `watcher.py FOLDER`. Standard input is a pipe into which every process
of the cluster writes its process id. The pipe closes when the starting process ends, even by
SIGKILL. Then the watcher kills every remaining process group, and removes FOLDER.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys


def main() -> None:
    """Read process ids until the end of the input, then clean up."""
    # The id is not reused while any process of the group exists.
    groups = {int(line) for line in sys.stdin}
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    # A process may write until it is dead.
    for _ in range(3):
        shutil.rmtree(sys.argv[1], ignore_errors=True)


if __name__ == "__main__":
    main()
