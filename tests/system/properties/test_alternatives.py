"""Compare the optimal assignments of the SQL with SciPy's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

from tests.system.e2e.reference import (
    Confirmation,
    Pair,
    Purchase,
    find_candidates,
    has_same_receipt,
    take_best_pairs,
)
from tests.system.properties.models import Models
from tests.system.properties.profile import examples
from tests.system.properties.test_matching import (
    WINDOW,
    Game,
    by_player,
    games,
    settled,
)

# Whole multiples of a minute, so that many totals are equal, and some that are not.
SECONDS = (*(str(60 * minutes) for minutes in range(40)), "0.5", "59.999999", "600.000001")
PRICES = ("4.99", "9.99")
CONFIRMATION = (SECONDS, PRICES, (None, None, None, None, "1", "2"), ("a",))
PURCHASE = (*CONFIRMATION, ("success",), ("purchase",))
GROUPS = """
select
    group_id, min(is_compared), count(confirmation_id), coalesce(sum(distance_seconds), 0),
    count(optimal_confirmation_id), coalesce(sum(optimal_distance_seconds), 0)
from marts.fct_reconciliation_alternatives
group by group_id
"""
ASSIGNED = """
select purchase_id, optimal_confirmation_id, optimal_distance_seconds
from marts.fct_reconciliation_alternatives
where optimal_confirmation_id is not null
"""
MOST_PAIRS, MOST_ROWS = 6, 12
Figures = tuple[bool, int, Decimal, int, Decimal]


def groups(pairs: list[Pair]) -> Iterator[list[Pair]]:
    """The pairs that rows connect."""
    left = list(pairs)
    while left:
        group, grows = [left.pop()], True
        while grows:
            found = [pair for pair in left if any(pair[0] is a or pair[1] is b for a, b in group)]
            left = [pair for pair in left if pair not in found]
            group += found
            grows = bool(found)
        yield group


def apart(pairs: list[Pair]) -> Decimal:
    """The sum of the distances in seconds."""
    total = sum((abs(right.at - left.at) for left, right in pairs), timedelta())
    return Decimal(total // timedelta(microseconds=1)).scaleb(-6)


def optimum(group: list[Pair]) -> list[Pair]:
    """The most pairs and, of those, the least distance, because a missing pair costs most."""
    purchases = sorted({pair[0].row for pair in group})
    confirmations = sorted({pair[1].row for pair in group})
    found = {(left.row, right.row): (left, right) for left, right in group}
    missing = len(group) * int(WINDOW / timedelta(microseconds=1)) + 1
    costs = [
        [
            abs(found[p, c][1].at - found[p, c][0].at) / timedelta(microseconds=1)
            if (p, c) in found
            else missing
            for c in confirmations
        ]
        for p in purchases
    ]
    chosen = zip(*linear_sum_assignment(costs), strict=True)
    keys = [(purchases[left], confirmations[right]) for left, right in chosen]
    return [found[key] for key in keys if key in found]


def compared(purchases: list[Purchase], confirmations: list[Confirmation]) -> dict[int, Figures]:
    """The figures of each ambiguous group of a player."""
    pairs = find_candidates(purchases, confirmations, WINDOW)
    ledger = take_best_pairs(pairs)
    by_receipt = [pair for pair in ledger if has_same_receipt(pair)]
    free = [
        pair
        for pair in pairs
        if all(pair[0] is not left and pair[1] is not right for left, right in by_receipt)
    ]
    figures = {}
    for group in groups(free):
        lefts, rights = {pair[0].row for pair in group}, {pair[1].row for pair in group}
        if len(group) == 1:
            continue
        ours = [pair for pair in ledger if pair in group]
        sizes = sorted((len(lefts), len(rights)))
        is_compared = sizes[0] <= MOST_PAIRS and sizes[1] <= MOST_ROWS
        best = optimum(group) if is_compared else []
        figures[min(lefts)] = (is_compared, len(ours), apart(ours), len(best), apart(best))
    return figures


@examples(short=20, long=1000)
@given(
    st.lists(
        st.one_of(*(games(most, PURCHASE, CONFIRMATION) for most in (3, 6, 10))),
        min_size=1,
        max_size=60,
    )
)
@example([Game(list(range(14)), list(range(14)))])
def test_every_group_has_the_optimum_of_scipy(models: Models, played: list[Game]) -> None:
    _, _, curated, confirmations = settled(models, played, PURCHASE, CONFIRMATION)
    purchases = {each.purchase.row: each.purchase for each in curated}
    ours, theirs = by_player(list(purchases.values())), by_player(confirmations)
    expected: dict[int, Figures] = {}
    for player, bought in ours.items():
        expected |= compared(bought, theirs.get(player, []))
    assert {group: figures for group, *figures in models.query(GROUPS)} == {
        group: list(figures) for group, figures in expected.items()
    }
    at = {each.row: each.at for each in confirmations}
    for purchase_id, confirmation_id, seconds in models.query(ASSIGNED):
        distance = abs(at[confirmation_id] - purchases[purchase_id].at)
        assert distance <= WINDOW
        assert seconds == Decimal(distance // timedelta(microseconds=1)).scaleb(-6)
