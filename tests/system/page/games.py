"""Inputs at the ends of what the page has to bear."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from warehouse.inputs.headers import HEADERS

# Hostile names of campaigns.
HOSTILE = [
    "<SCRIPT>ALERT(1)</SCRIPT>",
    "</SCRIPT><IMG SRC=X ONERROR=ALERT(2)>",
    "{{ 7 * 7 }} {% RAW %}",
    "A & B 'C' `D`",
    "\u202eRIGHT TO LEFT 龍の女王",
    "LONG " + "X" * 3000,
]

Rows = list[tuple[str, ...]]
Inputs = dict[str, str]


def inputs(**rows: Rows) -> Inputs:
    """Write the four files; what is not given has no rows."""
    written = {}
    for file, header in HEADERS.items():
        name = file.removesuffix(".csv")
        lines = [header, *(",".join(map(_quoted, row)) for row in rows.get(name, []))]
        written[name] = "".join(f"{line}\n" for line in lines)
    return written


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def empty() -> Inputs:
    """Headers alone."""
    return inputs()


def one_day() -> Inputs:
    """A day that counts as not yet over, so that D-1 has nothing at all."""
    moment = "2026-01-05T09:00:00Z"
    return inputs(
        purchases_raw=[("af_1", "purchase", moment, "4.99", "A", "RCP-1", "success")],
        confirmed_purchases=[("af_1", "purchase", moment, "4.99", "A", "RCP-1")],
        costs_daily=[("2026-01-05", "A", "10")],
        sessions=[(moment, "u1", "session_start")],
    )


def two_days(revenue: str) -> Inputs:
    """Two days before one that is not over, each with a cost of 200."""
    days = ["2026-01-05", "2026-01-06", "2026-01-07"]
    return inputs(
        purchases_raw=[
            (f"af_{day}", "purchase", f"{day}T09:00:00Z", revenue, "A", f"RCP-{day[-1]}", "success")
            for day in days
        ],
        costs_daily=[(day, "A", "200") for day in days],
        sessions=[(f"{day}T09:00:00Z", "u1", "session_start") for day in days],
    )


def installed() -> Inputs:
    """A campaign whose installs of 1 January pay back on the third day, and later ones do not."""
    sales = [("af_1", 1, 1, "2"), ("af_1", 1, 3, "7"), ("af_1", 1, 4, "1"), ("af_2", 3, 4, "1")]
    written = inputs(
        confirmed_purchases=[("af_1", "purchase", "2026-01-01T09:00:00Z", "2", "A", "RCP-11")],
        costs_daily=[(f"2026-01-0{day}", "A", "10") for day in (1, 3)],
        sessions=[(f"2026-01-0{day}T09:00:00Z", "u1", "session_start") for day in range(1, 6)],
    )
    lines = [
        f"{player},purchase,2026-01-0{day}T09:00:00Z,{amount},A,RCP-{day}{install},success,"
        f"2026-01-0{install}T08:00:00Z\n"
        for player, install, day, amount in sales
    ]
    header = f"{HEADERS['purchases_raw.csv']},install_time_utc\n"
    return {**written, "purchases_raw": header + "".join(lines)}


def fading() -> Inputs:
    """Days on which DEAD spends and never earns, and SMALL spends little and stops earning."""
    days = [f"2026-01-0{number}" for number in range(1, 7)]
    return inputs(
        purchases_raw=[
            (f"af_{day}", "purchase", f"{day}T09:00:00Z", "3", "SMALL", f"RCP-{day[-1]}", "success")
            for day in days[:4]
        ],
        costs_daily=[row for day in days for row in [(day, "DEAD", "100"), (day, "SMALL", "3")]],
        sessions=[(f"{day}T09:00:00Z", "u1", "session_start") for day in days],
    )


def long() -> Inputs:
    """More days, campaigns and unmatched rows than the page shows, and hostile names."""
    random = Random(6)
    days = [date(2025, 1, 1) + timedelta(days=number) for number in range(400)]
    campaigns = [*HOSTILE, *(f"CAMPAIGN_{number:03}" for number in range(144))]
    purchases, confirmations, costs, sessions = Rows(), Rows(), Rows(), Rows()
    for number in range(4000):
        player, campaign = f"af_{number}", random.choice(campaigns)
        moment = f"{random.choice(days)}T12:{number % 60:02}:00Z"
        row = (player, "purchase", moment, f"{random.randint(1, 9999) / 100:.2f}", campaign)
        if number % 4:
            purchases.append((*row, f"RCP-{number}", "success"))
        if number % 5:
            confirmations.append((*row, f"RCP-{number}"))
    for day in days:
        costs += [
            (str(day), campaign, f"{random.randint(100, 999)}")
            for campaign in campaigns
            if random.random() < 0.9
        ]
        sessions += [(f"{day}T08:00:00Z", f"u{player}", "session_start") for player in range(3)]
    return inputs(
        purchases_raw=purchases,
        confirmed_purchases=confirmations,
        costs_daily=costs,
        sessions=sessions,
    )
