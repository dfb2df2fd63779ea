"""Replaces a file in one step, so that a reader never sees half of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield the path of a draft, which replaces `path` when the block ends.

    If the block fails, the draft is removed and `path` is unchanged.

    Raises:
        OSError: The file cannot be written; the message names it.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield draft
        draft.replace(path)
    except OSError as error:
        raise OSError(
            f"Cannot write {path}: {error.strerror}. The old file is unchanged."
        ) from error
    finally:
        draft.unlink(missing_ok=True)
