"""The whole build on the sample, and its results."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from tests.conftest import Built
from tests.support.harness import PARSED, ROOT, Project
from warehouse.sample.generate import generate_sample

SCHEMAS = ROOT / "reports/schemas"
REPORTS = sorted(path.name.removesuffix(".schema.json") for path in SCHEMAS.iterdir())


def test_build_passes_without_a_warning(built: Built) -> None:
    assert built.run.exit_code == 0, built.run.output
    assert re.search(r"Done\. PASS=\d+ WARN=0 ERROR=0 SKIP=0", built.run.output)
    assert not re.search(r"warning|deprecat", built.run.output.replace("WARN=0", ""), re.IGNORECASE)


def test_unit_tests_of_the_models_pass(built: Built) -> None:
    run = built.project.dbt("test", "--select", "test_type:unit")
    assert run.exit_code == 0, run.output
    assert re.search(r"Done\. PASS=\d{3,} WARN=0 ERROR=0 SKIP=0", run.output)


def test_every_report_and_no_other_file_is_written(built: Built) -> None:
    files = sorted(path.name for path in built.project.reports.iterdir())
    assert files == sorted([*(f"{name}.json" for name in REPORTS), "rejected_rows.csv"])
    parsed = json.loads((built.project.root / "target/manifest.json").read_text(encoding="utf-8"))
    exported = [
        file
        for node in parsed["nodes"].values()
        for hook in node["config"].get("post-hook", [])
        for file in re.findall(r"export_(?:json|csv)\(\s*'(.+?)'", hook["sql"])
    ]
    assert files == sorted(exported)


@pytest.mark.parametrize("name", REPORTS)
def test_report_keeps_its_schema(built: Built, name: str) -> None:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    faults = [fault.message for fault in validator.iter_errors(built.project.report(name))]
    assert faults == []


@pytest.mark.parametrize("name", REPORTS)
def test_schema_leaves_nothing_open(name: str) -> None:
    """A schema must forbid unknown keys and require known keys."""
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    objects = [part for part in _parts(schema) if part.get("type") == "object"]
    assert objects
    for part in objects:
        assert part["additionalProperties"] is False
        assert part["required"] == list(part["properties"])


def _parts(schema: object) -> list[dict[str, Any]]:
    if isinstance(schema, dict):
        return [schema, *(part for value in schema.values() for part in _parts(value))]
    return []


def test_manifest_tells_the_truth_about_every_file(built: Built) -> None:
    manifest = built.project.report("manifest")
    assert manifest["quality_status"] == "passed"
    assert (manifest["as_of_date"], manifest["d1_date"]) == ("2026-01-30", "2026-01-29")
    folders = {"input": built.project.root / "seeds", "report": built.project.reports}
    reports = {file["file"] for file in manifest["files"] if file["kind"] == "report"}
    assert reports | {"manifest.json"} == {f"{name}.json" for name in REPORTS}
    assert len(manifest["files"]) == 4 + len(reports)
    for file in manifest["files"]:
        content = (folders[file["kind"]] / file["file"]).read_bytes()
        assert file["sha256"] == hashlib.sha256(content).hexdigest()


def test_manifest_counts_rows_as_a_reader_of_the_files_would(built: Built) -> None:
    rows = {file["file"]: file["row_count"] for file in built.project.report("manifest")["files"]}
    assert rows["purchases_curated.json"] == len(built.project.report("purchases_curated"))
    assert rows["reconciliation.json"] == len(built.project.report("reconciliation")["details"])
    sessions = (built.project.root / "seeds/sessions.csv").read_text(encoding="utf-8")
    assert rows["sessions.csv"] == len(sessions.splitlines()) - 1


def test_ledger_holds_every_purchase_and_every_confirmation_once(built: Built) -> None:
    report = built.project.report("reconciliation")
    summary, details = report["summary"], report["details"]
    purchases = [row["af_row_number"] for row in details if row["type"] != "confirmed_only"]
    confirmations = [row["confirmed_row_number"] for row in details if row["type"] != "af_only"]
    assert len(set(purchases)) == len(purchases)
    assert len(set(confirmations)) == len(confirmations)
    curated = built.project.report("purchases_curated")
    accepted = built.project.query("select count(*) from intermediate.int_confirmations__accepted")
    assert summary["matched"] + summary["af_only"] == len(curated) == len(purchases)
    assert summary["matched"] + summary["confirmed_only"] == accepted[0][0] == len(confirmations)


def test_second_build_changes_no_byte_of_the_reports(built: Built, tmp_path: Path) -> None:
    """The second build uses another folder, a new warehouse and one thread."""
    project = Project.copy_unparsed_to(tmp_path / "elsewhere")
    generate_sample(project.root / "seeds")
    first = project.build("--threads", "1")
    assert first.exit_code == 0, first.output
    assert project.report_bytes() == built.project.report_bytes()
    second = project.build()
    assert second.exit_code == 0, second.output
    assert project.report_bytes() == built.project.report_bytes()


def test_docs_describe_every_column_of_every_relation(built: Built, tmp_path: Path) -> None:
    shutil.copy(built.project.root / PARSED, tmp_path)
    run = built.project.dbt("docs", "generate", "--target-path", str(tmp_path))
    assert run.exit_code == 0, run.output
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    catalog = json.loads((tmp_path / "catalog.json").read_text(encoding="utf-8"))
    undescribed = [
        f"{node_id}.{column}"
        for node_id, relation in catalog["nodes"].items()
        if node_id.startswith(("model.", "seed."))
        for column in relation["columns"]
        if not manifest["nodes"][node_id]["columns"].get(column, {}).get("description")
    ]
    assert undescribed == []
    assert len(catalog["nodes"]) >= 30
