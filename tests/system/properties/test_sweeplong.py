"""Compare the sweep over windows and shifts with matching again from the start."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from tests.system.e2e.reference import classify, known_receipts, read_confirmations
from tests.system.e2e.reference_window import Sweep, report_sweep
from tests.system.properties.models import MODELS, Models
from tests.system.properties.profile import examples
from tests.system.properties.test_matching import (
    AMOUNTS,
    EVENT_NAMES,
    PLAYERS,
    RECEIPTS,
    Game,
    numbers,
    records,
    row,
)

# The edges of windows and of shifts, and what lies between.
SECONDS = (
    *("0", "1", "-1", "30", "60", "60.000001", "120", "-119", "300", "-301", "450", "-599", "600"),
    *("601", "900", "-901", "1200", "1800", "-1800", "1799.999999", "2400", "2400.5", "3600"),
    *("-3601", "5400", "7200", "7199", "-7201", "9000", "36000", "50400", "-50400", "51000"),
    *("51001", "86400", "86401", "-86400", "170000"),
)
PRICES = tuple(amount for amount in AMOUNTS if amount != "0")
CONFIRMATION = (SECONDS, PRICES, RECEIPTS, PLAYERS)
PURCHASE = (*CONFIRMATION, ("success",), ("purchase",))
VARIATIONS = """
select
    kind, window_minutes, shift_hours, media_source, matched_count, agreeing_count, revenue_usd,
    confirmation_revenue_usd, gained_count, gained_revenue_usd, gained_confirmation_revenue_usd,
    explained_share, is_configured, is_suggested
from marts.fct_reconciliation_sweep
order by kind = 'shift', window_minutes, shift_hours
"""


def games(most_rows: int) -> st.SearchStrategy[Game]:
    """Generate a game with up to this many rows per side."""
    return st.builds(
        Game,
        st.lists(numbers(*PURCHASE), max_size=most_rows),
        st.lists(numbers(*CONFIRMATION), max_size=most_rows),
    )


@examples(short=10, long=150)
@given(st.lists(st.one_of(games(3), games(5), games(9)), min_size=1, max_size=40))
@example([Game([], [])])
def test_every_variation_is_what_matching_again_gives(models: Models, played: list[Game]) -> None:
    purchase_rows = [
        row(n, each, *PURCHASE) for n, game in enumerate(played) for each in game.purchases
    ]
    confirmation_rows = [
        row(n, each, *CONFIRMATION) for n, game in enumerate(played) for each in game.confirmations
    ]
    models.fill("purchases_raw", purchase_rows)
    models.fill("confirmed_purchases", confirmation_rows)
    models.settle(MODELS)

    confirmations = read_confirmations(
        records("confirmed_purchases", confirmation_rows),
        records("purchases_raw", purchase_rows),
    )
    _, curated = classify(
        records("purchases_raw", purchase_rows), EVENT_NAMES, known_receipts(confirmations)
    )
    expected = report_sweep([each.purchase for each in curated], confirmations, Sweep())
    assert models.query(VARIATIONS) == [
        tuple(
            value if value is None or isinstance(value, bool | str | int | Decimal)
            else float(value)
            for value in variation.values()
        )
        for variation in expected
    ]
