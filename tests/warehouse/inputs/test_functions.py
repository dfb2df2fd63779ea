"""What DuckDB calls of ours."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pytest

from warehouse.inputs.functions import file_sha256, register_functions


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"x" * 3_000_000])
def test_file_sha256_is_that_of_all_bytes(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert file_sha256(str(path)) == hashlib.sha256(content).hexdigest()


def test_functions_serve_every_connection_of_the_process(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a\n")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as first:
        register_functions(first)
        with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as second:
            found = second.execute("select file_sha256(?)", [str(path)]).fetchall()
    assert found == [(hashlib.sha256(b"a\n").hexdigest(),)]


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        register_functions(connection)
        with pytest.raises(duckdb.Error, match="No such file or directory"):
            connection.execute("select file_sha256(?)", [str(tmp_path / "missing")])
