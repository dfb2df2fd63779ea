"""The figures of D-1, each with the average of the days before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from warehouse.page import wording
from warehouse.page.facts import Facts
from warehouse.page.wording import Number


@dataclass(frozen=True)
class Tile:
    """One figure.

    Attributes:
        label: The name of the figure.
        value: The value in the JSON reports; None if it is unknown.
        text: The formatted value.
        change: The comparison with the days before.
        note: Why it is unknown or what it excludes; empty without a note.
    """

    label: str
    value: Number | None
    text: str
    change: str
    note: str


def tiles(facts: Facts) -> list[Tile]:
    """Make the tiles; none without D-1."""
    d1 = facts.d1
    if d1 is None:
        return []
    days = facts.settings["roas_history_window_days"]

    def tile(
        label: str, name: str, average: str, write: Callable[[Number | None], str], note: str
    ) -> Tile:
        usual = d1[average]
        change = wording.change(d1[name], usual)
        return Tile(
            label=label,
            value=d1[name],
            text=write(d1[name]),
            change=f"{change} the {days}-day average of {write(usual)}" if change else "",
            note=note,
        )

    no_sessions = _unless_ok(d1["arpdau_state"])
    return [
        tile("Net revenue", "net_revenue_usd", "net_revenue_average", wording.money, ""),
        tile("Daily active users", "dau", "dau_average", wording.count, no_sessions),
        tile("ARPDAU", "arpdau_usd", "arpdau_average", _money_4, no_sessions),
        tile("ROAS of all campaigns", "roas", "roas_average", wording.ratio, _roas_note(facts)),
    ]


def _money_4(amount: Number | None) -> str:
    return wording.money(amount, digits=4)


def _unless_ok(state: str) -> str:
    return "" if state == "ok" else f"{state}: {wording.STATES[state]}"


def _roas_note(facts: Facts) -> str:
    unrated = [
        wording.name(row["campaign"])
        for row in facts.campaigns
        if row["anomaly_state"] == "missing_cost"
    ]
    if not facts.campaigns:
        return "there is no paid campaign"
    if not unrated:
        return ""
    names = ", ".join(unrated[:3]) + (" and others" if len(unrated) > 3 else "")  # noqa: PLR2004
    return f"without {names} (missing_cost)"
