"""`python -m warehouse events`: the models follow the file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from dbt.jsonschemas.jsonschemas import resources_schema

from tests.conventions.test_yaml import faults
from tests.support.harness import ROOT
from warehouse.cli import main

EXAMPLE = ROOT / "examples/events/events.yml"
MARTS = Path("models/marts/game_events")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a project with the example, which is the working directory."""
    (tmp_path / "dbt_project.yml").touch()
    shutil.copy(EXAMPLE, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files() -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for folder in ("models", "macros")
        for path in Path(folder).rglob("*.*")
    }


def test_models_are_written_checked_and_renewed(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["events", "--check"]) == 1
    told = capsys.readouterr().err
    assert "models/marts/game_events/fct_event_level_up.sql" in told
    assert "Run `python -m warehouse events`, then `dbt build`." in told

    assert main(["events"]) == 0
    assert main(["events", "--check"]) == 0
    assert sorted(files()) == [
        "macros/game_events/event_taxonomy.sql",
        "models/intermediate/game_events/int_events__received.sql",
        "models/marts/game_events/_game_events__models.yml",
        "models/marts/game_events/fct_event_chest_opened.sql",
        "models/marts/game_events/fct_event_level_up.sql",
        "models/marts/game_events/fct_event_misfits.sql",
        "models/marts/game_events/fct_event_tutorial_finished.sql",
        "models/quality/game_events/qa_event_misfits.sql",
    ]

    example = EXAMPLE.read_text(encoding="utf-8")
    (project / "events.yml").write_text(example.replace("chest.opened", "box"), encoding="utf-8")
    capsys.readouterr()
    assert main(["events", "--check"]) == 1
    told = capsys.readouterr().err
    assert "fct_event_box.sql" in told
    assert "fct_event_chest_opened.sql" in told
    assert "fct_event_level_up.sql" not in told
    assert main(["inputs", "--folder", str(ROOT / "seeds")]) == 1
    assert main(["events"]) == 0
    assert main(["events", "--check"]) == 0
    assert not (MARTS / "fct_event_chest_opened.sql").exists()


def test_without_the_file_only_what_was_written_goes(project: Path) -> None:
    assert main(["events"]) == 0
    own = MARTS / "fct_of_my_own.sql"
    own.write_text("select 1\n", encoding="utf-8")
    (project / "events.yml").unlink()

    assert main(["events", "--check"]) == 1
    assert main(["events"]) == 0

    assert list(files()) == [str(own)]
    assert main(["events", "--check"]) == 0


def test_another_place_and_a_broken_file_are_told(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EVENTS_FILE", "types.yml")
    assert main(["events"]) == 2
    assert "types.yml does not exist. Correct EVENTS_FILE." in capsys.readouterr().err
    (project / "types.yml").write_text("events: {a: {}}", encoding="utf-8")
    assert main(["events"]) == 0
    assert (MARTS / "fct_event_a.sql").exists()
    (project / "types.yml").write_text("events: {a: 7}", encoding="utf-8")
    assert main(["events", "--check"]) == 2
    assert main(["check"]) == 2
    assert "events.a: must be a mapping" in capsys.readouterr().err


def test_elsewhere_than_in_a_project_nothing_is_written(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "dbt_project.yml").unlink()
    assert main(["events"]) == 2
    assert "Run the command in the project folder." in capsys.readouterr().err
    assert files() == {}


def test_properties_follow_the_conventions() -> None:
    assert main(["events"]) == 0
    text = (MARTS / "_game_events__models.yml").read_text(encoding="utf-8")
    assert faults(text, resources_schema()) == []
    models = {model["name"]: model for model in yaml.safe_load(text)["models"]}
    for name, model in models.items():
        assert model["description"].startswith("Grain: one row")
        assert all(column["description"] for column in model["columns"])
        if name.startswith("fct_"):
            assert model["config"] == {"contract": {"enforced": True}}
            assert all(column["data_type"] for column in model["columns"])
    types = {
        column["name"]: column["data_type"] for column in models["fct_event_level_up"]["columns"]
    }
    assert types == {
        "event_id": "string",
        "user_id": "bigint",
        "occurred_at": "timestamp",
        "received_at": "timestamp",
        "level": "bigint",
        "hero": "string",
        "duration_seconds": "double",
    }
