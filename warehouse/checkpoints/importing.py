"""Great Expectations as it is without Spark."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast


@contextmanager
def without_pyspark() -> Iterator[None]:
    """Let nothing in the block import pyspark.

    Great Expectations imports it where it is installed, although the checkpoints read DuckDB. That
    takes half a second, and pyspark has things to say about other packages.
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
