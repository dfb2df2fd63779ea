"""Block boundaries in DuckDB's CSV reader do not add, lose or change rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.harness import GOOD, Project
from tests.system.landing.boundaries import PIECE_BYTES, boundaries, files, rows_of, with_rows_at
from tests.system.properties.test_csv import Seeds
from warehouse.inputs.headers import HEADERS

# DuckDB's block size.
DUCKDB_PIECE_BYTES = 8_000_000
FILLER = "af_0,purchase,2026-01-05T08:00:00Z,1.00,A,,failed"
# Each row's quoted value crosses a boundary.
HOSTILE = [
    'af_1,purchase,2026-01-05T09:00:00Z,4.99,"Summer\n'
    'af_9,purchase,2026-01-05T10:00:00Z,500000.00,WINTER",,success',
    'af_2,purchase,2026-01-05T09:00:00Z,9.99,"Autumn\n'
    'af_9,purchase,2026-01-05T10:00:00Z,500000.00,WINTER,,success\nshort",,success',
]
REVENUE = """
    select appsflyer_id, revenue_usd, count(*)
    from raw.purchases_raw
    where appsflyer_id != 'af_0'
    group by appsflyer_id, revenue_usd
    order by appsflyer_id, revenue_usd
"""
EXPECTED = [("af_1", "4.99", 1), ("af_2", "9.99", 1)]


def large_file(piece: int) -> bytes:
    """A purchase file of more than two blocks."""
    rows = {piece * number - 45: row for number, row in enumerate(HOSTILE, start=1)}
    return with_rows_at(HEADERS["purchases_raw.csv"], FILLER, rows)


@pytest.fixture
def seeds(tmp_path: Path) -> Seeds:
    """The macros that load a seed, with small blocks."""
    return Seeds(tmp_path, f"buffer_size = {PIECE_BYTES}, max_line_size = {PIECE_BYTES - 1},")


@pytest.fixture(scope="module")
def large() -> bytes:
    return large_file(DUCKDB_PIECE_BYTES)


def test_every_byte_of_every_row_on_a_boundary(seeds: Seeds) -> None:
    placements = wrong = 0
    for content in files():
        placements += boundaries(content)
        wrong += seeds.load(content) != rows_of(content)
    print(f"{placements:,} placements of the boundary, {wrong} files with wrong rows")
    assert placements >= 10_000
    assert wrong == 0


def test_real_boundary_in_a_build_from_seeds(project: Project, large: bytes) -> None:
    project.write_inputs(GOOD)
    (project.root / "seeds/purchases_raw.csv").write_bytes(large)
    run = project.build()
    assert run.exit_code == 0, run.output
    assert project.query(REVENUE) == EXPECTED
    assert sum(row["revenue_usd"] for row in project.report("purchases_curated")) == 14.98


@pytest.mark.parametrize("kind", ["file", "folder", "glob"])
def test_real_boundary_in_landing(project: Project, large: bytes, kind: str) -> None:
    """Row numbers continue in the second file."""
    project.write_inputs(GOOD)
    folder = project.root / "lands"
    folder.mkdir()
    for name, text in GOOD.items():
        (folder / f"{name}.csv").write_text(text)
    path = folder / "purchases_raw.csv"
    if kind != "file":
        path.unlink()
        path.with_suffix("").mkdir()
        path = path.with_suffix("") / "1.csv"
        (path.with_name("2.csv")).write_text(f"{HEADERS['purchases_raw.csv']}\n{FILLER}\n")
    path.write_bytes(large)
    landing: object = "lands"
    if kind == "glob":
        landing = {name: f"lands/{name}.csv" for name in GOOD} | {
            "purchases_raw": "lands/purchases_raw/*.csv"
        }
    run = project.dbt("seed", "--vars", json.dumps({"landing": landing}))
    assert run.exit_code == 0, run.output
    assert project.query(REVENUE) == EXPECTED
    rows = len(rows_of(large)) + (kind != "file")
    assert project.query(
        "select count(*), max(source_row_number), count(distinct source_row_number)"
        " from raw.purchases_raw"
    ) == [(rows,) * 3]


def test_other_number_of_rows_than_counted_is_refused(project: Project) -> None:
    """As DuckDB makes of a large file without the option that keeps it in one piece."""
    macro = project.root / "macros/inputs/duckdb/csv_options.sql"
    macro.write_text(macro.read_text().replace("parallel = false", "parallel = true"))
    content = with_rows_at(
        HEADERS["purchases_raw.csv"], FILLER, {DUCKDB_PIECE_BYTES - 45: HOSTILE[0]}
    )
    project.write_inputs(GOOD)
    (project.root / "seeds/purchases_raw.csv").write_bytes(content)
    run = project.dbt("seed", "--select", "purchases_raw")
    rows = len(rows_of(content))
    assert run.exit_code == 1
    assert (
        f"seeds/purchases_raw.csv has {rows} rows, but DuckDB reads {rows + 1}, so none of them is"
        " loaded."
    ) in " ".join(run.output.split())
