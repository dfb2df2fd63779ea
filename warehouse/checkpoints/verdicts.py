"""Writes the verdicts of the checkpoints into the manifest of the reports."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from warehouse.replacing import replacing

HEADER = (
    *("as_of_date", "d1_date", "dbt_version", "engine_version", "quality_status"),
    *("checkpoint_landed", "checkpoint_marts", "checkpoint_reports"),
)
# A file as the warehouse and the manifest both know it.
FILE = ("kind", "file", "row_count", "sha256")
FILES_OF_THE_BUILD = f"select {', '.join(FILE)} from reports.rpt_manifest order by kind, file"  # noqa: S608 (ours)  # nosec B608

ManifestRow = tuple[Any, ...]


def record_verdicts(
    manifest: Path, built: Sequence[ManifestRow], passed: Mapping[str, bool]
) -> str | None:
    """Write verdicts into the manifest, where it belongs to the build that was judged.

    Nothing else changes in it: the lines stay as dbt wrote them.

    Args:
        manifest: The file.
        built: The files of the build that was judged, as FILE; `reports.rpt_manifest` has them.
        passed: Whether a checkpoint passed, by its name. Others keep the verdict that they have.

    Returns:
        Why nothing was recorded; None where it was.
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
    with replacing(manifest) as replacement:
        replacement.write_text(f"{header}\n{lines}", encoding="utf-8", newline="")
    return None


def manifest_fault(content: str, built: Sequence[ManifestRow]) -> str | None:
    """Say why a manifest is not the one of a build; None where it is.

    Args:
        content: The text of `manifest.json`.
        built: The files of the build, as FILE, sorted.
    """
    try:
        manifest = json.loads(content)
        recorded = [tuple(file[column] for column in FILE) for file in manifest["files"]]
    except (ValueError, TypeError, KeyError):
        return "is no manifest"
    if tuple(manifest) != (*HEADER, "files"):
        return "is of another version of this project; run `dbt build` again"
    if recorded != [tuple(row) for row in built]:
        return "belongs to another build than the warehouse"
    return None
