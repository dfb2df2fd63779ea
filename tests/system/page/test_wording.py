"""Numbers and codes as people read them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from warehouse.page import wording


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Decimal("1234.5"), "US$\N{NO-BREAK SPACE}1,234.50"),
        (Decimal("-0.5"), "\N{MINUS SIGN}US$\N{NO-BREAK SPACE}0.50"),
        (0, "US$\N{NO-BREAK SPACE}0.00"),
        (None, "unknown"),
    ],
)
def test_money(amount: Decimal | None, text: str) -> None:
    assert wording.money(amount) == text


def test_counts_ratios_days_and_moments() -> None:
    assert wording.count(1234567) == "1,234,567"
    assert wording.ratio(0.456) == "0.46"
    assert wording.day(date(2026, 1, 5)) == "2026-01-05"
    assert wording.moment(datetime(2026, 1, 5, 9, 1, 2, 999)) == "2026-01-05 09:01:02"
    for write in (wording.count, wording.ratio, wording.day, wording.moment):
        assert write(None) == "unknown"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (702, "11 min 42 s"),
        (39720, "11 h 2 min"),
        (86400 * 3 + 61, "3 d 1 min"),
        (None, wording.NOTHING),
    ],
)
def test_distances_in_time(seconds: float | None, text: str) -> None:
    assert wording.seconds(seconds) == text


@pytest.mark.parametrize(
    ("value", "average", "text"),
    [
        (150, 100.0, "▲ 50.0% above"),
        (Decimal(50), 100.0, "▼ 50.0% below"),
        (100, 100.0001, "equal to"),
        (0, 100.0, "▼ 100.0% below"),
        (1, 0.0, ""),
        (None, 1.0, ""),
        (1, None, ""),
    ],
)
def test_change(value: wording.Number | None, average: float | None, text: str) -> None:
    assert wording.change(value, average) == text


def test_names_are_cut_where_they_are_too_long() -> None:
    assert wording.name(None) == "none"
    assert wording.name("x" * 80) == "x" * 80
    assert wording.name("x" * 81) == "x" * 79 + "…"


def test_names_break_after_underscores_and_stay_text() -> None:
    assert wording.breakable("A_<B>") == "A_<wbr>&lt;B&gt;"


def test_codes_are_words() -> None:
    assert wording.words("missing_cost") == "cost unknown"
    assert wording.words("a_new_state") == "a new state"


def test_days_have_weekdays() -> None:
    assert wording.long_day(date(2026, 1, 5)) == "Monday 5 January 2026"


def test_rows_are_counted() -> None:
    assert [wording.rows(number) for number in (0, 1, 2000)] == ["0 rows", "1 row", "2,000 rows"]
