"""Run the API under full load for half an hour and check for growth and loss.

    python -m tests.system.soak --minutes 30

The command writes the figures to target/soak.json. It exits with 1 if a resource grows or if an
acknowledged event or coin is missing.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.support.harness import ROOT
from tests.system.soak.judge import Sample, quarters
from tests.system.soak.soak import Plan, Report, line, soak

MARKS = {True: "ok", False: "BAD", None: "-"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    plan = Plan()
    parser = argparse.ArgumentParser(
        prog="python -m tests.system.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--minutes", type=float, default=plan.minutes, help="duration of the load (default: 30)"
    )
    parser.add_argument("--connections", type=int, default=plan.connections)
    parser.add_argument(
        "--sample", type=float, default=plan.sample_seconds, help="seconds between samples"
    )
    parser.add_argument(
        "--no-builds", action="store_true", help="do not run dbt build during the load"
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="default: target/soak.json")
    options = parser.parse_args(arguments)
    plan = Plan(
        minutes=options.minutes,
        connections=options.connections,
        sample_seconds=options.sample,
        is_beside_builds=not options.no_builds,
    )
    # Not in /tmp, which may be in memory: commits must wait for a disk.
    target = ROOT / "target"
    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix="soak-") as folder:
        report = soak(plan, Path(folder), lambda text: print(text, flush=True))
    out = options.json or target / "soak.json"
    out.write_text(json.dumps(asdict(report), indent=1) + "\n", encoding="utf-8")
    _tell(report)
    print(f"Figures: {out}")
    return 0 if report.is_good else 1


def _tell(report: Report) -> None:
    print(
        f"\n{report.acknowledged:,} requests acknowledged; refused: {report.refused or 'none'};"
        f" {report.builds} builds, {report.reads} reads of the warehouse"
    )
    print("Medians of each quarter")
    for part in quarters(report.samples):
        print(line(_median(part)))
    for verdict in report.verdicts:
        print(f"{MARKS[verdict.is_good]:>4}  {verdict.what}: {verdict.found}")


def _median(samples: Sequence[Sample]) -> Sample:
    parts = [asdict(sample) for sample in samples]
    return Sample(
        **{name: statistics.median_low(part[name] for part in parts) for name in parts[0]}
    )


if __name__ == "__main__":
    sys.exit(main())
