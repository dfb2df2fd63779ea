"""Compare the sweep over windows and shifts with matching again from the start."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.system.e2e.reference import (
    Record,
    parse_time,
    read_csv,
)
from tests.system.e2e.reference_window import Sweep, report_sweep
from tests.system.properties.models import MODELS, Models
from tests.system.properties.profile import examples
from tests.system.properties.test_matching import (
    AMOUNTS,
    PLAYERS,
    RECEIPTS,
    Game,
    games,
    settled,
)
from warehouse.sample.generate import generate_sample

Hours = Callable[[Record], float]

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


@examples(short=10, long=500)
@given(
    st.lists(
        st.one_of(*(games(most, PURCHASE, CONFIRMATION) for most in (3, 5, 9))),
        min_size=1,
        max_size=40,
    )
)
@example([Game([], [])])
def test_every_variation_is_what_matching_again_gives(models: Models, played: list[Game]) -> None:
    _, _, curated, confirmations = settled(models, played, PURCHASE, CONFIRMATION)
    expected = report_sweep([each.purchase for each in curated], confirmations, Sweep())
    assert models.query(VARIATIONS) == [
        tuple(
            value
            if value is None or isinstance(value, bool | str | int | Decimal)
            else float(value)
            for value in variation.values()
        )
        for variation in expected
    ]


# The hours by which the confirmations of the sample are late, by player, and the shifts to name.
BUGS: dict[str, tuple[Hours, list[float]]] = {
    "none": (lambda _: 0, []),
    "14 hours early": (lambda _: -14, [-14]),
    "half an hour late": (lambda _: 0.5, [0.5]),
    "an hour early": (lambda _: -1, [-1]),
    "five and a half hours late": (lambda _: 5.5, [5.5]),
    "three bugs": (
        lambda record: (0, -8, 2, 9.5)[ord(str(record["appsflyer_id"])[-1]) % 4],
        [-8, 2, 9.5],
    ),
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Record]]:
    """The rows of the sample."""
    folder = tmp_path_factory.mktemp("sample")
    generate_sample(folder)
    return {name: read(folder / f"{name}.csv") for name in ("purchases_raw", "confirmed_purchases")}


def read(path: Path) -> list[Record]:
    return read_csv(path.read_text(encoding="utf-8"))


def late(text: str | None, hours: float) -> str | None:
    """Move a time that can be read."""
    at = parse_time(text)
    return text if at is None else datetime.isoformat(at + timedelta(hours=hours))


@pytest.mark.parametrize(("hours", "named"), BUGS.values(), ids=BUGS)
def test_a_zone_bug_of_the_sample_is_named_with_its_hours(
    models: Models, sample: dict[str, list[Record]], hours: Hours, named: list[float]
) -> None:
    models.fill("purchases_raw", [list(record.values()) for record in sample["purchases_raw"]])
    models.fill(
        "confirmed_purchases",
        [
            list({**each, "event_time_utc": late(each["event_time_utc"], hours(each))}.values())
            for each in sample["confirmed_purchases"]
        ],
    )
    models.settle(MODELS)
    suggested = models.query(
        "select kind, shift_hours from marts.fct_reconciliation_sweep"
        " where is_suggested order by shift_hours"
    )
    assert suggested == [("shift", Decimal(str(each))) for each in named]
