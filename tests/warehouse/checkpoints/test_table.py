"""What a person sees of a checkpoint."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from warehouse.checkpoints.outcome import CheckpointOutcome, Outcome, Verdict
from warehouse.checkpoints.table import print_checkpoint

OK = Outcome(
    name="revenue_distribution_is_stable",
    table="quality.qa_revenue_drift",
    column="population_stability_index",
    expected="at most 0.25",
    observed="0.0051 to 0.0061",
    verdict=Verdict.OK,
    description="Prices are paid as often as before.",
)
FAILED = replace(
    OK,
    name="few_malformed",
    table="quality.qa_sources",
    column="malformed_share",
    expected="at most 0.05",
    observed="2 of 40 rows",
    verdict=Verdict.FAILED,
    description="Few rows do not parse [of a source].",
    details="2 of 40 rows: costs 2026-01-20 = 0.1, sessions 2026-01-21 = 0.2",
)
BROKEN = replace(
    FAILED,
    name="no_source_is_behind",
    observed="",
    verdict=Verdict.ERROR,
    details='Error: The column "days_behind" in BatchData does not exist.',
)
WARNING = replace(FAILED, name="events_fit_taxonomy", verdict=Verdict.WARNING)
TOO_LITTLE = replace(OK, name="arpdau_is_usual", observed="", verdict=Verdict.TOO_LITTLE_DATA)
LEFT_OUT = replace(
    OK,
    name="events_agree_with_store",
    column="",
    expected="",
    observed="",
    verdict=Verdict.NOT_COMPARED,
    details="no store at warehouse/gamehouse.store.sqlite",
)


def printed(*outcomes: Outcome, width: int = 100, brief: bool = False) -> list[str]:
    output = io.StringIO()
    console = Console(file=output, width=width, highlight=False)
    print_checkpoint(console, CheckpointOutcome("landed", outcomes), brief=brief)
    return [line.rstrip() for line in output.getvalue().splitlines()]


def test_a_row_fits_a_hundred_columns_and_is_never_broken() -> None:
    lines = printed(OK, TOO_LITTLE, FAILED, BROKEN, LEFT_OUT)
    words = [line.split("  ") for line in lines]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in words]
    assert ["quality.qa_revenue_drift"] in cells
    assert [
        *(OK.name, "population_stability_index", "at most 0.25", "0.0051 to 0.0061", "ok")
    ] in cells
    assert [
        *(TOO_LITTLE.name, "population_stability_index", "at most 0.25", "too little data", "-")
    ] in cells
    assert [FAILED.name, FAILED.column, "at most 0.05", "2 of 40 rows", "FAILED"] in cells
    assert [BROKEN.name, FAILED.column, "at most 0.05", "ERROR"] in cells
    assert [LEFT_OUT.name, "not compared", "-"] in cells
    assert all(
        len(line) <= 100 for line in lines[: lines.index(f" {FAILED.name}: {FAILED.description}")]
    )


def test_what_fails_is_explained_below_in_whole_lines() -> None:
    lines = printed(OK, FAILED, BROKEN, LEFT_OUT, width=40)
    start = lines.index(" few_malformed: Few rows do not parse [of a source].")
    assert lines[start:] == [
        " few_malformed: Few rows do not parse [of a source].",
        f"   {FAILED.details}",
        " no_source_is_behind: Few rows do not parse [of a source].",
        f"   {BROKEN.details}",
        f" events_agree_with_store: not compared: {LEFT_OUT.details}",
        "landed: 2 of 4 FAILED: few_malformed, no_source_is_behind",
    ]


def test_one_line_sums_up() -> None:
    assert printed(OK, OK)[-1] == "landed: 2 expectations, all hold"
    assert printed(OK, TOO_LITTLE, LEFT_OUT)[-1] == (
        "landed: 1 of 3 expectations hold, the rest cannot be judged"
    )
    assert printed(OK, WARNING, LEFT_OUT)[-1] == (
        "landed: 1 of 3 expectations hold, 1 warn: events_fit_taxonomy, the rest cannot be judged"
    )
    nothing = "landed: FAILED: none of 2 expectations could be judged"
    assert printed(TOO_LITTLE, LEFT_OUT)[-1] == nothing
    assert printed() == ["landed: FAILED: it has no expectations"]


def test_brief_shows_what_fails_or_warns_alone() -> None:
    assert printed(OK, TOO_LITTLE, LEFT_OUT, brief=True) == [
        "landed: 1 of 3 expectations hold, the rest cannot be judged"
    ]
    assert printed(OK, WARNING, brief=True)[-3:] == [
        " events_fit_taxonomy: Few rows do not parse [of a source].",
        f"   {WARNING.details}",
        "landed: 1 of 2 expectations hold, 1 warn: events_fit_taxonomy",
    ]
    text = "\n".join(printed(OK, FAILED, LEFT_OUT, brief=True))
    assert FAILED.name in text
    assert str(FAILED.details) in text
    assert OK.name not in text
    assert LEFT_OUT.name not in text
