"""The reference of `reconciliation_sweep.json`: every variation is matched again from the start.

The warehouse matches again only what a variation can change. This file moves the confirmations,
looks for all pairs within the window, and takes the best ones, as in `reference.py`.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import median

from tests.system.e2e.reference import (
    RECEIPT_PATTERNS,
    Confirmation,
    Pair,
    Purchase,
    Row,
    classify,
    find_candidates,
    has_same_receipt,
    known_receipts,
    read_confirmations,
    read_csv,
    take_best_pairs,
)

WINDOWS = (1, 2, 5, 10, 15, 30, 60, 120, 1440)
STEPS = [step for step in range(-28, 29) if step != 0]
HALF_HOUR = timedelta(minutes=30)


@dataclass(frozen=True)
class Sweep:
    """The settings of the sweep."""

    window_minutes: int = 10
    min_rows: int = 10
    fit_min_share: Fraction = Fraction(1, 100)
    shift_min_share: Fraction = Fraction(1, 10)

    @property
    def window(self) -> timedelta:
        """The configured window."""
        return timedelta(minutes=self.window_minutes)


def match(
    purchases: Collection[Purchase], confirmations: Collection[Confirmation], window: timedelta
) -> list[Pair]:
    """Match player by player."""
    players: dict[str | None, tuple[list[Purchase], list[Confirmation]]] = {}
    for purchase in purchases:
        players.setdefault(purchase.appsflyer_id, ([], []))[0].append(purchase)
    for confirmation in confirmations:
        if confirmation.appsflyer_id in players:
            players[confirmation.appsflyer_id][1].append(confirmation)
    return [
        pair
        for bought, confirmed in players.values()
        for pair in take_best_pairs(find_candidates(bought, confirmed, window))
    ]


def agrees(pair: Pair) -> bool:
    """Whether the two sides have the same receipt or the same amount."""
    return has_same_receipt(pair) or pair[0].amount == pair[1].amount


def amounts(pairs: list[Pair]) -> tuple[Decimal, Decimal]:
    """The sums of both sides."""
    return (
        sum((purchase.amount for purchase, _ in pairs), Decimal(0)),
        sum((confirmation.amount for _, confirmation in pairs), Decimal(0)),
    )


def best_window(matched: dict[int, list[Pair]], configured: int, least: Fraction) -> int | None:
    """Another window that fits better: the widest that adds enough pairs that mostly agree."""
    best, before, agreeing_before = None, 0, 0
    for minutes, pairs in sorted(matched.items()):
        agreeing = sum(map(agrees, pairs))
        added, added_agreeing = len(pairs) - before, agreeing - agreeing_before
        if added_agreeing >= least and 2 * added_agreeing >= added:
            best = minutes
        before, agreeing_before = len(pairs), agreeing
    if best is None or best == configured:
        return None
    if best < configured:
        lost = len(matched[configured]) - len(matched[best])
        lost_agreeing = sum(map(agrees, matched[configured])) - sum(map(agrees, matched[best]))
        return best if lost >= least and 2 * lost_agreeing < lost else None
    return best


def name_shifts(gained: dict[int, list[Pair]], unmatched: int, sweep: Sweep) -> set[int]:
    """The shifts that explain enough, stand out, and fit closest among their neighbours."""
    usual = median(len(pairs) for pairs in gained.values())
    outstanding = [
        step
        for step, pairs in gained.items()
        if len(pairs) >= sweep.min_rows
        and len(pairs) >= sweep.shift_min_share * unmatched
        and len(pairs) > 3 * usual
    ]

    def fit(step: int) -> tuple[int, timedelta, int, int]:
        distance = sum((abs(right.at - left.at) for left, right in gained[step]), timedelta())
        return (-len(gained[step]), distance, abs(step), step)

    return {
        step
        for step in outstanding
        if all(
            fit(step) <= fit(other)
            for other in outstanding
            if abs(step - other) * HALF_HOUR <= 2 * sweep.window
        )
    }


def report_sweep(
    purchases: list[Purchase], confirmations: list[Confirmation], sweep: Sweep
) -> list[Row]:
    """The variations of `reconciliation_sweep.json`, without the shifts that gain nothing.

    No purchase has a media source.
    """
    windows = sorted({*WINDOWS, sweep.window_minutes})
    matched = {
        minutes: match(purchases, confirmations, timedelta(minutes=minutes)) for minutes in windows
    }
    ledger = matched[sweep.window_minutes]
    purchases_left = set(purchases) - {purchase for purchase, _ in ledger}
    confirmations_left = {each for each in confirmations if each.appsflyer_id is not None}
    confirmations_left -= {confirmation for _, confirmation in ledger}
    unmatched = min(len(purchases_left), len(confirmations_left))
    gained = {
        step: match(
            purchases_left,
            [replace(each, at=each.at - step * HALF_HOUR) for each in confirmations_left],
            sweep.window,
        )
        for step in STEPS
    }
    named = name_shifts(gained, unmatched, sweep)
    least = max(Fraction(sweep.min_rows), sweep.fit_min_share * len(ledger))
    best = None if named else best_window(matched, sweep.window_minutes, least)
    usual_amounts = amounts(ledger)
    rows: list[Row] = []
    for minutes, pairs in matched.items():
        revenue, confirmed = amounts(pairs)
        rows.append(
            {
                "kind": "window",
                "window_minutes": minutes,
                "shift_hours": Decimal(0),
                "media_source": None,
                "matched": len(pairs),
                "agreeing": sum(map(agrees, pairs)),
                "matched_af_revenue_usd": revenue,
                "matched_confirmed_revenue_usd": confirmed,
                "gained": len(pairs) - len(ledger),
                "gained_af_revenue_usd": revenue - usual_amounts[0],
                "gained_confirmed_revenue_usd": confirmed - usual_amounts[1],
                "explained_share": None,
                "is_configured": minutes == sweep.window_minutes,
                "is_suggested": minutes == best,
            }
        )
    for step, pairs in gained.items():
        if not pairs:
            continue
        revenue, confirmed = amounts(pairs)
        rows.append(
            {
                "kind": "shift",
                "window_minutes": sweep.window_minutes,
                "shift_hours": Decimal(step) / 2,
                "media_source": None,
                "matched": None,
                "agreeing": None,
                "matched_af_revenue_usd": None,
                "matched_confirmed_revenue_usd": None,
                "gained": len(pairs),
                "gained_af_revenue_usd": revenue,
                "gained_confirmed_revenue_usd": confirmed,
                "explained_share": Fraction(len(pairs), unmatched) if unmatched else None,
                "is_configured": False,
                "is_suggested": step in named,
            }
        )
    return rows


def reference_sweep(
    inputs: dict[str, str],
    *,
    purchase_event_names: Collection[str] = ("purchase", "af_purchase"),
    receipt_patterns: Collection[str] = RECEIPT_PATTERNS,
    reconciliation_window_minutes: int = 10,
    **_others: object,
) -> list[Row]:
    """The variations for the CSV texts. The keyword arguments are the vars of the project."""
    records = {name: read_csv(text) for name, text in inputs.items()}
    confirmations = read_confirmations(records["confirmed_purchases"], records["purchases_raw"])
    receipts = known_receipts(confirmations, receipt_patterns)
    _, curated = classify(records["purchases_raw"], purchase_event_names, receipts)
    purchases = [each.purchase for each in curated]
    return report_sweep(purchases, confirmations, Sweep(reconciliation_window_minutes))
