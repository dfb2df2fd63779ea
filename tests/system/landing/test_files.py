"""What is told of a single file without reading its rows."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.system.landing.files import write_parquet
from warehouse.inputs import landing

ROWS = b"a,b\n1,2\n"
# Seconds after which a kernel tells two times apart.
A_TICK = 0.02


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "1.csv"
    path.write_bytes(ROWS)
    return path


def test_content_of_the_same_size_and_time_is_found(file: Path) -> None:
    """As after `cp -p` or `rsync -t`, into the file and in its place."""
    facts = landing.file_facts(str(file))
    found = file.stat()
    time.sleep(A_TICK)
    file.write_bytes(ROWS.replace(b"2", b"3"))
    os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert landing.file_facts(str(file)) != facts
    facts = landing.file_facts(str(file))
    other = file.with_name("other")
    other.write_bytes(ROWS.replace(b"2", b"4"))
    os.utime(other, ns=(found.st_atime_ns, found.st_mtime_ns))
    other.replace(file)
    assert landing.file_facts(str(file)) != facts


def test_faults_of_parquet_files(tmp_path: Path) -> None:
    path = tmp_path / "1.parquet"
    write_parquet(path, [["a"], ["1"]])
    whole = path.read_bytes()
    assert landing.parquet_fault(str(path)) == ""
    for content in (b"", b"PAR", b"a,b\n1,2\n", b"PK" + whole):
        path.write_bytes(content)
        assert landing.parquet_fault(str(path)) == "is not a Parquet file. Export it again."
    for content in (whole[:4], whole[:-1], whole[: len(whole) // 2], whole[:4] + whole[-8:]):
        path.write_bytes(content)
        assert landing.parquet_fault(str(path)) == (
            "is truncated: the footer of a Parquet file is missing. Copy or export it again."
        )
    path.unlink()
    assert landing.parquet_fault(str(path)) == (
        "cannot be read: No such file or directory. Give this user read access, and run again."
    )
