"""Generates campaigns of all sizes whose ROAS collapses, declines or is only noisy, with the truth.

The collapses of `warehouse.sample.scale` are beyond doubt: large enough, one day long, and no other
day comes near them. A rule that finds them all may still be wrong about small campaigns, whose
ROAS is chance, about weekends, and about collapses that last. Here the number of purchases of a day
is a Poisson number, and what went wrong is written to `truth.csv` for each campaign and day.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

FIRST_DAY = date(2026, 1, 1)
PRICES = ("0.99", "1.99", "4.99", "9.99", "19.99", "49.99", "99.99")
PRICE_WEIGHTS = (360, 240, 220, 110, 50, 15, 5)
MEAN_PRICE = 5.28
# A day of a campaign differs from the next by this share besides chance.
DAILY_DEVIATION = 0.08
FIRST_STORY_DAY = 14
DECLINE_PER_DAY = 0.97


@dataclass(frozen=True)
class CampaignDay:
    """What is planted on a day: how spend and purchases per dollar differ from an ordinary one."""

    story: str = "plain"
    spend_factor: float = 1
    purchase_factor: float = 1


def write_campaign_game(
    folder: Path, days: int, sizes: Sequence[float], campaigns_per_size: int, seed: int = 7
) -> int:
    """Write the four input files and `truth.csv` into a folder.

    Args:
        folder: An existing folder.
        days: The number of days, all of which are over.
        sizes: The purchases per day that a campaign has on average.
        campaigns_per_size: The number of campaigns of each size.
        seed: Any integer.

    Returns:
        The number of purchases.
    """
    chance = random.Random(seed)
    purchases: list[tuple[str, ...]] = []
    costs: list[tuple[str, ...]] = []
    truth: list[tuple[str, ...]] = []
    for size in sizes:
        for number in range(campaigns_per_size):
            campaign = f"SIZE_{size:g}_NO_{number + 1}"
            roas = chance.uniform(0.7, 1.2)
            weekend = 1.5 if number % 3 == 2 else 1.1
            budget = 1.0
            for day_no, planted in enumerate(plan(chance, days)):
                day = FIRST_DAY + timedelta(days=day_no)
                budget = min(2.0, max(0.5, budget * chance.uniform(0.95, 1.05)))
                usual = size * budget * chance.lognormvariate(0, DAILY_DEVIATION)
                usual *= weekend if day.weekday() >= 5 else 1
                spend = size * MEAN_PRICE / roas * budget * planted.spend_factor
                costs.append((day.isoformat(), campaign, f"{spend:.2f}"))
                truth.append((campaign, day.isoformat(), planted.story, f"{size:g}"))
                for _ in range(poisson(chance, usual * planted.purchase_factor)):
                    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(
                        seconds=chance.randrange(86_400)
                    )
                    (price,) = chance.choices(PRICES, PRICE_WEIGHTS)
                    number_of_row = len(purchases) + 1
                    purchases.append(
                        (
                            *(f"af_{number_of_row}", "purchase", f"{at:%Y-%m-%dT%H:%M:%SZ}"),
                            *(price, campaign, f"RCP-{number_of_row}", "success"),
                        )
                    )
    after = (FIRST_DAY + timedelta(days=days)).isoformat()
    write(folder / "purchases_raw.csv", (*CONFIRMED, "status"), purchases)
    write(folder / "confirmed_purchases.csv", CONFIRMED, [row[:-1] for row in purchases[:1]])
    write(folder / "costs_daily.csv", ("date", "campaign", "ad_cost_usd"), costs)
    write(
        folder / "sessions.csv",
        ("event_timestamp_utc", "user_id", "event_name"),
        [(f"{after}T00:00:00Z", "u1", "session_start")],
    )
    write(folder / "truth.csv", ("campaign", "date", "story", "size"), truth)
    return len(purchases)


CONFIRMED = (
    *("appsflyer_id", "event_name", "event_time_utc"),
    *("revenue_usd", "campaign", "receipt_id"),
)


def plan(chance: random.Random, days: int) -> Iterator[CampaignDay]:
    """The days of a campaign: stories with ordinary days between them."""
    planned = [CampaignDay()] * FIRST_STORY_DAY
    while len(planned) < days:
        kind = chance.choice(["runaway_spend", "payments_down", "lasting", "decline"])
        if kind == "runaway_spend":
            planned.append(CampaignDay("collapse", spend_factor=chance.uniform(3, 6)))
        elif kind == "payments_down":
            planned.append(CampaignDay("collapse", purchase_factor=chance.uniform(0, 0.3)))
        elif kind == "lasting":
            factor = chance.uniform(0.15, 0.4)
            planned += [CampaignDay("lasting", purchase_factor=factor)] * chance.randrange(4, 11)
        else:
            planned += [
                CampaignDay("decline", purchase_factor=DECLINE_PER_DAY**day) for day in range(1, 29)
            ]
        planned += [CampaignDay()] * chance.randrange(15, 30)
    yield from planned[:days]


def poisson(chance: random.Random, mean: float) -> int:
    """A Poisson number: how many waiting times of an average of 1 fit into the mean."""
    count = -1
    waited = 0.0
    while waited <= mean:
        waited += chance.expovariate(1)
        count += 1
    return count


def write(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
