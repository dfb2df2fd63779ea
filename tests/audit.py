"""Looks up known vulnerabilities of what the lock files name (`make audit`); installs nothing.

It asks OSV, which knows the advisories of PyPI and of GitHub. pip-audit ends with 1 for a
vulnerability and for a service that it cannot reach; here these are two answers.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.support.harness import ROOT

LOCKS = sorted(ROOT.glob("requirements*.lock"))
SERVICE = "https://api.osv.dev/v1/query"

NONE_KNOWN, VULNERABLE, UNKNOWN = 0, 1, 2


def audit(service: str = SERVICE, locks: Sequence[Path] = LOCKS) -> int:
    """Look up every locked requirement, and print what came of it.

    Args:
        service: The address of an API like OSV's.
        locks: The lock files.

    Returns:
        0 where no vulnerability is known, 1 where one is, 2 where that could not be found out.
    """
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "answer.json")
        run = subprocess.run(
            [
                *(str(Path(sys.executable).with_name("pip-audit")), "--progress-spinner", "off"),
                *("--require-hashes", "--disable-pip", "--no-deps"),
                *("--vulnerability-service", "osv", "--osv-url", service),
                *(word for lock in locks for word in ("--requirement", str(lock))),
                *("--format", "json", "--output", str(answer)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        dependencies = _read(answer)
    vulnerable = [each for each in dependencies if each.get("vulns")]
    skipped = [each for each in dependencies if "skip_reason" in each]
    for each in vulnerable:
        for found in each["vulns"]:
            fixed = ", ".join(found["fix_versions"]) or "no version yet"
            print(f"{each['name']} {each['version']}: {found['id']}, fixed in {fixed}")
    for each in skipped:
        print(f"{each['name']}: {each['skip_reason']}", file=sys.stderr)
    if vulnerable:
        print("Raise what is named above (`make lock`), or wait for its fix.", file=sys.stderr)
        return VULNERABLE
    if skipped or not dependencies:
        print(*run.stderr.splitlines()[-1:], file=sys.stderr)
        print(
            f"Not audited: {service} did not tell. Try again where it can be reached.",
            file=sys.stderr,
        )
        return UNKNOWN
    print(f"{len(dependencies)} locked dependencies, no known vulnerability")
    return NONE_KNOWN


def _read(answer: Path) -> list[dict[str, Any]]:
    """Read what pip-audit found of each dependency; nothing where it came to no end."""
    if not answer.exists() or answer.stat().st_size == 0:
        return []
    dependencies: list[dict[str, Any]] = json.loads(answer.read_text())["dependencies"]
    return dependencies


if __name__ == "__main__":
    sys.exit(audit())
