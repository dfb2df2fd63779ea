"""Run a service in a sandbox that the Dockerfile and the compose file describe.

The tests have no container engine. `sandbox.sh` builds the same sandbox with kernel features: a
read-only root file system, an unprivileged user and no network.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.harness import Run
from tests.support.left_out import leave_out
from tests.system.containers.image import (
    command,
    compose,
    healthcheck,
    instruction,
    service_environment,
)
from warehouse.spark.ports import free_port

SANDBOX = Path(__file__).with_name("sandbox.sh")
# Folders of this machine that replace the base image: system programs, libraries and Python.
SYSTEM = ["/usr", "/etc"]
# Long enough for a slow machine; nothing here waits for its end where all is well.
MAX_WAIT_SECONDS = 120


@cache
def as_root() -> list[str]:
    """Return the prefix of a root command: nothing, or sudo.

    Tests that need the sandbox are skipped if this machine cannot create it.
    """
    prefix = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    mount = ["unshare", "--mount", "--net", "mount", "-t", "tmpfs", "tmpfs", tempfile.gettempdir()]
    needed = [*prefix[:1], "unshare", "mount", "prlimit", "chroot", "setpriv"]
    missing = [program for program in needed if shutil.which(program) is None]
    if not missing:
        tried = subprocess.run([*prefix, *mount], capture_output=True, text=True, check=False)
    if missing or tried.returncode != 0:
        why = (
            f"no {', '.join(missing)}" if missing else f"no right to mount ({tried.stderr.strip()})"
        )
        leave_out(f"this machine cannot create a sandbox: {why}. Run this as root, or with sudo")
    return prefix


@dataclass(frozen=True)
class Service:
    """A service of the compose file.

    Attributes:
        name: Its name in the compose file.
        folder: Contains the image's working directory, the volume and the service's log.
        packages: The virtual environment that replaces the image's packages.
        environment: The service's variables.
    """

    name: str
    folder: Path
    packages: Path
    environment: dict[str, str]

    @classmethod
    def set_up(cls, name: str, folder: Path, packages: Path, **shell: str) -> Service:
        """Set up a service as compose does for a shell with these variables."""
        for needed in (f"{name}-root", "data"):
            (folder / needed).mkdir(exist_ok=True)
        subprocess.run([*as_root(), "chown", instruction("USER"), folder / "data"], check=True)
        environment = service_environment(name, shell) | {
            "HOME": "/nonexistent",  # as the image's user has it
            "PATH": f"{packages / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "PORT": str(free_port()),
        }
        return cls(name, folder, packages, environment)

    @property
    def settings(self) -> dict[str, Any]:
        """The service's settings in the compose file."""
        settings: dict[str, Any] = compose()["services"][self.name]
        return settings

    @property
    def image(self) -> Path:
        """The folder mounted as the image's working directory."""
        return self.folder / "image"

    @property
    def data(self) -> Path:
        """The folder mounted as the volume."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """The output of the service."""
        return self.folder / f"{self.name}.log"

    def sandboxed(self, words: list[str], pid_file: str = os.devnull) -> list[str]:
        """Return a command that runs `words` in the service's sandbox."""
        settings = self.settings
        assert settings["read_only"] is True
        assert settings["cap_drop"] == ["ALL"]
        assert settings["security_opt"] == ["no-new-privileges:true"]
        (tmpfs,) = settings["tmpfs"]
        seen = [*SYSTEM, sys.base_prefix, str(self.packages)]
        workdir = instruction("WORKDIR")
        return [
            *as_root(),
            *("unshare", "--mount", *(["--net"] if settings.get("network_mode") == "none" else [])),
            *("sh", str(SANDBOX), str(self.folder / f"{self.name}-root")),
            *(tmpfs.removeprefix("/tmp:"), instruction("USER")),  # noqa: S108 (inside the sandbox)
            *(str(settings["pids_limit"]), pid_file),
            *(f"ro={path}={path}" for path in dict.fromkeys(seen)),
            f"ro={self.image}={workdir}",
            f"rw={self.data}={instruction('VOLUME')}",
            *("--", "env", "--ignore-environment", "--chdir", workdir),
            *(f"{name}={text}" for name, text in self.environment.items()),
            *words,
        ]

    def run(self, words: list[str]) -> Run:
        """Run a command in the sandbox, as `docker compose exec` does."""
        run = subprocess.run(self.sandboxed(words), capture_output=True, text=True, check=False)
        return Run(run.returncode, run.stdout + run.stderr)

    def is_healthy(self) -> bool:
        """Run its health check."""
        return self.run(healthcheck(self.name)).exit_code == 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run the service; at the end, stop it with SIGTERM as `docker compose stop` does."""
        pid_file = self.folder / f"{self.name}.pid"
        with (
            self.log.open("wb") as log,
            subprocess.Popen(
                self.sandboxed(command(self.name), str(pid_file)),
                stdout=log,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            try:
                yield
                self._signal("TERM")
                assert process.wait(MAX_WAIT_SECONDS) == 0, self.log.read_text()
            finally:
                if process.poll() is None:
                    self._signal("KILL")

    def status(self) -> dict[str, str]:
        """Read the kernel's status of the running process."""
        lines = Path(f"/proc/{self._pid()}/status").read_text().splitlines()
        return {name: text.strip() for name, _, text in (line.partition(":") for line in lines)}

    def _pid(self) -> str:
        return (self.folder / f"{self.name}.pid").read_text().strip()

    def _signal(self, name: str) -> None:
        subprocess.run([*as_root(), "kill", f"-{name}", self._pid()], check=True)

    def wait_until_healthy(self) -> None:
        """Repeat its health check until it passes."""
        self._wait_until(self.is_healthy)

    def wait_until_logged(self, *texts: str) -> None:
        """Wait until the service has printed these texts in this order."""
        pattern = re.compile(".*".join(map(re.escape, texts)), re.DOTALL)
        self._wait_until(lambda: pattern.search(self.log.read_text()) is not None)

    def _wait_until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + MAX_WAIT_SECONDS
        while not is_so():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.2)
