"""How `dbt seed` reads the files of a landing folder: row numbers, text and refusals."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.support.harness import GOOD, Project
from tests.system.faults.test_inputs import BAD_HEADERS
from tests.system.landing.files import read_rows, write_csv, write_numbered, write_parquet

COSTS = read_rows(GOOD["costs_daily"])
# More files than DuckDB has threads, each with several blocks or row groups.
FILES, ROWS_PER_FILE = 9, 10_000
# Runs dbt once for each case in one process, which parses once unless vars differ: argv[1] holds
# LANDING and the arguments of each.
SEEDER = """
import json, os, sys
from dbt.cli.main import dbtRunner

sys.path.insert(0, ".")
parsed = dbtRunner(manifest=dbtRunner().invoke(["--quiet", "parse"]).result)
for case, (landing, *arguments) in json.loads(sys.argv[1]).items():
    print(f"CASE {case}", flush=True)
    os.environ["LANDING"] = landing
    dbt = dbtRunner() if "--vars" in arguments else parsed
    run = dbt.invoke(["--quiet", "--no-use-colors", "seed", *arguments])
    print(f"PASSED {run.success}", flush=True)
"""


def in_two_folders(folder: Path, content: bytes) -> None:
    for name, text in GOOD.items():
        (folder / name).mkdir()
        (folder / name / "1.csv").write_text(text)
    (folder / "costs_daily/2.csv").write_bytes(content)


def cut_parquet(folder: Path) -> None:
    path = folder / "costs_daily/1.parquet"
    write_parquet(path, COSTS)
    path.write_bytes(path.read_bytes()[:-1])


def both_kinds(folder: Path) -> None:
    write_csv(folder / "costs_daily/1.csv", COSTS)
    write_parquet(folder / "costs_daily/old/1.parquet", COSTS)


def parquet_that_lacks_a_column(folder: Path) -> None:
    write_parquet(folder / "costs_daily/1.parquet", COSTS)
    write_parquet(folder / "costs_daily/2.parquet", [row[:2] for row in COSTS])


# DuckDB's type, a value of it, and its text.
TYPED = [
    ("double", "4.99", "4.9900000000"),
    ("double", "12345678912.91", "12345678912.9100000000"),
    ("double", "1e20", "100000000000000000000.0000000000"),
    ("double", "nan", "nan"),
    ("float", "4.99", "4.9900000000"),
    ("decimal(9, 3)", "4.99", "4.990"),
    ("integer", "-7", "-7"),
    ("varchar", " 4,99 ", " 4,99 "),
    ("blob", "4.99", "4.99"),
]
# The contents of the landing folder L, and the message.
REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "folder missing": (
        lambda folder: folder.rmdir(),
        "Landing has no costs_daily: the folder L does not exist, or it is empty. Put the export"
        " there, with the columns date,campaign,ad_cost_usd, or set var landing (or the environment"
        " variable LANDING) to its place",
    ),
    "input missing": (
        lambda folder: write_csv(folder / "costs_weekly/1.csv", COSTS),
        "Landing has no costs_daily: there is no file L/costs_daily.csv or L/costs_daily.parquet or"
        " L/costs_daily/**/*.csv or L/costs_daily/**/*.parquet. Put the export there",
    ),
    "both kinds": (
        both_kinds,
        "Landing has more than one costs_daily: L/costs_daily/1.csv and"
        " L/costs_daily/old/1.parquet. Remove one of them",
    ),
    "column missing in the second CSV": (
        lambda folder: in_two_folders(folder, b"date,campaign\n2026-01-05,A\n"),
        "L/costs_daily/2.csv has no column ad_cost_usd. It has: date, campaign. Rename or add what"
        " is missing; it must have date,campaign,ad_cost_usd",
    ),
    "column missing in the second Parquet": (
        parquet_that_lacks_a_column,
        "L/costs_daily/2.parquet has no column ad_cost_usd. It has: date, campaign.",
    ),
    "empty file": (
        lambda folder: in_two_folders(folder, b""),
        "L/costs_daily/2.csv is empty. Put the export there, with the header line"
        " date,campaign,ad_cost_usd, or remove the file",
    ),
    "cut Parquet": (cut_parquet, "L/costs_daily/1.parquet is truncated"),
    "Latin-1": (
        lambda folder: in_two_folders(
            folder, "date,campaign,ad_cost_usd\n2026-01-05,\xe9,1\n".encode("latin-1")
        ),
        "L/costs_daily/2.csv is not UTF-8 text: see line 2. Save it as UTF-8.",
    ),
    "quotes that never close": (
        lambda folder: in_two_folders(
            folder, b'date,campaign,ad_cost_usd\n2026-01-05,A,1,2\n2026-01-06,"A,1\n'
        ),
        "L/costs_daily/2.csv has an unclosed quote: see line 3. Close the quote,",
    ),
    "values too many": (
        lambda folder: in_two_folders(
            folder, b"date,campaign,ad_cost_usd\n2026-01-05,A,1,2\n2026-01-06,A,1\n"
        ),
        "L/costs_daily/2.csv has lines that are not valid CSV, so none of it is loaded. Correct"
        " them (a comma inside a value needs double quotes around the value) and run again:"
        " line 2: Expected Number of Columns: 3 Found: 4: 2026-01-05,A,1,2",
    ),
} | {
    f"header: {case}": (partial(in_two_folders, content=content), f"L/costs_daily/2.csv {told}")
    for case, (content, told) in BAD_HEADERS.items()
}
# With other vars dbt parses the whole project again, so only one case changes them.
MAPPING = dict.fromkeys(GOOD, "other/*.csv")
EMPTY_GLOB = "glob that matches nothing"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, dict[str, str]]:
    """A project after valid inputs and all refusals, and dbt's output."""
    project = Project.copy_to(tmp_path_factory.mktemp("reading") / "project")
    project.write_inputs(dict.fromkeys(GOOD, ""))
    lands = project.root / "lands"
    for file in range(FILES):
        numbers = range(file * ROWS_PER_FILE + 1, (file + 1) * ROWS_PER_FILE + 1)
        # With one layout, and with two alternating layouts.
        columns = read_rows(GOOD["confirmed_purchases"])[0][1:]
        others = columns if file % 2 else [*reversed(columns), "note"]
        for path, name, texts, kind in (
            (f"sessions/{file}.csv", "event_timestamp_utc", ["user_id", "event_name"], "bigint"),
            (f"confirmed_purchases/{file}.csv", "appsflyer_id", others, "bigint"),
            (
                f"purchases_raw/{file}.parquet",
                "appsflyer_id",
                ["status", *others],
                "bigint" if file % 3 else "varchar",
            ),
        ):
            write_numbered(lands / path, name, texts, numbers, kind)
    for place, (kind, text, _) in enumerate(TYPED):
        write_parquet(
            lands / f"costs_daily/{place}.parquet",
            [COSTS[0], ["2026-01-05", "A", text]],
            {"ad_cost_usd": kind, "date": "date" if place % 2 else "timestamp"},
        )
    cases = {"taken": ["lands"]}
    for case, (prepare, _) in REFUSED.items():
        folder = project.root / case
        folder.mkdir()
        prepare(folder)
        cases[case] = [case, "--select", "costs_daily"]
    cases[EMPTY_GLOB] = ["lands", "--vars", json.dumps({"landing": MAPPING})]
    run = project.run(sys.executable, "-c", SEEDER, json.dumps(cases))
    parts = run.output.split("CASE ")[1:]
    said = {part.splitlines()[0]: " ".join(part.split()) for part in parts}
    assert said.keys() == cases.keys(), run.output
    assert "PASSED True" in said["taken"], said["taken"]
    return project, said


@pytest.mark.parametrize("case", REFUSED)
def test_landing_is_refused(told: tuple[Project, dict[str, str]], case: str) -> None:
    project, said = told
    folder = str(project.root / case)
    _, expected = REFUSED[case]
    expected = expected.replace("L/", f"{folder}/").replace(" L ", f" {folder} ")
    assert expected in said[case]
    assert "PASSED False" in said[case]
    assert "Traceback" not in said[case]


def test_glob_that_matches_nothing_is_refused(told: tuple[Project, dict[str, str]]) -> None:
    project, said = told
    expected = f"the folder {project.root}/other does not exist, or it is empty."
    assert expected in said[EMPTY_GLOB]


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("sessions", "event_timestamp_utc"),
        ("purchases_raw", "appsflyer_id"),
        ("confirmed_purchases", "appsflyer_id"),
    ],
)
def test_rows_are_numbered_by_path_and_line(
    told: tuple[Project, dict[str, str]], table: str, column: str
) -> None:
    """With one thread and with more threads than cores, because threads read in any order."""
    project, _ = told
    for threads in (1, 7):
        counted = project.query(
            f"""
            set threads = {threads};
            select
                count(*),
                count(distinct source_row_number),
                count_if(source_row_number = {column}::bigint)
            from raw.{table}
            """,  # noqa: S608 (names of ours)
        )
        assert counted == [(FILES * ROWS_PER_FILE,) * 3]


def test_typed_values_become_text(told: tuple[Project, dict[str, str]]) -> None:
    """This runs after all refusals, which leave the tables unchanged."""
    project, _ = told
    assert project.query(
        "select ad_cost_usd, count(*) over () from raw.costs_daily order by source_row_number"
    ) == [(text, len(TYPED)) for _, _, text in TYPED]
    assert project.query("select distinct date from raw.costs_daily order by all") == [
        ("2026-01-05",),
        ("2026-01-05 00:00:00",),
    ]
