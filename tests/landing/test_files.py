"""What is told of a single file without reading its rows."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from tests.landing.files import write_parquet
from warehouse import landing

ROWS = b"a,b\n1,2\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "1.csv"
    path.write_bytes(ROWS)
    return path


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what was just written count as settled."""
    monkeypatch.setattr(landing, "SETTLED_NANOSECONDS", -1_000_000_000)


def growth(path: Path, facts: str) -> str:
    return landing.landed_growth(str(path), facts, len(ROWS), hashlib.sha256(ROWS).hexdigest())


@pytest.mark.usefixtures("settled")
def test_file_that_was_not_touched_is_not_read(file: Path) -> None:
    facts = landing.settled_facts(str(file))
    assert landing.landed_growth(str(file), facts, len(ROWS), "another hash") == "unchanged"


@pytest.mark.usefixtures("settled")
def test_content_of_the_same_size_and_time_is_found(file: Path) -> None:
    """As after `cp -p` or `rsync -t`, into the file and in its place."""
    facts = landing.settled_facts(str(file))
    found = file.stat()
    file.write_bytes(ROWS.replace(b"2", b"3"))
    os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert growth(file, facts) == "replaced"
    other = file.with_name("other")
    other.write_bytes(ROWS.replace(b"2", b"4"))
    os.utime(other, ns=(found.st_atime_ns, found.st_mtime_ns))
    other.replace(file)
    assert growth(file, facts) == "replaced"


@pytest.mark.usefixtures("settled")
def test_same_content_written_again_is_unchanged(file: Path) -> None:
    facts = landing.settled_facts(str(file))
    file.unlink()
    file.write_bytes(ROWS)
    assert landing.file_facts(str(file)) != facts
    assert growth(file, facts) == "unchanged"


def test_file_that_was_written_a_moment_ago_is_read_again(file: Path) -> None:
    """A second change within a tick of the clock leaves the facts as they are."""
    assert landing.settled_facts(str(file)) == ""
    assert growth(file, "") == "unchanged"
    file.write_bytes(ROWS.replace(b"2", b"3"))
    assert growth(file, "") == "replaced"


def test_lines_are_added_to_csv_and_not_to_parquet(file: Path) -> None:
    with file.open("ab") as end:
        end.write(b"3,4\n")
    assert growth(file, "") == "grown"
    assert growth(file.rename(file.with_suffix(".parquet")), "") == "replaced"


def test_faults_of_parquet_files(tmp_path: Path) -> None:
    path = tmp_path / "1.parquet"
    write_parquet(path, [["a"], ["1"]])
    whole = path.read_bytes()
    assert landing.parquet_fault(str(path)) == ""
    for content in (b"", b"PAR", b"a,b\n1,2\n", b"PK" + whole):
        path.write_bytes(content)
        assert landing.parquet_fault(str(path)) == "is no Parquet file. Export it again."
    for content in (whole[:4], whole[:-1], whole[: len(whole) // 2], whole[:4] + whole[-8:]):
        path.write_bytes(content)
        assert landing.parquet_fault(str(path)) == (
            "is cut off: it has no end of a Parquet file. Copy or export it again."
        )
    path.unlink()
    assert landing.parquet_fault(str(path)) == (
        "cannot be read: No such file or directory. Give this user the right to, and run again."
    )
