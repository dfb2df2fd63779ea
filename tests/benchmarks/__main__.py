"""`make bench`: run all benchmarks and write docs/benchmarks.md.

    python -m tests.benchmarks

BENCH_LARGE=1 adds a pipeline benchmark with ten million purchases. The results stay in
`target/bench/`; `python -m tests.benchmarks.page target/bench` writes the page again.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.harness import ROOT

RESULTS = ROOT / "target/bench"
LARGE = ["--large", "10000000"]


def main() -> None:
    """Run the benchmarks one after another, so that they do not disturb each other."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    large = LARGE if os.environ.get("BENCH_LARGE") == "1" else []
    for name, arguments in {
        "pipeline.bench": large,
        "rules": [],
        "api_bench": [],
        "loader_bench": [],
    }.items():
        out = RESULTS / f"{name.removesuffix('.bench').removesuffix('_bench')}.json"
        _run(f"tests.benchmarks.{name}", *arguments, "--json", str(out))
    _run("tests.benchmarks.page", str(RESULTS))


def _run(*module: str) -> None:
    subprocess.run([sys.executable, "-m", *module], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
