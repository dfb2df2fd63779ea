"""Writes the figures of history, and why they changed, for readers."""

from __future__ import annotations

from decimal import Decimal

# A column without an entry is told as it is, with spaces and without its unit.
TITLES = {
    "ad_cost_usd": "cost",
    "arpdau_usd": "ARPDAU",
    "dau": "DAU",
    "is_anomaly": "flagged",
    "purchase_count": "purchases",
    "roas": "ROAS",
    "session_count": "sessions",
}
# Ratios are shown to four digits.
RATIOS = {"arpdau_usd", "roas"}
UNKNOWN = "unknown"


def title(figure: str, key: str | None) -> str:
    """Name a figure, such as `cost of DRAGON_RUSH_EU`."""
    name = TITLES.get(figure, figure.removesuffix("_usd").replace("_", " "))
    return name if key is None else f"{name} of {key}"


def value(figure: str, number: Decimal | None, *, is_change: bool = False) -> str:
    """Format the value of a figure, or a change of it with its sign."""
    if number is None:
        return "" if is_change else UNKNOWN
    if figure.startswith("is_"):
        return "" if is_change else ("yes" if number else "no")
    if figure in RATIOS:
        digits = 4
    elif figure.endswith("_usd"):
        # Amounts that were converted have more digits than cents.
        digits = 2 if number == round(number, 2) else 8
    else:
        digits = 0 if number == int(number) else 4
    return f"{number:{'+' if is_change else ''},.{digits}f}"


def cause(code: str) -> str:
    """Write a cause in words."""
    return "follows from other figures" if code == "derived" else code.replace("_", " ")
