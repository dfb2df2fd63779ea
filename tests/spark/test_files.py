"""Files of inputs that Spark reads: taken as DuckDB takes them, or refused; never taken in part."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.test_inputs import TAKEN
from tests.harness import GOOD, Project, Run
from tests.landing.files import write_parquet
from tests.landing.test_reading import TYPED
from tests.spark.sessions import ask
from tests.spark.test_equality import on_spark
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
            "holds NUL bytes.",
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
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project without rows in `seeds/`."""
    project = Project.copy_to(tmp_path_factory.mktemp("files") / "project")
    project.write_inputs(dict.fromkeys(GOOD, ""))
    return project


def seed(project: Project, cluster: Cluster, landing: Path) -> Run:
    environment = {**cluster.address, "LANDING": str(landing)}
    return project.dbt("seed", *on_spark(()), environment=environment)


@pytest.mark.parametrize("case", REFUSED)
def test_files_are_refused(project: Project, cluster: Cluster, tmp_path: Path, case: str) -> None:
    for name, (content, _) in REFUSED[case].items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.csv").write_text(GOOD[name])
        (tmp_path / name / "2.csv").write_bytes(content)
    run = seed(project, cluster, tmp_path)
    assert run.exit_code == 1
    for name, (_, told) in REFUSED[case].items():
        assert told in " ".join(run.output.split())
        assert f"{name}/2.csv" in run.output


def test_files_are_taken(project: Project, cluster: Cluster, tmp_path: Path) -> None:
    """CSV as any program writes it, and Parquet of other types; the number of a row counts on."""
    for name, text in GOOD.items():
        if name not in ("costs_daily", "sessions"):
            (tmp_path / f"{name}.csv").write_text(text)
    (tmp_path / "costs_daily").mkdir()
    for place, content in enumerate(TAKEN.values()):
        (tmp_path / f"costs_daily/{place}.csv").write_bytes(content)
    for place, (kind, text, _) in enumerate(TYPED):
        write_parquet(
            tmp_path / f"sessions/{place}.parquet",
            [["user_id", "event_name", "event_timestamp_utc"], [text, "login", ""]],
            {"user_id": kind, "event_timestamp_utc": "timestamp"},
        )
    run = seed(project, cluster, tmp_path)
    assert run.exit_code == 0, run.output
    rows = "select source_row_number, date, campaign, ad_cost_usd from raw.costs_daily order by 1"
    assert ask(cluster, rows) == [
        (number, "2026-01-05", "A", "10") for number in range(1, len(TAKEN) + 1)
    ]
    assert ask(cluster, "select lower(user_id) from raw.sessions order by source_row_number") == [
        (text,) for _, _, text in TYPED
    ]
