"""Measure the pipeline from CSV files to reports: dbt, the same SQL without dbt, and pandas.

    python -m tests.benchmarks.pipeline.bench --json pipeline.json

Each run uses a new process and a new warehouse. The subjects take turns, and the figures are
medians. The benchmark compares dbt's results with the generator's truth. The bare script must write
byte-identical reports.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import duckdb

from tests.benchmarks.pipeline.bare_script import Statement, record, write_script
from tests.benchmarks.pipeline.costs import Cost, Costs, cost_of
from tests.support.harness import DBT, ROOT, WITHOUT_UNIT_TESTS, Project
from tests.support.truth import Truth, compare_with_truth
from warehouse.inputs.functions import register_functions
from warehouse.inputs.headers import HEADERS
from warehouse.sample.generate import generate_sample
from warehouse.sample.scale import generate_game

BUILD = [DBT, "build", *WITHOUT_UNIT_TESTS]
MEMORY_LIMIT = "8GB"
LOOKS = ["check", "docs", "page"]

Say = Callable[[str], None]


class Subject(StrEnum):
    """A measured implementation."""

    DBT = "dbt build"
    BARE = "bare script"
    PANDAS = "pandas"


@dataclass(frozen=True)
class Size:
    """The results for one size of data.

    Attributes:
        purchases: Requested number of purchases.
        rows: Number of rows of each input.
        costs: Costs of each subject; without pandas if it needs too much memory.
        memory_limit: DuckDB's memory limit in dbt and the script; None is the default.
        profile: Seconds by purpose of the statements, from one build.
        start_seconds: Duration of that build before its first and after its last model.
        look: Costs of the commands of `python -m warehouse` that check and show the build.
        page_bytes: Size of the page.
        truth: Scores against the generator's truth.
    """

    purchases: int
    rows: Mapping[str, int]
    costs: Mapping[Subject, Costs]
    memory_limit: str | None
    profile: Mapping[str, float]
    start_seconds: float
    look: Mapping[str, Cost]
    page_bytes: int
    truth: Truth


@dataclass(frozen=True)
class Report:
    """The results of the benchmark.

    Attributes:
        sizes: Results by size, smallest first.
        sample_build: A warm `dbt build` of the sample.
        sample_make: A warm `make build` of the sample.
    """

    sizes: Sequence[Size]
    sample_build: Costs
    sample_make: Costs


def measure_size(purchases: int, runs: int, folder: Path, say: Say, *, is_large: bool) -> Size:
    """Measure all subjects on a game of one size.

    Args:
        purchases: Number of purchases.
        runs: Number of runs.
        folder: An empty folder for all files.
        say: Receives progress messages.
        is_large: Whether the data is too large for pandas. DuckDB's memory is limited then, and the
            recorded build is also the measured one.
    """
    project, truth = _game(purchases, folder)
    limit = {"WAREHOUSE_MEMORY_LIMIT": MEMORY_LIMIT} if is_large else {}
    say(f"{purchases:,} purchases: recording what dbt does")
    recording = record(project, limit)
    script = folder / "script.sql"
    write_script(recording.statements, script)
    reports = _digests(project.reports)
    scores = compare_with_truth(project.warehouse, truth)
    look = {
        command: cost_of(
            [sys.executable, "-m", "warehouse", command], folder=project.root, environment=limit
        )
        for command in LOOKS
    }
    page_bytes = (project.reports / "index.html").stat().st_size
    bare_warehouse = folder / "bare/gamehouse.duckdb"
    module = [sys.executable, "-m", "tests.benchmarks.pipeline"]
    path = {"PYTHONPATH": str(ROOT)}
    commands = {
        Subject.DBT: BUILD,
        Subject.BARE: [*module[:2], f"{module[2]}.bare_script", str(script), str(bare_warehouse)],
        Subject.PANDAS: [*module[:2], f"{module[2]}.dataframes", "seeds", str(folder / "pandas")],
    }
    subjects = [Subject.BARE] if is_large else list(Subject)
    costs: dict[Subject, list[Cost]] = defaultdict(list)
    if is_large:
        costs[Subject.DBT].append(recording.cost)
    for number in range(runs):
        for subject in _rotated(subjects, number):
            for left in (project.warehouse.parent, project.reports, bare_warehouse.parent):
                _remove_results(left)
            cost = cost_of(commands[subject], folder=project.root, environment={**path, **limit})
            costs[subject].append(cost)
            say(f"{purchases:,} purchases, run {number + 1} of {runs}: {subject}: {_words(cost)}")
            if subject != Subject.PANDAS and _digests(project.reports) != reports:
                raise RuntimeError(f"{subject} wrote different reports from the first build")
    return Size(
        purchases=purchases,
        rows={name: _count_rows(project.root / "seeds" / name) for name in HEADERS},
        costs={subject: Costs(runs) for subject, runs in costs.items()},
        memory_limit=limit.get("WAREHOUSE_MEMORY_LIMIT"),
        profile=_profile(recording.statements),
        start_seconds=recording.start_seconds,
        look=look,
        page_bytes=page_bytes,
        truth=scores,
    )


def measure_sample(runs: int, folder: Path, say: Say) -> tuple[Costs, Costs]:
    """Measure `dbt build` and `make build` on the sample, each after an unmeasured run."""
    project = Project.copy_to(folder / "project")
    generate_sample(project.root / "seeds")
    settings = {
        "WAREHOUSE_PATH": str(folder / "make/gamehouse.duckdb"),
        "REPORTS_PATH": str(folder / "make/reports"),
    }
    builds, makes = [], []
    for number in range(runs + 1):
        build = cost_of(BUILD, folder=project.root)
        make = cost_of(["make", "build"], folder=ROOT, environment=settings)
        if number > 0:
            builds.append(build)
            makes.append(make)
            say(f"Sample, run {number} of {runs}: {_words(build)}; make build {make.seconds:.1f} s")
    return Costs(builds), Costs(makes)


def _game(purchases: int, folder: Path) -> tuple[Project, Path]:
    """Create a project with a generated game; return it and the folder of the truth."""
    project = Project.copy_to(folder / "project")
    generate_game(folder / "game", purchases)
    for name in HEADERS:
        (folder / "game" / name).rename(project.root / "seeds" / name)
    # Fill dbt's parse cache, which a user has from an earlier build.
    project.dbt("parse")
    return project, folder / "game/truth"


def _profile(statements: Iterable[Statement]) -> Mapping[str, float]:
    """Sum the seconds of statements by purpose."""
    seconds: dict[str, float] = defaultdict(float)
    for statement in statements:
        seconds[_purpose(statement)] += statement.seconds
    return dict(sorted(seconds.items(), key=lambda item: -item[1]))


def _purpose(statement: Statement) -> str:
    kind, _, name = statement.node.partition(".")
    if statement.sql.startswith("copy"):
        return f"export {name.rpartition('.')[2]}"
    if statement.has_effect and kind in ("seed", "model"):
        return f"{kind} {name.rpartition('.')[2]}"
    return "tests" if kind == "test" else "questions to the catalog, transactions"


def _digests(reports: Path) -> Mapping[str, str]:
    """Hash the reports."""
    with duckdb.connect() as connection:
        register_functions(connection)
        rows = connection.execute(
            "select parse_filename(file), file_sha256(file) from glob(?)", [f"{reports}/*.json"]
        ).fetchall()
    return dict(rows)


def _count_rows(path: Path) -> int:
    with path.open("rb") as lines:
        return sum(1 for _ in lines) - 1


def _remove_results(folder: Path) -> None:
    """Remove the warehouse and the reports of a run."""
    folder.mkdir(exist_ok=True)
    for path in [*folder.glob("*.duckdb*"), *folder.glob("*.json")]:
        path.unlink()


def _rotated(subjects: list[Subject], number: int) -> list[Subject]:
    first = number % len(subjects)
    return subjects[first:] + subjects[:first]


def _words(cost: Cost) -> str:
    memory = cost.peak_memory_bytes / 2**30
    return f"{cost.seconds:.1f} s, {cost.cpu_seconds:.1f} s of processor time, {memory:.2f} GiB"


def measure(
    sizes: Sequence[int], large: Sequence[int], runs: int, folder: Path, say: Say
) -> Report:
    """Measure everything; remove the files of each size before the next."""

    def room() -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(dir=folder)

    measured = []
    with room() as name:
        sample_build, sample_make = measure_sample(runs, Path(name), say)
    for size in sizes:
        with room() as name:
            measured.append(measure_size(size, runs, Path(name), say, is_large=False))
    for size in large:
        with room() as name:
            measured.append(measure_size(size, 1, Path(name), say, is_large=True))
    return Report(measured, sample_build, sample_make)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.pipeline.bench", description="The pipeline's speed."
    )
    parser.add_argument(
        "--purchases", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], metavar="N"
    )
    parser.add_argument(
        *("--large", "-l"),
        type=int,
        nargs="*",
        default=[],
        metavar="N",
        help=f"sizes for one run without pandas, with a memory limit of {MEMORY_LIMIT}",
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the report here")
    options = parser.parse_args(arguments)
    target = ROOT / "target"
    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix="pipeline-bench-") as folder:
        report = measure(
            options.purchases,
            options.large,
            options.runs,
            Path(folder),
            lambda text: print(text, flush=True),
        )
    if options.json is not None:
        options.json.write_text(json.dumps(asdict(report), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
