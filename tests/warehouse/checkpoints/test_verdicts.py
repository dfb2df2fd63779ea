"""Verdicts in the manifest: these, and nothing else, change."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.checkpoints.verdicts import record_verdicts

# As dbt writes it.
MANIFEST = """\
{"as_of_date":"2026-01-30","d1_date":"2026-01-29","dbt_version":"1.11.16",\
"engine_version":"v1.5.6","quality_status":"passed","checkpoint_landed":"not_run",\
"checkpoint_marts":"not_run","checkpoint_reports":"not_run","files":[
{"kind":"input","file":"checkpoint_marts.csv","row_count":2,"sha256":"ab"},
{"kind":"report","file":"roas_d1.json","row_count":5,"sha256":"cd"}
]}
"""
BUILT = [("input", "checkpoint_marts.csv", 2, "ab"), ("report", "roas_d1.json", 5, "cd")]


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.json"
    path.write_bytes(MANIFEST.encode())
    return path


def test_verdicts_are_recorded_and_all_else_stays(manifest: Path) -> None:
    assert record_verdicts(manifest, BUILT, {"landed": True, "marts": False}) is None
    expected = MANIFEST.replace('landed":"not_run"', 'landed":"passed"')
    expected = expected.replace('marts":"not_run"', 'marts":"failed"')
    assert manifest.read_bytes() == expected.encode()
    assert list(manifest.parent.iterdir()) == [manifest]


def test_a_later_run_overwrites_its_own_checkpoints_only(manifest: Path) -> None:
    record_verdicts(manifest, BUILT, {"landed": True, "marts": False, "reports": True})
    record_verdicts(manifest, BUILT, {"marts": True})
    content = manifest.read_text()
    assert content.count('":"passed"') == 3 + 1
    assert "failed" not in content


def test_without_activity_there_are_no_dates(manifest: Path) -> None:
    manifest.write_text(MANIFEST.replace('"2026-01-30"', "null").replace('"2026-01-29"', "null"))
    assert record_verdicts(manifest, BUILT, {"landed": True}) is None
    assert '"checkpoint_landed":"passed"' in manifest.read_text()


@pytest.mark.parametrize(
    ("content", "built", "reason"),
    [
        (MANIFEST, BUILT[:1], "and the warehouse are from different builds"),
        (MANIFEST, [], "and the warehouse are from different builds"),
        (MANIFEST.replace('"cd"', '"ef"'), BUILT, "and the warehouse are from"),
        (MANIFEST.replace('"checkpoint_marts":"not_run",', ""), BUILT, "is from another version"),
        (MANIFEST.replace('"as_of_date"', '"as_of"'), BUILT, "is from another version"),
        (MANIFEST.replace("]}", ""), BUILT, "is not a manifest"),
        ("[]", BUILT, "is not a manifest"),
        ('{"files": [1]}', BUILT, "is not a manifest"),
    ],
)
def test_another_manifest_stays_as_it_is(
    manifest: Path, content: str, built: list[tuple[object, ...]], reason: str
) -> None:
    manifest.write_text(content)
    note = record_verdicts(manifest, built, {"landed": True})
    assert note is not None
    assert note.startswith(f"{manifest} {reason}")
    assert manifest.read_text() == content


def test_no_manifest_is_made(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    assert record_verdicts(path, BUILT, {"landed": True}) == f"there is no {path}"
    assert list(tmp_path.iterdir()) == []
