"""How well the 50 % rule and its alternatives find collapses whose truth is known.

    python -m tests.benchmarks.rules --json target/bench/rules.json

writes the scores that `tests.benchmarks.page` shows. Two games: that of `generate --purchases
100000`, whose collapses are beyond doubt, and campaigns of all sizes with noise, declines and
collapses that last (`tests/support/campaign_game.py`).
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from tests.support.campaign_game import write_campaign_game
from tests.support.harness import Project
from warehouse.inputs.headers import HEADERS
from warehouse.sample.scale import generate_game

PURCHASES = 100_000
DAYS, SIZES, CAMPAIGNS_PER_SIZE = 180, (1, 3, 10, 30, 100), 12

# What a rule must find: single days, or a decline.
RULES = {
    "ratio": "is_anomaly",
    "robust_z": "coalesce(is_robust_z_low, false)",
    "purchase_z": "coalesce(is_purchase_z_low, false)",
    "collapsed": "rule_state = 'collapsed'",
    "declining": "coalesce(is_declining, false)",
}
DAYS_OF_RULES = """
select campaign, activity_date as date, roas is not null as is_rated, {columns}
from warehouse.marts.fct_roas_rules_daily
"""
# The rule with other settings, counted again from the ROAS of the days.
DAYS_OF_SETTING = """
select
    campaign,
    activity_date as date,
    roas is not null as is_rated,
    coalesce(
        count(roas) over earlier >= {least}
        and {ratio} * avg(roas) over earlier - roas > 1e-9 * avg(roas) over earlier,
        false
    ) as ratio
from warehouse.marts.fct_campaign_roas_daily
window earlier as (
    partition by campaign order by activity_date rows between {days} preceding and 1 preceding
)
"""
# An episode is a run of days with one story. A day of a decline is neither right nor wrong for a
# rule that looks for collapses, and a collapse is neither for one that looks for declines.
SCORE = """
with

truth as (
    select
        *,
        date - cast(row_number() over (partition by campaign, story order by date) as integer)
            as episode,
        story in ({wanted}) as is_wanted
    from truth_days
),

scored as (
    select truth.*, days.is_rated, days.{rule} as is_fired
    from truth
    inner join days on truth.campaign = days.campaign and truth.date = days.date
),

episodes as (
    select campaign, story, episode, bool_or(is_fired) as is_found
    from scored
    where is_wanted
    group by all
    having bool_or(is_rated)
)

select
    count(*) filter (is_fired and is_wanted) as right_days,
    count(*) filter (is_fired and story = 'plain') as wrong_days,
    count(*) filter (not is_fired and is_wanted and is_rated) as missed_days,
    count(*) filter (story = 'plain' and is_rated) as plain_days,
    (select count(*) filter (is_found) from episodes) as found_episodes,
    (select count(*) from episodes) as episodes
from scored
"""


@dataclass(frozen=True)
class Score:
    """How a rule did: days, and episodes of which it found a day."""

    right_days: int
    wrong_days: int
    missed_days: int
    plain_days: int
    found_episodes: int
    episodes: int

    @property
    def precision(self) -> float | None:
        """Share of the fired days that are right; None if it never fired."""
        return share(self.right_days, self.right_days + self.wrong_days)

    @property
    def recall(self) -> float | None:
        """Share of the wanted days that fired."""
        return share(self.right_days, self.right_days + self.missed_days)


def share(part: int, whole: int) -> float | None:
    """A share, or None of nothing."""
    return part / whole if whole else None


def score_rules(warehouse: Path, truth: str) -> dict[str, dict[str, Score]]:
    """Score all rules, and the rule in force with other ratios and windows.

    Args:
        warehouse: A built warehouse.
        truth: A query for campaign, date, story and size of each day.

    Returns:
        Scores by rule, or ratio and window, and by size; `all` is every campaign.
    """
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
        connection.execute(f"create table every_day as {truth}")
        sizes = connection.execute("select distinct size from every_day order by all").fetchall()

        def scores(rule: str, column: str) -> dict[str, Score]:
            wanted = "'decline'" if rule == "declining" else "'collapse', 'lasting'"
            found = {}
            for size in ["all", *(f"{size:g}" for (size,) in sizes)]:
                condition = "true" if size == "all" else f"size = {size}"
                connection.execute(
                    f"create or replace temp view truth_days as from every_day where {condition}"
                )
                (row,) = connection.execute(SCORE.format(wanted=wanted, rule=column)).fetchall()
                found[size] = Score(*row)
            return found

        columns = ", ".join(f"{expression} as {rule}" for rule, expression in RULES.items())
        connection.execute(f"create temp table days as {DAYS_OF_RULES.format(columns=columns)}")
        scored = {rule: scores(rule, rule) for rule in RULES}
        for days in (3, 7, 14, 28):
            for ratio in (0.3, 0.4, 0.5, 0.6, 0.7):
                setting = DAYS_OF_SETTING.format(least=3, ratio=ratio, days=days)
                connection.execute(f"create or replace temp table days as {setting}")
                scored[f"{ratio} of {days} days"] = scores("ratio", "ratio")
        return scored


LABELLED = """
select campaign, date, case when is_anomaly then 'collapse' else 'plain' end as story, 0 as size
from '{path}/anomalies.csv'
"""


def measure(
    folder: Path,
    days: int = DAYS,
    sizes: tuple[float, ...] = SIZES,
    per_size: int = CAMPAIGNS_PER_SIZE,
) -> dict[str, dict[str, dict[str, Score]]]:
    """Build both games, and score them."""
    labelled = Project.copy_to(folder / "labelled")
    generate_game(folder / "game", PURCHASES)
    for name in HEADERS:
        (folder / "game" / name).rename(labelled.root / "seeds" / name)
    campaigns = Project.copy_to(folder / "campaigns")
    write_campaign_game(campaigns.root / "seeds", days, sizes, per_size)
    truth = campaigns.root / "seeds/truth.csv"
    truth.rename(folder / "truth.csv")
    for project in (labelled, campaigns):
        run = project.build()
        if run.exit_code != 0:
            raise RuntimeError(run.output)
    return {
        "labelled": score_rules(labelled.warehouse, LABELLED.format(path=folder / "game/truth")),
        "campaigns": score_rules(campaigns.warehouse, f"from '{folder}/truth.csv'"),
    }


def main() -> None:
    """Measure, and write the scores as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, required=True)
    path: Path = parser.parse_args().json
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(Path(folder))
    path.write_text(json.dumps(measured, default=asdict, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
