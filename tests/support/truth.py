"""Compare the warehouse's results on a generated game with the known truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

# True pairs that the rules exclude from matching: one side is malformed, or the two rows are
# further apart than the window.
OUT_OF_REACH = {
    *("ambiguous_thousands", "bad_amount", "bad_time", "missing_id"),
    "bad_confirmation",
    *("exactly_601_seconds", "late_confirmation"),
}
# Only the distance in time can match these rows, and the player bought twice within minutes.
WITHOUT_RECEIPT = {
    *("missing_receipt", "missing_confirmation_receipt", "missing_both_receipts"),
    *("unreceipted_duplicate", "duplicate_in_other_notation"),
    "bought_twice_unreceipted",
}

DISPOSITIONS = """
with

truth as (
    select source_row_number as id, disposition as label
    from read_csv(getvariable('truth') || '/purchases.csv')
),

found as (
    select purchase_id as id, disposition as label
    from warehouse.intermediate.int_purchases__classified
)
"""
ANOMALIES = """
with

truth as (
    select (campaign, date) as id, 'anomaly' as label
    from read_csv(getvariable('truth') || '/anomalies.csv')
    where is_anomaly
),

found as (
    select (campaign, activity_date) as id, 'anomaly' as label
    from warehouse.marts.fct_campaign_roas_daily
    where is_anomaly
)
"""
PAIRS = """
with

truth as (
    select (purchase_row_number, confirmation_row_number) as id, 'pair' as label
    from read_csv(getvariable('truth') || '/matches.csv')
    where
        purchase_row_number is not null
        and confirmation_row_number is not null
        and story not in (select unnest(getvariable('out_of_reach')))
),

found as (
    select (purchase_id, confirmation_id) as id, 'pair' as label
    from warehouse.marts.fct_reconciliation
    where outcome = 'matched'
)
"""
SCORE = """
select
    coalesce(found.label, truth.label) as label,
    count(*) filter (found.label is not null and truth.label is not null) as found_rightly,
    count(*) filter (truth.label is null) as found_wrongly,
    count(*) filter (found.label is null) as missed
from truth
full join found
    on truth.id = found.id and truth.label = found.label
group by all
order by all
"""
WRONG_PAIRS = """
select count(*) filter (is_ambiguous), count(*) filter (not is_ambiguous)
from warehouse.marts.fct_reconciliation
anti join read_csv(getvariable('truth') || '/matches.csv') as truth
    on purchase_id = truth.purchase_row_number
    and confirmation_id = truth.confirmation_row_number
where outcome = 'matched'
"""


@dataclass(frozen=True)
class Score:
    """Counts of true positives, false positives and false negatives."""

    right: int
    wrong: int
    missed: int

    @classmethod
    def of(cls, truth: set[Any], found: set[Any]) -> Score:
        """Compare two sets."""
        return cls(len(truth & found), len(found - truth), len(truth - found))

    @property
    def precision(self) -> float:
        """Share of found items that are correct."""
        return self.right / (self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Share of true items that were found."""
        return self.right / (self.right + self.missed)


@dataclass(frozen=True)
class Truth:
    """The scores of a game.

    Attributes:
        dispositions: Score of each disposition.
        anomalies: Score of the campaigns' anomalous days.
        pairs: Score of the pairs that the rules can match.
        wrong_and_ambiguous: Wrong pairs that are marked as ambiguous.
        wrong_and_sure: All other wrong pairs.
    """

    dispositions: Mapping[str, Score]
    anomalies: Score
    pairs: Score
    wrong_and_ambiguous: int
    wrong_and_sure: int


def compare_with_truth(warehouse: Path, truth: Path) -> Truth:
    """Score a built warehouse.

    Args:
        warehouse: The DuckDB file.
        truth: The generator's folder `truth`.
    """
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
        connection.execute("set variable truth = ?", [str(truth)])
        connection.execute("set variable out_of_reach = ?", [sorted(OUT_OF_REACH)])

        def scores(query: str) -> dict[str, Score]:
            rows = connection.execute(query + SCORE).fetchall()
            return {label: Score(*counts) for label, *counts in rows}

        ((ambiguous, sure),) = connection.execute(WRONG_PAIRS).fetchall()
        return Truth(
            dispositions=scores(DISPOSITIONS),
            anomalies=scores(ANOMALIES)["anomaly"],
            pairs=scores(PAIRS)["pair"],
            wrong_and_ambiguous=ambiguous,
            wrong_and_sure=sure,
        )
