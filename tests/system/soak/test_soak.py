"""A soak test of some seconds works and loses nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.system.soak.__main__ import main


def test_short_soak_leaks_and_loses_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "soak.json"
    # The long form and the storm run builds during the load.
    exit_code = main(["--minutes", "0.15", "--sample", "1", "--no-builds", "--json", str(out)])

    output = capsys.readouterr().out
    assert exit_code == 0, output
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["acknowledged"] > 100
    assert report["events"] > 100
    assert len(report["samples"]) >= 4
    assert "every acknowledged event and coin is present once" in output
