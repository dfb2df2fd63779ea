"""Replacing a file in one step, so that nobody ever reads half of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to; what was written there takes the place of `path` at the end.

    Where writing fails, nothing of it is left, and `path` is as it was.

    Raises:
        OSError: The file cannot be written; the message names it.
    """
    replacement = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield replacement
        replacement.replace(path)
    except OSError as error:
        raise OSError(
            f"Cannot write {path}: {error.strerror}. What stood there is as it was."
        ) from error
    finally:
        replacement.unlink(missing_ok=True)
