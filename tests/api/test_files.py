"""Files that the server sends."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from api.files import File, open_file

CONTENT = random.Random(1).randbytes(300_007)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[File]:
    (tmp_path / "report").write_bytes(CONTENT)
    with closing(open_file(tmp_path, "report")) as file:
        yield file


def test_everything_is_read_once_in_its_order(file: File) -> None:
    parts = list(iter(lambda: file.read(100_000), b""))

    assert b"".join(parts) == CONTENT
    assert (file.size, file.tell(), file.read(1)) == (len(CONTENT), len(CONTENT), b"")


def test_a_server_may_read_a_part_again(file: File) -> None:
    for place in (100, 0, len(CONTENT) - 1):
        assert file.seek(place) == place
        assert file.read(10) == CONTENT[place : place + 10]


def test_bytes_appended_later_are_not_sent(tmp_path: Path, file: File) -> None:
    with (tmp_path / "report").open("ab") as more:
        more.write(b"more")

    assert b"".join(iter(lambda: file.read(100_000), b"")) == CONTENT


def test_truncated_file_is_an_error(tmp_path: Path, file: File) -> None:
    os.truncate(tmp_path / "report", 1000)

    assert len(file.read(5000)) == 1000
    with pytest.raises(OSError, match="was truncated"):
        file.read(5000)
