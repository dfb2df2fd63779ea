"""Run Schemathesis against a server, with valid and invalid requests."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.support.harness import ROOT
from tests.system.contract.roles import ROLE_VARIABLE, USER_ID_VARIABLE

# Statuses that Schemathesis accepts for valid data; `hooks` checks more.
_TAKEN = ["2xx", "3xx", "401", "403", "404", "409", "429", "503"]
_REFUSED = ["400", "401", "403", "404", "405", "409", "413", "415", "422", "429"]
_SERIES = re.compile(r'gamehouse_http_requests_total\{method="(.*)",route="(.*)",status="(.*)"\}')


@dataclass(frozen=True)
class Role:
    """The sender of the requests.

    Attributes:
        name: A role that `hooks` knows.
        authorization: Schemathesis' configuration by security scheme.
        user_id: The player's id.
        left_out: Paths that another role tests.
    """

    name: str
    authorization: Mapping[str, Mapping[str, str]]
    user_id: int = 0
    left_out: tuple[str, ...] = ()


def _expected(check: str, statuses: list[str]) -> str:
    return f"checks.{check} = {{ expected-statuses = {json.dumps(statuses)} }}"


def _configuration(role: Role, examples: int) -> str:
    schemes = "\n".join(
        f"[auth.openapi.{scheme}]\n"
        + "\n".join(f"{key} = {json.dumps(value)}" for key, value in credentials.items())
        for scheme, credentials in role.authorization.items()
    )
    accepts, rejects = "positive_data_acceptance", "negative_data_rejection"
    return f"""\
hooks = "tests.system.contract.hooks"
max-failures = 20
continue-on-failure = true

[cache]
enabled = false

[generation]
max-examples = {examples}
database = "none"

# The description has its own links; a guessed one takes an event's id for a user's.
[phases.stateful.inference]
algorithms = []

{schemes}

# These refuse some valid data by rules that OpenAPI cannot express; `hooks` checks which.
[[operations]]
include-path = ["/login", "/earn", "/spend", "/event", "/postbacks/appsflyer"]
{_expected(accepts, [*_TAKEN, "400", "422"])}

# Each of these hashes a password, which is slow by design.
[[operations]]
include-path = "/login"
generation.max-examples = {max(examples // 10, 8)}

# The server accepts a batch with invalid events; `hooks` checks the results.
[[operations]]
include-path = "/events"
include-method = "POST"
{_expected(rejects, [*_REFUSED, "200"])}
"""


def fuzz(url: str, role: Role, *, examples: int, seed: int, folder: Path) -> str | None:
    """Run all phases and checks of Schemathesis.

    Args:
        url: The server.
        role: The sender of the requests.
        examples: Number of examples per operation and generating phase.
        seed: Seed of the generated requests.
        folder: Folder for the configuration.

    Returns:
        Schemathesis' report of failures, or None.
    """
    configuration = folder / f"{role.name}.toml"
    configuration.write_text(_configuration(role, examples), encoding="utf-8")
    left_out = [part for path in role.left_out for part in ("--exclude-path", path)]
    run = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration)),
            *("run", f"{url}/openapi.json", "--checks", "all", "--seed", str(seed), "--no-color"),
            *left_out,
        ],
        cwd=ROOT,
        env={**os.environ, ROLE_VARIABLE: role.name, USER_ID_VARIABLE: str(role.user_id)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return None if run.returncode == 0 else f"as {role.name}, seed {seed}:\n{run.stdout}"


def count_requests(url: str) -> Counter[tuple[str, int]]:
    """Read the number of answered requests by method and route, and status."""
    found: Counter[tuple[str, int]] = Counter()
    for line in requests.get(f"{url}/metrics", timeout=30).text.splitlines():
        series, _, value = line.rpartition(" ")
        match = _SERIES.fullmatch(series)
        if match:
            found[f"{match[1]} {match[2]}", int(match[3])] += int(float(value))
    return found
