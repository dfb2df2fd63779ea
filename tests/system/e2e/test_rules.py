"""The rules on trial against plain Python, and against a truth that the rules do not know."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.benchmarks.rules import Score, score_rules
from tests.support.campaign_game import write_campaign_game
from tests.support.harness import Project
from tests.system.e2e.reference_rules import (
    RULES,
    Campaign,
    Day,
    Settings,
    report_rules,
    report_states,
)
from tests.system.e2e.test_reference_agrees import differing_keys

DAYS, SIZES, CAMPAIGNS_PER_SIZE = 75, (1, 5, 40), 3


@dataclass(frozen=True)
class Game:
    """A built game, what its files say of each campaign, and the truth of its days."""

    project: Project
    truth: Path
    campaigns: Mapping[str, Campaign]

    @property
    def stories(self) -> dict[tuple[str, date], str]:
        with self.truth.open(newline="") as file:
            return {
                (row["campaign"], date.fromisoformat(row["date"])): row["story"]
                for row in csv.DictReader(file)
            }


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Game:
    """A game after a build with all data tests. Read it, do not change it."""
    folder = tmp_path_factory.mktemp("rules")
    project = Project.copy_to(folder / "project")
    seeds = project.root / "seeds"
    write_campaign_game(seeds, DAYS, SIZES, CAMPAIGNS_PER_SIZE)
    truth = (seeds / "truth.csv").rename(folder / "truth.csv")
    run = project.build()
    assert run.exit_code == 0, run.output
    return Game(project, truth, read_campaigns(seeds))


def read_campaigns(seeds: Path) -> dict[str, Campaign]:
    """The days of the campaigns; no row of this game is set aside."""
    revenue: Counter[tuple[str, date]] = Counter()
    count: Counter[tuple[str, date]] = Counter()
    with (seeds / "purchases_raw.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            key = (row["campaign"], datetime.fromisoformat(row["event_time_utc"]).date())
            revenue[key] += int(row["revenue_usd"].replace(".", ""))
            count[key] += 1
    days: dict[str, dict[date, Day]] = {}
    with (seeds / "costs_daily.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            key = (row["campaign"], date.fromisoformat(row["date"]))
            days.setdefault(row["campaign"], {})[key[1]] = Day(
                Decimal(revenue[key]) / 100, Decimal(row["ad_cost_usd"]), count[key]
            )
    return {name: Campaign(known, Settings()) for name, known in days.items()}


def test_every_day_is_judged_as_by_hand(game: Game) -> None:
    found = game.project.query(
        """
        select
            campaign, activity_date, robust_z, expected_purchases, purchase_z, rule_state,
            is_anomaly, is_robust_z_low, is_purchase_z_low, is_declining
        from marts.fct_roas_rules_daily
        where activity_date <= (select d1_date from intermediate.int_as_of__resolved)
        """
    )
    assert len(found) == DAYS * len(SIZES) * CAMPAIGNS_PER_SIZE
    wrong = []
    for name, on, *actual in found:
        campaign = game.campaigns[name]
        trial = campaign.try_rules(on)
        numbers = (trial.robust_z, trial.expected_purchases, trial.purchase_z)
        fired = trial.fired
        verdicts = [
            campaign.state(on),
            bool(fired["ratio"]),
            *(fired[rule] for rule in ("robust_z", "purchase_z", "declining")),
        ]
        is_near = all(
            (expected is None) == (value is None)
            and (expected is None or math.isclose(expected, value, rel_tol=1e-9, abs_tol=2e-6))
            for expected, value in zip(numbers, actual[:3], strict=True)
        )
        if not is_near or verdicts != actual[3:]:
            wrong.append((name, on, numbers, verdicts, actual))
    assert wrong == []
    # Each verdict occurs.
    assert {row[5] for row in found} >= {
        *("ok", "noise", "collapsed", "declining", "insufficient_history")
    }


def test_reports_are_those_counted_by_hand(game: Game) -> None:
    [(d1,)] = game.project.query("select d1_date from intermediate.int_as_of__resolved")
    for name, expected in {
        "roas_states": report_states(d1, game.campaigns),
        "roas_rules": report_rules(d1, game.campaigns, Settings()),
    }.items():
        actual = game.project.report(name)
        assert len(actual) == len(expected)
        wrong = [
            (row, other)
            for row, other in zip(expected, actual, strict=True)
            if list(row) != list(other) or differing_keys(row, other)
        ]
        assert wrong == []


def test_scores_are_those_counted_by_hand(game: Game) -> None:
    """The benchmark's SQL counts the same as a loop over the days."""
    scores = score_rules(game.project.warehouse, f"from '{game.truth}'")
    stories = game.stories
    for rule in RULES:
        wanted = {"decline"} if rule == "declining" else {"collapse", "lasting"}
        fired = {key for key in stories if game.campaigns[key[0]].try_rules(key[1]).fired[rule]}
        right = {key for key in fired if stories[key] in wanted}
        missed = {key for key, story in stories.items() if story in wanted} - fired
        wrong = {key for key in fired if stories[key] == "plain"}
        assert scores[rule]["all"] == Score(
            len(right),
            len(wrong),
            len(missed),
            list(stories.values()).count("plain"),
            *count_episodes(stories, wanted, fired),
        )
        parts = [scores[rule][f"{size:g}"] for size in SIZES]
        assert sum(part.right_days for part in parts) == len(right)
        assert sum(part.wrong_days for part in parts) == len(wrong)
    in_force = scores["ratio"]["all"]
    assert scores["0.5 of 7 days"]["all"] == in_force
    # The rule in force cries wolf about small campaigns; the state that knows small numbers does
    # not.
    collapsed = scores["collapsed"]["all"]
    assert collapsed.right_days > 0
    assert in_force.wrong_days > 20 * max(1, collapsed.wrong_days)


def count_episodes(
    stories: Mapping[tuple[str, date], str], wanted: set[str], fired: set[tuple[str, date]]
) -> tuple[int, int]:
    """The runs of days with one wanted story: those of which a day fired, and all."""
    found = total = 0
    is_found = False
    before = ("", "plain")
    for (campaign, on), story in [*sorted(stories.items()), (("", date.max), "plain")]:
        if before != (campaign, story):
            found += is_found
            total += story in wanted
            is_found = False
        is_found = is_found or (story in wanted and (campaign, on) in fired)
        before = (campaign, story)
    return found, total
