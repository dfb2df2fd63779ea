"""A real API process on a free port."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.harness import ROOT
from warehouse.spark.ports import free_port

# Tests and benchmarks send all requests from one address and mostly for few players.
NO_LIMITS = {
    "RATE_LIMIT_PER_CLIENT": "off",
    "RATE_LIMIT_PER_ACCOUNT": "off",
    "LOGIN_ATTEMPTS": "off",
    "EVENT_LIMIT_PER_ACCOUNT": "off",
    "BYTE_LIMIT_PER_ACCOUNT": "off",
    "EVENT_LIMIT_PER_CLIENT": "off",
    "BYTE_LIMIT_PER_CLIENT": "off",
    # Tests of full disks have disks of a few megabytes.
    "DISK_FLOOR_MB": "0",
}
SECRET = "a secret for tests that is long enough to be taken"  # noqa: S105 (guards nothing)
PUSH_SECRET = "a-secret-for-tests-that-is-long-enough"  # noqa: S105 (guards nothing)
START_SECONDS = 30


@dataclass(frozen=True)
class Request:
    """A request to the API.

    Attributes:
        method: GET or POST.
        path: The path with its query.
        body: The JSON body; None for no body.
        token: The bearer token.
        key: The Idempotency-Key.
    """

    method: str
    path: str
    body: object = None
    token: str | None = None
    key: str | None = None


@dataclass
class Server:
    """`python -m api serve`, or a similar server, with its own warehouse."""

    warehouse: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    command: tuple[str, ...] = ("-m", "api", "serve")
    log_path: Path | None = None

    @property
    def log(self) -> Path:
        """The file with the process's output."""
        return self.log_path or self.warehouse.with_suffix(".log")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the process and wait until it answers."""
        self.warehouse.parent.mkdir(parents=True, exist_ok=True)
        # An empty variable is removed.
        variables = {
            **os.environ,
            "PORT": str(self.port),
            "WAREHOUSE_PATH": str(self.warehouse),
            "JWT_SECRET": SECRET,
            "APPSFLYER_PUSH_SECRET": PUSH_SECRET,
            "LOADER_INTERVAL_SECONDS": "0.2",
            **NO_LIMITS,
            **self.environment,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.command],
                cwd=ROOT,
                env={name: text for name, text in variables.items() if text},
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if self.call(Request("GET", "/health"))[0] == 200:
                    return
            except OSError:
                time.sleep(0.05)
            if self.process.poll() is not None:
                break
        raise RuntimeError(f"the API did not start:\n{self.log.read_text(encoding='utf-8')}")

    def call(self, request: Request) -> tuple[int, Any]:
        """Send one request on a new connection; return the status and the parsed body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            return exchange(connection, request)
        finally:
            connection.close()

    def stop(self, signal_number: int = signal.SIGTERM) -> int:
        """Stop the process with a signal and return its exit status."""
        assert self.process is not None
        self.process.send_signal(signal_number)
        return self.process.wait(timeout=60)

    def kill(self) -> None:
        """Kill the process."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()


def exchange(connection: http.client.HTTPConnection, request: Request) -> tuple[int, Any]:
    """Send one request; return the status and the parsed body."""
    headers = {"Content-Type": "application/json"}
    if request.token is not None:
        headers["Authorization"] = f"Bearer {request.token}"
    if request.key is not None:
        headers["Idempotency-Key"] = request.key
    text = None if request.body is None else json.dumps(request.body)
    connection.request(request.method, request.path, text, headers)
    response = connection.getresponse()
    content = response.read()
    is_json = "json" in (response.getheader("Content-Type") or "")
    return response.status, json.loads(content) if is_json else content
