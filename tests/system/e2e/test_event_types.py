"""Events through the API, the loader and a build to the models of `events.yml`, and their check."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from tests.support.harness import GOOD, ROOT, Project
from tests.support.server import Request, Server
from tests.warehouse.checkpoints.gx_project import RUNS_GREAT_EXPECTATIONS
from warehouse.checkpoints.command import check
from warehouse.checkpoints.project import CHECKPOINTS
from warehouse.settings import Settings
from warehouse.taxonomy.command import MISFIT_MEASURES

pytestmark = RUNS_GREAT_EXPECTATIONS

# Types and metas; each event is a minute later than the one before.
SENT: list[tuple[str, dict[str, object] | None]] = [
    ("level_up", {"level": 2, "hero": "mage", "durationSeconds": 7}),
    ("level_up", {"level": "3", "hero": "bard", "boss": {"name": "Wyrm"}}),
    ("level_up", {"level": "4"}),
    ("level_up", None),
    ("chest.opened", {"chest_id": "7", "is_free": False, "ready_at": "2026-01-05T10:30+02:00"}),
    ("tutorial_finished", None),
    ("jump", {"height": 2}),
]


@pytest.fixture
def played(project: Project) -> Project:
    """A project with events from before it had a taxonomy."""
    project.write_inputs(GOOD)
    events = [
        {"eventType": event_type, "meta": meta, "tsUtc": f"2026-01-05T09:0{minute}:00Z"}
        for minute, (event_type, meta) in enumerate(SENT)
    ]
    server = Server(project.warehouse)
    server.start()
    try:
        credentials = {"username": "ada", "password": "correct horse"}
        token = server.call(Request("POST", "/login", credentials))[1]["token"]
        sent = server.call(Request("POST", "/events", {"events": events}, token))[1]
        assert sent["recorded"] == len(SENT)
        earned = Request("POST", "/earn", {"amount": 5, "reason": "win"}, token)
        assert server.call(earned)[0] == 201
        assert server.call(Request("GET", "/track?character=dragon"))[0] == 200
        erase_a_player(server)
    finally:
        assert server.stop() == 0
    return project


def erase_a_player(server: Server) -> None:
    """Another one, of whose events only type and time remain."""
    credentials = {"username": "bob", "password": "correct horse"}
    token = server.call(Request("POST", "/login", credentials))[1]["token"]
    event = {"eventType": "level_up", "meta": {"level": "5"}, "tsUtc": "2026-01-05T09:30:00Z"}
    assert server.call(Request("POST", "/event", event, token))[0] == 201
    password = {"password": credentials["password"]}
    assert server.call(Request("DELETE", "/account", password, token))[0] == 204


def test_events_from_before_the_file_are_typed_and_judged(
    played: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(ROOT / "examples/events/events.yml", played.root)
    run = played.run(sys.executable, "-m", "warehouse", "events")
    assert run.exit_code == 0, run.output

    run = played.build("--select", "+qa_event_misfits", "models/marts/game_events")

    assert run.exit_code == 0, run.output
    assert "WARN=0" in run.output
    assert played.query(
        "select occurred_at::text, level, hero, duration_seconds from marts.fct_event_level_up"
        " order by occurred_at"
    ) == [
        ("2026-01-05 09:00:00", 2, "mage", 7.0),
        ("2026-01-05 09:01:00", None, "bard", None),
        ("2026-01-05 09:02:00", None, None, None),
        ("2026-01-05 09:03:00", None, None, None),
        ("2026-01-05 09:30:00", None, None, None),
    ]
    assert played.query(
        "select chest_id, is_free, ready_at::text, user_id from marts.fct_event_chest_opened"
    ) == [("7", False, "2026-01-05 08:30:00", 1)]
    assert played.query("select count(*) from marts.fct_event_tutorial_finished") == [(1,)]
    assert played.query(
        """
        select event_type, field_name, reason, expected, found
        from marts.fct_event_misfits
        order by all
        """
    ) == [
        ("jump", None, "unknown_type", "an event type that events.yml names", None),
        ("level_up", "boss", "unknown_field", "no field of this name", '{"name":"Wyrm"}'),
        ("level_up", "hero", "value_not_listed", "one of knight, mage, rogue", "bard"),
        ("level_up", "level", "missing_field", "a whole number of at most 64 bits", None),
        ("level_up", "level", "wrong_type", "a whole number of at most 64 bits", "3"),
        ("level_up", "level", "wrong_type", "a whole number of at most 64 bits", "4"),
    ]

    monkeypatch.setenv("EVENTS_FILE", str(played.root / "events.yml"))
    exit_code, output = checked(played, tmp_path / "checkpoints")
    assert exit_code == 0
    assert "6: 2 of level_up.level (wrong_type) = 6" in output
    assert "landed: 0 of 1 expectations hold, 1 warn: events_fit_taxonomy" in output


def checked(project: Project, folder: Path) -> tuple[int, str]:
    """Run only the expectation on misfits."""
    suites = yaml.safe_load((ROOT / "warehouse/checkpoints/suites.yml").read_text("utf-8"))
    folder.mkdir()
    kept = {
        name: [each for each in suites[name] if each["table"] == MISFIT_MEASURES]
        for name in CHECKPOINTS
    }
    (folder / "suites.yml").write_text(json.dumps(kept), encoding="utf-8")
    (folder / "bounds.yml").write_text("{}", encoding="utf-8")
    output = io.StringIO()
    settings = Settings.from_environment(
        {"WAREHOUSE_PATH": str(project.warehouse), "REPORTS_PATH": str(project.reports)}
    )
    console = Console(file=output, width=160, highlight=False)
    return check(["landed"], settings, console, brief=True, folder=folder), output.getvalue()
