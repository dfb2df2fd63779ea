"""Files of inputs that Spark reads: taken as DuckDB takes them, or refused; never taken in part."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.harness import GOOD, Project, Run
from tests.system.faults.test_inputs import TAKEN
from tests.system.landing.files import write_parquet
from tests.system.landing.test_reading import TYPED
from tests.system.spark.sessions import ask
from tests.system.spark.test_equality import on_spark
from warehouse.spark.cluster import Cluster


def good(name: str, line: bytes) -> bytes:
    """The good rows of an input, and one more."""
    return GOOD[name].encode() + line


# The second file of each input, and what is told of it.
REFUSED: dict[str, dict[str, tuple[bytes, str]]] = {
    "text": {
        "purchases_raw": (
            good("purchases_raw", b'af_3,purchase,,1,A,RCP-3,"success\n'),
            "has a quote too many or too few.",
        ),
        "confirmed_purchases": (
            good("confirmed_purchases", b"af_2,purchase,,1,A\0,RCP-2\n"),
            "contains NUL bytes.",
        ),
        "costs_daily": (
            good("costs_daily", "2026-01-06,é,1\n".encode("latin-1")),
            "is not UTF-8 text.",
        ),
        "sessions": (
            good("sessions", b"2026-01-05,u2,login\r\n2026-01-05,u3,login\n"),
            "has different line ends: line 3 ends with CRLF, the lines before it with LF.",
        ),
    },
    "lines": {
        "purchases_raw": (good("purchases_raw", b"af_3,purchase,,1,A,RCP-3\n"), "af_3,purchase"),
        "confirmed_purchases": (
            good("confirmed_purchases", b"af_2,purchase,,4,99,A,RCP-2\n"),
            "af_2,purchase",
        ),
        "costs_daily": (good("costs_daily", b'2026-01-05,A,"1"2\n'), "costs_daily"),
        "sessions": (b"event_timestamp_utc,user_id\n2026-01-05,u1\n", "has no column event_name."),
    },
    "headers": {
        "purchases_raw": (
            GOOD["purchases_raw"].replace("event_time_utc", '"Event Time UTC"').encode(),
            "Did you mean event_time_utc by Event Time UTC?",
        ),
        "confirmed_purchases": (
            GOOD["confirmed_purchases"].replace("campaign", "campaign\u200b").encode(),
            "Did you mean campaign by campaign<U+200B>?",
        ),
        "costs_daily": (
            GOOD["costs_daily"].replace(",", ";").encode(),
            "is separated by ; and not by commas.",
        ),
        "sessions": (
            b"\xef\xbb\xbf" * 2 + GOOD["sessions"].encode(),
            "It has: <U+FEFF>event_timestamp_utc, user_id, event_name.",
        ),
    },
}


def seed(project: Project, cluster: Cluster, landing: Path) -> Run:
    environment = {**cluster.address, "LANDING": str(landing)}
    return project.dbt("seed", *on_spark(()), environment=environment)


@pytest.fixture(scope="module")
def taken(
    project: Project, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[object, ...]]:
    """CSV as any program writes it, and Parquet of other types; gives the rows of the costs."""
    landing = tmp_path_factory.mktemp("taken")
    for name in ("purchases_raw", "confirmed_purchases"):
        (landing / f"{name}.csv").write_text(GOOD[name])
    (landing / "costs_daily").mkdir()
    for place, content in enumerate(TAKEN.values()):
        (landing / f"costs_daily/{place}.csv").write_bytes(content)
    for place, (kind, text, _) in enumerate(TYPED):
        write_parquet(
            landing / f"sessions/{place}.parquet",
            [["user_id", "event_name", "event_timestamp_utc"], [text, "login", ""]],
            {"user_id": kind, "event_timestamp_utc": "timestamp"},
        )
    run = seed(project, cluster, landing)
    assert run.exit_code == 0, run.output
    return costs(cluster)


def costs(cluster: Cluster) -> list[tuple[object, ...]]:
    return ask(
        cluster,
        "select source_row_number, date, campaign, ad_cost_usd from raw.costs_daily order by 1",
    )


def test_files_are_taken_as_duckdb_takes_them(
    cluster: Cluster, taken: list[tuple[object, ...]]
) -> None:
    """The numbers of the rows count on from file to file."""
    assert taken == [(number, "2026-01-05", "A", "10") for number in range(1, len(TAKEN) + 1)]
    assert ask(cluster, "select lower(user_id) from raw.sessions order by source_row_number") == [
        (text,) for _, _, text in TYPED
    ]


@pytest.mark.parametrize("case", REFUSED)
def test_files_are_refused_and_the_rows_of_before_stay(
    project: Project,
    cluster: Cluster,
    taken: list[tuple[object, ...]],
    tmp_path: Path,
    case: str,
) -> None:
    for name, (content, _) in REFUSED[case].items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.csv").write_text(GOOD[name])
        (tmp_path / name / "2.csv").write_bytes(content)
    run = seed(project, cluster, tmp_path)
    assert run.exit_code == 1
    for name, (_, told) in REFUSED[case].items():
        assert told in " ".join(run.output.split())
        assert f"{name}/2.csv" in run.output
    assert costs(cluster) == taken
