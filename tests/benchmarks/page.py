"""Write docs/benchmarks.md from the results of the benchmarks.

    python -m tests.benchmarks.page FOLDER

FOLDER contains `pipeline.json`, `rules.json`, `api.json` and `loader.json`. The whole page is
generated, including whether the figures meet the targets.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import statistics
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

from tests.benchmarks.pipeline.bench import LOOKS
from tests.benchmarks.rules import RULES, Score
from tests.support.harness import ROOT

PAGE = ROOT / "docs/benchmarks.md"
PACKAGES = [
    *("dbt-core", "dbt-duckdb", "duckdb", "pandas", "falcon", "waitress", "sqlalchemy"),
    *("fastapi", "uvicorn"),
]
GIB = 2**30
MODELS_SHOWN = 8

Json = Any  # what the json module returns


@dataclass(frozen=True)
class Target:
    """A target of the project and the measured value."""

    promise: str
    limit: float
    measured: float
    unit: str
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the value meets the target."""
        if self.at_least:
            return self.measured >= self.limit
        return self.measured <= self.limit

    @property
    def cells(self) -> list[str]:
        """The target's row in the table."""
        limit = f"{'at least' if self.at_least else 'at most'} {self.limit:g} {self.unit}"
        measured = f"{self.measured:.2f} {self.unit}"
        return [self.promise, limit.strip(), measured.strip(), "yes" if self.holds else "**no**"]


def main() -> None:
    """Write the page."""
    (folder,) = map(Path, sys.argv[1:])
    pipeline, rules, api, loader = (
        json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("pipeline", "rules", "api", "loader")
    )
    PAGE.write_text(page(pipeline, rules, api, loader), encoding="utf-8")
    print(f"Wrote {PAGE.relative_to(ROOT)}")


def page(pipeline: Json, rules: Json, api: Json, loader: Json) -> str:
    """Write the page from the four reports."""
    parts = [
        "# Benchmarks",
        _introduction(),
        "## Targets",
        _targets(pipeline, api, loader),
        "## Pipeline",
        _pipeline(pipeline),
        "## Where the time goes",
        _profile(pipeline),
        "## Checkpoints and page",
        _looks(pipeline),
        "## Accuracy",
        _truth(pipeline),
        "## The rule on trial",
        rules_section(rules),
        "## API",
        _api(api),
        "## Loader",
        _loader(loader),
    ]
    return "\n\n".join(parts) + "\n"


def _introduction() -> str:
    versions = [f"Python {platform.python_version()}"]
    versions += [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    return (
        "`make bench` measures everything again and writes this page; `BENCH_LARGE=1 make bench`"
        " adds ten million purchases. The subjects of a comparison take turns on one machine, each"
        " run in its own process. Figures are medians, so compare the ratios rather than the"
        " seconds.\n\n"
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {_processor()}, {os.cpu_count()} cores,"
        f" {memory:.0f} GiB, Linux {platform.release().partition('-')[0]}.\n"
        f"{', '.join(versions)}."
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


# --- Pipeline -----------------------------------------------------------------------------------


def _pipeline(pipeline: Json) -> str:
    rows = []
    for size in pipeline["sizes"]:
        dbt = _seconds(size["costs"]["dbt build"])
        for subject, costs in size["costs"].items():
            runs = [run["seconds"] for run in costs["runs"]]
            rows.append(
                [
                    f"{size['purchases']:,}",
                    subject,
                    f"{_seconds(costs):.1f}",
                    f"{min(runs):.1f} to {max(runs):.1f}" if len(runs) > 1 else "one run",
                    f"{_median(costs, 'cpu_seconds'):.1f}",
                    f"{_peak(costs):.2f}",
                    f"{_seconds(costs) / dbt:.2f}",
                    f"{1e6 * _seconds(costs) / _rows(size):.1f}",
                ]
            )
    header = [
        *("purchases", "subject", "seconds", "range", "processor s", "peak GiB"),
        *("to dbt build", "µs per row"),
    ]
    limits = {size["memory_limit"] for size in pipeline["sizes"] if size["memory_limit"]}
    limit = "".join(
        f" Sizes without pandas ran with DuckDB's `memory_limit` at {x}." for x in limits
    )
    return (
        "From four CSVs (with twice as many sessions as purchases) and an empty warehouse to all"
        " reports. A build on an existing warehouse does the same work, so a new day costs as much."
        " *dbt build* runs all data tests and writes all reports. *bare script* runs the same SQL,"
        " taken from dbt's log, in one DuckDB connection without tests. It is the lower bound; its"
        " reports are identical to the byte. *pandas* is a vectorised implementation of the same"
        " rules (`tests/benchmarks/pipeline/dataframes.py`); a test compares its reports with"
        " dbt's. It is faster if the data fits into memory, and it does less: it writes only the"
        " reports and keeps no warehouse to query, no rejected rows with their reasons and no days"
        " other than D-1. It runs no tests, and its amounts are floating-point numbers."
        f"{limit}\n\n{_table(header, rows)}"
    )


def _profile(pipeline: Json) -> str:
    measured = [size for size in pipeline["sizes"] if size["memory_limit"] is None]
    size = measured[-1]
    seconds: dict[str, float] = size["profile"]
    groups = {
        "seeds": ["seed "],
        "models": ["model "],
        "exports": ["export "],
        "data tests": ["tests"],
        "catalog queries, transactions": ["questions"],
    }
    rows = []
    for label, prefixes in groups.items():
        mine = {name: s for name, s in seconds.items() if name.startswith(tuple(prefixes))}
        rows.append([f"**{label}**", f"{sum(mine.values()):.1f}"])
        if len(mine) > 1:
            largest = sorted(mine.items(), key=lambda item: -item[1])
            rows += [
                [name.partition(" ")[2], f"{s:.1f}"]
                for name, s in largest[:MODELS_SHOWN]
                if s > 0.05
            ]
    start = size["start_seconds"]
    rows.insert(0, ["**startup, parsing, hooks, shutdown**", f"{start:.1f}"])
    return (
        f"One `dbt build` of {size['purchases']:,} purchases, by the statements that it sent. dbt"
        " runs two threads on the cores above, so the seconds overlap and add up to more than the"
        f" duration of the build.\n\n{_table(['what', 'seconds'], rows)}"
    )


def _looks(pipeline: Json) -> str:
    rows = [
        [
            f"{size['purchases']:,}",
            *(f"{size['look'][command]['seconds']:.1f}" for command in LOOKS),
            f"{max(cost['peak_memory_bytes'] for cost in size['look'].values()) / GIB:.2f}",
            f"{size['page_bytes'] / 2**20:.1f}",
        ]
        for size in pipeline["sizes"]
    ]
    header = ["purchases", *(f"{name}, s" for name in LOOKS), "peak GiB", "page MiB"]
    return (
        "The steps that `make build` adds to `dbt build`: `python -m warehouse check`, `docs` and"
        f" `page`, one run each.\n\n{_table(header, rows)}"
    )


def rules_section(rules: Json) -> str:
    """Write how well the 50 % rule and its alternatives find collapses."""
    games = {
        game: {
            rule: {size: Score(**score) for size, score in by_size.items()}
            for rule, by_size in by_rule.items()
        }
        for game, by_rule in rules.items()
    }
    overall = [
        [
            game,
            f"`{rule}`",
            *(f"{days:,}" for days in (score.right_days, score.wrong_days, score.missed_days)),
            _share(score.precision),
            _share(score.recall),
            f"{score.found_episodes} of {score.episodes}",
            f"{1000 * score.wrong_days / score.plain_days:.1f}",
        ]
        for game, by_rule in games.items()
        for rule in RULES
        for score in [by_rule[rule]["all"]]
        if score.episodes
    ]
    campaigns = games["campaigns"]
    sizes = [size for size in campaigns["ratio"] if size != "all"]
    by_size = [
        [f"`{rule}`", *(_precision_and_recall(campaigns[rule][size]) for size in sizes)]
        for rule in RULES
    ]
    windows, ratios = (3, 7, 14, 28), (0.3, 0.4, 0.5, 0.6, 0.7)
    grid = [
        [
            f"{ratio:g}",
            *(
                _precision_and_recall(campaigns[f"{ratio} of {days} days"]["all"])
                for days in windows
            ),
        ]
        for ratio in ratios
    ]
    return "\n\n".join(
        [
            "The days on which a rule fires, compared with what was planted. *labelled* is the game"
            " of `generate --purchases 100000`, whose collapses are beyond doubt. *campaigns* has"
            " campaigns of 1 to 100 purchases a day, whose number is a Poisson number, with"
            " weekends, collapses of one day and of four to ten, and declines of four weeks"
            " (`tests/support/campaign_game.py`). `declining` looks for declines, the others for"
            " collapses; a day of the other kind counts neither as right nor as wrong. An episode"
            " is found if the rule fires on one of its days."
            " `tests/system/e2e/test_rules.py` counts the same by hand.",
            _table(
                [
                    *("game", "rule", "right", "wrong", "missed", "precision", "recall"),
                    *("episodes found", "wrong per 1,000 ordinary days"),
                ],
                overall,
            ),
            "By the purchases of a campaign on a day, precision / recall:",
            _table(["rule", *(f"{size} a day" for size in sizes)], by_size),
            "`ratio` with other settings and a least history of 3 days, precision / recall, all"
            " campaigns:",
            _table(["ratio", *(f"{days} days" for days in windows)], grid),
        ]
    )


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.3f}"


def _precision_and_recall(score: Score) -> str:
    return f"{_share(score.precision)} / {_share(score.recall)}"


def _truth(pipeline: Json) -> str:
    rows = []
    for size in pipeline["sizes"]:
        truth = size["truth"]
        classes = truth["dispositions"].values()
        all_rows = {
            key: sum(score[key] for score in classes) for key in ("right", "wrong", "missed")
        }
        for label, score in {
            "dispositions": all_rows,
            "anomaly flags": truth["anomalies"],
            "pairs": truth["pairs"],
        }.items():
            right, wrong, missed = score["right"], score["wrong"], score["missed"]
            rows.append(
                [
                    f"{size['purchases']:,}",
                    label,
                    *(f"{count:,}" for count in (right, wrong, missed)),
                    f"{right / (right + wrong):.5f}",
                    f"{right / (right + missed):.5f}",
                ]
            )
    ambiguity = "; ".join(
        f"{size['truth']['wrong_and_ambiguous']:,} and {size['truth']['wrong_and_sure']:,}"
        f" at {size['purchases']:,}"
        for size in pipeline["sizes"]
    )
    header = ["purchases", "what", "right", "wrong", "missed", "precision", "recall"]
    return (
        "The results of the warehouse compared with the generator's truth. A pair can be wrong if"
        " receipts are missing and the player bought twice within minutes, because only the times"
        " then decide. Wrong pairs that are marked as ambiguous, and wrong pairs that are not:"
        f" {ambiguity}. `tests/system/e2e/test_truth.py` counts the classes of errors."
        f"\n\n{_table(header, rows)}"
    )


# --- API and loader -----------------------------------------------------------------------------


def _api(api: Json) -> str:
    rows = []
    for is_beside in (False, True):
        for outcome in sorted(api["outcomes"], key=_place):
            case = outcome["case"]
            if case["is_beside_builds"] != is_beside:
                continue
            rows.append(
                [
                    "during builds" if is_beside else "alone",
                    str(case["connections"]),
                    f"`{case['endpoint']}`",
                    case["subject"],
                    f"{outcome['requests_per_second']:,.0f}",
                    *(f"{outcome[name]:.1f}" for name in ("p50_ms", "p95_ms", "p99_ms")),
                    str(outcome["failures"]),
                ]
            )
    header = [
        "",
        "connections",
        "endpoint",
        "subject",
        "per second",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "failures",
    ]
    builds = api["builds"]
    beside = (
        f" {builds['finished']} builds of the sample ran during the load; {builds['failed']}"
        f" failed. One took {builds['seconds']:.1f} s."
        if builds
        else ""
    )
    peaks = ", ".join(
        f"{name} {size / 2**20:,.0f} MiB" for name, size in api["peak_memory_bytes"].items()
    )
    ceiling = ", ".join(
        f"{load['requests_per_second']:,.0f} over {connections}"
        for connections, load in api["client_ceiling"].items()
    )
    return (
        "Requests per second, each answered after its transaction was durable (SQLite, WAL,"
        " `synchronous=FULL`), from a client on the same machine that shares its cores. The"
        " comparator (`tests/benchmarks/comparator.py`) is FastAPI, SQLAlchemy and SQLite with the"
        " same contract, served in two ways: *threads*, as FastAPI's documentation recommends for a"
        " blocking database, and *coroutines*, the fastest way we found, in which the database"
        f" blocks the event loop.{beside} Peak memory: {peaks}. The client alone, against"
        f" a server that does nothing: {ceiling} connections.\n\n{_table(header, rows)}"
    )


def _place(outcome: Json) -> tuple[int, int, str]:
    endpoints = ["/event", "/earn", "/balance", "/track"]
    case = outcome["case"]
    return (case["connections"], endpoints.index(case["endpoint"]), case["subject"] != "product")


def _loader(loader: Json) -> str:
    backlog, fresh = loader["backlog"], loader["freshness"]
    runs = ", ".join(f"{seconds:.1f}" for seconds in backlog["runs"])
    rate = f"{backlog['events_per_second']:,.0f} events/s"
    memory = f"{backlog['peak_memory_bytes'] / 2**20:,.0f} MiB"
    return (
        f"A backlog of {backlog['events']:,} events takes {backlog['seconds']:.1f} s"
        f" ({rate}, {memory}; runs: {runs}), from the start of the command to its end. Every event"
        f" arrives once, and every balance is checked. While {fresh['connections']} clients send"
        f" {fresh['load']['requests_per_second']:,.0f} events/s, the newest event in the warehouse"
        f" is {fresh['median_age_seconds']:.2f} s old (median of {fresh['looks']} looks),"
        f" and at most {fresh['oldest_age_seconds']:.2f} s old."
    )


# --- Targets ------------------------------------------------------------------------------------


def _targets(pipeline: Json, api: Json, loader: Json) -> str:
    targets = [*_pipeline_targets(pipeline), *_api_targets(api), *_loader_targets(loader)]
    rows = [target.cells for target in targets]
    return _table(["subject", "target", "measured", "met"], rows)


def _pipeline_targets(pipeline: Json) -> Iterable[Target]:
    by_size = {size["purchases"]: size for size in pipeline["sizes"]}
    largest = [size for size in pipeline["sizes"] if size["memory_limit"] is None][-1]
    costs, name = largest["costs"], f"{largest['purchases']:,} purchases: `dbt build`"
    dbt = costs["dbt build"]
    yield Target(f"{name} to bare script", 2.5, _ratio(dbt, costs["bare script"]), "x")
    # Pandas writes only the reports and keeps no warehouse, so it cannot be much slower.
    yield Target(f"{name}, pandas to it", 1.3, _ratio(costs["pandas"], dbt), "x", at_least=True)
    yield Target(f"{name}, peak memory", 4, _peak(dbt), "GiB")
    yield Target(f"{largest['purchases']:,} purchases: page", 15, _look(largest), "s")
    for purchases, size in by_size.items():
        if size["memory_limit"] is not None:
            slower = (
                _seconds(size["costs"]["dbt build"])
                / _rows(size)
                / (_seconds(dbt) / _rows(largest))
            )
            yield Target(
                f"{purchases:,} purchases under {size['memory_limit']}: time per row to that at"
                f" {largest['purchases']:,}",
                1.3,
                slower,
                "x",
            )
    yield Target("sample, warm `dbt build`", 8, _seconds(pipeline["sample_build"]), "s")
    yield Target("sample, warm `make build`", 25, _seconds(pipeline["sample_make"]), "s")
    for label, key in {"dispositions": "dispositions", "anomaly flags": "anomalies"}.items():
        errors = 0
        for size in pipeline["sizes"]:
            scores = size["truth"][key]
            for score in scores.values() if key == "dispositions" else [scores]:
                errors += score["wrong"] + score["missed"]
        yield Target(f"{label}: wrong or missed, all sizes", 0, errors, "")


def _api_targets(api: Json) -> Iterable[Target]:
    found = {
        (
            outcome["case"]["subject"],
            outcome["case"]["endpoint"],
            outcome["case"]["connections"],
            outcome["case"]["is_beside_builds"],
        ): outcome
        for outcome in api["outcomes"]
    }
    # The targets of each of the product's servers, compared with the comparator in threads.
    limits = {
        ("product", "/event"): 2,
        ("product", "/earn"): 2,
        ("product", "/balance"): 1,
        ("product (granian)", "/event"): 4,
        ("product (granian)", "/earn"): 4,
        ("product (granian)", "/balance"): 1,
    }
    for (subject, endpoint), connections in product(limits, api["plan"]["connections"]):
        ours, theirs = (
            found[each, endpoint, connections, False]["requests_per_second"]
            for each in (subject, "comparator (threads)")
        )
        yield Target(
            f"`{endpoint}`, {subject} to comparator (threads), {connections} connections",
            limits[subject, endpoint],
            ours / theirs,
            "x",
            at_least=True,
        )
    connections = min(api["plan"]["connections"])
    alone = [o for k, o in found.items() if k[0] == "product" and k[2] == connections and not k[3]]
    yield Target(
        f"p99 at {connections} connections, slowest endpoint",
        50,
        max(outcome["p99_ms"] for outcome in alone),
        "ms",
    )
    beside = {k: o for k, o in found.items() if k[0] == "product" and k[3]}
    if beside:
        yield Target(
            "p99 during builds to alone, worst endpoint, same connections",
            3,
            max(o["p99_ms"] / found[(*k[:3], False)]["p99_ms"] for k, o in beside.items()),
            "x",
        )
        yield Target(
            "failed requests during builds", 0, sum(o["failures"] for o in beside.values()), ""
        )


def _loader_targets(loader: Json) -> Iterable[Target]:
    yield Target(
        "backlog of a million events",
        20,
        loader["backlog"]["seconds"] * 1e6 / loader["backlog"]["events"],
        "s",
    )
    yield Target(
        "newest event under load, oldest seen", 3, loader["freshness"]["oldest_age_seconds"], "s"
    )


# --- Figures and tables -------------------------------------------------------------------------


def _median(costs: Json, name: str) -> float:
    return float(statistics.median(run[name] for run in costs["runs"]))


def _seconds(costs: Json) -> float:
    return _median(costs, "seconds")


def _peak(costs: Json) -> float:
    return float(max(run["peak_memory_bytes"] for run in costs["runs"])) / GIB


def _ratio(costs: Json, others: Json) -> float:
    """Return the median of the ratios of paired runs."""
    pairs = zip(costs["runs"], others["runs"], strict=True)
    return float(statistics.median(run["seconds"] / other["seconds"] for run, other in pairs))


def _look(size: Json) -> float:
    """Return the duration of writing the page."""
    return float(size["look"]["page"]["seconds"])


def _rows(size: Json) -> int:
    return sum(size["rows"].values())


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    main()
