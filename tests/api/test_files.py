"""Files as a server reads them."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from api.files import BLOCK_BYTES, File, open_file
from api.waiting import Hub

CONTENT = random.Random(1).randbytes(3 * BLOCK_BYTES + 7)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[File]:
    (tmp_path / "report").write_bytes(CONTENT)
    with closing(open_file(tmp_path, "report")) as file:
        yield file


def test_everything_is_read_once_in_its_order(file: File) -> None:
    parts = list(iter(lambda: file.read(100_000), b""))

    assert b"".join(parts) == CONTENT
    assert max(map(len, parts)) == 100_000
    assert (file.size, file.tell(), file.read()) == (len(CONTENT), len(CONTENT), b"")


@pytest.mark.parametrize("size", [-1, None, 10**9])
def test_no_more_than_a_block_is_read_at_a_time(file: File, size: int | None) -> None:
    assert file.read(size) == CONTENT[:BLOCK_BYTES]


def test_what_was_not_taken_is_read_again(file: File) -> None:
    at = BLOCK_BYTES - 10
    for place in (at, at + 9, at + 10, 0, len(CONTENT) - 1, 5):
        assert file.seek(place) == place
        expected = CONTENT[place : place + 100]
        part = file.read(100)
        assert part
        assert expected.startswith(part)
        file.seek(-len(part), os.SEEK_CUR)
        assert file.read(1) == expected[:1]
    assert file.seek(0, os.SEEK_END) == len(CONTENT)
    assert file.read(1) == b""


def test_what_is_added_meanwhile_is_not_sent(tmp_path: Path, file: File) -> None:
    with (tmp_path / "report").open("ab") as more:
        more.write(b"more")

    assert b"".join(iter(file.read, b"")) == CONTENT


def test_file_that_became_shorter_is_an_error_and_no_end(tmp_path: Path, file: File) -> None:
    os.truncate(tmp_path / "report", BLOCK_BYTES + 1)

    assert len(file.read() + file.read()) == BLOCK_BYTES + 1
    with pytest.raises(OSError, match="became shorter"):
        file.read()


def test_others_go_on_while_the_disk_is_at_work(file: File) -> None:
    has_news = threading.Event()
    hub = Hub(has_news.set, threads=1)
    parts: list[bytes] = []

    hub.run(lambda: parts.append(file.read()))
    assert parts == []
    assert has_news.wait(10)
    hub.go_on()
    hub.close()

    assert parts == [CONTENT[:BLOCK_BYTES]]
