"""Run dbt in forks of a process that has already imported it and run it once.

Each run is a separate process with its own folder, arguments and environment, as for a user. The
import, and what dbt generates and compiles in each process before its first model, take half of the
processor time of a small build, and the tests run hundreds of builds.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
NO_DATA = shutil.ignore_patterns("*.duckdb*", "*.sqlite*", "__pycache__")
# Imports of every dbt run.
IMPORTED = [
    *("dbt.cli.main", "dbt.task.build", "dbt.compilation", "dbt.parser.manifest"),
    *("dbt.context.providers", "sqlparse", "agate"),
]

# Seeds, tables, views, contracts and tests: dbt compiles a macro where a process first uses it.
EXAMPLES = ["--select", "+fct_purchases", "+fct_deep_links", "--exclude-resource-type", "unit_test"]

_idle: list[subprocess.Popen[str]] = []
_taking = threading.Lock()


def run_dbt(
    arguments: list[str], folder: Path, environment: dict[str, str], example: Path
) -> tuple[int, str]:
    """Run `dbt`.

    Args:
        arguments: Command-line arguments.
        folder: Working directory.
        environment: All environment variables.
        example: A parsed project with inputs, for the first run in the process that forks.

    Returns:
        The exit status and the output.
    """
    with _taking:
        # Several threads may run dbt at the same time.
        parent = _idle.pop() if _idle else _start(example)
    with tempfile.NamedTemporaryFile() as output:
        request = [arguments, str(folder), environment, output.name]
        assert parent.stdin is not None
        assert parent.stdout is not None
        print(json.dumps(request), file=parent.stdin, flush=True)
        exit_code = int(parent.stdout.readline())
        with _taking:
            _idle.append(parent)
        return exit_code, Path(output.name).read_text(encoding="utf-8")


def _start(example: Path) -> subprocess.Popen[str]:
    """Start a process to fork; it ends with its standard input."""
    command = [sys.executable, __file__, str(example)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _serve() -> Any:  # noqa: ANN401 (JSON)
    """Fork for each request and report the fork's exit code; return the request in the fork."""
    for number, line in enumerate(sys.stdin):
        if number == 1:
            # A single run does not pay for it.
            _warm_up(Path(sys.argv[1]))
        child = os.fork()
        if child == 0:
            return json.loads(line)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    return None


def _warm_up(example: Path) -> None:
    """Build a part of a copy of the example in this process, and forget the copy."""
    folder, paths = Path.cwd(), [*sys.path]
    with tempfile.TemporaryDirectory() as scratch, contextlib.redirect_stdout(io.StringIO()):
        shutil.copytree(example, scratch, dirs_exist_ok=True)
        shutil.copytree(
            ROOT / "warehouse", Path(scratch, "warehouse"), ignore=NO_DATA, dirs_exist_ok=True
        )
        os.chdir(scratch)
        # The settings of the tests' shell are not those of the example; each fork gets its own.
        os.environ.clear()
        # Whether it succeeds is for the tests to say.
        importlib.import_module("dbt.cli.main").dbtRunner().invoke(
            ["--no-write-json", "build", *EXAMPLES]
        )
        os.chdir(folder)
    _forget_example(paths)
    tempfile.tempdir = None
    gc.collect()
    gc.freeze()


def _forget_example(paths: list[str]) -> None:
    """Close DuckDB, whose threads a fork would lack; forget the plugin and what dbt says once."""
    connections = importlib.import_module("dbt.adapters.duckdb.connections")
    connections.DuckDBConnectionManager.close_all_connections()
    importlib.import_module("duckdb").default_connection().close()
    for name in [name for name in sys.modules if name.split(".")[0] == "warehouse"]:
        del sys.modules[name]
    sys.path[:] = paths
    sys.path_importer_cache.clear()
    importlib.import_module("dbt.deprecations").reset_deprecations()


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
