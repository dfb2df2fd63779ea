"""The chart of what each window of the reconciliation would match."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from warehouse.page import wording
from warehouse.page.facts import Record

BAR_HEIGHT = 20


def windows_chart(windows: Sequence[Record], colour: str, colour_now: str) -> alt.Chart:
    """Draw a bar for each window, and the configured one in its own colour."""
    rows = [
        {
            "window": wording.seconds(row["window_minutes"] * 60),
            "matched": row["matched"],
            "usd": float(row["matched_af_revenue_usd"]),
            "is_configured": row["is_configured"],
        }
        for row in windows
    ]
    chart: alt.Chart = (
        alt.Chart(alt.InlineData(values=rows), height=BAR_HEIGHT * len(rows))
        .mark_bar()
        .encode(
            x=alt.X("matched:Q", title=None, axis=alt.Axis(tickCount=5)),
            y=alt.Y("window:N", sort=None, title=None),
            color=alt.condition("datum.is_configured", alt.value(colour_now), alt.value(colour)),
            tooltip=[
                alt.Tooltip("window:N"),
                alt.Tooltip("matched:Q", format=","),
                alt.Tooltip("usd:Q", title="US$", format=",.2f"),
            ],
        )
    )
    return chart
