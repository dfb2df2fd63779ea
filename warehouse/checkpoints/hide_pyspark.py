"""Prevents Great Expectations from importing pyspark."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast


@contextmanager
def hide_pyspark() -> Iterator[None]:
    """Make imports of pyspark fail in the block.

    Great Expectations imports it if it is installed, although the checkpoints only need DuckDB.
    That takes half a second and logs warnings about other packages. Imported modules stay in
    memory, so garbage collection, a tenth of the import, is off in the block.
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
