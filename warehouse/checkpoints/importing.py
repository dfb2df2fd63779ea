"""Great Expectations as it is without Spark."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast


@contextmanager
def without_pyspark() -> Iterator[None]:
    """Let nothing in the block import pyspark.

    Great Expectations imports it where it is installed, although the checkpoints read DuckDB. That
    takes half a second, and pyspark has things to say about other packages. What is imported stays,
    so that looking for garbage meanwhile, a tenth of the import, finds none.
    """
    modules = cast(dict[str, Any], sys.modules)
    hidden = modules.get("pyspark")
    modules["pyspark"] = None
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        del modules["pyspark"]
        if hidden is not None:
            modules["pyspark"] = hidden
