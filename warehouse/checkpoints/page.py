"""Writes the outcomes of the checkpoints as one HTML file, `checkpoints.html`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from warehouse.atomic_write import atomic_write
from warehouse.checkpoints.outcome import CheckpointOutcome
from warehouse.html import templates
from warehouse.terminal import printable

PAGE = "checkpoints.html"


def write_page(folder: Path, checkpoints: Sequence[CheckpointOutcome]) -> Path:
    """Write the page into a folder.

    Returns:
        The path of the page.

    Raises:
        OSError: The folder is not writable.
    """
    environment = templates()
    environment.filters["printable"] = printable
    html = environment.get_template(f"{PAGE}.j2").render(checkpoints=checkpoints)
    page = folder / PAGE
    with atomic_write(page) as draft:
        draft.write_text(html, encoding="utf-8", newline="")
    return page
