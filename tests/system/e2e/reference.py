"""A slow, simple second implementation of the whole pipeline, as a reference for the SQL.

Everything here is a loop over rows that follows one sentence of the rules (`docs/metrics.md`) and
uses nothing but the standard library, so that a reader can check it by eye. It shares no code and
no idea with the models: where the warehouse closes a recursion over sets, this file sorts all the
pairs and takes the best one that is still free. When both disagree, one of them is wrong.

The type of an expected value says how it is to be compared: a `Decimal` is exact (money, seconds),
a `Fraction` is the exact value of what a report holds as a floating point number (ROAS, ARPDAU).
"""

import csv
import io
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal, Inexact, localcontext
from fractions import Fraction
from typing import TypedDict, cast

from tests.system.e2e import reference_cohorts
from tests.system.e2e.reference_rules import (
    Campaign,
    Day,
    Settings,
    report_rules,
    report_states,
)

Value = str | int | bool | Decimal | Fraction | None
Row = dict[str, Value]
Record = dict[str, str | None]

DAY = timedelta(days=1)
# Refund statuses, in lower case.
REFUNDS = (
    *("chargeback", "charge_back", "refund", "refunded", "voided", "revoked"),
    *("canceled", "cancelled"),
)
# Statuses of refunds that the store took back.
REVERSALS = (
    *("refund_reversed", "refund_reversal"),
    *("chargeback_reversed", "chargeback_reversal"),
)
NOT_A_CAMPAIGN = (None, "ORGANIC", "(ORGANIC)")


class Reconciliation(TypedDict):
    """`reconciliation.json`: how many rows of each type, and the rows."""

    summary: dict[str, int]
    details: list[Row]


class Cohorts(TypedDict):
    """`cohorts.json`: where the net revenue is, and the cells."""

    summary: Row
    cohorts: list[Row]


class Reports(TypedDict):
    """The expected reports and the fate of every input row."""

    purchases_curated: list[Row]
    reconciliation: Reconciliation
    roas_d1: list[Row]
    roas_anomaly: list[Row]
    arpdau_d1: list[Row]
    roas_states: list[Row]
    roas_rules: list[Row]
    cohorts: Cohorts
    retention: list[Row]
    engagement_daily: list[Row]
    dispositions: list[Row]
    rejected: dict[str, int]


# --- Reading ------------------------------------------------------------------------------------


def read_csv(text: str) -> list[Record]:
    """The data rows in file order, every field trimmed, blank fields as None."""
    lines = io.StringIO(text, newline="")  # newline="": quoted line breaks stay as they are
    return [
        {column: clean(field) for column, field in row.items()}
        for row in csv.DictReader(lines, strict=True)
    ]


def clean(field: str) -> str | None:
    """Text without the whitespace around it; a blank is None, the word `null` is just a word."""
    return field.strip() or None


def lower(text: str | None) -> str | None:
    """Event names and states compare in lower case."""
    return None if text is None else text.lower()


def upper(text: str | None) -> str | None:
    """Campaigns join on the upper-cased name."""
    return None if text is None else text.upper()


def parse_amount(text: str | None) -> Decimal | None:
    """Return an exact amount, or None for every malformed or ambiguous form.

    A comma with exactly three digits after it may separate thousands or be a decimal comma.
    """
    match = re.fullmatch(r"(-?)([0-9]+)(?:([.,])([0-9]+))?", text or "")
    if match is None:
        return None
    sign, whole, separator, decimals = match.groups()
    if separator == "," and len(decimals) == 3:
        return None
    if len(whole.lstrip("0")) > 16:
        return None
    return Decimal(f"{sign}{whole}.{decimals or 0}")


def parse_date(text: str | None) -> date | None:
    """A calendar day written as YYYY-MM-DD."""
    match = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", text or "")
    if match is None:
        return None
    year, month, day = match.groups()
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


TIME_FORM = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"([T ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r"(:(?P<second>[0-9]{2})([.,](?P<fraction>[0-9]{1,9}))?)?"
    r"(Z|(?P<sign>[+-])(?P<offset_hour>[0-9]{2})(:?(?P<offset_minute>[0-9]{2}))?)?"
    r")?"
)


def parse_time(text: str | None) -> datetime | None:
    """A moment in UTC to the microsecond; without an offset it is UTC, a date alone is midnight."""
    match = TIME_FORM.fullmatch(text or "")
    if match is None:
        return None
    day = parse_date(match["date"])
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    offset_hour, offset_minute = int(match["offset_hour"] or 0), int(match["offset_minute"] or 0)
    if day is None or max(hour, offset_hour) > 23 or max(minute, second, offset_minute) > 59:
        return None
    microsecond = int((match["fraction"] or "0").ljust(6, "0")[:6])
    local = datetime.combine(day, time(hour, minute, second, microsecond, tzinfo=UTC))
    offset = timedelta(hours=offset_hour, minutes=offset_minute)
    return local + offset if match["sign"] == "-" else local - offset


def write_time(moment: datetime) -> str:
    """The form of the reports: `...Z`, with six decimals only where there is a fraction."""
    return moment.replace(tzinfo=None).isoformat() + "Z"


# --- Purchases: every raw row gets exactly one disposition --------------------------------------


@dataclass(frozen=True)
class Purchase:
    """A raw purchase row whose id, time and amount can be read. `row` counts data rows from 1."""

    row: int
    appsflyer_id: str
    event_name: str | None
    at: datetime
    amount: Decimal
    campaign: str | None
    receipt_id: str | None
    status: str | None
    installed_at: datetime | None = None


RECEIPT_PATTERNS = (
    "^RCP-[0-9]+$",
    "^GPA[.][0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{5}([.][.][0-9]+)?$",
    "^[0-9]{12,19}$",
)


@dataclass(frozen=True)
class Receipts:
    """What receipts look like, and whom the store gave those that look otherwise."""

    patterns: Collection[str]
    players_of: dict[str, set[str]]

    def has_known_form(self, receipt_id: str) -> bool:
        """Whether it matches one of the patterns in full."""
        return any(re.fullmatch(pattern, receipt_id) for pattern in self.patterns)

    def is_genuine(self, receipt_id: str | None, appsflyer_id: str | None) -> bool:
        """Known by its form, or confirmed for this player and no other; a refund may name none."""
        if receipt_id is None:
            return False
        players = self.players_of.get(receipt_id, set())
        is_confirmed = len(players) == 1 and (appsflyer_id is None or appsflyer_id in players)
        return is_confirmed or self.has_known_form(receipt_id)


def is_refund_of_receipt(record: Record, receipts: Receipts) -> bool:
    """A refund may leave out the player and the amount if it names a receipt."""
    is_refund = lower(record["status"]) in (*REFUNDS, *REVERSALS)
    return is_refund and receipts.is_genuine(record["receipt_id"], record["appsflyer_id"])


def read_purchase(row: int, record: Record, receipts: Receipts) -> Purchase | None:
    """The purchase of one raw row, or None where the row is malformed.

    What a refund may leave out is filled in; no rule looks at it.
    """
    appsflyer_id = record["appsflyer_id"]
    at = parse_time(record["event_time_utc"])
    amount = parse_amount(record["revenue_usd"])
    if is_refund_of_receipt(record, receipts):
        appsflyer_id = appsflyer_id or ""
        amount = Decimal(0) if record["revenue_usd"] is None else amount
    if appsflyer_id is None or at is None or amount is None:
        return None
    return Purchase(
        row=row,
        appsflyer_id=appsflyer_id,
        event_name=lower(record["event_name"]),
        at=at,
        amount=amount,
        campaign=upper(record["campaign"]),
        receipt_id=record["receipt_id"],
        status=lower(record["status"]),
        installed_at=parse_time(record.get("install_time_utc")),
    )


def classify_alone(  # noqa: PLR0911 (one return for each rule, in their order)
    purchase: Purchase | None, purchase_event_names: Collection[str], receipts: Receipts
) -> str:
    """The first rule that holds, of those that look at one row; duplicates need the others."""
    if purchase is None:
        return "malformed"
    if purchase.event_name not in purchase_event_names:
        return "not_a_purchase"
    if purchase.status in REFUNDS:
        return "chargeback"
    if purchase.status in REVERSALS:
        return "refund_reversal"
    if purchase.status != "success":
        return "failed"
    if purchase.amount <= 0:
        return "false_success"
    receipt_id = purchase.receipt_id
    if receipt_id is not None and not receipts.is_genuine(receipt_id, purchase.appsflyer_id):
        return "false_success"
    return "curated"


def disposition_reason(record: Record, disposition: str, receipts: Receipts) -> str | None:
    """Every fault of a malformed row or a false success."""
    amount = parse_amount(record["revenue_usd"])
    receipt_id = record["receipt_id"]
    faults: dict[str, bool] = {}
    if disposition == "malformed":
        is_short = is_refund_of_receipt(record, receipts)
        is_left_out = is_short and record["revenue_usd"] is None
        faults = {
            "missing_appsflyer_id": record["appsflyer_id"] is None and not is_short,
            "unparsable_time": parse_time(record["event_time_utc"]) is None,
            "unparsable_revenue": amount is None and not is_left_out,
        }
    elif disposition == "false_success":
        faults = {
            "revenue_not_positive": amount is not None and amount <= 0,
            "unknown_receipt_form": (
                receipt_id is not None
                and not receipts.is_genuine(receipt_id, record["appsflyer_id"])
            ),
        }
    return ", ".join(name for name, holds in faults.items() if holds) or None


def find_duplicates(purchases: list[Purchase]) -> dict[int, int]:
    """For each row that repeats an earlier one: which row it repeats."""
    kept: dict[tuple[object, ...], int] = {}
    duplicate_of: dict[int, int] = {}
    for purchase in sorted(purchases, key=lambda each: (each.at, each.row)):
        identity: tuple[object, ...]
        if purchase.receipt_id is not None:
            identity = (purchase.receipt_id,)
        else:
            identity = (
                purchase.appsflyer_id,
                purchase.at,
                purchase.event_name,
                purchase.amount,
            )
        if identity in kept:
            duplicate_of[purchase.row] = kept[identity]
        else:
            kept[identity] = purchase.row
    return duplicate_of


def find_charged_back(events: list[tuple[datetime, int, str | None, bool]]) -> set[str]:
    """The receipts whose last event, by time and row, is a refund and not its reversal."""
    stands: dict[str, bool] = {}
    for _, _, receipt_id, is_refund in sorted(events, key=lambda event: event[:2]):
        if receipt_id is not None:
            stands[receipt_id] = is_refund
    return {receipt_id for receipt_id, is_refunded in stands.items() if is_refunded}


@dataclass(frozen=True)
class Curated:
    """A purchase that counts, with what later rows say about it."""

    purchase: Purchase
    is_charged_back: bool
    duplicates_removed: int

    @property
    def net(self) -> Decimal:
        """What the purchase earned: nothing once it is charged back."""
        return Decimal(0) if self.is_charged_back else self.purchase.amount


def classify(
    records: list[Record], purchase_event_names: Collection[str], receipts: Receipts
) -> tuple[list[Row], list[Curated]]:
    """The disposition of every raw row in file order, and the curated purchases in time order."""
    purchases = [
        read_purchase(row, record, receipts) for row, record in enumerate(records, start=1)
    ]
    names = [classify_alone(each, purchase_event_names, receipts) for each in purchases]

    unique = [
        purchase
        for purchase, name in zip(purchases, names, strict=True)
        if purchase is not None and name == "curated"
    ]
    duplicate_of = find_duplicates(unique)

    # A chargeback is not an orphan if any success row has its receipt, even a discarded one.
    success_receipts = {
        record["receipt_id"] for record in records if lower(record["status"]) == "success"
    } - {None}
    charged_back_receipts = find_charged_back(
        [
            (purchase.at, purchase.row, purchase.receipt_id, name == "chargeback")
            for purchase, name in zip(purchases, names, strict=True)
            if purchase is not None and name in ("chargeback", "refund_reversal")
        ]
    )

    dispositions: list[Row] = []
    for row, (record, name) in enumerate(zip(records, names, strict=True), start=1):
        disposition = "duplicate" if row in duplicate_of else name
        receipt_id = record["receipt_id"]
        dispositions.append(
            {
                "disposition": disposition,
                "disposition_reason": disposition_reason(record, disposition, receipts),
                "duplicate_of": duplicate_of.get(row),
                "is_orphan": name == "chargeback" and receipt_id not in success_receipts,
                "is_charged_back": disposition == "curated" and receipt_id in charged_back_receipts,
            }
        )

    curated = [
        Curated(
            purchase=purchase,
            is_charged_back=purchase.receipt_id in charged_back_receipts,
            duplicates_removed=list(duplicate_of.values()).count(purchase.row),
        )
        for purchase in sorted(unique, key=lambda each: (each.at, each.row))
        if purchase.row not in duplicate_of
    ]
    return dispositions, curated


def report_purchases(curated: list[Curated]) -> list[Row]:
    """`purchases_curated.json`, in order of time, then of the file."""
    return [
        {
            "appsflyer_id": each.purchase.appsflyer_id,
            "event_name": each.purchase.event_name,
            "event_time_utc": write_time(each.purchase.at),
            "revenue_usd": each.purchase.amount,
            "net_revenue_usd": each.net,
            "campaign": each.purchase.campaign,
            "receipt_id": each.purchase.receipt_id,
            "is_charged_back": each.is_charged_back,
            "duplicates_removed": each.duplicates_removed,
        }
        for each in curated
    ]


# --- Reconciliation: the best pair first, each side at most once --------------------------------


@dataclass(frozen=True)
class Confirmation:
    """A confirmed purchase with a valid time and amount, and an id or a receipt."""

    row: int
    appsflyer_id: str | None
    at: datetime
    amount: Decimal
    receipt_id: str | None


Pair = tuple[Purchase, Confirmation]
# Dispositions of rows that say less of a purchase than the purchase itself.
TAKES_BACK = ("chargeback", "refund_reversal")


@dataclass(frozen=True)
class SetAside:
    """A row of either file that takes no part in reconciliation, and why."""

    row: int
    appsflyer_id: str | None
    at: datetime | None
    receipt_id: str | None
    disposition: str
    reason: str | None


def set_aside_row(row: int, record: Record, disposition: str, reason: str | None) -> SetAside:
    """What such a row says, as far as it can be read."""
    at = parse_time(record["event_time_utc"])
    return SetAside(row, record["appsflyer_id"], at, record["receipt_id"], disposition, reason)


def set_aside_purchases(records: list[Record], dispositions: list[Row]) -> list[SetAside]:
    """Every raw row that is not curated."""
    reason_of = [cast("str | None", each["disposition_reason"]) for each in dispositions]
    return [
        set_aside_row(row, record, str(each["disposition"]), reason)
        for row, (record, each, reason) in enumerate(
            zip(records, dispositions, reason_of, strict=True), start=1
        )
        if each["disposition"] != "curated"
    ]


def set_aside_confirmations(records: list[Record]) -> list[SetAside]:
    """Every confirmation without a readable id, time or amount."""
    rows = []
    has_players = any(record["appsflyer_id"] for record in records)
    for row, record in enumerate(records, start=1):
        faults = {
            "missing_appsflyer_id": lacks_player(record, has_players),
            "unparsable_time": parse_time(record["event_time_utc"]) is None,
            "unparsable_revenue": parse_amount(record["revenue_usd"]) is None,
        }
        reason = ", ".join(name for name, holds in faults.items() if holds)
        if reason:
            rows.append(set_aside_row(row, record, "rejected", reason))
    return rows


def lacks_player(record: Record, has_players: bool) -> bool:
    """Whether an id is missing that should be there; the lists of stores have receipts instead."""
    is_of_store = record["receipt_id"] and not (has_players and record["event_name"])
    return record["appsflyer_id"] is None and not is_of_store


def find_player(receipt_id: str | None, purchases: Sequence[Record]) -> str | None:
    """The player of the first purchase with the receipt, of a success if there is one."""
    never = datetime.max.replace(tzinfo=UTC)
    found = [
        (
            lower(each["status"]) != "success",
            parse_time(each["event_time_utc"]) or never,
            row,
            each["appsflyer_id"],
        )
        for row, each in enumerate(purchases)
        if receipt_id is not None
        and each["receipt_id"] == receipt_id
        and each["appsflyer_id"] is not None
    ]
    return min(found)[-1] if found else None


def read_confirmations(
    records: list[Record], purchases: Sequence[Record] = ()
) -> list[Confirmation]:
    """The accepted confirmations; they are neither deduplicated nor filtered by event name."""
    confirmations = []
    has_players = any(record["appsflyer_id"] for record in records)
    for row, record in enumerate(records, start=1):
        receipt_id = record["receipt_id"]
        appsflyer_id = record["appsflyer_id"] or find_player(receipt_id, purchases)
        at = parse_time(record["event_time_utc"])
        amount = parse_amount(record["revenue_usd"])
        if not lacks_player(record, has_players) and at is not None and amount is not None:
            confirmations.append(Confirmation(row, appsflyer_id, at, amount, receipt_id))
    return confirmations


def known_receipts(
    confirmations: list[Confirmation], patterns: Collection[str] = RECEIPT_PATTERNS
) -> Receipts:
    """The forms of receipts, and the players of each one that the store confirms."""
    players_of: dict[str, set[str]] = {}
    for each in confirmations:
        if each.receipt_id is not None and each.appsflyer_id is not None:
            players_of.setdefault(each.receipt_id, set()).add(each.appsflyer_id)
    return Receipts(patterns, players_of)


def has_same_receipt(pair: Pair) -> bool:
    """Two missing receipts are not the same receipt."""
    purchase, confirmation = pair
    return purchase.receipt_id is not None and purchase.receipt_id == confirmation.receipt_id


def rank(pair: Pair) -> tuple[bool, timedelta, Decimal, datetime, datetime, int, int]:
    """The order of quality, smallest first; the row numbers make it total."""
    purchase, confirmation = pair
    return (
        not has_same_receipt(pair),
        abs(confirmation.at - purchase.at),
        abs(confirmation.amount - purchase.amount),
        purchase.at,
        confirmation.at,
        purchase.row,
        confirmation.row,
    )


def find_candidates(
    purchases: list[Purchase], confirmations: list[Confirmation], window: timedelta
) -> list[Pair]:
    """All pairs of one player inside the window, whose edge belongs to it."""
    return [
        (purchase, confirmation)
        for purchase in purchases
        for confirmation in confirmations
        if purchase.appsflyer_id == confirmation.appsflyer_id
        and abs(confirmation.at - purchase.at) <= window
    ]


def take_best_pairs(candidates: list[Pair]) -> list[Pair]:
    """From the best pair down: take it if neither side is taken yet."""
    taken: list[Pair] = []
    used_purchases: set[int] = set()
    used_confirmations: set[int] = set()
    for purchase, confirmation in sorted(candidates, key=rank):
        if purchase.row not in used_purchases and confirmation.row not in used_confirmations:
            taken.append((purchase, confirmation))
            used_purchases.add(purchase.row)
            used_confirmations.add(confirmation.row)
    return taken


def seconds(distance: timedelta) -> Decimal:
    """Seconds to the microsecond, exactly."""
    return Decimal(distance // timedelta(microseconds=1)).scaleb(-6)


@dataclass(frozen=True)
class Counterpart:
    """The row of the other file that explains why a row is left; its time may be unknown."""

    reason: str
    row: int
    disposition: str
    fault: str | None
    at: datetime | None


def find_counterpart(
    row: Purchase | Confirmation,
    counted: Sequence[Purchase | Confirmation],
    set_aside: list[SetAside],
    window: timedelta,
) -> Counterpart | None:
    """The surest row of the other file that says what became of the other half.

    A row that counts with the same receipt; one that was set aside with the same receipt, the
    purchase before its chargeback; one that was set aside and is near, where one has no receipt.
    """
    same_receipt = [
        other
        for other in counted
        if row.receipt_id is not None
        and (other.receipt_id, other.appsflyer_id) == (row.receipt_id, row.appsflyer_id)
    ]
    is_purchase = isinstance(row, Purchase)
    if same_receipt:
        other = min(same_receipt, key=lambda each: (abs(each.at - row.at), each.row))
        if abs(other.at - row.at) <= window:
            return None  # it went to another row with this receipt
        disposition = "accepted" if is_purchase else "curated"
        return Counterpart("same_receipt_outside_window", other.row, disposition, None, other.at)

    reason = "confirmation_set_aside" if is_purchase else "purchase_set_aside"
    with_receipt = [
        each
        for each in set_aside
        if row.receipt_id is not None and each.receipt_id == row.receipt_id
    ]
    if with_receipt:
        left = min(with_receipt, key=lambda each: (each.disposition in TAKES_BACK, each.row))
        return Counterpart(reason, left.row, left.disposition, left.reason, left.at)
    near = [
        (abs(each.at - row.at), each.row, each)
        for each in set_aside
        if row.appsflyer_id is not None
        and each.appsflyer_id == row.appsflyer_id
        and each.at is not None
        and abs(each.at - row.at) <= window
        and each.disposition not in ("not_a_purchase", *TAKES_BACK)
        and (each.receipt_id is None or row.receipt_id is None)
    ]
    if near:
        left = min(near)[2]
        return Counterpart(reason, left.row, left.disposition, left.reason, left.at)
    return None


def report_reconciliation(
    purchases: list[Purchase],
    confirmations: list[Confirmation],
    window: timedelta,
    purchases_set_aside: list[SetAside],
    confirmations_set_aside: list[SetAside],
) -> Reconciliation:
    """`reconciliation.json`: matched pairs, then what is left on each side."""
    candidates = find_candidates(purchases, confirmations, window)
    matched = take_best_pairs(candidates)
    matched_purchases = {purchase.row for purchase, _ in matched}
    matched_confirmations = {confirmation.row for _, confirmation in matched}
    purchase_candidates = [purchase.row for purchase, _ in candidates]
    confirmation_candidates = [confirmation.row for _, confirmation in candidates]

    details = [
        matched_detail(
            pair,
            candidate_count=purchase_candidates.count(pair[0].row),
            reverse_candidate_count=confirmation_candidates.count(pair[1].row),
        )
        for pair in matched
    ]
    for purchase in purchases:
        if purchase.row not in matched_purchases:
            distances = [
                abs(other.at - purchase.at)
                for other in confirmations
                if other.appsflyer_id == purchase.appsflyer_id
            ]
            count = purchase_candidates.count(purchase.row)
            counterpart = find_counterpart(purchase, confirmations, confirmations_set_aside, window)
            details.append(unmatched_detail(purchase, count, distances, counterpart))
    for confirmation in confirmations:
        if confirmation.row not in matched_confirmations:
            distances = [
                abs(confirmation.at - other.at)
                for other in purchases
                if other.appsflyer_id == confirmation.appsflyer_id
            ]
            count = confirmation_candidates.count(confirmation.row)
            counterpart = find_counterpart(confirmation, purchases, purchases_set_aside, window)
            details.append(unmatched_detail(confirmation, count, distances, counterpart))

    types = [detail["type"] for detail in details]
    summary = {name: types.count(name) for name in ("matched", "af_only", "confirmed_only")}
    return {"summary": summary, "details": details}


def matched_detail(pair: Pair, candidate_count: int, reverse_candidate_count: int) -> Row:
    """One matched pair; ambiguous if no receipt decided and either side could choose otherwise."""
    purchase, confirmation = pair
    is_contested = candidate_count > 1 or reverse_candidate_count > 1
    return {
        "type": "matched",
        "appsflyer_id": purchase.appsflyer_id,
        "af_event_time_utc": write_time(purchase.at),
        "confirmed_event_time_utc": write_time(confirmation.at),
        "seconds_apart": seconds(confirmation.at - purchase.at),
        "af_revenue_usd": purchase.amount,
        "confirmed_revenue_usd": confirmation.amount,
        "amount_difference_usd": confirmation.amount - purchase.amount,
        "receipt_id": purchase.receipt_id or confirmation.receipt_id,
        "match_rule": "receipt" if has_same_receipt(pair) else "nearest",
        "candidate_count": candidate_count,
        "is_ambiguous": is_contested and not has_same_receipt(pair),
        "reason": None,
        "nearest_seconds_apart": None,
        "counterpart_row_number": None,
        "counterpart_disposition": None,
        "counterpart_reason": None,
        "counterpart_seconds_apart": None,
    }


def unmatched_detail(
    row: Purchase | Confirmation,
    candidate_count: int,
    distances: list[timedelta],
    counterpart: Counterpart | None,
) -> Row:
    """One row that is left, with the reason; `distances` are those to all rows of its player."""
    is_purchase = isinstance(row, Purchase)
    apart = None
    if counterpart is not None and counterpart.at is not None:
        apart = seconds(counterpart.at - row.at if is_purchase else row.at - counterpart.at)
    if counterpart is not None:
        reason = counterpart.reason
    elif not distances:
        reason = "no_candidate"
    elif candidate_count == 0:
        reason = "outside_window"
    else:
        reason = "lost_to_closer_pair"
    return {
        "type": "af_only" if is_purchase else "confirmed_only",
        "appsflyer_id": row.appsflyer_id,
        "af_event_time_utc": write_time(row.at) if is_purchase else None,
        "confirmed_event_time_utc": None if is_purchase else write_time(row.at),
        "seconds_apart": None,
        "af_revenue_usd": row.amount if is_purchase else None,
        "confirmed_revenue_usd": None if is_purchase else row.amount,
        "amount_difference_usd": None,
        "receipt_id": row.receipt_id,
        "match_rule": None,
        "candidate_count": candidate_count,
        "is_ambiguous": candidate_count > 0,
        "reason": reason,
        "nearest_seconds_apart": seconds(min(distances)) if reason == "outside_window" else None,
        "counterpart_row_number": None if counterpart is None else counterpart.row,
        "counterpart_disposition": None if counterpart is None else counterpart.disposition,
        "counterpart_reason": None if counterpart is None else counterpart.fault,
        "counterpart_seconds_apart": apart,
    }


# --- Days: ROAS and ARPDAU ----------------------------------------------------------------------


@dataclass(frozen=True)
class Cost:
    """The amount spent according to one row of the cost file."""

    day: date
    campaign: str
    amount: Decimal


@dataclass(frozen=True)
class Session:
    """One session: on this day this player was active."""

    day: date
    user_id: str


def read_costs(records: list[Record]) -> list[Cost]:
    """The accepted cost rows. Several rows of a campaign and day add up later."""
    costs = []
    for record in records:
        day = parse_date(record["date"])
        campaign = upper(record["campaign"])
        amount = parse_amount(record["ad_cost_usd"])
        if day is not None and campaign is not None and amount is not None:
            costs.append(Cost(day, campaign, amount))
    return costs


def read_sessions(records: list[Record]) -> list[Session]:
    """The accepted sessions, whatever their event is called."""
    sessions = []
    for record in records:
        at = parse_time(record["event_timestamp_utc"])
        user_id = record["user_id"]
        if at is not None and user_id is not None:
            sessions.append(Session(at.date(), user_id))
    return sessions


@dataclass(frozen=True)
class CampaignDay(Day):
    """One campaign on one day, with the state of its ROAS."""

    @property
    def state(self) -> str:
        """Why ROAS is undefined or zero, else `ok`."""
        if self.cost is None:
            return "missing_cost"
        if self.cost <= 0:
            return "zero_spend"
        return "zero_revenue" if self.revenue == 0 else "ok"


def campaign_day(
    campaign: str, day: date, curated: list[Curated], costs: list[Cost]
) -> CampaignDay:
    """Add up what one campaign earned and cost on one UTC day."""
    earned = [
        each.net
        for each in curated
        if each.purchase.campaign == campaign and each.purchase.at.date() == day
    ]
    spent = [each.amount for each in costs if each.campaign == campaign and each.day == day]
    return CampaignDay(
        revenue=sum(earned, Decimal(0)), cost=sum(spent, Decimal(0)) if spent else None
    )


def find_campaigns(curated: list[Curated], costs: list[Cost]) -> list[str]:
    """Every campaign that ever earned or cost, in the order of the reports."""
    names = {each.purchase.campaign for each in curated} | {each.campaign for each in costs}
    return sorted(name for name in names if name is not None and name not in NOT_A_CAMPAIGN)


def report_roas(yesterday: date, curated: list[Curated], costs: list[Cost]) -> list[Row]:
    """`roas_d1.json`: one row per campaign ever seen, also of those that stopped earning."""
    rows: list[Row] = []
    for campaign in find_campaigns(curated, costs):
        result = campaign_day(campaign, yesterday, curated, costs)
        rows.append(
            {
                "date": yesterday.isoformat(),
                "campaign": campaign,
                "revenue_usd": result.revenue,
                "ad_cost_usd": result.cost,
                "roas": result.roas,
                "state": result.state,
            }
        )
    return rows


def anomaly_state(result: CampaignDay, average: Fraction | None, min_spend: Decimal) -> str:
    """What to think of a flag, given enough days before it."""
    if result.roas is None or result.cost is None:
        return result.state
    if result.roas == average == 0:
        return "dead"
    return "too_little_spend" if result.cost < min_spend else result.state


def report_anomalies(  # noqa: PLR0913 (the vars of the rule)
    yesterday: date,
    curated: list[Curated],
    costs: list[Cost],
    ratio: Fraction,
    *,
    min_history_days: int,
    min_spend: Decimal,
) -> list[Row]:
    """`roas_anomaly.json`: D-1 against the mean of the defined ROAS of the seven days before it.

    ROAS is defined only on days with cost, so days before the first data drop out by themselves.
    """
    rows: list[Row] = []
    for campaign in find_campaigns(curated, costs):
        result = campaign_day(campaign, yesterday, curated, costs)
        history = []
        for days_back in range(1, 8):
            earlier = campaign_day(campaign, yesterday - days_back * DAY, curated, costs)
            if earlier.roas is not None:
                history.append(earlier.roas)
        average = sum(history, Fraction(0)) / len(history) if history else None
        has_history = len(history) >= min_history_days
        rows.append(
            {
                "date": yesterday.isoformat(),
                "campaign": campaign,
                "roas_d1": result.roas,
                "avg7": average,
                "history_days": len(history),
                "anomaly": (
                    result.roas is not None
                    and average is not None
                    and has_history
                    and result.roas < ratio * average
                ),
                "state": (
                    anomaly_state(result, average, min_spend)
                    if has_history or result.roas is None
                    else "insufficient_history"
                ),
            }
        )
    return rows


def days_of_campaign(campaign: str, curated: list[Curated], costs: list[Cost]) -> dict[date, Day]:
    """All days on which a campaign earned or cost, for the rules on trial."""
    sold = [each.purchase.at.date() for each in curated if each.purchase.campaign == campaign]
    days = {}
    for on in sorted({*sold, *(each.day for each in costs if each.campaign == campaign)}):
        result = campaign_day(campaign, on, curated, costs)
        days[on] = Day(result.revenue, result.cost, sold.count(on))
    return days


def report_arpdau(yesterday: date, curated: list[Curated], sessions: list[Session]) -> list[Row]:
    """`arpdau_d1.json`: all net revenue of the day, organic too, per distinct active player."""
    revenue = sum(
        (each.net for each in curated if each.purchase.at.date() == yesterday), Decimal(0)
    )
    dau = len({each.user_id for each in sessions if each.day == yesterday})
    return [
        {
            "date": yesterday.isoformat(),
            "revenue_usd": revenue,
            "dau": dau,
            "arpdau_usd": Fraction(revenue) / dau if dau else None,
            "state": "ok" if dau else "missing_sessions",
        }
    ]


def last_active_day(curated: list[Curated], sessions: list[Session]) -> date:
    """The last day with a curated purchase or a session, which counts as not yet over."""
    return max([each.purchase.at.date() for each in curated] + [each.day for each in sessions])


# --- All of it ----------------------------------------------------------------------------------


def reference(  # noqa: PLR0913 (the vars of the project)
    inputs: dict[str, str],
    as_of_date: date | None = None,
    *,
    purchase_event_names: Collection[str] = ("purchase", "af_purchase"),
    receipt_patterns: Collection[str] = RECEIPT_PATTERNS,
    reconciliation_window_minutes: int = 10,
    roas_anomaly_ratio: float = 0.5,
    roas_min_history_days: int = 3,
    roas_min_spend_usd: float = 10,
) -> Reports:
    """All reports for the four CSV texts. The keyword arguments are the vars of the project."""
    # Raise an error instead of rounding a sum.
    with localcontext(Context(prec=100, traps=[Inexact])):
        records = {name: read_csv(text) for name, text in inputs.items()}
        confirmations = read_confirmations(records["confirmed_purchases"], records["purchases_raw"])
        dispositions, curated = classify(
            records["purchases_raw"],
            purchase_event_names,
            known_receipts(confirmations, receipt_patterns),
        )
        costs = read_costs(records["costs_daily"])
        sessions = read_sessions(records["sessions"])

        yesterday = (as_of_date or last_active_day(curated, sessions)) - DAY
        window = timedelta(minutes=reconciliation_window_minutes)
        ratio = Fraction(str(roas_anomaly_ratio))  # str: 0.8 means four fifths, not a float near it
        rules = Settings(ratio=ratio, min_history_days=roas_min_history_days)
        campaigns = {
            name: Campaign(days_of_campaign(name, curated, costs), rules)
            for name in find_campaigns(curated, costs)
        }
        return {
            "purchases_curated": report_purchases(curated),
            "reconciliation": report_reconciliation(
                [each.purchase for each in curated],
                confirmations,
                window,
                set_aside_purchases(records["purchases_raw"], dispositions),
                set_aside_confirmations(records["confirmed_purchases"]),
            ),
            "roas_d1": report_roas(yesterday, curated, costs),
            "roas_anomaly": report_anomalies(
                yesterday,
                curated,
                costs,
                ratio,
                min_history_days=roas_min_history_days,
                min_spend=Decimal(roas_min_spend_usd),
            ),
            "arpdau_d1": report_arpdau(yesterday, curated, sessions),
            "roas_states": report_states(yesterday, campaigns),
            "roas_rules": report_rules(yesterday, campaigns, rules),
            "cohorts": {
                "summary": reference_cohorts.summarise(yesterday, curated),
                "cohorts": reference_cohorts.report_cohorts(yesterday, curated, costs),
            },
            "retention": reference_cohorts.report_retention(yesterday, sessions),
            "engagement_daily": reference_cohorts.report_engagement(yesterday, curated, sessions),
            "dispositions": dispositions,
            "rejected": {
                "confirmed_purchases": len(records["confirmed_purchases"]) - len(confirmations),
                "costs_daily": len(records["costs_daily"]) - len(costs),
                "sessions": len(records["sessions"]) - len(sessions),
            },
        }
