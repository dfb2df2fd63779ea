"""The reports of a build on Spark as files; views made by hand take the place of a build."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.system.spark.sessions import ask
from warehouse.spark.cluster import HOST, Cluster
from warehouse.spark.errors import CannotUseSparkError
from warehouse.spark.reports import fetch_reports

MANIFEST = """
    values
        (0, '{"as_of_date":"2026-01-30","files":['),
        (1, '{"kind":"input","file":"costs_daily.csv","row_count":2,"sha256":"c0de"}'),
        (1, '{"kind":"input","file":"sessions.csv","row_count":2,"sha256":null}'),
        (1, '{"kind":"report","file":"empty.json","row_count":0,"sha256":null}'),
        (1, '{"kind":"report","file":"long.json","row_count":20000,"sha256":null}'),
        (2, ']}')
"""
EMPTY = "values (0, '['), (2, ']')"
# In the order of the rows, not of their text, over several tasks.
LONG = r"""
    select section, line
    from (
        select 1 as section, concat('{"n":', id, ',"text":"Zoë \\n"}') as line, id
        from range(0, 20000, 1, 4)
        union all
        values (0, '[', null), (2, ']', null)
    )
    order by section, id
"""


@dataclass(frozen=True)
class Views:
    """Views of reports in a separate schema."""

    cluster: Cluster
    schema: str

    def put(self, name: str, query: str) -> None:
        view = f"create or replace view {self.schema}.json_{name} (section, line) as {query}"
        ask(self.cluster, view)

    def fetch(self, folder: Path) -> list[str]:
        return fetch_reports(HOST, self.cluster.port, folder, schema=self.schema)


@pytest.fixture
def views(cluster: Cluster) -> Iterator[Views]:
    """The views of a manifest and two reports."""
    views = Views(cluster, f"fetched_{uuid.uuid4().hex}")
    ask(cluster, f"create schema {views.schema}")
    views.put("manifest", MANIFEST)
    views.put("empty", EMPTY)
    views.put("long", LONG)
    yield views
    ask(cluster, f"drop schema {views.schema} cascade")


@pytest.fixture
def before(tmp_path: Path) -> dict[str, bytes]:
    """Reports of a build before, one of which was never finished."""
    folder = tmp_path / "reports"
    folder.mkdir()
    files = {"manifest.json": b"before\n", "long.json": b"before\n"}
    for name, text in files.items():
        (folder / name).write_bytes(text)
    (folder / "long.json.next").write_bytes(b"half of")
    return files


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.usefixtures("before")
def test_files_are_what_duckdb_would_write(views: Views, tmp_path: Path) -> None:
    assert views.fetch(tmp_path / "reports") == [
        "empty.json",
        "long.json",
        "manifest.json",
    ]
    files = files_in(tmp_path / "reports")
    assert files.keys() == {"empty.json", "long.json", "manifest.json"}
    assert files["empty.json"] == b"[\n]\n"
    rows = [f'{{"n":{n},"text":"Zoë \\n"}}\n' for n in range(20_000)]
    assert files["long.json"].decode() == f"[\n{','.join(rows)}]\n"
    first, *lines = files["manifest.json"].decode().splitlines()
    assert first == '{"as_of_date":"2026-01-30","files":['
    long_hash = hashlib.sha256(files["long.json"]).hexdigest()
    assert lines[3] == (
        f',{{"kind":"report","file":"long.json","row_count":20000,"sha256":"{long_hash}"}}'
    )
    costs, sessions, empty, _ = json.loads(files["manifest.json"])["files"]
    assert costs["sha256"] == "c0de"
    assert sessions["sha256"] is None  # its files were too large to be hashed
    assert empty["sha256"] == hashlib.sha256(b"[\n]\n").hexdigest()


@pytest.mark.parametrize(
    "query",
    [
        "values (0, '['), (1, '1')",
        "values (1, '1'), (2, ']')",
        "values (0, '['), (2, ']'), (1, '1')",
        "values (0, '['), (0, '['), (2, ']')",
        "select 1 as section, '' as line limit 0",
        "select 0 as section, cast(raise_error('the disk is full') as string) as line",
    ],
)
def test_a_report_that_is_not_whole_changes_nothing(
    views: Views, before: dict[str, bytes], tmp_path: Path, query: str
) -> None:
    views.put("long", query)
    with pytest.raises(
        CannotUseSparkError, match=r"long\.json arrived incomplete|the disk is full"
    ):
        views.fetch(tmp_path / "reports")
    assert files_in(tmp_path / "reports") == before


def test_a_name_that_is_no_reports_is_refused(
    views: Views, before: dict[str, bytes], tmp_path: Path
) -> None:
    views.put("manifest", MANIFEST.replace("long.json", "../long.json"))
    with pytest.raises(CannotUseSparkError, match="has no valid reports"):
        views.fetch(tmp_path / "reports")
    assert files_in(tmp_path / "reports") == before


def test_without_a_build_there_is_nothing_to_fetch(
    cluster: Cluster, before: dict[str, bytes], tmp_path: Path
) -> None:
    with pytest.raises(CannotUseSparkError, match="run `dbt build --target spark`") as raised:
        fetch_reports(HOST, cluster.port, tmp_path / "reports", schema="nowhere")
    assert "nowhere" in str(raised.value)
    assert files_in(tmp_path / "reports") == before
