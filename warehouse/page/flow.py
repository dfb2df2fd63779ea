"""Lays out a flow diagram of the rows of the two purchase files.

Vega-Lite has no such mark, so this module computes the positions: nodes in three columns, with
heights in proportion to their rows, and ribbons between them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from warehouse.page import wording
from warehouse.page.facts import Record

# The order from top to bottom, in which the ribbons to `matched` are side by side.
COLUMNS: tuple[tuple[str, ...], ...] = (
    ("purchases_raw.csv", "confirmed_purchases.csv"),
    ("curated", "accepted", "refund", "refund_reversal", "rejected"),
    ("af_only", "matched", "confirmed_only"),
)
LAST_COLUMN = len(COLUMNS) - 1
# The height in pixels of all nodes in the column with the most rows.
ROWS_HEIGHT = 220
# The space between nodes of a column, for two lines of text.
GAP = 36
# The minimum height of a node, so that it is visible.
MIN_HEIGHT = 3
RIBBON_POINTS = 24


@dataclass
class Node:
    """A node of the diagram.

    Attributes:
        name: The name in `rpt_page_flow`.
        column: 0 to LAST_COLUMN, from left to right.
        rows: The number of rows.
        label: Two lines of text.
        top: The distance from the top, in pixels.
        height: The height, in pixels.
        given: The height of the ribbons on the right so far, in pixels.
        taken: The height of the ribbons on the left so far, in pixels.
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
    """The rows from one node to another.

    Attributes:
        source: The node on the left.
        target: The node on the right.
        title: The text of the tooltip.
        points: The position from left (0) to right (1) between two columns, and the upper and lower
            edge in pixels from the top.
    """

    source: Node
    target: Node
    title: str
    points: Sequence[tuple[float, float, float]]


@dataclass(frozen=True)
class Flow:
    """The diagram; `height` is in pixels."""

    nodes: Sequence[Node]
    ribbons: Sequence[Ribbon]
    height: float


def lay_out(flows: Sequence[Record]) -> Flow:
    """Lay out all nodes and ribbons.

    Args:
        flows: The rows of `rpt_page_flow`.
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
    """Sort the nodes of a column: first those that are not in COLUMNS, by their rows."""
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
    # At least a pixel, so that it is visible.
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
