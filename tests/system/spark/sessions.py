"""A session of a Thrift Server."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from warehouse.spark.cluster import HOST, Cluster


@contextmanager
def session(cluster: Cluster) -> Iterator[Any]:
    """Open a session; gives a cursor of PyHive, which may not be installed."""
    hive = importlib.import_module("pyhive.hive")
    connection = hive.connect(host=HOST, port=cluster.port, auth="NOSASL", username="test")
    try:
        yield connection.cursor()
    finally:
        connection.close()


def ask(cluster: Cluster, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements in a new session; return the rows of the last one."""
    with session(cluster) as cursor:
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []
