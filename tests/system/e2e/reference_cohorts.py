"""Cohorts and engagement computed in plain Python, for the reference; it reads no model."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.system.e2e.reference import Cost, Curated, Row, Session, Value

DAY = timedelta(days=1)
INSTALL_AGES = (0, 1, 3, 7, 14, 30)
RETURN_AGES = (1, 3, 7, 14, 30)
ORGANIC = (None, "ORGANIC", "(ORGANIC)")
Cohort = tuple[str | None, date]


def find_installs(curated: list[Curated]) -> dict[str, date]:
    """The day on which each player installed: the earliest that a row of theirs names."""
    days: dict[str, date] = {}
    for each in curated:
        at = each.purchase.installed_at
        if at is not None:
            player = each.purchase.appsflyer_id
            days[player] = min(at.date(), days.get(player, at.date()))
    return days


def campaign_of(each: Curated) -> str | None:
    """The paid campaign of a purchase; None is organic."""
    return None if each.purchase.campaign in ORGANIC else each.purchase.campaign


def place(each: Curated, installs: dict[str, date], first_day: date, yesterday: date) -> str:
    """Say where the revenue of a purchase is: in a cohort, or why not."""
    install = installs.get(each.purchase.appsflyer_id)
    day = each.purchase.at.date()
    if install is None:
        return "without_install_time"
    if day < install:
        return "before_install"
    if day > yesterday:
        return "after_d1"
    return "installed_before_data" if install < first_day else "cohorts"


def summarise(yesterday: date, curated: list[Curated]) -> Row:
    """The head of `cohorts.json`."""
    names = (
        *("cohorts", "without_install_time", "before_install"),
        *("installed_before_data", "after_d1"),
    )
    sums: dict[str, Decimal] = dict.fromkeys(names, Decimal(0))
    installs = find_installs(curated)
    first_day = min((each.purchase.at.date() for each in curated), default=yesterday)
    for each in curated:
        sums[place(each, installs, first_day, yesterday)] += each.net
    return {
        "net_revenue_usd": sum((each.net for each in curated), Decimal(0)),
        **{f"{name}_usd": amount for name, amount in sums.items()},
    }


def report_cohorts(yesterday: date, curated: list[Curated], costs: list[Cost]) -> list[Row]:
    """The cells of `cohorts.json`, cohort by cohort, organic traffic last."""
    installs = find_installs(curated)
    first_day = min((each.purchase.at.date() for each in curated), default=yesterday)
    members: dict[Cohort, list[Curated]] = {}
    for each in curated:
        if place(each, installs, first_day, yesterday) == "cohorts":
            cohort = (campaign_of(each), installs[each.purchase.appsflyer_id])
            members.setdefault(cohort, []).append(each)
    seen = {campaign_of(each) for each in curated}
    known = {campaign_of(each) for each in curated if each.purchase.appsflyer_id in installs}
    spent: dict[Cohort, Decimal] = {}
    for cost in costs:
        is_known = installs and (cost.campaign in known or cost.campaign not in seen)
        if is_known and cost.campaign not in ORGANIC and first_day <= cost.day <= yesterday:
            cohort = (cost.campaign, cost.day)
            spent[cohort] = spent.get(cohort, Decimal(0)) + cost.amount
    return [
        cell
        for cohort in sorted(
            members.keys() | spent.keys(), key=lambda key: (key[0] is None, key[0] or "", key[1])
        )
        for cell in report_cohort(cohort, members.get(cohort, []), spent.get(cohort), yesterday)
    ]


def report_cohort(
    cohort: Cohort, members: list[Curated], cost: Decimal | None, yesterday: date
) -> list[Row]:
    """The six cells of one cohort."""
    campaign, install = cohort

    def until(age: int) -> list[Curated]:
        return [each for each in members if each.purchase.at.date() <= install + age * DAY]

    def earned(age: int) -> Decimal:
        return sum((each.net for each in until(age)), Decimal(0))

    unknown: str | None = None
    if campaign is None:
        unknown = "organic"
    elif cost is None:
        unknown = "missing_cost"
    elif cost <= 0:
        unknown = "zero_spend"
    last_age = (yesterday - install).days
    payback = None
    if unknown is None and cost is not None:
        payback = next((age for age in range(last_age + 1) if earned(age) >= cost), None)
    cells: list[Row] = []
    for age in INSTALL_AGES:
        is_over = age <= last_age
        roas: Value = None
        if is_over and unknown is None and cost is not None:
            roas = Fraction(earned(age)) / Fraction(cost)
        state = unknown or ("ok" if earned(age) else "zero_revenue")
        payers = {each.purchase.appsflyer_id for each in until(age) if each.net > 0}
        cells.append(
            {
                "campaign": campaign,
                "install_date": install.isoformat(),
                "age_days": age,
                "revenue_usd": earned(age) if is_over else None,
                "payers": len(payers) if is_over else None,
                "ad_cost_usd": cost,
                "roas": roas,
                "state": state if is_over else "immature",
                "revenue_to_date_usd": earned(last_age),
                "payback_days": payback,
                "payback_state": unknown or ("not_yet" if payback is None else "paid_back"),
            }
        )
    return cells


def active_days(sessions: list[Session]) -> dict[str, set[date]]:
    """The days on which each player was active."""
    days: dict[str, set[date]] = {}
    for session in sessions:
        days.setdefault(session.user_id, set()).add(session.day)
    return days


def report_retention(yesterday: date, sessions: list[Session]) -> list[Row]:
    """`retention.json`: of those who came first on a day, who came back on a later one."""
    players = active_days(sessions)
    all_days = {session.day for session in sessions}
    rows: list[Row] = []
    for first in sorted({min(days) for days in players.values()}):
        came = [days for days in players.values() if min(days) == first]
        for age in RETURN_AGES if first <= yesterday else ():
            day = first + age * DAY
            state = "ok" if day in all_days else "missing_sessions"
            state = "immature" if day > yesterday else state
            returned = sum(day in days for days in came) if state == "ok" else None
            rows.append(
                {
                    "first_session_date": first.isoformat(),
                    "age_days": age,
                    "players": len(came),
                    "returned": returned,
                    "retention": None if returned is None else Fraction(returned, len(came)),
                    "state": state,
                }
            )
    return rows


def report_engagement(
    yesterday: date, curated: list[Curated], sessions: list[Session]
) -> list[Row]:
    """`engagement_daily.json`: every day up to D-1, from the first purchase or session."""
    days = {each.purchase.at.date() for each in curated} | {each.day for each in sessions}
    day = min(days | {yesterday})
    rows: list[Row] = []
    players = active_days(sessions)
    first_session = min((each.day for each in sessions), default=None)
    while day <= yesterday:
        bought = [each for each in curated if each.purchase.at.date() == day]
        revenue = sum((each.net for each in bought), Decimal(0))
        payers = len({each.purchase.appsflyer_id for each in bought if each.net > 0})
        active = [active for active in players.values() if day in active]
        dau, new = len(active), sum(min(each) == day for each in active)
        month = {day - back * DAY for back in range(30)}
        mau = sum(bool(each & month) for each in players.values())
        mau_state = "ok" if mau else "missing_sessions"
        if first_session is None or (day - first_session).days < 29:
            mau_state = "insufficient_history"
        is_known = mau_state == "ok"
        rows.append(
            {
                "date": day.isoformat(),
                "revenue_usd": revenue,
                "dau": dau,
                "new_dau": new,
                "returning_dau": dau - new,
                "payers": payers,
                "conversion_rate": Fraction(payers, dau) if dau else None,
                "arpdau_usd": Fraction(revenue) / dau if dau else None,
                "arppu_usd": Fraction(revenue) / payers if payers else None,
                "state": "ok" if dau else "missing_sessions",
                "mau": mau if is_known else None,
                "stickiness": Fraction(dau, mau) if is_known and dau else None,
                "mau_state": mau_state,
            }
        )
        day += DAY
    return rows
