"""Formats numbers and codes for readers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

Number = int | float | Decimal

STATES = {
    "ok": "ok",
    "missing_cost": "no cost is known for that day",
    "zero_spend": "nothing was spent",
    "restricted": "the ad network does not say which campaign earned what",
    "zero_revenue": "nothing was earned",
    "insufficient_history": "too few days before it to compare with",
    "dead": "nothing was earned, nor on the days before it",
    "too_little_spend": "too little was spent to judge it",
    "missing_sessions": "no session is known for that day",
}
REASONS = {
    "same_receipt_outside_window": "the receipt is on the other side, outside the window",
    "purchase_set_aside": "AppsFlyer has the purchase, in a row that does not count",
    "confirmation_set_aside": "the store has the confirmation, in a row that does not count",
    "lost_to_closer_pair": "the rows near it belong closer together",
    "outside_window": "the player's nearest row is outside the window",
    "no_candidate": "the player has no row on the other side",
}
OUTCOMES = {
    "matched": "matched",
    "af_only": "AppsFlyer only",
    "confirmed_only": "confirmed only",
}
PROVISIONAL = "provisional: the source still restates it"
UNKNOWN = "unknown"
MAX_NAME = 80
# The text for a value that does not apply.
NOTHING = "\N{EN DASH}"


def money(amount: Number | None, digits: int = 2) -> str:
    """Format an amount of US dollars."""
    if amount is None:
        return UNKNOWN
    sign = "-" if amount < 0 else ""
    return f"{sign}US$\N{NO-BREAK SPACE}{abs(amount):,.{digits}f}"


def count(number: Number | None) -> str:
    """Format a whole number."""
    return UNKNOWN if number is None else f"{number:,.0f}"


def rows(number: int) -> str:
    """Format a number of rows."""
    return "1 row" if number == 1 else f"{number:,} rows"


def ratio(number: Number | None) -> str:
    """Format a ratio such as ROAS."""
    return UNKNOWN if number is None else f"{number:,.2f}"


def name(text: str | None) -> str:
    """Truncate a name from the data."""
    if text is None:
        return "none"
    return text if len(text) <= MAX_NAME else f"{text[: MAX_NAME - 1]}\N{HORIZONTAL ELLIPSIS}"


def day(value: date | None) -> str:
    """Format a day as YYYY-MM-DD."""
    return UNKNOWN if value is None else value.isoformat()


def moment(value: datetime | None) -> str:
    """Format a UTC time to the second."""
    return UNKNOWN if value is None else f"{value:%Y-%m-%d %H:%M:%S}"


def seconds(value: Number | None) -> str:
    """Format a duration."""
    if value is None:
        return NOTHING
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    shown = [f"{number} {unit}" for number, unit in parts if number]
    return " ".join(shown[:2]) or "0 s"


def change(value: Number | None, average: float | None) -> str:
    """Compare a value with an average; empty if one is unknown or the average is 0."""
    if value is None or not average:
        return ""
    share = float(value) / average - 1
    text = f"{abs(share):.1%}"
    if text == "0.0%":
        return "equal to"
    return f"▲ {text} above" if share > 0 else f"▼ {text} below"
