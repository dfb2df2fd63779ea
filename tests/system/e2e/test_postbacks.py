"""AppsFlyer's messages and its export are the same purchases, each of them once."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.harness import GOOD, Project
from tests.support.server import PUSH_SECRET, Request, Server
from tests.system.e2e.storm import shipped_ids, wait_for

ADDRESS = f"/postbacks/appsflyer?secret={PUSH_SECRET}"
NAMES = [
    *("AppsFlyer ID", "Event Name", "Event Time", "Event Value", "Event Revenue"),
    *("Event Revenue Currency", "Event Revenue USD", "Campaign", "Media Source", "Campaign ID"),
    "Is Primary Attribution",
]
# The app's own key of the receipt, which var inputs names.
INPUTS = {
    "purchases_raw": {
        "preset": "appsflyer_pull_api",
        "path": "exports/pull.csv",
        "columns": {"receipt_id": {"column": "Event Value", "json": ["my_order"]}},
    }
}


def event(
    player: str, time: str, amount: str, receipt: str | None, **fields: object
) -> dict[str, Any]:
    """An event as Push sends it."""
    return {
        "appsflyer_id": player,
        "event_name": "af_purchase",
        "event_time": time,
        "event_value": json.dumps({"my_order": receipt} if receipt else {}),
        "event_revenue": amount,
        "event_revenue_currency": "USD",
        "event_revenue_usd": amount,
        "campaign": "Dragon",
        "media_source": "googleads_int",
        "af_c_id": "123",
        "is_primary_attribution": "true",
        **fields,
    }


def exported(pushed: dict[str, Any]) -> list[str]:
    """The same event in the Pull API's CSV, whose times have no milliseconds."""
    message = {**pushed, "campaign_id": pushed["af_c_id"]}
    row = [str(message[name.lower().replace(" ", "_")]) for name in NAMES]
    row[2] = row[2][:19]
    return row


BOTH = event("af_1", "2026-01-05 09:00:00.123", "4.99", "RCP-1")
WITHOUT_RECEIPT = event("af_2", "2026-01-05 09:30:00.898", "2.50", None)
ONLY_PUSHED = event("af_3", "2026-01-05 10:00:00.000", "19.99", "RCP-3", event_revenue_usd=19.99)
REFUND_OF_BOTH = event("af_1", "2026-01-06 09:00:00.500", "-4.99", "RCP-1", event_name="af_refund")
SECONDARY = {**ONLY_PUSHED, "is_primary_attribution": False, "campaign": "Tiger", "af_c_id": "9"}
UNREADABLE = event("af_4", "noon", "7.77", "RCP-4")
UNKNOWN_RECEIPT = event("af_5", "2026-01-05 11:00:00.000", "7.77", "CRACKED")
INSTALL = {"appsflyer_id": "af_1", "event_name": "install", "event_time": "2026-01-04 09:00:00.000"}
ONLY_EXPORTED = event("af_6", "2026-01-05 12:00:00.000", "0.99", "RCP-6")
PUSHED = [BOTH, WITHOUT_RECEIPT, ONLY_PUSHED, REFUND_OF_BOTH, SECONDARY, UNREADABLE]
PUSHED += [UNKNOWN_RECEIPT, INSTALL, BOTH, WITHOUT_RECEIPT, ONLY_PUSHED, REFUND_OF_BOTH]
PULLED = [ONLY_EXPORTED, BOTH, WITHOUT_RECEIPT, REFUND_OF_BOTH]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with an export of AppsFlyer."""
    project = Project.copy_to(tmp_path / "project")
    project.write_inputs(GOOD)
    (project.root / "exports").mkdir()
    with (project.root / "exports/pull.csv").open("w", newline="") as file:
        csv.writer(file).writerows([NAMES, *map(exported, PULLED)])
    return project


def test_each_event_counts_once(project: Project, server: Server) -> None:
    answers = [server.call(Request("POST", ADDRESS, message)) for message in PUSHED]
    refused = server.call(Request("POST", ADDRESS, {"event_name": "af_purchase"}))
    forged = server.call(Request("POST", ADDRESS + "x", BOTH))

    assert [status for status, _ in answers] == [200] * len(PUSHED)
    assert (refused[0], forged[0]) == (400, 403)
    ids = sorted(answer["eventId"] for _, answer in answers)
    assert wait_for(lambda: len(shipped_ids(project.warehouse)) >= len(ids), 60)
    assert sorted(shipped_ids(project.warehouse)) == ids
    server.stop()

    wanted = ["+fct_purchases", "+fct_rejected_rows", "+dim_players", "+fct_player_events_daily"]
    run = project.build("--select", *wanted, variables={"inputs": INPUTS})
    assert run.exit_code == 0, run.output
    assert project.query(
        """
        select
            appsflyer_id, purchase_id, receipt_id, campaign,
            (100 * revenue_usd)::decimal(9, 2)::text,
            (100 * net_revenue_usd)::decimal(9, 2)::text, duplicates_removed
        from marts.fct_purchases
        order by appsflyer_id
        """
    ) == [
        ("af_1", 2, "RCP-1", "DRAGON", "499.00", "0.00", 2),
        ("af_2", 3, None, "DRAGON", "250.00", "250.00", 2),
        ("af_3", -3, "RCP-3", "DRAGON", "1999.00", "1999.00", 1),
        ("af_6", 1, "RCP-6", "DRAGON", "99.00", "99.00", 0),
    ]
    # Every message that is no purchase has its reason. The refund took back 4.99 once.
    assert project.query(
        """
        select source_row_number, disposition, reason from marts.fct_rejected_rows
        where file = 'raw.game_events' order by 1
        """
    ) == [
        (1, "duplicate", None),
        (2, "duplicate", None),
        (4, "chargeback", None),
        (5, "secondary_attribution", None),
        (6, "malformed", "unparsable_time"),
        (7, "false_success", "unknown_receipt_form"),
        (8, "not_a_purchase", None),
        (9, "duplicate", None),
        (10, "duplicate", None),
        (11, "duplicate", None),
        (12, "chargeback", None),
    ]
    # No message is an event of the game.
    assert project.query("select count(*) from marts.fct_player_events_daily") == [(0,)]
    assert project.query("select count(*) from marts.dim_players") == [(0,)]
