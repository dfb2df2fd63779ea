"""Starting the API where it cannot start."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from api.__main__ import main
from tests.support.harness import ROOT
from tests.support.server import SECRET

# Root may read and write everything, unless it gives that up.
WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-all"] if os.geteuid() == 0 else []
COULD_NOT_RUN = 2


def start_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Start the API with everything in a folder; returns what it says as it gives up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_PATH", str(folder / "w.duckdb"))
        patch.setenv("JWT_SECRET", SECRET)
        for name in ("waitress", "warehouse"):
            # What a start does to the logs of libraries lasts for the process.
            patch.setattr(logging.getLogger(name), "handlers", [])
            patch.setattr(logging.getLogger(name), "propagate", True)
        assert main(["serve"]) == COULD_NOT_RUN
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    return captured.err


def started_without_rights(folder: Path) -> str:
    """Start the API in a folder that it may not write to; returns all it says."""
    folder.chmod(0o500)
    run = subprocess.run(
        [*WITHOUT_RIGHTS, sys.executable, "-m", "api", "serve"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "WAREHOUSE_PATH": str(folder / "w.duckdb"),
            "JWT_SECRET": SECRET,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    folder.chmod(0o700)
    assert run.returncode == COULD_NOT_RUN, run.stdout + run.stderr
    return run.stdout + run.stderr
