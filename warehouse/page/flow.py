"""Where the rows of the two purchase files went, as a flow from left to right.

Vega-Lite has no mark for it, so the places are worked out here: nodes in three columns, as high as
their rows, and ribbons between them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from warehouse.page import wording
from warehouse.page.facts import Record

# The order from top to bottom keeps the ribbons to `matched` side by side.
COLUMNS: tuple[tuple[str, ...], ...] = (
    ("purchases_raw.csv", "confirmed_purchases.csv"),
    ("curated", "accepted", "rejected"),
    ("af_only", "matched", "confirmed_only"),
)
LAST_COLUMN = len(COLUMNS) - 1
# What most nodes are made of has this height together, in pixels.
ROWS_HEIGHT = 220
# Between nodes of a column: room for two lines of text.
GAP = 36
# No node is too thin to be seen.
MIN_HEIGHT = 3
RIBBON_POINTS = 24


@dataclass
class Node:
    """A place where rows are.

    Attributes:
        name: As in `rpt_page_flow`.
        column: 0 to LAST_COLUMN, from left to right.
        rows: Rows that pass through.
        label: Two lines of text.
        top: Pixels from the top.
        height: Pixels.
        given: Pixels that ribbons to the right have taken.
        taken: Pixels that ribbons from the left have taken.
    """

    name: str
    column: int
    rows: int
    label: tuple[str, str]
    top: float = 0
    height: float = 0
    given: float = field(default=0, repr=False)
    taken: float = field(default=0, repr=False)


@dataclass(frozen=True)
class Ribbon:
    """Rows on their way from one node to another.

    Attributes:
        source: The node on the left.
        target: The node on the right.
        title: What a person reads of it.
        points: Place from left (0) to right (1) within the gap between two columns, upper and lower
            edge in pixels from the top.
    """

    source: Node
    target: Node
    title: str
    points: Sequence[tuple[float, float, float]]


@dataclass(frozen=True)
class Flow:
    """The whole picture; `height` is in pixels."""

    nodes: Sequence[Node]
    ribbons: Sequence[Ribbon]
    height: float


def lay_out(flows: Sequence[Record]) -> Flow:
    """Give all nodes and ribbons their places.

    Args:
        flows: Rows of `rpt_page_flow`.
    """
    nodes = _nodes(flows)
    columns = [_sorted_column(nodes.values(), column) for column in range(len(COLUMNS))]
    most_rows = max((sum(node.rows for node in column) for column in columns), default=0)
    scale = ROWS_HEIGHT / most_rows if most_rows else 0
    for node in nodes.values():
        node.height = max(node.rows * scale, MIN_HEIGHT)
    heights = [sum(node.height + GAP for node in column) for column in columns]
    height = max(heights, default=0)
    for column, used in zip(columns, heights, strict=True):
        top = (height - used) / 2
        for node in column:
            node.top = top
            top += node.height + GAP
    order = {node.name: node.top for node in nodes.values()}
    ribbons = [
        _ribbon(nodes[flow["source_node"]], nodes[flow["target_node"]], flow, scale)
        for flow in sorted(
            flows, key=lambda flow: (order[flow["source_node"]], order[flow["target_node"]])
        )
    ]
    return Flow([node for column in columns for node in column], ribbons, height)


def _nodes(flows: Iterable[Record]) -> dict[str, Node]:
    rows_in: dict[str, int] = defaultdict(int)
    rows_out: dict[str, int] = defaultdict(int)
    amounts: dict[str, list[float]] = defaultdict(list)
    column_of: dict[str, int] = {}
    for flow in flows:
        source, target = flow["source_node"], flow["target_node"]
        rows_out[source] += flow["row_count"]
        rows_in[target] += flow["row_count"]
        amounts[target].append(float(flow["revenue_usd"]))
        if source in COLUMNS[0]:
            amounts[source].append(float(flow["revenue_usd"]))
        column_of.setdefault(source, 0 if source in COLUMNS[0] else 1)
        column_of[target] = LAST_COLUMN if target in COLUMNS[LAST_COLUMN] else 1
    return {
        name: Node(
            name=name,
            column=column,
            rows=max(rows_in[name], rows_out[name]),
            label=_label(name, max(rows_in[name], rows_out[name]), amounts[name]),
        )
        for name, column in column_of.items()
    }


def _label(name: str, rows: int, amounts: Sequence[float]) -> tuple[str, str]:
    if name == "matched":
        low, high = min(amounts), max(amounts)
        spread = wording.money(low) if low == high else f"{wording.money(low)} to {high:,.2f}"
        return wording.OUTCOMES[name], f"{rows // 2:,} pairs · {spread}"
    return wording.OUTCOMES.get(name, name), f"{rows:,} · {wording.money(sum(amounts))}"


def _sorted_column(nodes: Iterable[Node], column: int) -> list[Node]:
    """Sort a column's nodes: those without a place in the order first, the largest lowest."""
    places = {name: place for place, name in enumerate(COLUMNS[column])}
    return sorted(
        (node for node in nodes if node.column == column),
        key=lambda node: (places.get(node.name, -1), node.rows, node.name),
    )


def _ribbon(source: Node, target: Node, flow: Record, scale: float) -> Ribbon:
    width = flow["row_count"] * scale
    left, right = source.top + source.given, target.top + target.taken
    source.given += width
    target.taken += width
    # A node that was made thicker to be seen lets its ribbon be seen, too.
    width = max(width, 1)
    points = []
    for step in range(RIBBON_POINTS + 1):
        place = step / RIBBON_POINTS
        bend = (1 - math.cos(math.pi * place)) / 2
        top = left + (right - left) * bend
        points.append((place, top, top + width))
    names = f"{source.label[0]} → {target.label[0]}"
    title = f"{names}: {flow['row_count']:,} rows, {wording.money(flow['revenue_usd'])}"
    return Ribbon(source, target, title, points)
