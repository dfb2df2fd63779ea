"""The reference of the rules on trial: `roas_states.json` and `roas_rules.json`.

As `reference.py`, it follows the sentences of `docs/metrics.md` one day at a time, and shares
nothing with the models.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache

DAY = timedelta(days=1)
Value = str | int | bool | Decimal | Fraction | None
Row = dict[str, Value]

RULES = ("ratio", "robust_z", "purchase_z", "collapsed", "declining")
LEAST_LOG = math.log(1e-6)


@dataclass(frozen=True)
class Settings:
    """The vars of the rules."""

    ratio: Fraction = Fraction(1, 2)
    window_days: int = 7
    min_history_days: int = 3
    trial_window_days: int = 28
    trial_min_history_days: int = 7
    trial_z: float = 2.5
    daily_variation: float = 0.15


@dataclass(frozen=True)
class Day:
    """What a campaign cost and earned on a day; `cost` is None where no cost row exists."""

    revenue: Decimal = Decimal(0)
    cost: Decimal | None = None
    purchases: int = 0

    @property
    def roas(self) -> Fraction | None:
        """Net revenue per dollar, undefined where nothing was spent."""
        if self.cost is None or self.cost <= 0:
            return None
        return Fraction(self.revenue) / Fraction(self.cost)

    @property
    def log_roas(self) -> int | None:
        """Its logarithm in millionths; at least that of a ROAS of a millionth."""
        if self.roas is None:
            return None
        log = math.log(self.roas) if self.roas > 0 else LEAST_LOG
        return round(max(log, LEAST_LOG) * 1e6)


@dataclass(frozen=True)
class Trial:
    """What the rules say of a day; what they cannot judge is None."""

    ratio: bool | None
    robust_z: float | None
    expected_purchases: float | None
    expected_revenue: float | None
    purchase_z: float | None
    is_noise_anyway: bool
    fired: Mapping[str, bool | None]


class Campaign:
    """The days of a campaign, by date."""

    def __init__(self, days: Mapping[date, Day], settings: Settings) -> None:
        self.days = days
        self.settings = settings
        self._averages: dict[tuple[date, int], tuple[int, Fraction]] = {}
        # Both are asked for again and again.
        self.quartiles = cache(self._quartiles)
        self.try_rules = cache(self._try_rules)

    def day(self, on: date) -> Day:
        """A day; one without rows has no cost."""
        return self.days.get(on, Day())

    def rated(self, before: date, count: int) -> list[Day]:
        """The days with a ROAS among so many before a day."""
        days = [self.day(before - back * DAY) for back in range(1, count + 1)]
        return [day for day in days if day.roas is not None]

    def is_flagged(self, on: date, ratio: Fraction, window: int, least: int) -> bool | None:
        """Whether the required rule flags a day with these settings; None without history."""
        roas = self.day(on).roas
        history_days, average = self.average(on, window)
        if roas is None or history_days < least:
            return None
        return history_days > 0 and roas < ratio * average

    def average(self, before: date, window: int) -> tuple[int, Fraction]:
        """How many of the days before a day have a ROAS, and their mean."""
        key = (before, window)
        if key not in self._averages:
            roas = [day.roas for day in self.rated(before, window) if day.roas is not None]
            self._averages[key] = (len(roas), sum(roas, Fraction(0)) / max(1, len(roas)))
        return self._averages[key]

    def _quartiles(self, on: date) -> list[float] | None:
        """Quartiles of the logarithms before a day; None where the alternatives do not judge."""
        logs = [day.log_roas for day in self.rated(on, self.settings.trial_window_days)]
        known = sorted(log for log in logs if log is not None)
        if self.day(on).roas is None or len(known) < self.settings.trial_min_history_days:
            return None
        if len(known) == 1:
            return [known[0]] * 3
        return statistics.quantiles(known, n=4, method="inclusive")

    def is_in_low_quarter(self, on: date) -> bool | None:
        """Whether a day is below the first quartile of those before it."""
        quartiles, log = self.quartiles(on), self.day(on).log_roas
        return None if quartiles is None or log is None else log < quartiles[0]

    def low_count_z(self, actual: int, expected: float) -> float:
        """How improbable so low a count is, by the cube root of Wilson and Hilferty."""
        spread = 1 + self.settings.daily_variation**2 * expected
        seen = actual / spread + 1
        z = 3 * math.sqrt(seen) * (1 - 1 / (9 * seen) - math.cbrt(expected / spread / seen))
        return round(z, 6)

    def _try_rules(self, on: date) -> Trial:
        """What all rules say of a day."""
        settings, day = self.settings, self.day(on)
        ratio = self.is_flagged(on, settings.ratio, settings.window_days, settings.min_history_days)
        quartiles = self.quartiles(on)
        if quartiles is None or day.log_roas is None or day.cost is None:
            fired = {**dict.fromkeys(RULES), "ratio": ratio}
            return Trial(ratio, None, None, None, None, False, fired)
        deviation = max((quartiles[2] - quartiles[0]) / 1.349, 48790)
        robust_z = round((day.log_roas - quartiles[1]) / deviation, 6)
        before = self.rated(on, settings.trial_window_days)
        spent = float(sum(each.cost or 0 for each in before))
        per_dollar = float(day.cost) / spent
        expected = round(per_dollar * sum(each.purchases for each in before), 6)
        revenue = per_dollar * float(sum(each.revenue for each in before))
        purchase_z = self.low_count_z(day.purchases, expected)
        is_improbable = purchase_z < -settings.trial_z and float(day.revenue) < revenue
        is_low = robust_z < -settings.trial_z
        low_days = [self.is_in_low_quarter(on - back * DAY) for back in range(7)]
        return Trial(
            ratio,
            robust_z,
            expected,
            revenue,
            purchase_z,
            self.low_count_z(0, expected) >= -settings.trial_z,
            {
                "ratio": ratio,
                "robust_z": is_low,
                "purchase_z": is_improbable,
                "collapsed": is_improbable and bool(ratio or is_low),
                "declining": bool(low_days[0]) and low_days.count(True) >= 5,
            },
        )

    def state(self, on: date) -> str:  # noqa: PLR0911 (one return for each rule, in their order)
        """The state of a day, the first that applies."""
        day, trial = self.day(on), self.try_rules(on)
        if day.cost is None:
            return "missing_cost"
        if day.roas is None:
            return "zero_spend"
        if trial.fired["collapsed"]:
            return "collapsed"
        if trial.fired["declining"]:
            return "declining"
        if trial.expected_purchases is None:
            return "insufficient_history"
        if trial.ratio or trial.fired["robust_z"] or trial.is_noise_anyway:
            return "noise"
        return "ok"


def report_states(yesterday: date, campaigns: Mapping[str, Campaign]) -> list[Row]:
    """`roas_states.json`: a row of each campaign."""
    rows: list[Row] = []
    for name, campaign in sorted(campaigns.items()):
        day, trial = campaign.day(yesterday), campaign.try_rules(yesterday)
        is_judged = trial.expected_revenue is not None
        rows.append(
            {
                "date": yesterday.isoformat(),
                "campaign": name,
                "state": campaign.state(yesterday),
                "provisional": False,
                "roas": day.roas,
                "anomaly": bool(trial.ratio),
                "robust_z": exact(trial.robust_z),
                "history_days": len(campaign.rated(yesterday, campaign.settings.trial_window_days)),
                "purchases": day.purchases,
                "expected_purchases": exact(trial.expected_purchases),
                "purchase_z": exact(trial.purchase_z),
                "revenue_usd": day.revenue,
                "expected_revenue_usd": (
                    exact(round(trial.expected_revenue or 0, 6)) if is_judged else None
                ),
            }
        )
    return rows


def report_rules(
    yesterday: date, campaigns: Mapping[str, Campaign], settings: Settings
) -> list[Row]:
    """`roas_rules.json`: each rule over all days up to D-1, and other settings of the first."""
    in_force = (settings.ratio, settings.window_days, settings.min_history_days)
    rows: list[Row] = []
    for rule in sorted(RULES):
        said = {name: dict(judgements(one, rule, yesterday)) for name, one in campaigns.items()}
        parts = {name: trial_row(days) for name, days in sorted(said.items())}
        totals = {
            key: sum(int(part[key] or 0) for part in parts.values())
            for key in ("judged_days", "fired_days", "episodes", "recovered_in_1", "recovered_in_3")
        }
        values = in_force if rule == "ratio" else (None, None, None)
        setting: Row = dict(zip(SETTING, values, strict=True))
        if parts:
            rows += [
                {"rule": rule, **setting, "in_force": True, "campaign": name, **with_shares(counts)}
                for name, counts in [(None, totals), *parts.items()]
            ]
        if rule == "ratio":
            rows += other_settings(yesterday, campaigns, in_force)
    return rows


SETTING = ("ratio", "window_days", "min_history_days")


def judgements(campaign: Campaign, rule: str, until: date) -> Iterator[tuple[date, bool]]:
    """The days of a campaign that a rule judges, and whether it fires."""
    for on in sorted(campaign.days):
        if on <= until:
            fires = campaign.try_rules(on).fired[rule]
            if fires is not None:
                yield on, fires


def trial_row(days: Mapping[date, bool]) -> dict[str, int]:
    """Count days and episodes."""
    first_days = [on for on, fires in days.items() if fires and not days.get(on - DAY)]
    return {
        "judged_days": len(days),
        "fired_days": sum(days.values()),
        "episodes": len(first_days),
        "recovered_in_1": sum(days.get(on + DAY) is False for on in first_days),
        "recovered_in_3": sum(
            any(days.get(on + after * DAY) is False for after in (1, 2, 3)) for on in first_days
        ),
    }


def with_shares(counts: Mapping[str, int]) -> Row:
    """The counts in the order of the report, with their quotients."""
    judged, fired, episodes = counts["judged_days"], counts["fired_days"], counts["episodes"]
    return {
        "judged_days": judged,
        "fired_days": fired,
        "fired_share": Fraction(fired, judged) if judged else None,
        "episodes": episodes,
        "mean_episode_days": Fraction(fired, episodes) if episodes else None,
        "recovered_in_1": counts["recovered_in_1"],
        "recovered_in_3": counts["recovered_in_3"],
    }


def other_settings(
    yesterday: date, campaigns: Mapping[str, Campaign], in_force: tuple[Fraction, int, int]
) -> Iterator[Row]:
    """The required rule with each other ratio, window and least history."""
    ratios = sorted({*(Fraction(tenths, 10) for tenths in range(3, 8)), in_force[0]})
    for ratio in ratios:
        for window in sorted({3, 7, 14, 28, in_force[1]}):
            for least in sorted({1, 3, 7, 14, in_force[2]}):
                if least > window or (ratio, window, least) == in_force:
                    continue
                flags = [
                    campaign.is_flagged(on, ratio, window, least)
                    for campaign in campaigns.values()
                    for on in campaign.days
                    if on <= yesterday
                ]
                judged = len(flags) - flags.count(None)
                if judged:
                    yield {
                        "rule": "ratio",
                        **dict(zip(SETTING, (ratio, window, least), strict=True)),
                        "in_force": False,
                        "campaign": None,
                        "judged_days": judged,
                        "fired_days": flags.count(True),
                        "fired_share": Fraction(flags.count(True), judged),
                        "episodes": None,
                        "mean_episode_days": None,
                        "recovered_in_1": None,
                        "recovered_in_3": None,
                    }


def exact(value: float | None) -> Fraction | None:
    """A floating-point number as a fraction, which compares by nearness."""
    return None if value is None else Fraction(value)
