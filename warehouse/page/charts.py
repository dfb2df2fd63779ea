"""The charts of the page, as Vega-Lite by Altair.

Colours are variables of the style sheet, which has a dark and a print version. Days are UTC.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import altair as alt

from warehouse.page import wording
from warehouse.page.facts import Facts, Record
from warehouse.page.windows_chart import windows_chart

Spec = dict[str, Any]
Chart = alt.Chart | alt.LayerChart | alt.FacetChart

HEIGHT = 180
CAMPAIGN_HEIGHT = 130
MAX_DAY_LABELS = 5
# The ticks on the histogram's axis are at multiples of half the window.
TICKS_PER_WINDOW = 2

ACCENT = "var(--accent)"
BAD = "var(--bad)"
MUTED = "var(--muted)"
TEXT = "var(--text)"

CONFIG: Mapping[str, Any] = {
    "background": "transparent",
    "font": "Inter, system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED,
        "titleColor": MUTED,
        "tickColor": "var(--line)",
        "domainColor": "var(--line)",
        "gridColor": "var(--line)",
        "labelFontSize": 12,
        "labelPadding": 6,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    },
    "axisY": {"domain": False, "ticks": False, "tickCount": 4},
    "legend": {
        "labelColor": MUTED,
        "labelFontSize": 12,
        "labelLimit": 0,
        "orient": "top",
        "title": None,
        "offset": 8,
    },
}


def charts(facts: Facts) -> dict[str, Spec]:
    """Draw all charts for which there is data, by the name of their place on the page."""
    drawn: dict[str, Chart] = {}
    if facts.days:
        drawn["revenue-and-cost"] = _revenue_and_cost(facts.days)
        drawn["dau"] = _with_average(facts.days, "dau", "active users", ",.0f")
        drawn["arpdau"] = _with_average(facts.days, "arpdau_usd", "US$ per active user", ",.2f")
    if any(row["dau"] for row in facts.engagement):
        drawn["players"] = _players(facts.engagement)
        drawn["conversion"] = _share(facts.engagement, "conversion_rate", "payers per player")
    if any(row["stickiness"] is not None for row in facts.engagement):
        drawn["stickiness"] = _share(facts.engagement, "stickiness", "DAU / MAU")
    for number, (_, days) in enumerate(by_campaign(facts.campaign_days)):
        drawn[f"campaign-{number}"] = _campaign(days)
    if any(row["seconds_to"] is not None for row in facts.distances):
        drawn["distances"] = _distances(facts.distances, facts.settings)
    if any(row["matched"] for row in facts.windows):
        drawn["windows"] = windows_chart(facts.windows, MUTED, ACCENT)
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


def _data(rows: Iterable[Mapping[str, object]]) -> alt.InlineData:
    return alt.InlineData(
        values=[{name: _plain(value) for name, value in row.items()} for row in rows]
    )


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def _days(days: Sequence[Record], state: str) -> Iterable[dict[str, object]]:
    """Give each day its place on the axis, its edges and its state in words."""
    for row in days:
        noon = _noon(row["activity_date"])
        yield {
            **row,
            "day": row["activity_date"],
            "at": noon,
            "start": noon - _HALF_DAY,
            "end": noon + _HALF_DAY,
            "state": wording.words(row[state]),
        }


_HALF_DAY = 43_200_000


def _noon(day: date) -> int:
    """The milliseconds of a day's noon since 1970, which is how Vega counts time."""
    return round(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()) * 1000


def _day_axis(days: Sequence[Record]) -> alt.X:
    """Label the last day, and days at equal distances before it."""
    first, last = days[0]["activity_date"], days[-1]["activity_date"]
    step = math.ceil(len(days) / MAX_DAY_LABELS)
    labelled = [_noon(last - timedelta(days=back)) for back in range(0, len(days), step)]
    return alt.X(
        "at:T",
        scale=alt.Scale(
            type="utc", domain=[_noon(first) - _HALF_DAY, _noon(last) + _HALF_DAY], nice=False
        ),
        axis=alt.Axis(
            title=None,
            values=labelled,
            format="%-d %b" if first.year == last.year else "%-d %b %Y",
            labelOverlap="greedy",
            labelFlush=True,
            grid=False,
        ),
    )


def _line(**settings: Any) -> dict[str, Any]:  # noqa: ANN401 (settings of Altair's marks)
    """Return the settings of a line with points, which make a single day visible."""
    return {"strokeWidth": 2, "point": {"size": 14, "filled": True, **settings}, **settings}


def _tooltip(**fields: tuple[str, str | None]) -> list[alt.Tooltip]:
    """Begin with the day, then have each field with its title and format."""
    return [
        alt.Tooltip("day:N", title="day (UTC)"),
        *(
            alt.Tooltip(f"{name}:Q", title=title, format=form)
            if form
            else alt.Tooltip(f"{name}:N", title=title)
            for name, (title, form) in fields.items()
        ),
    ]


def _unknown_days(base: alt.Chart, name: str) -> alt.Chart:
    """Shade the days on which a figure is unknown."""
    chart: alt.Chart = (
        base.mark_rect(color=MUTED, opacity=0.13)
        .encode(x="start:T", x2="end:T", tooltip=_tooltip(state=("why", None)))
        .transform_filter(f"!isValid(datum.{name})")
    )
    return chart


def _amounts(name: str) -> alt.Y:
    """Begin at zero, and end at a label."""
    return alt.Y(f"{name}:Q", title=None, stack=None, scale=alt.Scale(zero=True, nice=4))


def _average(base: alt.Chart, name: str) -> alt.Chart:
    chart: alt.Chart = base.mark_line(color=MUTED, strokeDash=[2, 3], strokeWidth=1.5).encode(
        y=f"{name}:Q"
    )
    return chart


def _revenue_and_cost(days: Sequence[Record]) -> Chart:
    series = {"paid_net_revenue_usd": "revenue", "ad_cost_usd": "cost"}
    rows = [
        # Without a cost, the revenue has no campaign to compare with.
        {**row, "series": title, "usd": None if row["roas"] is None else row[name]}
        for row in _days(days, "roas_state")
        for name, title in series.items()
    ]
    titles = list(series.values())
    base = alt.Chart(height=HEIGHT).encode(x=_day_axis(days))
    lines = base.mark_line(**_line()).encode(
        y=_amounts("usd"),
        color=alt.Color(
            "series:N", legend=None, scale=alt.Scale(domain=titles, range=[ACCENT, MUTED])
        ),
        strokeDash=alt.StrokeDash(
            "series:N", legend=None, scale=alt.Scale(domain=titles, range=[[1, 0], [5, 3]])
        ),
        tooltip=_tooltip(series=("what", None), usd=("US$", ",.2f"), state=("state", None)),
    )
    return alt.layer(_unknown_days(base, "usd"), lines, data=_data(rows))


def _with_average(days: Sequence[Record], name: str, title: str, number: str) -> Chart:
    average = name.removesuffix("_usd") + "_average"
    rows = [
        {**row, "value": row[name], "average": row[average]} for row in _days(days, "arpdau_state")
    ]
    base = alt.Chart(height=HEIGHT).encode(x=_day_axis(days))
    line = base.mark_line(**_line(color=ACCENT)).encode(
        y=_amounts("value"),
        tooltip=_tooltip(value=(title, number), average=("average before", number)),
    )
    return alt.layer(
        _unknown_days(base, "value"), _average(base, "average"), line, data=_data(rows)
    )


def _players(days: Sequence[Record]) -> Chart:
    """Stack new on returning players."""
    base = alt.Chart(height=HEIGHT).encode(x=_day_axis(days))
    bars = base.mark_bar(color=ACCENT).encode(
        x="start:T",
        x2="end:T",
        tooltip=_tooltip(
            new_dau=("new", ",.0f"), returning_dau=("returning", ",.0f"), dau=("active", ",.0f")
        ),
    )
    return alt.layer(
        _unknown_days(base, "arpdau_usd"),
        # Draws nothing, and brings the axis of days.
        base.mark_point(opacity=0).encode(y=_amounts("dau")),
        bars.encode(y=_amounts("dau"), y2="returning_dau:Q"),
        bars.encode(y=_amounts("returning_dau"), y2=alt.datum(0), opacity=alt.value(0.4)),
        data=_data(_days(days, "state")),
    )


def _share(days: Sequence[Record], name: str, title: str) -> Chart:
    base = alt.Chart(height=HEIGHT).encode(x=_day_axis(days))
    line = base.mark_line(**_line(color=ACCENT)).encode(
        y=alt.Y(f"{name}:Q", title=None, axis=alt.Axis(format=".0%"), scale=alt.Scale(zero=True)),
        tooltip=_tooltip(**{name: (title, ".1%")}),
    )
    return alt.layer(_unknown_days(base, name), line, data=_data(_days(days, "state")))


def _campaign(days: Sequence[Record]) -> Chart:
    base = alt.Chart(height=CAMPAIGN_HEIGHT).encode(x=_day_axis(days))
    tooltip = _tooltip(
        roas=("ROAS", ",.2f"),
        roas_trailing_average=("average before", ",.2f"),
        flagged_below_roas=("flagged below", ",.2f"),
        net_revenue_usd=("net revenue, US$", ",.2f"),
        ad_cost_usd=("cost, US$", ",.2f"),
        state=("state", None),
    )
    return alt.layer(
        _unknown_days(base, "roas"),
        base.mark_line(color=BAD, strokeWidth=1, opacity=0.6).encode(y="flagged_below_roas:Q"),
        _average(base, "roas_trailing_average"),
        base.mark_line(**_line(color=ACCENT)).encode(y=_amounts("roas"), tooltip=tooltip),
        base.mark_point(color=BAD, filled=True, size=50, opacity=1)
        .encode(y="roas:Q", tooltip=tooltip)
        .transform_filter("datum.is_anomaly"),
        data=_data(_days(days, "anomaly_state")),
    )


def _distances(distances: Sequence[Record], settings: Record) -> Chart:
    kinds = {"matched": "matched", "unmatched": "unmatched, to the nearest row"}
    counts: dict[tuple[str, float, float], int] = {}
    for row in distances:
        if row["seconds_to"] is not None:
            kind = kinds["matched" if row["outcome"] == "matched" else "unmatched"]
            bar = (kind, row["seconds_from"], row["seconds_to"])
            counts[bar] = counts.get(bar, 0) + row["row_count"]
    rows = [
        {"kind": kind, "seconds_from": start, "seconds_to": end, "rows": rows}
        | {"bar": f"{wording.seconds(start)} to {wording.seconds(end)}"}
        | {"middle": (start + end) / 2}
        for (kind, start, end), rows in counts.items()
    ]
    window = settings["reconciliation_window_minutes"] * 60
    shown = max(3 * window, *(end for _, _, end in counts))
    ticks = [window * step / TICKS_PER_WINDOW for step in range(3 * TICKS_PER_WINDOW + 1)]
    x_scale = alt.Scale(domain=[0, shown], nice=False)
    base = alt.Chart(_data(rows)).encode(y=_amounts("rows"))
    bars = base.mark_bar().encode(
        x=alt.X(
            "seconds_from:Q",
            title="minutes between a purchase and its confirmation",
            scale=x_scale,
            axis=alt.Axis(
                grid=False, values=ticks, labelExpr="datum.value / 60", labelOverlap="greedy"
            ),
        ),
        x2="seconds_to:Q",
        y2=alt.datum(0),
        color=alt.Color(
            "kind:N", scale=alt.Scale(domain=list(kinds.values()), range=[ACCENT, BAD])
        ),
        tooltip=[
            alt.Tooltip("bar:N", title="apart"),
            alt.Tooltip("kind:N", title="what"),
            alt.Tooltip("rows:Q", format=","),
        ],
    )
    # Their bars are low, so each has its number.
    numbers = (
        base.mark_text(color=BAD, dy=-7, fontSize=11)
        .encode(x=alt.X("middle:Q", scale=x_scale), text="rows:Q")
        .transform_filter(alt.datum.kind == kinds["unmatched"])
    )
    mark = alt.Chart(
        _data([{"window": window, "text": f"window: {wording.seconds(window)}"}])
    ).encode(x="window:Q")
    return alt.layer(
        bars,
        numbers,
        mark.mark_rule(color=MUTED, strokeDash=[4, 3]),
        mark.mark_text(align="left", dx=6, color=MUTED, fontSize=12).encode(
            y=alt.value(8), text="text:N"
        ),
    ).properties(height=HEIGHT)
