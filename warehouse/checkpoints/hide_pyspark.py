"""Prevents Great Expectations from importing pyspark."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast


@contextmanager
def hide_pyspark() -> Iterator[None]:
    """Make imports of pyspark fail in the block.

    Great Expectations imports it if it is installed, although the checkpoints only need DuckDB.
    That takes half a second and logs warnings about other packages.
    """
    modules = cast(dict[str, Any], sys.modules)
    hidden = modules.get("pyspark")
    modules["pyspark"] = None
    try:
        yield
    finally:
        del modules["pyspark"]
        if hidden is not None:
            modules["pyspark"] = hidden
