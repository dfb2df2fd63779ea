"""The flow's places: as high as its rows, and nothing runs into anything else."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from warehouse.page.facts import Record
from warehouse.page.flow import GAP, LAST_COLUMN, MIN_HEIGHT, ROWS_HEIGHT, Flow, lay_out


def row(source: str, target: str, rows: int, amount: str = "1") -> Record:
    return {
        "source_node": source,
        "target_node": target,
        "row_count": rows,
        "revenue_usd": Decimal(amount),
    }


USUAL = [
    row("purchases_raw.csv", "curated", 900, "4500"),
    row("purchases_raw.csv", "duplicate", 99, "500"),
    row("purchases_raw.csv", "malformed", 1, "0"),
    row("confirmed_purchases.csv", "accepted", 850, "4300"),
    row("curated", "matched", 800, "4000"),
    row("curated", "af_only", 100, "500"),
    row("accepted", "matched", 800, "4010.5"),
    row("accepted", "confirmed_only", 50, "289.5"),
]


def node_height(flow: Flow, name: str) -> float:
    return next(node.height for node in flow.nodes if node.name == name)


def test_heights_are_in_proportion_to_rows() -> None:
    flow = lay_out(USUAL)
    assert node_height(flow, "curated") == pytest.approx(9 * node_height(flow, "af_only"))
    assert node_height(flow, "matched") == pytest.approx(16 * node_height(flow, "af_only"))
    last = [node.height for node in flow.nodes if node.column == 0]
    assert sum(last) == pytest.approx(ROWS_HEIGHT)
    assert node_height(flow, "malformed") == MIN_HEIGHT


def test_nodes_of_a_column_keep_room_for_their_labels() -> None:
    flow = lay_out(USUAL)
    for column in range(LAST_COLUMN + 1):
        nodes = [node for node in flow.nodes if node.column == column]
        assert nodes
        for upper, lower in pairwise(nodes):
            assert lower.top >= upper.top + upper.height + GAP - 1e-9
        assert nodes[0].top >= 0
        assert nodes[-1].top + nodes[-1].height <= flow.height


def test_ribbons_begin_and_end_within_their_nodes() -> None:
    flow = lay_out(USUAL)
    assert len(flow.ribbons) == len(USUAL)
    for ribbon in flow.ribbons:
        for node, (_, top, bottom) in (
            (ribbon.source, ribbon.points[0]),
            (ribbon.target, ribbon.points[-1]),
        ):
            assert node.top - 1e-9 <= top < bottom
            # a ribbon that was made thicker to be seen may look out by a pixel
            assert bottom <= node.top + node.height + 1


def test_labels_tell_rows_and_money() -> None:
    labels = {node.name: node.label for node in lay_out(USUAL).nodes}
    assert labels["purchases_raw.csv"] == (
        "purchases_raw.csv",
        "1,000 · US$\N{NO-BREAK SPACE}5,000.00",
    )
    assert labels["af_only"] == ("AppsFlyer only", "100 · US$\N{NO-BREAK SPACE}500.00")
    # Both sides of a pair have an amount.
    assert labels["matched"] == ("matched", "800 pairs · US$\N{NO-BREAK SPACE}4,000.00 to 4,010.50")


def test_flow_of_nothing_has_no_places() -> None:
    assert lay_out([]) == Flow([], [], 0)
