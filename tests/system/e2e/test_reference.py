"""Check the reference against results calculated by hand.

The tests also check that the nasty inputs contain the promised irregularities. A property test on
data without them would always pass.
"""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import cast

import pytest

from tests.system.e2e.nasty import HEADERS, SCENARIOS, Scenario, nasty_inputs
from tests.system.e2e.reference import (
    RECEIPT_PATTERNS,
    Pair,
    Reports,
    Row,
    classify,
    find_candidates,
    has_same_receipt,
    known_receipts,
    parse_amount,
    parse_date,
    parse_time,
    rank,
    read_confirmations,
    read_csv,
    reference,
    take_best_pairs,
    write_time,
)

WORKED_EXAMPLE = {
    "purchases_raw": """\
appsflyer_id,event_name,event_time_utc,revenue_usd,campaign,receipt_id,status
af_1,purchase,2026-01-10T09:00:00Z,4.99,A,RCP-1,success
af_1,purchase,2026-01-10T09:00:00Z,"4,99",A,RCP-1,success
af_1,purchase,2026-01-10T09:01:00Z,4.99,a,RCP-1,success
af_2,purchase,2026-01-10T10:00:00Z,19.99,B,RCP-2,success
af_2,purchase,2026-01-10T10:01:00Z,-19.99,B,RCP-2,chargeback
af_3,purchase,2026-01-10T11:00:00Z,0.00,B,RCP-3,success
af_4,purchase,2026-01-10T12:00:00Z,2.99,A,BADREC-1,success
""",
    "confirmed_purchases": """\
appsflyer_id,event_name,event_time_utc,revenue_usd,campaign,receipt_id
af_1,purchase,2026-01-10T09:10:00Z,4.99,A,RCP-1
af_2,purchase,2026-01-10T10:00:00Z,19.99,B,RCP-2
af_9,purchase,2026-01-10T13:00:00Z,9.99,B,RCP-9
""",
    "costs_daily": """\
date,campaign,ad_cost_usd
2026-01-10,A,2.00
2026-01-10,b,1.00
2026-01-10,B,3.00
""",
    "sessions": """\
event_timestamp_utc,user_id,event_name
2026-01-10T08:00:00Z,u1,session_start
2026-01-10T23:59:59Z,u2,session_start
2026-01-11T00:00:00Z,u1,session_start
""",
}


NO_COUNTERPART = {
    f"counterpart_{key}": None for key in ("row_number", "disposition", "reason", "seconds_apart")
}


def csv(name: str, lines: str) -> str:
    """Create an input file from a header and indented lines."""
    return "\n".join([HEADERS[name], *(line.strip() for line in lines.strip().splitlines())]) + "\n"


def run(
    purchases: str = "", confirmations: str = "", costs: str = "", sessions: str = ""
) -> Reports:
    """Run the reference as of 2026-01-11 with its default settings."""
    inputs = {
        "purchases_raw": csv("purchases_raw", purchases),
        "confirmed_purchases": csv("confirmed_purchases", confirmations),
        "costs_daily": csv("costs_daily", costs),
        "sessions": csv("sessions", sessions),
    }
    return reference(inputs, date(2026, 1, 11))


def purchase(
    at: str,
    amount: str = "4.99",
    receipt: str = "",
    player: str = "af_1",
    status: str = "success",
) -> str:
    """One raw purchase on 2026-01-10."""
    return f"{player},purchase,2026-01-10T{at}Z,{amount},A,{receipt},{status}\n"


def confirmation(at: str, amount: str = "4.99", receipt: str = "", player: str = "af_1") -> str:
    """One confirmation on 2026-01-10."""
    return f"{player},purchase,2026-01-10T{at}Z,{amount},A,{receipt}\n"


def pairs(reports: Reports) -> set[tuple[str, str]]:
    """The clock times of the matched pairs, purchase first."""
    return {
        (str(detail["af_event_time_utc"])[11:-1], str(detail["confirmed_event_time_utc"])[11:-1])
        for detail in reports["reconciliation"]["details"]
        if detail["type"] == "matched"
    }


def unmatched(reports: Reports) -> list[tuple[object, ...]]:
    """Return the type, reason, candidates and nearest distance of unmatched rows."""
    keys = ("type", "reason", "candidate_count", "is_ambiguous", "nearest_seconds_apart")
    return [
        tuple(detail[key] for key in keys)
        for detail in reports["reconciliation"]["details"]
        if detail["type"] != "matched"
    ]


def dispositions(reports: Reports) -> list[object]:
    """Return the disposition of each raw purchase in file order."""
    return [row["disposition"] for row in reports["dispositions"]]


# --- The worked example -------------------------------------------------------------------------


def test_worked_example_dispositions() -> None:
    reports = reference(WORKED_EXAMPLE)
    assert dispositions(reports) == [
        "curated",
        "duplicate",
        "duplicate",
        "curated",
        "chargeback",
        "false_success",
        "false_success",
    ]
    assert [row["duplicate_of"] for row in reports["dispositions"]] == [
        *(None, 1, 1, None, None, None, None)
    ]
    assert not any(row["is_orphan"] for row in reports["dispositions"])
    assert [row["is_charged_back"] for row in reports["dispositions"]] == [
        *(False, False, False, True, False, False, False)
    ]


def test_worked_example_purchases() -> None:
    assert reference(WORKED_EXAMPLE)["purchases_curated"] == [
        {
            "appsflyer_id": "af_1",
            "event_name": "purchase",
            "event_time_utc": "2026-01-10T09:00:00Z",
            "revenue_usd": Decimal("4.99"),
            "net_revenue_usd": Decimal("4.99"),
            "campaign": "A",
            "receipt_id": "RCP-1",
            "is_charged_back": False,
            "duplicates_removed": 2,
        },
        {
            "appsflyer_id": "af_2",
            "event_name": "purchase",
            "event_time_utc": "2026-01-10T10:00:00Z",
            "revenue_usd": Decimal("19.99"),
            "net_revenue_usd": Decimal(0),
            "campaign": "B",
            "receipt_id": "RCP-2",
            "is_charged_back": True,
            "duplicates_removed": 0,
        },
    ]


def test_worked_example_reconciliation() -> None:
    reconciliation = reference(WORKED_EXAMPLE)["reconciliation"]
    assert reconciliation["summary"] == {"matched": 2, "af_only": 0, "confirmed_only": 1}
    nearest, exact, left = sorted(
        reconciliation["details"], key=lambda detail: str(detail["appsflyer_id"])
    )
    assert nearest == {
        "type": "matched",
        "appsflyer_id": "af_1",
        "af_event_time_utc": "2026-01-10T09:00:00Z",
        "confirmed_event_time_utc": "2026-01-10T09:10:00Z",
        "seconds_apart": Decimal(600),
        "af_revenue_usd": Decimal("4.99"),
        "confirmed_revenue_usd": Decimal("4.99"),
        "amount_difference_usd": Decimal(0),
        "receipt_id": "RCP-1",
        "match_rule": "receipt",
        "candidate_count": 1,
        "is_ambiguous": False,
        "reason": None,
        "nearest_seconds_apart": None,
        **NO_COUNTERPART,
    }
    assert (exact["seconds_apart"], exact["af_revenue_usd"]) == (0, Decimal("19.99"))
    assert left == {
        "type": "confirmed_only",
        "appsflyer_id": "af_9",
        "af_event_time_utc": None,
        "confirmed_event_time_utc": "2026-01-10T13:00:00Z",
        "seconds_apart": None,
        "af_revenue_usd": None,
        "confirmed_revenue_usd": Decimal("9.99"),
        "amount_difference_usd": None,
        "receipt_id": "RCP-9",
        "match_rule": None,
        "candidate_count": 0,
        "is_ambiguous": False,
        "reason": "no_candidate",
        "nearest_seconds_apart": None,
        **NO_COUNTERPART,
    }


def test_worked_example_days() -> None:
    reports = reference(WORKED_EXAMPLE)
    day: Row = {"date": "2026-01-10"}
    assert reports["roas_d1"] == [
        day
        | {
            "campaign": "A",
            "revenue_usd": Decimal("4.99"),
            "ad_cost_usd": Decimal(2),
            "roas": Fraction(499, 200),
            "state": "ok",
        },
        day
        | {
            "campaign": "B",
            "revenue_usd": Decimal(0),
            "ad_cost_usd": Decimal(4),
            "roas": Fraction(0),
            "state": "zero_revenue",
        },
    ]
    assert reports["roas_anomaly"] == [
        day
        | {
            "campaign": campaign,
            "roas_d1": roas,
            "avg7": None,
            "history_days": 0,
            "anomaly": False,
            "state": "insufficient_history",
        }
        for campaign, roas in (("A", Fraction(499, 200)), ("B", Fraction(0)))
    ]
    assert reports["arpdau_d1"] == [
        day
        | {
            "revenue_usd": Decimal("4.99"),
            "dau": 2,
            "arpdau_usd": Fraction(499, 200),
            "state": "ok",
        }
    ]
    assert reports["rejected"] == {"confirmed_purchases": 0, "costs_daily": 0, "sessions": 0}


# --- Reading ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("4.99", "4.99"),
        ("4,99", "4.99"),
        ("4,9900", "4.99"),
        ("4.990", "4.99"),
        ("-0.00", "0"),
        ("-4,9", "-4.9"),
        ("007", "7"),
        ("0000000000000000000004.99", "4.99"),
        ("1234567890123456.5", "1234567890123456.5"),
    ],
)
def test_amount_is_read(text: str, amount: str) -> None:
    assert parse_amount(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    [
        *(None, "abc", "1,234", "0,123", "+4.99", ".99", "5.", "1e3", "$4.99", "1 000"),
        *("1.234,56", "1,234.56", "NaN", "Infinity", "-", "٤.٩٩", "12345678901234567", "4.99\n"),
    ],
)
def test_amount_is_refused(text: str | None) -> None:
    assert parse_amount(text) is None


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-01-05", "2026-01-05T00:00:00Z"),
        ("2026-01-05T10:30", "2026-01-05T10:30:00Z"),
        ("2026-01-05 10:30:07", "2026-01-05T10:30:07Z"),
        ("2026-01-05T10:30:07.5Z", "2026-01-05T10:30:07.500000Z"),
        ("2026-01-05T10:30:07,1234569Z", "2026-01-05T10:30:07.123456Z"),
        ("2026-01-05T23:59:59.999999999", "2026-01-05T23:59:59.999999Z"),
        ("2026-01-05T00:30:00+02:00", "2026-01-04T22:30:00Z"),
        ("2026-01-05T23:30-0330", "2026-01-06T03:00:00Z"),
        ("2026-01-05 12:00:00+14", "2026-01-04T22:00:00Z"),
        ("2024-02-29T00:00:00+23:59", "2024-02-28T00:01:00Z"),
        ("1900-01-01T00:00-00:00", "1900-01-01T00:00:00Z"),
    ],
)
def test_time_is_read(text: str, utc: str) -> None:
    moment = parse_time(text)
    assert moment is not None
    assert write_time(moment) == utc


@pytest.mark.parametrize(
    "text",
    [
        *(None, "now", "2026-02-30", "2026-02-29T10:00Z", "2026-01-05T24:00", "2026-01-05T10:60"),
        *("2026-01-05T10:00:60", "2026-01-05t10:00", "2026-01-05T10:00z", "2026-01-05T10"),
        *("2026-01-05Z", "2026-01-05T10:00 Z", "2026-01-05  10:00", "2026-01-05T10:00:00."),
        *("2026-01-05T10:00:00.1234567890", "2026-01-05T10:00.5", "2026-01-05T10:00+24:00"),
        *("2026-01-05T10:00+02:60", "2026-01-05T10:00+2", "2026-1-5", "٢٠٢٦-01-05", "0000-01-01"),
    ],
)
def test_time_is_refused(text: str | None) -> None:
    assert parse_time(text) is None


def test_date_is_read() -> None:
    assert parse_date("2024-02-29") == date(2024, 2, 29)
    for text in ("2026-02-29", "2026-1-05", "2026-01-05T00:00", "20260105", None):
        assert parse_date(text) is None


def test_csv_is_read_with_quotes_line_breaks_and_blanks() -> None:
    text = 'date,campaign,ad_cost_usd\r\n2026-01-05," a ""b"",\nc\u00a0"," \t"\r\n,null,\r\n'
    assert read_csv(text) == [
        {"date": "2026-01-05", "campaign": 'a "b",\nc', "ad_cost_usd": None},
        {"date": None, "campaign": "null", "ad_cost_usd": None},
    ]


def test_rejected_rows_are_counted_and_excluded() -> None:
    reports = run(
        confirmations="""
            ,purchase,2026-01-10T10:00:00Z,4.99,A,
            af_1,purchase,2026-01-10T25:00:00Z,4.99,A,
            af_1,purchase,2026-01-10T10:00:00Z,"1,234",A,
            af_1,,2026-01-10T10:00:00Z,-1,,
        """,
        costs="2026-02-30,A,1\n2026-01-10,,1\n2026-01-10,A,\n2026-01-10,A,-1",
        sessions="2026-01-10T10:00:00Z,,x\n,u1,x\n2026-01-10T10:00:00Z,u1,",
    )
    assert reports["rejected"] == {"confirmed_purchases": 3, "costs_daily": 3, "sessions": 2}
    assert reports["reconciliation"]["summary"]["confirmed_only"] == 1
    assert reports["roas_d1"][0]["state"] == "zero_spend"
    assert reports["arpdau_d1"][0]["dau"] == 1


# --- Dispositions -------------------------------------------------------------------------------


def test_first_rule_that_holds_wins() -> None:
    reports = run(
        """
        ,login,2026-01-10,1,A,RCP-1,failed
        af_1,login,2026-01-10,x,A,RCP-1,chargeback
        af_1,login,2026-01-10,1,A,RCP-1,chargeback
        af_1,,2026-01-10,1,A,RCP-1,success
        af_1, AF_Purchase ,2026-01-10,-1,A,rcp-1, Refund
        af_1,purchase,2026-01-10,-1,A,rcp-1,
        af_1,purchase,2026-01-10,-1,A,RCP-1,succeeded
        af_1,purchase,2026-01-10,0.00,A,,SUCCESS
        af_1,purchase,2026-01-10,1,A,rcp-1,success
        af_1,purchase,2026-01-10,1,A,RCP-1 x,success
        af_1,purchase,2026-01-10,1,A,,success
        """
    )
    assert dispositions(reports) == [
        *("malformed", "malformed", "not_a_purchase", "not_a_purchase", "chargeback"),
        *("failed", "failed", "false_success", "false_success", "false_success", "curated"),
    ]


def test_last_refund_or_reversal_of_a_receipt_stands() -> None:
    reports = run(
        """
        af_1,purchase,2026-01-10T10:00:00Z,1,A,RCP-1,success
        ,purchase,2026-01-10T13:00:00Z,,A,RCP-1,chargeback_reversed
        ,purchase,2026-01-10T12:00:00Z,,A,RCP-1,refund
        af_2,purchase,2026-01-10T10:00:01Z,1,A,RCP-2,success
        ,purchase,2026-01-10T12:00:00Z,,A,RCP-2,Refund_Reversed
        ,purchase,2026-01-10T12:00:00Z,,A,RCP-2,refund
        """
    )
    assert dispositions(reports) == [
        *("curated", "refund_reversal", "chargeback"),
        *("curated", "refund_reversal", "chargeback"),
    ]
    assert [row["net_revenue_usd"] for row in reports["purchases_curated"]] == [1, 0]


def test_confirmation_without_a_player_has_that_of_the_purchase() -> None:
    purchases = """
        af_2,purchase,2026-01-10T10:00:00Z,1,A,RCP-1,failed
        af_1,purchase,2026-01-10T11:00:00Z,1,A,RCP-1,success
    """
    listed = "\n".join(
        [
            *(",,2026-01-10T11:00:00Z,1,A,RCP-1", ",purchase,2026-01-10T11:00:00Z,1,A,RCP-2"),
            *(",,2026-01-10T11:00:00Z,1,A,", "af_3,,2026-01-10T11:00:00Z,1,A,RCP-3"),
        ]
    )
    mixed = run(purchases, listed)
    assert mixed["rejected"]["confirmed_purchases"] == 2
    assert mixed["reconciliation"]["summary"] == {"matched": 1, "af_only": 0, "confirmed_only": 1}
    of_store = run(purchases, "\n".join(listed.split("\n")[:3]))
    assert of_store["rejected"]["confirmed_purchases"] == 1
    players = [detail["appsflyer_id"] for detail in of_store["reconciliation"]["details"]]
    assert players == ["af_1", None]


def test_refund_of_a_receipt_needs_neither_player_nor_amount() -> None:
    reports = run(
        """
        af_1,purchase,2026-01-10,4.99,A,RCP-1,success
        ,purchase,2026-01-11,,A,RCP-1,Voided
        ,purchase,2026-01-11,x,A,RCP-1,refund
        ,purchase,,,A,RCP-1,refund
        ,purchase,2026-01-11,,A,,refund
        ,purchase,2026-01-11,,A,rcp-1,refund
        """
    )
    assert dispositions(reports) == ["curated", "chargeback", *("malformed",) * 4]
    assert reports["purchases_curated"][0]["net_revenue_usd"] == 0


def test_duplicate_receipt_keeps_the_earliest_even_of_another_player() -> None:
    reports = run(
        purchase("10:02:00", receipt="RCP-1")
        + purchase("10:01:00", receipt="RCP-1", player="af_2", amount="9.99")
        + purchase("10:01:00", receipt="RCP-1", player="af_3")
        + purchase(
            "10:00:00", receipt="RCP-1", amount="0"
        )  # a false success does not cause duplicates
    )
    assert [row["duplicate_of"] for row in reports["dispositions"]] == [2, None, 2, None]
    assert dispositions(reports) == ["duplicate", "curated", "duplicate", "false_success"]
    assert reports["purchases_curated"][0]["duplicates_removed"] == 2


def test_duplicate_without_receipt_needs_everything_equal() -> None:
    reports = run(
        """
        af_1,purchase,2026-01-10T10:00:00Z,4.99,A,,success
        af_1,PURCHASE,2026-01-10T12:00:00+02:00,"4,9900",B,,success
        af_1,af_purchase,2026-01-10T10:00:00Z,4.99,A,,success
        af_1,purchase,2026-01-10T10:00:00.000001Z,4.99,A,,success
        af_1,purchase,2026-01-10T10:00:00Z,4.98,A,,success
        AF_1,purchase,2026-01-10T10:00:00Z,4.99,A,,success
        af_1,purchase,2026-01-10T10:00:00Z,4.99,A,RCP-1,success
        """
    )
    assert [row["duplicate_of"] for row in reports["dispositions"]] == [None, 1, *[None] * 5]


def test_chargeback_takes_the_money_of_its_receipt_at_any_position() -> None:
    reports = run(
        """
        af_9,purchase,2026-01-01T00:00:00Z,0,A,RCP-1,Refund
        af_1,purchase,2026-01-10T10:00:00Z,4.99,A,RCP-1,success
        af_1,purchase,2026-01-10T10:00:00Z,4.99,A,,success
        af_1,purchase,2026-01-10T10:00:00Z,4.99,A,,chargeback
        af_1,purchase,2026-01-10T10:00:00Z,4.99,A,RCP-2,chargeback
        af_1,purchase,2026-01-10T10:00:00Z,4.99,A,rcp-3,chargeback
        ,login,x,x,A,rcp-3,Success
        """
    )
    assert [row["is_orphan"] for row in reports["dispositions"]] == [
        *(False, False, False, True, True, False, False)
    ]
    assert [row["net_revenue_usd"] for row in reports["purchases_curated"]] == [0, Decimal("4.99")]
    assert reports["roas_d1"][0]["revenue_usd"] == Decimal("4.99")


def test_receipts_of_the_stores_and_those_that_they_confirm() -> None:
    google = "GPA.1234-5678-9012-34567"
    reports = run(
        purchase("10:00:00", receipt=google)
        + purchase("11:00:00", receipt=f"{google}..0")
        + purchase("12:00:00", receipt="100000112345678")
        + purchase("13:00:00", receipt="12345678901")
        + purchase("14:00:00", receipt="BADREC-1")
        + purchase("14:00:00", receipt="BADREC-2")
        + purchase("14:00:00", receipt="BADREC-3"),
        confirmation("14:00:00", receipt="BADREC-1")
        + confirmation("14:00:00", receipt="BADREC-2", player="af_2")
        + confirmation("14:00:00", receipt="BADREC-3")
        + confirmation("14:00:00", receipt="BADREC-3", player="af_2"),
    )
    assert dispositions(reports) == [
        *("curated", "curated", "curated", "false_success"),
        *("curated", "false_success", "false_success"),
    ]


# --- Reconciliation -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "reason", "nearest"),
    [
        ("10:10:00", None, None),
        ("09:50:00", None, None),
        ("10:10:00.000001", "outside_window", Decimal("600.000001")),
        ("10:10:00.5", "outside_window", Decimal("600.5")),
        ("09:49:59", "outside_window", Decimal("601")),
    ],
)
def test_edge_of_the_window_belongs_to_it(
    at: str, reason: str | None, nearest: Decimal | None
) -> None:
    reports = run(purchase("10:00:00"), confirmation(at))
    if reason is None:
        assert reports["reconciliation"]["summary"]["matched"] == 1
    else:
        assert unmatched(reports) == [
            ("af_only", reason, 0, False, nearest),
            ("confirmed_only", reason, 0, False, nearest),
        ]


def test_best_pair_leaves_first_even_where_more_could_be_matched() -> None:
    """10:09 takes 10:06, its nearest; so 10:00 and 10:17 remain although both had candidates."""
    reports = run(
        purchase("10:00:00") + purchase("10:09:00"),
        confirmation("10:06:00") + confirmation("10:17:00"),
    )
    assert pairs(reports) == {("10:09:00", "10:06:00")}
    assert unmatched(reports) == [
        ("af_only", "lost_to_closer_pair", 1, True, None),
        ("confirmed_only", "lost_to_closer_pair", 1, True, None),
    ]


def test_chain_is_taken_from_its_closest_link() -> None:
    """10:00 - 10:04 - 10:07 - 10:09: the last link is the shortest, the first one follows."""
    reports = run(
        purchase("10:00:00") + purchase("10:07:00"),
        confirmation("10:04:00") + confirmation("10:09:00"),
    )
    assert pairs(reports) == {("10:07:00", "10:09:00"), ("10:00:00", "10:04:00")}
    details = reports["reconciliation"]["details"]
    assert {detail["candidate_count"] for detail in details} == {2}
    assert all(detail["is_ambiguous"] for detail in details)


def test_confirmation_is_never_used_twice() -> None:
    reports = run(
        purchase("10:00:00", receipt="RCP-1") + purchase("10:01:00", receipt="RCP-2"),
        confirmation("10:00:30"),
    )
    assert pairs(reports) == {("10:00:00", "10:00:30")}
    assert unmatched(reports) == [("af_only", "lost_to_closer_pair", 1, True, None)]


def test_same_receipt_beats_distance() -> None:
    reports = run(
        purchase("10:00:00", receipt="RCP-1") + purchase("10:05:00"),
        confirmation("10:10:00", receipt="RCP-1", amount="1") + confirmation("10:00:00"),
    )
    assert pairs(reports) == {("10:00:00", "10:10:00"), ("10:05:00", "10:00:00")}
    by_receipt, by_distance = reports["reconciliation"]["details"]
    assert (by_receipt["match_rule"], by_distance["match_rule"]) == ("receipt", "nearest")
    assert by_receipt["amount_difference_usd"] == Decimal("-3.99")
    assert by_distance["seconds_apart"] == -300
    assert (by_receipt["is_ambiguous"], by_distance["is_ambiguous"]) == (False, True)


def test_two_missing_receipts_are_not_the_same_receipt() -> None:
    reports = run(purchase("10:00:00"), confirmation("10:00:00"))
    assert reports["reconciliation"]["details"][0]["match_rule"] == "nearest"
    assert reports["reconciliation"]["details"][0]["receipt_id"] is None


def counterparts(reports: Reports) -> list[tuple[object, ...]]:
    """List type and reason of the unmatched rows, and the row that explains each."""
    keys = ("row_number", "disposition", "reason", "seconds_apart")
    return [
        (detail["type"], detail["reason"], *(detail[f"counterpart_{key}"] for key in keys))
        for detail in reports["reconciliation"]["details"]
        if detail["type"] != "matched"
    ]


def test_receipt_outside_the_window_is_not_a_candidate_but_the_reason() -> None:
    reports = run(purchase("10:00:00", receipt="RCP-1"), confirmation("10:30:00", receipt="RCP-1"))
    reason = "same_receipt_outside_window"
    assert unmatched(reports)[0] == ("af_only", reason, 0, False, None)
    assert counterparts(reports) == [
        ("af_only", reason, 1, "accepted", None, 1800),
        ("confirmed_only", reason, 1, "curated", None, 1800),
    ]


def test_example_of_the_reasons() -> None:
    """The one of `docs/metrics.md`."""
    reports = run(
        purchase("09:00:00", receipt="RCP-1")
        + purchase("10:00:00", amount='"1,234"', receipt="RCP-2", player="af_2")
        + purchase("11:00:00", amount="2.99", player="af_3", status="failed")
        + purchase("13:00:00", amount="9.99", receipt="RCP-4", player="af_4"),
        confirmation("12:00:00", receipt="RCP-1")
        + confirmation("10:01:00", amount="12.34", receipt="RCP-2", player="af_2")
        + confirmation("11:02:00", amount="2.99", receipt="RCP-3", player="af_3")
        + confirmation("13:00:00", amount="abc", receipt="RCP-4", player="af_4")
        + confirmation("14:00:00", amount="0.99", receipt="RCP-9", player="af_9"),
    )
    same = "same_receipt_outside_window"
    assert counterparts(reports) == [
        ("af_only", same, 1, "accepted", None, 10800),
        ("af_only", "confirmation_set_aside", 4, "rejected", "unparsable_revenue", 0),
        ("confirmed_only", same, 1, "curated", None, 10800),
        ("confirmed_only", "purchase_set_aside", 2, "malformed", "unparsable_revenue", 60),
        ("confirmed_only", "purchase_set_aside", 3, "failed", None, 120),
        ("confirmed_only", "no_candidate", None, None, None, None),
    ]


def test_rows_that_were_set_aside_are_the_reason() -> None:
    reports = run(
        purchase("10:00:00", receipt="RCP-1", amount="0")
        + purchase("nonsense", receipt="RCP-2")
        + purchase("12:00:00", status="failed")
        + purchase("14:00:00", receipt="RCP-4"),
        confirmation("09:00:00", receipt="RCP-1")
        + confirmation("11:00:00", receipt="RCP-2")
        + confirmation("12:01:00")
        + confirmation("13:00:00", receipt="RCP-3")
        + confirmation("13:59:00", receipt="RCP-4", amount='"1,234"'),
    )
    assert counterparts(reports) == [
        ("af_only", "confirmation_set_aside", 5, "rejected", "unparsable_revenue", -60),
        ("confirmed_only", "purchase_set_aside", 1, "false_success", "revenue_not_positive", -3600),
        ("confirmed_only", "purchase_set_aside", 2, "malformed", "unparsable_time", None),
        ("confirmed_only", "purchase_set_aside", 3, "failed", None, 60),
        ("confirmed_only", "outside_window", None, None, None, None),
    ]


def test_equal_distance_goes_to_the_closer_amount() -> None:
    reports = run(
        purchase("10:00:00", amount="4.99"),
        confirmation("09:59:00", amount="4.97") + confirmation("10:01:00", amount="5.00"),
    )
    assert pairs(reports) == {("10:00:00", "10:01:00")}


def test_equal_distance_and_amount_goes_to_the_earlier_purchase() -> None:
    reports = run(purchase("10:02:00") + purchase("10:00:00"), confirmation("10:01:00"))
    assert pairs(reports) == {("10:00:00", "10:01:00")}


def test_equal_distance_and_amount_goes_to_the_earlier_confirmation() -> None:
    reports = run(purchase("10:01:00"), confirmation("10:02:00") + confirmation("10:00:00"))
    assert pairs(reports) == {("10:01:00", "10:00:00")}


def test_complete_tie_goes_by_file_order() -> None:
    reports = run(
        purchase("10:00:00", receipt="RCP-2") + purchase("10:00:00", receipt="RCP-1"),
        confirmation("10:00:00"),
    )
    assert reports["reconciliation"]["details"][0]["receipt_id"] == "RCP-2"


def test_players_do_not_match_each_other() -> None:
    reports = run(purchase("10:00:00"), confirmation("10:00:00", player="AF_1"))
    assert unmatched(reports) == [
        ("af_only", "no_candidate", 0, False, None),
        ("confirmed_only", "no_candidate", 0, False, None),
    ]


# --- Days ---------------------------------------------------------------------------------------


def history(*roas: str | None) -> tuple[str, str]:
    """Purchases and costs of 2 dollars a day, ending on 2026-01-10; None omits the cost."""
    purchases, costs = [], []
    for days_back, value in enumerate(reversed(roas)):
        day = date(2026, 1, 10) - timedelta(days=days_back)
        if value is not None:
            costs.append(f"{day},A,20")
            revenue = Decimal(value) * 20
            purchases.append(f"af_1,purchase,{day}T10:00:00Z,{revenue},a,,success")
    return "\n".join(purchases), "\n".join(costs)


@pytest.mark.parametrize(
    ("roas", "average", "days", "anomaly", "state"),
    [
        (["1"] * 7 + ["0.5"], 1, 7, False, "ok"),
        (["1"] * 7 + ["0.495"], 1, 7, True, "ok"),
        (["0.1", "0.2", "0.3", "0.15"], Fraction(1, 5), 3, False, "ok"),
        (["0.1", "0.2", "0.3", "0.05"], Fraction(1, 5), 3, True, "ok"),
        (["9"] + ["1"] * 7 + ["0.5"], 1, 7, False, "ok"),
        (["1", None, "1", None, "4", "0.5"], 2, 3, True, "ok"),
        (["1", None, "1", None, "0.1"], 1, 2, False, "insufficient_history"),
        (["0.1"], None, 0, False, "insufficient_history"),
        (["1"] * 7 + ["0"], 1, 7, True, "zero_revenue"),
        (["0"] * 7 + ["0"], 0, 7, False, "dead"),
        (["1"] * 7 + [None], 1, 7, False, "missing_cost"),
        (["1", None], 1, 1, False, "missing_cost"),
    ],
)
def test_anomaly(
    roas: list[str | None], average: Fraction | None, days: int, anomaly: bool, state: str
) -> None:
    purchases, costs = history(*roas)
    row = run(purchases, costs=costs)["roas_anomaly"][0]
    assert (row["avg7"], row["history_days"]) == (average, days)
    assert (row["anomaly"], row["state"]) == (anomaly, state)


def test_roas_states_and_campaign_names() -> None:
    rows = run(
        "af_1,purchase,2026-01-10T23:59:59.999999Z,3,paid twice,,success\n"
        "af_1,purchase,2026-01-10T00:00:00Z,3,never paid,,success\n"
        "af_1,purchase,2026-01-10T00:00:00Z,3, organic ,,success\n"
        "af_1,purchase,2026-01-10T00:00:00Z,3,,RCP-5,success\n"
        "af_1,purchase,2026-01-11T00:00:00Z,3,Tomorrow,,success\n",
        costs="""
            2026-01-10,Paid Twice,1
            2026-01-10, PAID TWICE ,2
            2026-01-10,(organic),2
            2026-01-10,cancelled,2
            2026-01-10,cancelled,-2
            2026-01-10,in vain,2
            2025-12-01,long ago,2
        """,
    )["roas_d1"]
    assert [(row["campaign"], row["roas"], row["state"]) for row in rows] == [
        ("CANCELLED", None, "zero_spend"),
        ("IN VAIN", 0, "zero_revenue"),
        ("LONG AGO", None, "missing_cost"),
        ("NEVER PAID", None, "missing_cost"),
        ("PAID TWICE", 1, "ok"),
        ("TOMORROW", None, "missing_cost"),
    ]
    assert [row["ad_cost_usd"] for row in rows] == [0, 2, None, None, 3, None]


def test_arpdau_counts_all_net_revenue_and_distinct_players() -> None:
    row = run(
        purchase("10:00:00", amount="3")
        + "af_1,purchase,2026-01-10T00:00:00Z,4,organic,,success\n"
        + "af_1,purchase,2026-01-10T01:00:00Z,9,A,RCP-1,success\n"
        + "af_1,purchase,2026-01-20T01:00:00Z,9,A,RCP-1,refund\n",
        sessions="""
            2026-01-10T00:00:00Z,u1,session_start
            2026-01-10T00:00:00Z,u1,anything
            2026-01-10T23:30:00-01:00,u2,session_start
            2026-01-11T00:30:00+01:00,U1,
        """,
    )["arpdau_d1"][0]
    assert (row["revenue_usd"], row["dau"], row["arpdau_usd"]) == (7, 2, Fraction(7, 2))
    assert row["state"] == "ok"


def test_missing_sessions_is_not_zero() -> None:
    row = run(purchase("10:00:00"))["arpdau_d1"][0]
    assert (row["dau"], row["arpdau_usd"], row["state"]) == (0, None, "missing_sessions")


def test_as_of_date_is_the_last_active_day_by_default() -> None:
    """Costs, confirmations and discarded purchases do not count as activity."""
    inputs = dict(WORKED_EXAMPLE)
    inputs["purchases_raw"] += "af_1,purchase,2026-01-20T00:00:00Z,1,A,,failed\n"
    inputs["confirmed_purchases"] += "af_1,purchase,2026-01-20T00:00:00Z,1,A,\n"
    inputs["costs_daily"] += "2026-01-20,A,1\n"
    assert reference(inputs)["arpdau_d1"][0]["date"] == "2026-01-10"
    inputs["purchases_raw"] += "af_1,purchase,2026-01-14T00:30:00+01:00,1,A,,success\n"
    assert reference(inputs)["arpdau_d1"][0]["date"] == "2026-01-12"


def test_settings_change_the_result() -> None:
    reports = reference(
        WORKED_EXAMPLE,
        date(2026, 1, 12),
        purchase_event_names=["purchase"],
        receipt_patterns=["^RCP-[0-9]+$", "BADREC-[0-9]+"],
        reconciliation_window_minutes=9,
    )
    assert dispositions(reports)[-1] == "curated"
    assert reports["reconciliation"]["summary"] == {"matched": 1, "af_only": 2, "confirmed_only": 2}
    assert reports["arpdau_d1"][0]["date"] == "2026-01-11"


# --- The nasty inputs ---------------------------------------------------------------------------


def judge(scenario: Scenario) -> Reports:
    """The expected reports of a scenario."""
    inputs = nasty_inputs(scenario.seed, scenario.rows)
    return reference(inputs, scenario.as_of_date, **scenario.variables)  # type: ignore[arg-type]


def candidates(scenario: Scenario, minutes: int) -> list[Pair]:
    """All pairs of one player in a scenario that are at most some minutes apart."""
    inputs = nasty_inputs(scenario.seed, scenario.rows)
    names = cast("list[str]", scenario.variables.get("purchase_event_names", ["purchase"]))
    patterns = cast("list[str]", scenario.variables.get("receipt_patterns", RECEIPT_PATTERNS))
    confirmations = read_confirmations(read_csv(inputs["confirmed_purchases"]))
    receipts = known_receipts(confirmations, patterns)
    curated = classify(read_csv(inputs["purchases_raw"]), names, receipts)[1]
    window = timedelta(minutes=minutes)
    return find_candidates([each.purchase for each in curated], confirmations, window)


def values(rows: list[Row], *keys: str) -> set[object]:
    """The different values of one key, or of several as tuples."""
    if len(keys) == 1:
        return {row[keys[0]] for row in rows}
    return {tuple(row[key] for key in keys) for row in rows}


def rounds_of_mutually_best(pairs_left: list[Pair]) -> tuple[set[Pair], int]:
    """Match as a set-based engine does, all mutually best pairs at once, and count the rounds."""
    matched: set[Pair] = set()
    rounds = 0
    while pairs_left:
        rounds += 1
        best_of_purchase: dict[int, Pair] = {}
        best_of_confirmation: dict[int, Pair] = {}
        for pair in sorted(pairs_left, key=rank):
            best_of_purchase.setdefault(pair[0].row, pair)
            best_of_confirmation.setdefault(pair[1].row, pair)
        taken = set(best_of_purchase.values()) & set(best_of_confirmation.values())
        matched |= taken
        purchases = {pair[0].row for pair in taken}
        confirmations = {pair[1].row for pair in taken}
        pairs_left = [
            pair
            for pair in pairs_left
            if pair[0].row not in purchases and pair[1].row not in confirmations
        ]
    return matched, rounds


scenarios = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


@scenarios
def test_nasty_inputs_repeat_with_their_seed(scenario: Scenario) -> None:
    first = nasty_inputs(scenario.seed, scenario.rows)
    assert first == nasty_inputs(scenario.seed, scenario.rows)
    assert first != nasty_inputs(scenario.seed + 1, scenario.rows)
    assert len(read_csv(first["purchases_raw"])) >= scenario.rows


@scenarios
def test_nasty_inputs_produce_every_outcome(scenario: Scenario) -> None:
    reports = judge(scenario)
    assert values(reports["dispositions"], "disposition") == {
        *("malformed", "not_a_purchase", "chargeback", "refund_reversal", "failed"),
        *("false_success", "duplicate", "curated"),
    }
    chargebacks = [row for row in reports["dispositions"] if row["disposition"] == "chargeback"]
    assert values(chargebacks, "is_orphan") == {True, False}
    assert values(reports["purchases_curated"], "is_charged_back") == {True, False}
    assert {0, 1} < values(reports["purchases_curated"], "duplicates_removed")
    assert all(count > 5 for count in reports["rejected"].values())

    details = reports["reconciliation"]["details"]
    assert values(details, "type", "reason") == {
        ("matched", None),
        *(
            (side, reason)
            for side in ("af_only", "confirmed_only")
            for reason in (
                *("no_candidate", "outside_window", "lost_to_closer_pair"),
                "same_receipt_outside_window",
            )
        ),
        ("af_only", "confirmation_set_aside"),
        ("confirmed_only", "purchase_set_aside"),
    }
    matched = [detail for detail in details if detail["type"] == "matched"]
    assert values(matched, "match_rule", "is_ambiguous") == {
        *(("receipt", False), ("nearest", True), ("nearest", False)),
    }
    assert any(row["match_rule"] == "receipt" and row["candidate_count"] != 1 for row in matched)
    assert len(matched) >= 30

    assert values(reports["roas_d1"], "state") == {
        *("ok", "zero_revenue", "zero_spend", "missing_cost")
    }
    assert values(reports["roas_anomaly"], "state") == {
        *("ok", "zero_revenue", "zero_spend", "missing_cost"),
        *("insufficient_history", "dead", "too_little_spend"),
    }
    assert {("ok", True), ("ok", False), ("zero_revenue", True), ("dead", False)} <= values(
        reports["roas_anomaly"], "state", "anomaly"
    )


def test_nasty_inputs_produce_both_states_of_arpdau() -> None:
    states = {state for each in SCENARIOS for state in values(judge(each)["arpdau_d1"], "state")}
    assert states == {"ok", "missing_sessions"}


def test_nasty_inputs_decide_the_default_day_by_either_side() -> None:
    """Once only sessions are active on the last day, once only purchases are."""
    by_sessions, by_purchases = SCENARIOS[:2]
    for scenario, last_purchase in ((by_sessions, "2026-01-30"), (by_purchases, "2026-01-31")):
        reports = judge(scenario)
        assert reports["arpdau_d1"][0]["date"] == "2026-01-30"
        assert str(reports["purchases_curated"][-1]["event_time_utc"])[:10] == last_purchase
    sessions = read_csv(nasty_inputs(by_purchases.seed, by_purchases.rows)["sessions"])
    moments = [parse_time(row["event_timestamp_utc"]) for row in sessions if row["user_id"]]
    assert max(each for each in moments if each) < datetime(2026, 1, 30, tzinfo=UTC)


@scenarios
def test_nasty_inputs_hit_the_edges_of_the_window(scenario: Scenario) -> None:
    minutes = cast("int", scenario.variables.get("reconciliation_window_minutes", 10))
    edge = timedelta(minutes=minutes)
    distances = Counter(abs(pair[1].at - pair[0].at) for pair in candidates(scenario, 20))
    for beside in (
        timedelta(microseconds=-1),
        timedelta(0),
        timedelta(microseconds=1),
        timedelta(milliseconds=500),
        timedelta(seconds=1),
    ):
        assert distances[edge + beside] >= 1, f"nothing {edge + beside} apart"


@scenarios
def test_nasty_inputs_hold_ties_and_chains(scenario: Scenario) -> None:
    """Ties, chains of several rounds; and the greedy result equals that of mutually best pairs."""
    minutes = cast("int", scenario.variables.get("reconciliation_window_minutes", 10))
    found = candidates(scenario, minutes)
    for deep in (3, 5):  # equal up to the amounts; equal up to the times, so the file order decides
        for side in (0, 1):
            ties = Counter((pair[side].row, *rank(pair)[:deep]) for pair in found)
            assert max(ties.values()) > 1
    matched, rounds = rounds_of_mutually_best(found)
    assert rounds >= 3
    assert matched == set(take_best_pairs(found))
    assert any(has_same_receipt(pair) for pair in matched)


@scenarios
def test_nasty_inputs_hold_duplicates_of_all_kinds(scenario: Scenario) -> None:
    inputs = nasty_inputs(scenario.seed, scenario.rows)
    records = read_csv(inputs["purchases_raw"])
    kinds = set()
    for row, verdict in zip(records, judge(scenario)["dispositions"], strict=True):
        if isinstance(verdict["duplicate_of"], int):
            kept = records[verdict["duplicate_of"] - 1]
            same_player = row["appsflyer_id"] == kept["appsflyer_id"]
            is_later_in_file = records.index(kept) < records.index(row)
            kinds.add((row["receipt_id"] is not None, same_player, is_later_in_file))
    # Without a receipt the player is part of what makes a duplicate.
    assert {kind[:2] for kind in kinds} == {(True, True), (True, False), (False, True)}
    assert {kind[2] for kind in kinds} == {True, False}


@scenarios
def test_nasty_inputs_hold_exact_ties_of_the_anomaly_rule(scenario: Scenario) -> None:
    ratio = Fraction(str(scenario.variables.get("roas_anomaly_ratio", 0.5)))
    ties = [
        row
        for row in judge(scenario)["roas_anomaly"]
        if isinstance(row["roas_d1"], Fraction)
        and isinstance(row["avg7"], Fraction)
        and row["roas_d1"] == ratio * row["avg7"] != 0
    ]
    assert ties
    assert not any(row["anomaly"] for row in ties)
