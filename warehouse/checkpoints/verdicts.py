"""Records the verdicts of the checkpoints in the manifest of the reports."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from warehouse.atomic_write import atomic_write

HEADER = (
    *("as_of_date", "d1_date", "dbt_version", "engine_version", "quality_status"),
    *("checkpoint_landed", "checkpoint_marts", "checkpoint_reports"),
)
# The columns of a file in both the warehouse and the manifest.
FILE = ("kind", "file", "row_count", "sha256")
FILES_OF_THE_BUILD = f"select {', '.join(FILE)} from reports.rpt_manifest order by kind, file"  # noqa: S608 (ours)  # nosec B608

ManifestRow = tuple[Any, ...]


def record_verdicts(
    manifest: Path, built: Sequence[ManifestRow], passed: Mapping[str, bool]
) -> str | None:
    """Record verdicts in the manifest, if it belongs to the judged build.

    The other lines remain as dbt wrote them.

    Args:
        manifest: The file.
        built: The files of the judged build from `reports.rpt_manifest`, with the columns FILE.
        passed: Whether a checkpoint passed, by name. The other checkpoints keep their verdicts.

    Returns:
        Why nothing was recorded; None on success.
    """
    try:
        content = manifest.read_text(encoding="utf-8")
    except FileNotFoundError:
        return f"there is no {manifest}"
    fault = manifest_fault(content, built)
    if fault is not None:
        return f"{manifest} {fault}"
    header, lines = content.split("\n", maxsplit=1)
    for name, has_passed in passed.items():
        verdict = "passed" if has_passed else "failed"
        header = re.sub(f'("checkpoint_{name}"):"[a-z_]+"', rf'\1:"{verdict}"', header)
    with atomic_write(manifest) as draft:
        draft.write_text(f"{header}\n{lines}", encoding="utf-8", newline="")
    return None


def manifest_fault(content: str, built: Sequence[ManifestRow]) -> str | None:
    """Say why a manifest does not belong to a build; None if it does.

    Args:
        content: The text of `manifest.json`.
        built: The sorted files of the build, with the columns FILE.
    """
    try:
        manifest = json.loads(content)
        recorded = [tuple(file[column] for column in FILE) for file in manifest["files"]]
    except (ValueError, TypeError, KeyError):
        return "is not a manifest"
    if tuple(manifest) != (*HEADER, "files"):
        return "is from another version of this project; run `dbt build` again"
    if recorded != [tuple(row) for row in built]:
        return "and the warehouse are from different builds"
    return None
