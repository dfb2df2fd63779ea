"""Run dbt in forks of a process that has already imported it.

Each run is a separate process with its own folder, arguments and environment, as for a user. The
import takes a third of the processor time of a small build, and the tests run hundreds of builds.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

# Imports of every dbt run. DuckDB is not one of them: it starts a thread, which a fork would lack.
IMPORTED = [
    *("dbt.cli.main", "dbt.task.build", "dbt.compilation", "dbt.parser.manifest"),
    *("dbt.context.providers", "sqlparse", "agate"),
]

_idle: list[subprocess.Popen[str]] = []
_taking = threading.Lock()


def run_dbt(arguments: list[str], folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Run `dbt`.

    Args:
        arguments: Command-line arguments.
        folder: Working directory.
        environment: All environment variables.

    Returns:
        The exit status and the output.
    """
    with _taking:
        # Several threads may run dbt at the same time.
        parent = _idle.pop() if _idle else _start()
    with tempfile.NamedTemporaryFile() as output:
        request = [arguments, str(folder), environment, output.name]
        assert parent.stdin is not None
        assert parent.stdout is not None
        print(json.dumps(request), file=parent.stdin, flush=True)
        exit_code = int(parent.stdout.readline())
        with _taking:
            _idle.append(parent)
        return exit_code, Path(output.name).read_text(encoding="utf-8")


def _start() -> subprocess.Popen[str]:
    """Start a process to fork; it ends with its standard input."""
    return subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _serve() -> Any:  # noqa: ANN401 (JSON)
    """Fork for each request and report the fork's exit code; return the request in the fork."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            return json.loads(line)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    return None


def _become(folder: str, environment: dict[str, str], output: str) -> None:
    """Set the working directory, the environment and the output of this process."""
    with open(output, "ab") as file, open(os.devnull, "rb") as nothing:
        for standard, replacement in ((0, nothing), (1, file), (2, file)):
            os.dup2(replacement.fileno(), standard)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()


def _main() -> None:
    # dbt must not import modules from the folder of this file.
    del sys.path[0]
    for name in IMPORTED:
        importlib.import_module(name)
    # A fork that collects garbage would else go through all of it, and copy it with that.
    gc.collect()
    gc.freeze()
    request = _serve()
    if request is not None:
        arguments, *surroundings = request
        _become(*surroundings)
        sys.argv = ["dbt", *arguments]
        importlib.import_module("dbt.cli.main").cli()


if __name__ == "__main__":
    _main()
