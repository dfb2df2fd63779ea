"""A store on a temporary file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from warehouse.store.outbox import SqlOutbox
from warehouse.store.sql_store import SqlStore


@pytest.fixture
def url(store_url: str) -> str:
    """Where the store is."""
    return store_url


@dataclass
class FakeClock:
    """A clock that a test sets."""

    now: datetime = datetime(2026, 1, 5, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> FakeClock:
    """The clock of the store."""
    return FakeClock()


@pytest.fixture
def store(url: str, clock: FakeClock) -> Iterator[SqlStore]:
    """A store without players."""
    store = SqlStore(url, clock=clock)
    yield store
    store.close()


@pytest.fixture
def outbox(store: SqlStore, url: str) -> Iterator[SqlOutbox]:
    """The outbox of the store."""
    del store  # opened first
    outbox = SqlOutbox(url)
    yield outbox
    outbox.close()
