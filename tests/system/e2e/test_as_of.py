"""A build for a past day reports what a build on that day would have reported."""

from __future__ import annotations

import re
from datetime import date, timedelta

from tests.support.harness import GOOD, Project
from tests.system.e2e.test_api_models import Event, land
from warehouse.inputs.headers import HEADERS

# The last day of the past build.
AS_OF = "2026-01-06"
UNTIL_THEN = {
    "purchases_raw": [
        "af_1,purchase,2026-01-05T09:00:00Z,4.99,A,RCP-1,success",
        "af_2,purchase,2026-01-06T23:59:59Z,9.99,A,RCP-2,success",
        "af_3,purchase,2026-01-05T10:00:00Z,1.99,A,OTHER-3,success",
        ",purchase,soon,1.99,A,RCP-4,success",
    ],
    "confirmed_purchases": ["af_1,purchase,2026-01-05T09:01:00Z,4.99,A,RCP-1"],
    "costs_daily": ["2026-01-05,A,10"],
    "sessions": ["2026-01-05T08:00:00Z,u1,session_start"],
}
# Each would change a report of the day: a refund, a duplicate's successor, a confirmation within
# the window, one that makes a receipt genuine, a campaign.
LATER = {
    "purchases_raw": [
        "af_1,purchase,2026-01-07T09:00:00Z,4.99,A,RCP-1,refund",
        "af_9,purchase,2026-01-07T09:00:00Z,8.99,B,RCP-9,success",
        "af_9,purchase,2026-01-08T09:00:00Z,x,B,RCP-9,success",
    ],
    "confirmed_purchases": [
        "af_2,purchase,2026-01-07T00:00:01Z,9.99,A,RCP-2",
        "af_3,purchase,2026-01-07T10:00:00Z,1.99,A,OTHER-3",
        "af_9,purchase,2026-01-07T10:00:00Z,abc,B,RCP-9",
    ],
    "costs_daily": ["2026-01-07,B,10"],
    "sessions": ["2026-01-08T08:00:00Z,u2,session_start"],
}


def written(*parts: dict[str, list[str]]) -> dict[str, str]:
    """Write the four inputs."""
    return {
        name: "\n".join(
            [HEADERS[f"{name}.csv"], *(line for part in parts for line in part[name]), ""]
        )
        for name in UNTIL_THEN
    }


def click(number: int, day: str) -> Event:
    """A click on a deep link."""
    return (f"click-{number}", None, "deep_link", f"{day} 09:00:00", '{"character": "knight"}')


def reports_of(project: Project) -> dict[str, bytes]:
    """All reports without the manifest, which hashes the whole files."""
    return {name: text for name, text in project.report_bytes().items() if name != "manifest.json"}


def test_past_day_is_reported_as_on_that_day(project: Project) -> None:
    project.write_inputs(written(UNTIL_THEN))
    assert project.dbt("seed").exit_code == 0  # makes the tables of the API
    land(project, [click(1, AS_OF)])
    run = project.build()
    assert run.exit_code == 0, run.output
    then = reports_of(project)
    assert project.report("reconciliation")["summary"]["matched"] == 1

    project.write_inputs(written(UNTIL_THEN, LATER))
    land(project, [click(2, "2026-01-07")])
    run = project.build()
    assert run.exit_code == 0, run.output
    assert project.report("reconciliation")["summary"]["matched"] == 2
    same = {name for name, text in reports_of(project).items() if text == then[name]}
    # These files have no install times, no ambiguous pairs and no campaign with enough days.
    assert same <= {"cohorts.json", "reconciliation_alternatives.json", "roas_rules.json"}, same

    run = project.build(variables={"as_of_date": AS_OF})
    assert run.exit_code == 0, run.output
    assert "d1_is_in_the_data:" not in run.output
    assert reports_of(project) == then
    assert project.report("manifest")["as_of_date"] == AS_OF


def moved(days: int) -> dict[str, str]:
    """The good inputs, of 2026-01-05 and 2026-01-06, so many days later."""

    def later(found: re.Match[str]) -> str:
        return (date.fromisoformat(found[0]) + timedelta(days)).isoformat()

    return {name: re.sub(r"\d{4}-\d\d-\d\d", later, text) for name, text in GOOD.items()}


def test_day_outside_the_data_is_told(good: Project) -> None:
    """It is no error, because a game may have had no players on a day."""
    begin = "d1_is_in_the_data: Var as_of_date is 2026-01-07, so D-1 is 2026-01-06, "
    end = " The reports are of a day without data."
    for days, told in (
        (0, None),  # the last day is whole
        (-1, "after the last day of the data, 2026-01-05."),
        (2, "before the first day of the data, 2026-01-07."),
        (30, "before the first day of the data."),
    ):
        good.write_inputs(moved(days))
        run = good.build("--select", "+d1_is_in_the_data", variables={"as_of_date": "2026-01-07"})
        assert run.exit_code == 0, run.output
        output = " ".join(run.output.split())
        if told is None:
            assert "d1_is_in_the_data: Var" not in output
        else:
            assert f"{begin}{told}{end}" in output
