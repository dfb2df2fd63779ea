"""Compare the warehouse's results with the truth on a game of 20,000 purchases.

The generator knows the truth of every row; the warehouse sees only the files. Classification and
anomaly flags must be without fault. Matching cannot be: some true pairs no rule can find, and where
receipts are missing, nearness may mislead. What it misses and what it gets wrong is counted here,
class by class.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.support.harness import Project, Run
from tests.support.truth import OUT_OF_REACH, WITHOUT_RECEIPT, Score, compare_with_truth
from warehouse.inputs.headers import HEADERS
from warehouse.sample.scale import generate_game

Row = tuple[Any, ...]
Pair = tuple[int, int]

PURCHASES = 20_000
DISPOSITIONS = [
    *("malformed", "not_a_purchase", "chargeback", "failed"),
    *("false_success", "duplicate", "curated"),
]


@dataclass(frozen=True)
class Game:
    """A built game and the folder of its truth."""

    project: Project
    truth: Path
    run: Run

    def read_truth(self, name: str, columns: str) -> list[Row]:
        """Read columns of `truth/<name>.csv`, typed as DuckDB sees them."""
        path = str(self.truth / f"{name}.csv")
        return duckdb.execute(f"select {columns} from read_csv(?)", [path]).fetchall()  # noqa: S608


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Game:
    """The game after a build with all data tests. Read it, do not change it."""
    folder = tmp_path_factory.mktemp("truth")
    project = Project.copy_to(folder / "project")
    generate_game(folder / "game", PURCHASES)
    for name in HEADERS:
        (folder / "game" / name).rename(project.root / "seeds" / name)
    return Game(project, folder / "game/truth", project.build())


def line(name: str, score: Score) -> str:
    """Format one line of a table."""
    counts = f"{score.right:>7,}{score.wrong:>7,}{score.missed:>7,}"
    return f"{name:<24}{counts}   {score.precision:.5f}   {score.recall:.5f}"


def show(title: str, lines: list[str]) -> None:
    """Print a table; pytest shows it with `-s`, and whenever a test fails."""
    print(f"\n{title:<24}{'right':>7}{'wrong':>7}{'missed':>7}   precision recall")
    print("\n".join(lines))


def test_build_passes_without_a_warning(game: Game) -> None:
    assert game.run.exit_code == 0, game.run.output
    assert "WARN=0 ERROR=0 SKIP=0" in game.run.output


def test_every_row_has_its_true_disposition(game: Game) -> None:
    truth = set(game.read_truth("purchases", "source_row_number, disposition"))
    found = set(
        game.project.query(
            "select purchase_id, disposition from intermediate.int_purchases__classified"
        )
    )
    scores = {
        name: Score.of(
            {row for row, disposition in truth if disposition == name},
            {row for row, disposition in found if disposition == name},
        )
        for name in DISPOSITIONS
    }
    show("disposition", [line(name, score) for name, score in scores.items()])
    assert sum(score.right for score in scores.values()) == len(truth)
    assert [name for name, score in scores.items() if score.wrong or score.missed] == []
    assert min(score.right for score in scores.values()) > 100


@pytest.mark.parametrize(
    ("mark", "truth_sql", "least"),
    [
        ("duplicate_of", "duplicate_of", 300),
        ("is_charged_back", "is_charged_back", 100),
        (
            "is_orphan_chargeback",
            "story = 'orphan_chargeback' and disposition = 'chargeback'",
            30,
        ),
    ],
)
def test_every_row_has_its_true_mark(game: Game, mark: str, truth_sql: str, least: int) -> None:
    truth = game.read_truth("purchases", f"source_row_number, {truth_sql}")
    found = game.project.query(
        f"select purchase_id, {mark} from intermediate.int_purchases__classified"  # noqa: S608
        " left join intermediate.int_purchases__curated using (purchase_id)"
    )
    score = Score.of({row for row in truth if row[1]}, {row for row in found if row[1]})
    show("mark", [line(mark, score)])
    assert (score.precision, score.recall) == (1, 1)
    assert score.right > least


def test_every_planted_collapse_is_flagged_and_no_other_day(game: Game) -> None:
    truth = game.read_truth("anomalies", "campaign, date, is_anomaly")
    found = game.project.query(
        "select campaign, activity_date, is_anomaly from marts.fct_campaign_roas_daily"
    )
    assert {row[:2] for row in truth} == {row[:2] for row in found}
    score = Score.of(
        {row[:2] for row in truth if row[2]},
        {row[:2] for row in found if row[2]},
    )
    show("anomaly", [line("is_anomaly", score)])
    assert (score.precision, score.recall) == (1, 1)
    assert score.right >= 3
    [(d1,)] = game.project.query("select d1_date from intermediate.int_as_of__resolved")
    assert any(date == d1 for _, date, is_anomaly in truth if is_anomaly)


def test_every_cohort_has_its_true_payments(game: Game) -> None:
    truth = game.read_truth("cohorts", "campaign, install_date, age_days, revenue_usd, payers")
    found = game.project.query(
        "select campaign, install_date, age_days, net_revenue_usd::double, payer_count"
        " from marts.fct_install_cohorts"
    )
    assert set(found) == set(truth)
    assert len(found) == len(truth)
    over = {row[2] for row in truth if row[3] is not None}
    assert over == {0, 1, 3, 7, 14}
    costs = game.read_truth("cohorts", "distinct campaign, install_date, ad_cost_usd")
    assert set(costs) == set(
        game.project.query(
            "select distinct campaign, install_date, ad_cost_usd::double"
            " from marts.fct_install_cohorts"
        )
    )


def test_every_day_has_its_true_retention(game: Game) -> None:
    truth = game.read_truth("retention", "first_session_date, age_days, players, returned")
    found = game.project.query(
        "select first_session_date, age_days, player_count, returned_count"
        " from marts.fct_retention_cohorts"
    )
    assert set(found) == set(truth)
    assert {row[1] for row in truth if row[3]} == {1, 3, 7, 14}


def test_matching_errs_only_where_nothing_but_nearness_tells(game: Game) -> None:
    """Each error has an explanation, and fewer than one row in a thousand is wrong."""
    truth = game.read_truth("matches", "purchase_row_number, confirmation_row_number, story")
    story_of: dict[Pair, str] = {
        (purchase, confirmation): story
        for purchase, confirmation, story in truth
        if purchase is not None and confirmation is not None
    }
    found: dict[Pair, tuple[str, bool]] = {
        (purchase, confirmation): (rule, is_ambiguous)
        for purchase, confirmation, rule, is_ambiguous in game.project.query(
            "select purchase_id, confirmation_id, match_rule, is_ambiguous"
            " from marts.fct_reconciliation where outcome = 'matched'"
        )
    }
    in_reach = {pair for pair, story in story_of.items() if story not in OUT_OF_REACH}
    with_receipts = {pair for pair in in_reach if story_of[pair] not in WITHOUT_RECEIPT}
    without_receipt = in_reach - with_receipts
    wrong = set(found) - set(story_of)
    missed = in_reach - set(found)
    error_of = {pair: error_class(pair, in_reach) for pair in wrong}

    score = Score.of(in_reach, set(found))
    receipt_score = Score.of(with_receipts, {pair for pair in found if found[pair][0] == "receipt"})
    nearest_score = Score.of(
        without_receipt, {pair for pair in found if found[pair][0] == "nearest"}
    )
    show(
        "pairs",
        [
            line("in reach", score),
            line("  receipts on both sides", receipt_score),
            line("  a receipt missing", nearest_score),
        ],
    )
    print("errors:", dict(Counter(error_of.values())))
    print("missed:", dict(Counter(story_of[pair] for pair in missed)))
    print(
        "no pair by the rules:",
        dict(Counter(story_of[pair] for pair in story_of.keys() - in_reach)),
    )

    assert set(found) & (story_of.keys() - in_reach) == set()
    assert (receipt_score.precision, receipt_score.recall) == (1, 1)
    assert score.precision > 0.999
    assert score.recall > 0.999
    assert nearest_score.recall > 0.95
    # The ledger marks crossed pairs as ambiguous. A missed pair lost one side to a crossed pair.
    assert all(found[pair][1] for pair in wrong if error_of[pair] == "crossed")
    assert missed
    taken_purchases = {purchase for purchase, _ in wrong}
    taken_confirmations = {confirmation for _, confirmation in wrong}
    assert [
        (purchase, confirmation)
        for purchase, confirmation in missed
        if purchase not in taken_purchases and confirmation not in taken_confirmations
    ] == []


def test_scores_of_the_benchmark_are_these(game: Game) -> None:
    """The benchmark's SQL counts the same as the row-by-row count here."""
    scores = compare_with_truth(game.project.warehouse, game.truth)
    truth = game.read_truth("matches", "purchase_row_number, confirmation_row_number, story")
    in_reach = {row[:2] for row in truth if None not in row and row[2] not in OUT_OF_REACH}
    found = game.project.query(
        "select purchase_id, confirmation_id, is_ambiguous"
        " from marts.fct_reconciliation where outcome = 'matched'"
    )
    wrong = {row for row in found if row[:2] not in in_reach}
    assert scores.pairs == Score.of(in_reach, {row[:2] for row in found})
    assert scores.wrong_and_ambiguous == sum(is_ambiguous for _, _, is_ambiguous in wrong)
    assert scores.wrong_and_sure == sum(not is_ambiguous for _, _, is_ambiguous in wrong)
    assert (scores.anomalies.precision, scores.anomalies.recall) == (1, 1)
    assert set(scores.dispositions) == set(DISPOSITIONS)
    assert {(score.wrong, score.missed) for score in scores.dispositions.values()} == {(0, 0)}
    assert sum(score.right for score in scores.dispositions.values()) == len(
        game.read_truth("purchases", "source_row_number")
    )


def error_class(wrong: Pair, in_reach: set[Pair]) -> str:
    """Return why two rows of different purchases could be matched.

    `crossed`: the player bought twice within minutes, and each row is nearer to the other
    purchase's partner than to its own. `left over`: one of the rows has no partner that it could be
    matched with, and another purchase or confirmation of the player was in reach.
    """
    purchase, confirmation = wrong
    has_partner = any(pair[0] == purchase for pair in in_reach)
    is_wanted = any(pair[1] == confirmation for pair in in_reach)
    return "crossed" if has_partner and is_wanted else "left over"
