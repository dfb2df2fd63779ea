"""What DuckDB calls of ours."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pytest

from warehouse.functions import file_sha256, register_functions
from warehouse.growth import CHUNK_BYTES, file_growth


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"x" * (2 * CHUNK_BYTES + 1)])
def test_file_sha256_is_that_of_all_bytes(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert file_sha256(str(path)) == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("before", "after", "growth"),
    [
        (b"a\n1\n", b"a\n1\n", "unchanged"),
        (b"a\n1\n", b"a\n1\n2\n", "grown"),
        (b"a\n1\n", b"a\n1\n2", "grown"),
        (b"a\r\n1\r\n", b"a\r\n1\r\n2\r\n", "grown"),
        (b"", b"", "unchanged"),
        (b"a\n1", b"a\n1", "unchanged"),
        (b"a\n1", b"a\n12\n", "replaced"),
        (b"a\n1", b"a\n1\n2\n", "replaced"),
        (b"", b"a\n", "replaced"),
        (b"a\n1\n", b"a\n", "replaced"),
        (b"a\n1\n", b"a\n2\n3\n", "replaced"),
        (b"a\n1\n", b"", "replaced"),
        (b"x\n" * CHUNK_BYTES, b"x\n" * CHUNK_BYTES + b"y\n", "grown"),
        (b"x\n" * CHUNK_BYTES, b"x\n" * (CHUNK_BYTES - 1) + b"y\n" * 2, "replaced"),
    ],
)
def test_file_growth(tmp_path: Path, before: bytes, after: bytes, growth: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(after)
    assert file_growth(str(path), len(before), hashlib.sha256(before).hexdigest()) == growth


def test_functions_serve_every_connection_of_the_process(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a\n")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as first:
        register_functions(first)
        with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as second:
            ((sha256, growth),) = second.execute(
                "select file_sha256($1), file_growth($1, 2, file_sha256($1))", [str(path)]
            ).fetchall()
    assert (sha256, growth) == (hashlib.sha256(b"a\n").hexdigest(), "unchanged")


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        register_functions(connection)
        with pytest.raises(duckdb.Error, match="No such file or directory"):
            connection.execute("select file_sha256(?)", [str(tmp_path / "missing")])
