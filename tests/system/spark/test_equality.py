"""The same inputs on DuckDB and on Spark give the same rows in every report."""

from __future__ import annotations

import copy
import hashlib
import itertools
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.conftest import Built
from tests.support.harness import DBT, ROOT, Project
from tests.system.e2e.nasty import SCENARIOS, Scenario, nasty_inputs
from tests.system.e2e.promises import assert_told_and_stopped, broken_build
from tests.system.lake.games import LakeGame
from tests.system.landing.files import Rows, read_rows, reordered, write_csv, write_parquet
from tests.system.spark.sessions import ask, session
from tests.system.spark.test_cluster import executors_of
from tests.warehouse.loader.shipping import MOMENT
from warehouse.loader.lake import Lake
from warehouse.sample.generate import generate_sample
from warehouse.spark.cluster import HOST, Cluster
from warehouse.spark.reports import fetch_reports
from warehouse.store.outbox import SqlOutbox
from warehouse.store.protocol import NewEvent
from warehouse.store.sql_store import SqlStore

# The models of the report files, without those of the page and the checkpoints.
REPORTS_ALONE = ["--select", "+rpt_manifest", "--exclude-resource-type", "test", "unit_test"]
PURCHASES_LAST, AS_OF, OTHER_SETTINGS = SCENARIOS[1:4]
AS_OF_WITH_OTHER_SETTINGS = replace(AS_OF, variables=OTHER_SETTINGS.variables)
# Before the as-of date; a later click does not count.
CLICKED = datetime(2026, 1, 10, 12, tzinfo=UTC)
# A message of AppsFlyer, sent again, and one that is no purchase.
PUSHED: list[dict[str, object]] = [
    {
        "appsflyer_id": "af_pushed",
        "event_name": "iap",
        "event_time": "2026-01-09 12:00:00.123",
        "event_revenue": 12.5,
        "event_revenue_usd": number,
        "campaign": 'Pushed \u00e9 "x"',
        "is_primary_attribution": True,
        "media_source": None,
        "event_value": json.dumps({"af_receipt_id": "XYZ-900000000001"}),
    }
    for number in (12.5, "12.5")
]
PUSHED += [{"appsflyer_id": "af_pushed", "event_name": "iap", "event_time": "\ud7ff"}]
# So many models have ended, and more than as many have not, when a worker is killed.
MODELS_BEFORE_KILL = 8


@dataclass(frozen=True)
class Morning:
    """What Spark made of the sample while a worker was killed.

    Attributes:
        reports: All reports.
        ticks: How long the worker's executor had been busy with the build.
    """

    reports: dict[str, Any]
    ticks: int


@pytest.fixture(scope="module")
def morning(built: Built, project: Project, cluster: Cluster) -> Morning:
    """The sample, built on both engines; the history of each knows this build alone."""
    assert built.run.exit_code == 0, built.run.output
    forget_history(project, cluster)
    shutil.copy(built.project.warehouse, project.warehouse)
    generate_sample(project.root / "seeds")
    build = project.start(DBT, "build", *on_spark(()), environment=dict(cluster.address))
    busy_before = {number: processor_time(number) for number in executors_of(cluster)}
    output = list(lines_until_models_ended(build, MODELS_BEFORE_KILL))
    killed = kill_worker(cluster, busy_before)
    rest, _ = build.communicate()
    cluster.start_worker(1)
    assert build.returncode == 0, "".join([*output, rest])
    return Morning(fetched(project, cluster), killed)


def forget_history(project: Project, cluster: Cluster) -> None:
    project.warehouse.unlink(missing_ok=True)
    ask(cluster, "drop schema if exists history cascade")


def build_on_spark(
    project: Project, cluster: Cluster, *arguments: str, **environment: str
) -> dict[str, Any]:
    """Build and fetch the reports; dbt keeps what it parsed for each target apart."""
    settings = {**cluster.address, **environment}
    run = project.dbt("build", *on_spark(arguments), environment=settings)
    assert run.exit_code == 0, run.output
    return fetched(project, cluster)


def on_spark(arguments: tuple[str, ...]) -> list[str]:
    return [*arguments, "--target", "spark", "--target-path", "target/spark"]


def fetched(project: Project, cluster: Cluster) -> dict[str, Any]:
    folder = project.root / "reports/spark"
    fetch_reports(HOST, cluster.port, folder)
    schema = json.loads((ROOT / "reports/schemas/manifest.schema.json").read_text("utf-8"))
    jsonschema.validate(json.loads((folder / "manifest.json").read_text("utf-8")), schema)
    return read(folder)


def read(folder: Path) -> dict[str, Any]:
    """All reports, without what tells the engines and their bytes apart."""
    reports = {path.name: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}
    del reports["manifest.json"]["engine_version"]
    for file in reports["manifest.json"]["files"]:
        if file["kind"] == "report":
            del file["sha256"]
    return reports


def variables_of(scenario: Scenario) -> list[str]:
    variables = dict(scenario.variables)
    if scenario.as_of_date is not None:
        variables["as_of_date"] = scenario.as_of_date.isoformat()
    return ["--vars", json.dumps(variables)]


def build_on_duckdb(project: Project, *arguments: str, **environment: str) -> dict[str, Any]:
    run = project.dbt("build", *arguments, environment=environment)
    assert run.exit_code == 0, run.output
    return read(project.reports)


def assert_same(on_spark: dict[str, Any], on_duckdb: dict[str, Any]) -> None:
    """Compare report by report, so that a difference names its report and row."""
    assert on_spark.keys() == on_duckdb.keys()
    for name, report in on_duckdb.items():
        assert on_spark[name] == report, name


def test_the_sample_with_all_data_tests_and_a_worker_killed_midway(
    built: Built, morning: Morning
) -> None:
    assert morning.ticks > 0
    assert_same(morning.reports, read(built.project.reports))


def test_broken_checks_are_told_and_stop_what_stands_on_them(
    project: Project, cluster: Cluster
) -> None:
    assert_told_and_stopped(broken_build(project, *on_spark(()), environment=cluster.address))


@pytest.mark.usefixtures("morning")
def test_nasty_inputs_as_parquet_in_landing(
    project: Project, cluster: Cluster, tmp_path: Path
) -> None:
    """DuckDB reads them from `seeds/`. Readers see the tables change once.

    The reports tell what has changed since the sample.
    """
    scenario = PURCHASES_LAST
    inputs = nasty_inputs(scenario.seed, scenario.rows)
    project.write_inputs(inputs)
    arguments = [*REPORTS_ALONE, *variables_of(scenario)]
    on_duckdb = build_on_duckdb(project, *arguments)
    landing = tmp_path / "it's [50%]+Ü"
    for name, text in inputs.items():
        first, second, third = portions(text)
        write_parquet(landing / name / "0.parquet", first)
        write_parquet(landing / name / "1" / "é.parquet", reordered(second))
        write_parquet(landing / name / "2.parquet", third)
        (landing / name / "_unfinished.parquet").write_text("PAR1")
    with reading(cluster) as seen:
        on_spark = build_on_spark(project, cluster, *arguments, LANDING=str(landing))
    for reports in (on_spark, on_duckdb):
        restatements = reports["restatements.json"]
        assert restatements["restated"]
        assert restatements.pop("baseline_built_at") is not None
        assert restatements.pop("baseline_build_id") is not None
    assert_same_but_for_inputs(on_spark, on_duckdb)
    assert ask(cluster, "select count(*) from history.builds") == [(2,)]
    lines = b""
    for name in ("0.parquet", "1/é.parquet", "2.parquet"):
        content = (landing / "costs_daily" / name).read_bytes()
        lines += f"{hashlib.sha256(content).hexdigest()}  costs_daily/{name}\n".encode()
    assert hash_of(on_spark, "costs_daily/**/*.parquet") == hashlib.sha256(lines).hexdigest()
    assert len(seen) > 1
    changes = [after for before, after in itertools.pairwise(seen) if after != before]
    assert len(changes) == 1, seen  # the rows before, then the new ones, never others


def test_nasty_inputs_as_csv_in_landing_and_events_in_a_lake(
    project: Project, cluster: Cluster, tmp_path: Path
) -> None:
    forget_history(project, cluster)
    scenario = AS_OF_WITH_OTHER_SETTINGS
    inputs = nasty_inputs(scenario.seed, scenario.rows)
    project.write_inputs(inputs)
    arguments = [*REPORTS_ALONE, *variables_of(scenario)]
    lake = {"EVENTS_URI": str(lake_of_a_game(tmp_path))}
    on_duckdb = build_on_duckdb(project, *arguments, **lake)
    assert [row["clicks"] for row in on_duckdb["deep_links.json"]] == [1, 2]
    pushed = [
        (row["revenue_usd"], row["event_time_utc"], row["duplicates_removed"])
        for row in on_duckdb["purchases_curated.json"]
        if row["appsflyer_id"] == "af_pushed"
    ]
    assert pushed == [(12.5, "2026-01-09T12:00:00Z", 1)]
    landing = tmp_path / "landing"
    for name, text in inputs.items():
        first, second, third = portions(text)
        write_csv(landing / name / "a.csv", first)
        write_csv(landing / name / "a" / "b.csv", reordered(second))
        write_csv(landing / name / "c.csv", third)
    on_spark = build_on_spark(project, cluster, *arguments, LANDING=str(landing), **lake)
    assert_same_but_for_inputs(on_spark, on_duckdb)


def portions(text: str) -> list[Rows]:
    """A CSV text as the rows of three files, each with the header first."""
    header, *rows = read_rows(text)
    third = len(rows) // 3
    return [[header, *part] for part in (rows[:third], rows[third : 2 * third], rows[2 * third :])]


def lake_of_a_game(folder: Path) -> Lake:
    """A game that was shipped to a lake in several batches."""
    url = f"sqlite:///{folder}/store.sqlite"
    store, outbox = SqlStore(url), SqlOutbox(url)
    game = LakeGame(url, store, outbox, folder / "game.duckdb", Lake(f"{folder}/a lake's Ü"))
    game.play(game.register("ann", "bob"), 20)
    clicks = [("knight", CLICKED), ("dragon", CLICKED), ("knight", CLICKED), ("dragon", MOMENT)]
    for character, clicked_at in clicks:
        store.record(1, NewEvent("deep_link", clicked_at, f'{{"character": "{character}"}}'))
    for message in PUSHED:
        store.record(None, NewEvent("appsflyer_push", MOMENT, json.dumps(message)))
    game.loader(8).ship_all()
    outbox.close()
    store.close()
    return game.lake


def hash_of(reports: dict[str, Any], file: str) -> str:
    """What the manifest says of a file."""
    (found,) = [row for row in reports["manifest.json"]["files"] if row["file"] == file]
    return str(found["sha256"])


def assert_same_but_for_inputs(on_spark: dict[str, Any], on_duckdb: dict[str, Any]) -> None:
    """Compare reports whose inputs were other files with the same rows."""
    copies = [copy.deepcopy(reports) for reports in (on_spark, on_duckdb)]
    for reports in copies:
        for row in reports["manifest.json"]["files"]:
            if row["kind"] == "input":
                row["file"] = row["file"].split("/")[0].split(".")[0]
                del row["sha256"]
    assert_same(*copies)


def kill_worker(cluster: Cluster, busy_before: dict[int, int]) -> int:
    """Kill a worker; returns for how long its executor was busy since `busy_before`, in ticks."""
    busy = {number: processor_time(number) for number in executors_of(cluster)}
    cluster.kill_worker(1)
    (number,) = busy.keys() - executors_of(cluster)
    return busy[number] - busy_before.get(number, 0)


def processor_time(number: int) -> int:
    """How long a process has been computing, in ticks of the system's clock."""
    fields = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def lines_until_models_ended(build: subprocess.Popen[str], count: int) -> Iterator[str]:
    assert build.stdout is not None
    for line in build.stdout:
        yield line
        count -= bool(re.search(r"OK created sql", line))
        if count == 0:
            return
    pytest.fail("the build ended before")


@contextmanager
def reading(cluster: Cluster) -> Iterator[list[tuple[Any, ...] | str]]:
    """Read a published table over and over; gives the list of what was seen."""
    seen: list[tuple[Any, ...] | str] = []
    stop = threading.Event()

    def read_on() -> None:
        with session(cluster) as cursor:
            while not stop.is_set():
                try:
                    cursor.execute(
                        "select count(*), sum(purchase_id), sum(revenue_usd)"
                        " from marts.fct_purchases"
                    )
                    seen.append(tuple(cursor.fetchall()[0]))
                except Exception as error:  # whatever it is, the test shows it
                    seen.append(str(error))
                stop.wait(0.5)

    thread = threading.Thread(target=read_on)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()
