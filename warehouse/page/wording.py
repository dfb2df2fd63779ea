"""Formats numbers and codes for readers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from markupsafe import Markup, escape

Number = int | float | Decimal

# A code without an entry is told as it is, with spaces.
WORDS = {
    # states
    "missing_cost": "cost unknown",
    "zero_spend": "no spend",
    "zero_revenue": "no revenue",
    "insufficient_history": "too few days to compare",
    "restricted": "the ad network withholds its campaigns",
    "dead": "no revenue for days",
    "too_little_spend": "too little spend to judge",
    "missing_sessions": "no session known",
    "noise": "chance may explain it",
    "provisional": "cost provisional",
    "no_player": "no player signed in",
    # rules
    "rule_ratio": "below the share of the average",
    "rule_robust_z": "ROAS unlike the days before",
    "rule_purchase_z": "too few purchases for the spend",
    "rule_collapsed": "collapsed: too few purchases, and one of the first two",
    "rule_declining": "declining: five low days of seven",
    "immature": "not over yet",
    # outcomes
    "af_only": "AppsFlyer only",
    # verdicts on the window
    "shifted": "cannot be judged: a time zone is wrong",
    "too_narrow": "is too narrow",
    "too_wide": "is too wide",
    "no_matches": "matches nothing",
    # reasons of unmatched rows
    "same_receipt_outside_window": "the same receipt is outside the window",
    "purchase_set_aside": "its purchase is set aside",
    "confirmation_set_aside": "its confirmation is set aside",
    "lost_to_closer_pair": "the rows near it belong closer together",
    "outside_window": "the player's nearest row is outside the window",
    "no_candidate": "the player has no row on the other side",
}
UNKNOWN = "unknown"
MAX_NAME = 80
# The text for a value that does not apply.
NOTHING = "\N{EN DASH}"


def words(code: str) -> str:
    """Write a code of the models in words."""
    return WORDS.get(code, code.replace("_", " "))


def money(amount: Number | None, digits: int = 2) -> str:
    """Format an amount of US dollars."""
    if amount is None:
        return UNKNOWN
    sign = "\N{MINUS SIGN}" if amount < 0 else ""
    return f"{sign}US$\N{NO-BREAK SPACE}{abs(amount):,.{digits}f}"


def count(number: Number | None) -> str:
    """Format a whole number."""
    return UNKNOWN if number is None else f"{number:,.0f}"


def rows(number: int) -> str:
    """Format a number of rows."""
    return "1 row" if number == 1 else f"{number:,} rows"


def share(number: Number | None) -> str:
    """Format a share in per cent."""
    return UNKNOWN if number is None else f"{number:.1%}"


def ratio(number: Number | None) -> str:
    """Format a ratio such as ROAS."""
    return UNKNOWN if number is None else f"{number:,.2f}"


def name(text: str | None) -> str:
    """Truncate a name from the data."""
    if text is None:
        return "none"
    return text if len(text) <= MAX_NAME else f"{text[: MAX_NAME - 1]}\N{HORIZONTAL ELLIPSIS}"


def breakable(text: str | None) -> Markup:
    """Truncate a name, and let a line break after its underscores."""
    return Markup(escape(name(text)).replace("_", Markup("_<wbr>")))  # noqa: S704  # nosec B704


def day(value: date | None) -> str:
    """Format a day as YYYY-MM-DD."""
    return UNKNOWN if value is None else value.isoformat()


def long_day(value: date) -> str:
    """Format a day with its weekday."""
    return f"{value:%A} {value.day} {value:%B %Y}"


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
