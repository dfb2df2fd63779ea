"""The charts of the page, as Vega-Lite by Altair.

Colours are variables of the style sheet, which has a dark and a print version. Days are UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import altair as alt

from warehouse.page import wording
from warehouse.page.facts import Facts, Record
from warehouse.page.flow import LAST_COLUMN, Flow, lay_out

Spec = dict[str, Any]
Chart = alt.Chart | alt.LayerChart | alt.FacetChart

HEIGHT = 220
CAMPAIGN_HEIGHT = 150
NODE_WIDTH = 0.02
# The ticks on the histogram's axis are at multiples of half the window.
TICKS_PER_WINDOW = 2
# The distance between a node and its label.
LABEL_OFFSET = 8

BLUE = "var(--blue)"
ORANGE = "var(--orange)"
RED = "var(--red)"
MUTED = "var(--muted)"
TEXT = "var(--text)"
PAGE = "var(--page)"

CONFIG: Mapping[str, Any] = {
    "background": "transparent",
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED,
        "titleColor": MUTED,
        "tickColor": "var(--line)",
        "domainColor": "var(--line)",
        "gridColor": "var(--line)",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    },
    "legend": {
        "labelColor": TEXT,
        "labelFontSize": 12,
        "labelLimit": 0,
        "orient": "top",
        "title": None,
    },
}


def charts(facts: Facts) -> dict[str, Spec]:
    """Draw all charts for which there is data, by the name of their place on the page."""
    drawn: dict[str, Chart] = {}
    if facts.days:
        drawn["revenue-and-cost"] = _revenue_and_cost(facts.days)
        drawn["dau"] = _with_average(facts.days, "dau", "daily active users", ",.0f")
        drawn["arpdau"] = _with_average(facts.days, "arpdau_usd", "US$ per active user", ",.2f")
    for number, (_, days) in enumerate(by_campaign(facts.campaign_days)):
        drawn[f"campaign-{number}"] = _campaign(days)
    if facts.flow:
        drawn["flow"] = _flow(lay_out(facts.flow))
    if any(row["seconds_to"] is not None for row in facts.distances):
        drawn["distances"] = _distances(facts.distances, facts.settings)
    return {name: _spec(chart) for name, chart in drawn.items()}


def by_campaign(rows: Iterable[Record]) -> list[tuple[str, list[Record]]]:
    """Group rows by campaign, in the order in which campaigns appear."""
    groups: dict[str, list[Record]] = {}
    for row in rows:
        groups.setdefault(row["campaign"], []).append(row)
    return list(groups.items())


def _spec(chart: Chart) -> Spec:
    spec: Spec = chart.properties(width="container").to_dict()
    spec["config"] = dict(CONFIG)
    # The page contains the runtime, so the address of the schema is not needed.
    del spec["$schema"]
    return spec


def _data(rows: Sequence[Mapping[str, object]]) -> alt.InlineData:
    return alt.InlineData(
        values=[{name: _plain(value) for name, value in row.items()} for row in rows]
    )


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def _day_axis() -> alt.X:
    return alt.X(
        "activity_date:T",
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(
            title=None, format="%d %b", labelOverlap="greedy", labelFlush=True, grid=False
        ),
    )


def _line(**settings: Any) -> dict[str, Any]:  # noqa: ANN401 (settings of Altair's marks)
    """Return the settings of a line with points, which make a single day visible."""
    return {"strokeWidth": 2, "point": {"size": 18, "filled": True, **settings}, **settings}


def _revenue_and_cost(days: Sequence[Record]) -> Chart:
    series = {"paid_net_revenue_usd": "net revenue of campaigns", "ad_cost_usd": "their cost"}
    rows = [
        {
            "activity_date": row["activity_date"],
            "day": row["activity_date"],
            "series": series[name],
            # Without a cost, the revenue has no campaign to compare with.
            "usd": None if row["roas"] is None else row[name],
            "state": row["roas_state"],
        }
        for row in days
        for name in series
    ]
    chart: alt.Chart = (
        alt.Chart(_data(rows), height=HEIGHT)
        .mark_line(**_line())
        .encode(
            x=_day_axis(),
            y=alt.Y("usd:Q", title="US$ per day"),
            color=alt.Color(
                "series:N", scale=alt.Scale(domain=list(series.values()), range=[BLUE, ORANGE])
            ),
            strokeDash=alt.StrokeDash(
                "series:N",
                scale=alt.Scale(domain=list(series.values()), range=[[1, 0], [5, 3]]),
            ),
            tooltip=[
                alt.Tooltip("day:N", title="day (UTC)"),
                alt.Tooltip("series:N", title="what"),
                alt.Tooltip("usd:Q", title="US$", format=",.2f"),
                alt.Tooltip("state:N"),
            ],
        )
    )
    return chart


def _with_average(days: Sequence[Record], name: str, title: str, number: str) -> Chart:
    average = name.removesuffix("_usd") + "_average"
    rows = [
        {
            "activity_date": row["activity_date"],
            "day": row["activity_date"],
            "value": row[name],
            "average": row[average],
            "state": row["arpdau_state"],
        }
        for row in days
    ]
    base = alt.Chart(height=HEIGHT).encode(x=_day_axis())
    tooltip = [
        alt.Tooltip("day:N", title="day (UTC)"),
        alt.Tooltip("value:Q", title=title, format=number),
        alt.Tooltip("average:Q", title="average before", format=number),
        alt.Tooltip("state:N"),
    ]
    return alt.layer(
        base.mark_line(color=MUTED, strokeDash=[4, 3], strokeWidth=1.5).encode(y="average:Q"),
        base.mark_line(**_line(color=BLUE)).encode(
            y=alt.Y("value:Q", title=title), tooltip=tooltip
        ),
        _missing_days(base, "value"),
        data=_data(rows),
    )


def _missing_days(base: alt.Chart, name: str) -> alt.Chart:
    """Mark the days on which a figure is unknown, with the reason, on the axis."""
    chart: alt.Chart = (
        base.mark_point(shape="cross", color=MUTED, filled=True, size=40, angle=45)
        .encode(
            y=alt.datum(0),
            tooltip=[alt.Tooltip("day:N", title="day (UTC)"), alt.Tooltip("state:N", title="why")],
        )
        .transform_filter(f"!isValid(datum.{name})")
    )
    return chart


def _campaign(days: Sequence[Record]) -> Chart:
    rows = [
        {
            "activity_date": row["activity_date"],
            "day": row["activity_date"],
            "roas": row["roas"],
            "average": row["roas_trailing_average"],
            "flagged_below": row["flagged_below_roas"],
            "revenue": row["net_revenue_usd"],
            "cost": row["ad_cost_usd"],
            "is_flagged": row["is_anomaly"],
            "state": row["anomaly_state"],
        }
        for row in days
    ]
    base = alt.Chart(height=CAMPAIGN_HEIGHT).encode(x=_day_axis())
    tooltip = [
        alt.Tooltip("day:N", title="day (UTC)"),
        alt.Tooltip("roas:Q", title="ROAS", format=",.2f"),
        alt.Tooltip("average:Q", title="average before", format=",.2f"),
        alt.Tooltip("flagged_below:Q", title="flagged below", format=",.2f"),
        alt.Tooltip("revenue:Q", title="net revenue, US$", format=",.2f"),
        alt.Tooltip("cost:Q", title="cost, US$", format=",.2f"),
        alt.Tooltip("state:N"),
    ]
    return alt.layer(
        base.mark_area(color=RED, opacity=0.18).encode(y="flagged_below:Q", y2=alt.datum(0)),
        base.mark_line(color=MUTED, strokeDash=[4, 3], strokeWidth=1.5).encode(y="average:Q"),
        base.mark_line(**_line(color=BLUE)).encode(
            y=alt.Y("roas:Q", title="ROAS", scale=alt.Scale(zero=True)), tooltip=tooltip
        ),
        base.mark_point(shape="triangle-down", color=RED, filled=True, size=110, opacity=1)
        .encode(y="roas:Q", tooltip=tooltip)
        .transform_filter("datum.is_flagged"),
        _missing_days(base, "roas"),
        data=_data(rows),
    )


def _flow(flow: Flow) -> Chart:
    ribbons = [
        {"x": _ribbon_x(ribbon.source.column, place), "top": top, "bottom": bottom}
        | {"ribbon": number, "title": ribbon.title, "fate": _fate(ribbon.target.name)}
        for number, ribbon in enumerate(flow.ribbons)
        for place, top, bottom in ribbon.points
    ]
    nodes = [
        {"top": node.top, "middle": node.top + node.height / 2, "bottom": node.top + node.height}
        | {"first": node.label[0], "second": node.label[1], "is_last": node.column == LAST_COLUMN}
        | {"left": _node_left(node.column), "right": _node_left(node.column) + NODE_WIDTH}
        for node in flow.nodes
    ]
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, 1], nice=False))
    y_scale = alt.Scale(domain=[flow.height, 0], nice=False)
    ribbon_marks = (
        alt.Chart(_data(ribbons))
        .mark_area(opacity=0.3)
        .encode(
            x=x,
            y=alt.Y("top:Q", axis=None, scale=y_scale),
            y2="bottom:Q",
            detail="ribbon:N",
            color=alt.Color(
                "fate:N",
                legend=None,
                scale=alt.Scale(domain=["kept", "unmatched", "left out"], range=[BLUE, RED, MUTED]),
            ),
            tooltip=alt.Tooltip("title:N", title="rows"),
        )
    )
    base = alt.Chart(_data(nodes))
    node_marks = base.mark_rect(color=TEXT).encode(
        x=alt.X("left:Q", axis=None),
        x2="right:Q",
        y=alt.Y("top:Q", axis=None, scale=y_scale),
        y2="bottom:Q",
        tooltip=[alt.Tooltip("first:N", title="what"), alt.Tooltip("second:N", title="rows")],
    )
    labels = [mark for is_last in (False, True) for mark in _labels(base, is_last=is_last)]
    return alt.layer(ribbon_marks, node_marks, *labels).properties(height=max(flow.height, 1))


def _labels(base: alt.Chart, *, is_last: bool) -> Iterator[alt.Chart]:
    """Draw two lines of text beside each node: left of the last column, right of the others."""
    side = "left" if is_last else "right"
    align: Literal["left", "right"] = "right" if is_last else "left"
    dx = -LABEL_OFFSET if is_last else LABEL_OFFSET
    nodes = base.encode(
        x=alt.X(f"{side}:Q", axis=None), y=alt.Y("middle:Q", axis=None)
    ).transform_filter("datum.is_last" if is_last else "!datum.is_last")
    weight: Literal["bold", "normal"]
    for text, dy, weight in (("first", -7, "bold"), ("second", 8, "normal")):
        lines = nodes.encode(text=f"{text}:N")
        # The outline keeps the text readable on a ribbon.
        yield lines.mark_text(
            align=align,
            dx=dx,
            dy=dy,
            fontSize=12,
            fontWeight=weight,
            stroke=PAGE,
            strokeWidth=4,
            strokeJoin="round",
        )
        yield lines.mark_text(align=align, dx=dx, dy=dy, fontSize=12, fontWeight=weight, color=TEXT)


def _fate(node: str) -> str:
    if node in ("curated", "accepted", "matched"):
        return "kept"
    return "unmatched" if node in ("af_only", "confirmed_only") else "left out"


def _node_left(column: int) -> float:
    return column / LAST_COLUMN * (1 - NODE_WIDTH)


def _ribbon_x(column: int, place: float) -> float:
    left = _node_left(column) + NODE_WIDTH
    return left + place * (_node_left(column + 1) - left)


def _distances(distances: Sequence[Record], settings: Record) -> Chart:
    kinds = {"matched": "matched", "unmatched": "unmatched (nearest)"}
    counts: dict[tuple[str, float, float], int] = {}
    for row in distances:
        if row["seconds_to"] is not None:
            kind = kinds["matched" if row["outcome"] == "matched" else "unmatched"]
            bar = (kind, row["seconds_from"], row["seconds_to"])
            counts[bar] = counts.get(bar, 0) + row["row_count"]
    rows = [
        {"kind": kind, "seconds_from": start, "seconds_to": end, "rows": rows}
        | {"bar": f"{wording.seconds(start)} to {wording.seconds(end)}"}
        for (kind, start, end), rows in counts.items()
    ]
    window = settings["reconciliation_window_minutes"] * 60
    shown = max(end for _, _, end in counts)
    bars = (
        alt.Chart(_data(rows))
        .mark_bar()
        .encode(
            x=alt.X(
                "seconds_from:Q",
                title="seconds between purchase and confirmation",
                scale=alt.Scale(domain=[0, max(3 * window, shown)], nice=False),
                axis=alt.Axis(
                    grid=False,
                    values=[
                        window * step / TICKS_PER_WINDOW for step in range(3 * TICKS_PER_WINDOW + 1)
                    ],
                    labelOverlap="greedy",
                ),
            ),
            x2="seconds_to:Q",
            # Logarithmic, so that the few rows outside the window are visible.
            y=alt.Y(
                "rows:Q", title="rows (logarithmic)", scale=alt.Scale(type="symlog"), stack=None
            ),
            y2=alt.datum(0),
            color=alt.Color(
                "kind:N", scale=alt.Scale(domain=list(kinds.values()), range=[BLUE, RED])
            ),
            tooltip=[
                alt.Tooltip("bar:N", title="apart"),
                alt.Tooltip("kind:N", title="what"),
                alt.Tooltip("rows:Q", format=","),
            ],
        )
    )
    mark = alt.Chart(
        _data([{"window": window, "text": f"window: {wording.seconds(window)}"}])
    ).encode(x="window:Q")
    return alt.layer(
        bars,
        mark.mark_rule(color=TEXT, strokeDash=[6, 3], strokeWidth=1.5),
        mark.mark_text(align="left", dx=6, color=TEXT, fontSize=12).encode(
            y=alt.value(8), text="text:N"
        ),
    ).properties(height=HEIGHT)
