"""Faults that corrupt good data.

Each function corrupts a project that was built from the sample and some API events, as a broken
export, a wrong clock or a manual edit would. `docs/checkpoints.md` lists the checks that detect
them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb

from tests.support.harness import Project

Row = dict[str, str]

D1 = date(2026, 1, 29)  # of the sample


@dataclass(frozen=True)
class Corruption:
    """One fault.

    Attributes:
        what: Description of the fault.
        spoil: Applies the fault to a project.
        needs_build: Whether the fault is visible only after the next build.
    """

    what: str
    spoil: Callable[[Project], None]
    needs_build: bool

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.spoil.__name__


CORRUPTIONS: list[Corruption] = []


def _before_build(function: Callable[[Project], None]) -> Callable[[Project], None]:
    return _register(function, needs_build=True)


def _after_build(function: Callable[[Project], None]) -> Callable[[Project], None]:
    return _register(function, needs_build=False)


def _register(function: Callable[[Project], None], *, needs_build: bool) -> Callable[..., None]:
    assert function.__doc__
    CORRUPTIONS.append(Corruption(function.__doc__.rstrip("."), function, needs_build))
    return function


# --- What is wrong with a file --------------------------------------------------------------------


@_before_build
def confirmations_an_hour_late(project: Project) -> None:
    """All confirmations are one hour late: daylight saving time was ignored."""
    _edit(project, "confirmed_purchases", _shifted(timedelta(hours=1)))


@_before_build
def purchases_in_indian_time(project: Project) -> None:
    """From D-3 on, purchases are in Indian time (+5:30) but marked as UTC."""
    shift = _shifted(timedelta(hours=5, minutes=30))
    _edit(project, "purchases_raw", _from(D1 - timedelta(days=2), shift))


@_before_build
def confirmations_six_minutes_late(project: Project) -> None:
    """The clock of the app store is six minutes fast."""
    _edit(project, "confirmed_purchases", _shifted(timedelta(minutes=6)))


@_before_build
def purchases_twice(project: Project) -> None:
    """The purchase file was appended to itself."""
    _double(project, "purchases_raw")


@_before_build
def confirmations_twice(project: Project) -> None:
    """The confirmation file was appended to itself."""
    _double(project, "confirmed_purchases")


@_before_build
def costs_twice(project: Project) -> None:
    """The cost file was appended to itself."""
    _double(project, "costs_daily")


@_before_build
def sessions_twice(project: Project) -> None:
    """The session file was appended to itself."""
    _double(project, "sessions")


@_before_build
def purchases_of_a_day_missing(project: Project) -> None:
    """All purchases of D-3 are missing."""
    _edit(project, "purchases_raw", _without_day(D1 - timedelta(days=2)))


@_before_build
def costs_of_d1_missing(project: Project) -> None:
    """All costs of D-1 are missing."""
    _edit(project, "costs_daily", _without_day(D1))


@_before_build
def confirmations_stale(project: Project) -> None:
    """The confirmation file is three days old."""
    _edit(
        project, "confirmed_purchases", lambda row: row if _day(row) < date(2026, 1, 27) else None
    )


@_before_build
def purchase_in_the_future(project: Project) -> None:
    """One purchase is dated 2031, and D-1 with it."""
    rows = _read(project, "purchases_raw")
    _write(project, "purchases_raw", [*rows, rows[0] | _purchase_of_2031()])


@_before_build
def purchases_in_cents(project: Project) -> None:
    """Purchases are in cents, confirmations in dollars."""
    _edit(project, "purchases_raw", _scaled("revenue_usd", 100))


@_before_build
def both_sides_in_yen_of_late(project: Project) -> None:
    """From D-4 on, purchases and confirmations are in yen."""
    for name in ("purchases_raw", "confirmed_purchases"):
        in_yen = _from(D1 - timedelta(days=3), _scaled("revenue_usd", 150))
        _edit(project, name, in_yen)


@_before_build
def confirmations_in_euros(project: Project) -> None:
    """Confirmations are in euros."""
    _edit(project, "confirmed_purchases", _scaled("revenue_usd", 0.92))


@_before_build
def amounts_with_currency(project: Project) -> None:
    """From D-4 on, purchase amounts have a dollar sign."""

    def signed(row: Row) -> Row:
        return row | {"revenue_usd": f"${row['revenue_usd']}"}

    _edit(project, "purchases_raw", _from(D1 - timedelta(days=3), signed))


@_before_build
def confirmation_times_of_another_form(project: Project) -> None:
    """Confirmation times are written day first."""
    _edit(project, "confirmed_purchases", _day_first)


@_before_build
def costs_in_cents(project: Project) -> None:
    """Costs are in cents."""
    _edit(project, "costs_daily", _scaled("ad_cost_usd", 100))


@_before_build
def cost_negative(project: Project) -> None:
    """A campaign's cost of D-2 is negative."""

    def negated(row: Row) -> Row:
        is_it = (row["date"], row["campaign"]) == ("2026-01-28", "Gem_Fever_BR")
        return row | {"ad_cost_usd": f"-{row['ad_cost_usd']}"} if is_it else row

    _edit(project, "costs_daily", negated)


@_before_build
def campaign_renamed_in_costs(project: Project) -> None:
    """The ad network renamed a campaign; the tracker did not."""

    def renamed(row: Row) -> Row:
        is_it = row["campaign"].strip().upper() == "WINTER_QUEST_US"
        return row | {"campaign": "WQ_2026"} if is_it else row

    _edit(project, "costs_daily", renamed)


@_before_build
def status_missing(project: Project) -> None:
    """The status column is empty."""
    _edit(project, "purchases_raw", lambda row: row | {"status": ""})


@_before_build
def event_name_of_another_kind(project: Project) -> None:
    """The purchase event has another name."""
    _edit(project, "purchases_raw", lambda row: row | {"event_name": "iap_completed"})


@_before_build
def receipts_missing_in_confirmations(project: Project) -> None:
    """The receipt column of the confirmations is empty."""
    _edit(project, "confirmed_purchases", lambda row: row | {"receipt_id": ""})


@_before_build
def receipts_truncated(project: Project) -> None:
    """Receipts of the purchases were cut after seven characters."""
    _edit(project, "purchases_raw", lambda row: row | {"receipt_id": row["receipt_id"][:7]})


@_before_build
def receipts_in_lower_case(project: Project) -> None:
    """Receipts of the purchases are in lower case."""
    _edit(project, "purchases_raw", lambda row: row | {"receipt_id": row["receipt_id"].lower()})


@_before_build
def chargebacks_for_every_tenth(project: Project) -> None:
    """Every tenth purchase is charged back."""
    rows = _read(project, "purchases_raw")
    _write(project, "purchases_raw", [*rows, *(row | {"status": "refund"} for row in rows[::10])])


@_before_build
def refunds_of_another_name(project: Project) -> None:
    """Refunds have a status that no var lists."""
    _edit(project, "purchases_raw", lambda row: _renamed(row, "reversed"))


@_before_build
def refunds_as_failures(project: Project) -> None:
    """Refunds have the status of failures."""
    _edit(project, "purchases_raw", lambda row: _renamed(row, "failed"))


def _renamed(row: dict[str, str], status: str) -> dict[str, str]:
    is_refund = row["status"].lower() in ("chargeback", "refund")
    return row | {"status": status} if is_refund else row


@_before_build
def user_ids_missing(project: Project) -> None:
    """The user column of the sessions is empty."""
    _edit(project, "sessions", lambda row: row | {"user_id": ""})


@_before_build
def sessions_of_one_user(project: Project) -> None:
    """All sessions belong to one user: the id was not set."""
    _edit(project, "sessions", lambda row: row | {"user_id": "00000000-0000-0000"})


@_before_build
def column_renamed(project: Project) -> None:
    """The amount column of the purchases has another name."""
    _replace(project, "purchases_raw", "revenue_usd", "revenue")


@_before_build
def file_empty(project: Project) -> None:
    """The session file contains only its header."""
    _write(project, "sessions", [])


@_before_build
def file_torn(project: Project) -> None:
    """The purchase file ends inside a quoted value, and other lines are truncated."""
    path = project.root / "seeds/purchases_raw.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    torn = [line.rstrip("\n").rsplit(",", maxsplit=2)[0] + "\n" for line in lines[-50:]]
    path.write_text("".join([*lines[:-50], *torn]), encoding="utf-8", newline="")


# --- What is wrong with the warehouse or a report -------------------------------------------------


@_after_build
def revenue_edited_in_mart(project: Project) -> None:
    """A campaign's revenue of D-1 was raised by hand in the ROAS mart."""
    _execute(
        project,
        "update marts.fct_campaign_roas_daily set net_revenue_usd = net_revenue_usd + 10"
        " where campaign = 'GEM_FEVER_BR' and activity_date = '2026-01-29'",
    )


@_after_build
def roas_edited_in_mart(project: Project) -> None:
    """Only a campaign's ROAS of D-1 was raised by hand."""
    _execute(
        project,
        "update marts.fct_campaign_roas_daily set roas = 1.5"
        " where campaign = 'GEM_FEVER_BR' and activity_date = '2026-01-29'",
    )


@_after_build
def purchase_deleted_from_mart(project: Project) -> None:
    """A purchase was deleted from its mart."""
    _execute(
        project,
        "create or replace view marts.fct_purchases as from intermediate.int_purchases__curated"
        " where purchase_id != (select min(purchase_id) from intermediate.int_purchases__curated)",
    )


@_after_build
def dau_edited_in_mart(project: Project) -> None:
    """DAU of D-1 was doubled by hand."""
    _execute(
        project,
        "update marts.fct_arpdau_daily set dau = 2 * dau where activity_date = '2026-01-29'",
    )


@_after_build
def net_revenue_above_revenue(project: Project) -> None:
    """The revenue of charged back purchases was restored, twice."""
    _execute(
        project,
        "update intermediate.int_purchases__refunded set taken_back_usd = -taken_back_usd",
    )


@_after_build
def coins_granted_in_warehouse(project: Project) -> None:
    """A player's balance was raised in the warehouse."""
    _execute(project, "update raw.players set balance = balance + 1 where user_id = 1")


@_after_build
def coins_granted_in_mart(project: Project) -> None:
    """A player's balance was raised in the mart."""
    _execute(project, "update marts.dim_players set balance = balance + 1 where user_id = 1")


@_after_build
def events_lost(project: Project) -> None:
    """Some events of the API were deleted from the warehouse."""
    _execute(project, "delete from raw.game_events where event_type = 'level_up'")


@_after_build
def events_invented(project: Project) -> None:
    """The warehouse contains an event that the API never recorded."""
    _execute(
        project,
        "insert into raw.game_events by name"
        " select * replace ('invented' as event_id, 'daily_bonus' as event_type)"
        " from raw.game_events limit 1",
    )


@_after_build
def events_twice(project: Project) -> None:
    """An event is in the warehouse a second time."""
    _execute(
        project,
        "create table raw.copied as from raw.game_events",
        "drop table raw.game_events cascade",
        "alter table raw.copied rename to game_events",
        "insert into raw.game_events from raw.game_events where event_type = 'level_up' limit 1",
    )


@_after_build
def amounts_unreadable(project: Project) -> None:
    """Amounts of earn events are words."""
    _execute(
        project,
        """update raw.game_events set meta = '{"amount": "ten"}' where event_type = 'earn'""",
    )


@_after_build
def clock_a_year_ahead(project: Project) -> None:
    """A tenth of the events come from phones whose clock is a year ahead."""
    _execute(
        project,
        "update raw.game_events set occurred_at = occurred_at + interval 1 year"
        " where hash(event_id) % 10 = 0",
    )


@_after_build
def campaigns_all_collapsed(project: Project) -> None:
    """All campaigns are flagged on D-1."""
    _execute(project, "update reports.rpt_roas_anomaly set anomaly = true where avg7 is not null")


@_after_build
def report_edited(project: Project) -> None:
    """A number in a report was edited by hand."""
    path = project.reports / "roas_d1.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'"revenue_usd":[0-9]', '"revenue_usd":9', text), encoding="utf-8")


@_after_build
def report_deleted(project: Project) -> None:
    """A report is missing."""
    (project.reports / "reconciliation.json").unlink()


# --- What goes together ---------------------------------------------------------------------------

# Independent faults: they affect different files or tables, and each check detects only one of
# them. So one build can test all of them. Each other fault needs its own build.
TOGETHER: list[list[Callable[[Project], None]]] = [
    [chargebacks_for_every_tenth, confirmations_an_hour_late, costs_twice, user_ids_missing],
    [purchases_twice, confirmations_in_euros, costs_of_d1_missing, sessions_of_one_user],
    [purchases_of_a_day_missing, confirmations_twice, cost_negative],
    [receipts_truncated, confirmations_six_minutes_late],
    [amounts_with_currency, receipts_missing_in_confirmations],
    [purchases_in_cents, sessions_twice],
    [confirmations_stale, campaign_renamed_in_costs, refunds_of_another_name],
    [confirmation_times_of_another_form, costs_in_cents, refunds_as_failures],
    [file_empty, file_torn],
    [
        *(revenue_edited_in_mart, coins_granted_in_warehouse, coins_granted_in_mart, events_lost),
        *(clock_a_year_ahead, campaigns_all_collapsed, report_deleted),
    ],
    [roas_edited_in_mart, events_invented, report_edited],
    [dau_edited_in_mart, events_twice],
    [net_revenue_above_revenue, amounts_unreadable],
]


def tried(*, is_long: bool) -> list[list[Corruption]]:
    """Return the faults to combine in one project; in the long form, each fault is separate."""
    together = [] if is_long else [[each.__name__ for each in group] for group in TOGETHER]
    grouped = [name for group in together for name in group]
    alone = [[each.name] for each in CORRUPTIONS if each.name not in grouped]
    by_name = {each.name: each for each in CORRUPTIONS}
    return [[by_name[name] for name in group] for group in [*together, *alone]]


# --- How ------------------------------------------------------------------------------------------


def _read(project: Project, name: str) -> list[Row]:
    path = project.root / f"seeds/{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(project: Project, name: str, rows: list[Row]) -> None:
    path = project.root / f"seeds/{name}.csv"
    header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _edit(project: Project, name: str, change: Callable[[Row], Row | None]) -> None:
    """Change each row of a file; None drops a row."""
    changed = (change(row) for row in _read(project, name))
    _write(project, name, [row for row in changed if row is not None])


def _double(project: Project, name: str) -> None:
    rows = _read(project, name)
    _write(project, name, [*rows, *rows])


def _replace(project: Project, name: str, old: str, new: str) -> None:
    path = project.root / f"seeds/{name}.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def _time_column(row: Row) -> str:
    return next(name for name in row if name in ("event_time_utc", "event_timestamp_utc", "date"))


def _day(row: Row) -> date:
    """Return the day in the file's form; a malformed day counts as very old."""
    try:
        return date.fromisoformat(row[_time_column(row)].strip()[:10])
    except ValueError:
        return date.min


def _without_day(day: date) -> Callable[[Row], Row | None]:
    return lambda row: None if _day(row) == day else row


def _from(day: date, change: Callable[[Row], Row]) -> Callable[[Row], Row]:
    """Change the rows of this day and later ones."""
    return lambda row: change(row) if _day(row) >= day else row


def _shifted(by: timedelta) -> Callable[[Row], Row]:
    def shift(row: Row) -> Row:
        column = _time_column(row)
        try:
            moved = datetime.fromisoformat(row[column].strip()) + by
        except ValueError:
            return row
        return row | {column: moved.isoformat()}

    return shift


def _day_first(row: Row) -> Row:
    column = _time_column(row)
    try:
        return row | {
            column: datetime.fromisoformat(row[column].strip()).strftime("%d/%m/%Y %H:%M")
        }
    except ValueError:
        return row


def _scaled(column: str, factor: float) -> Callable[[Row], Row]:
    """Multiply a value if it is a number."""

    def scale(row: Row) -> Row:
        try:
            return row | {column: f"{float(row[column].replace(',', '.')) * factor:.2f}"}
        except ValueError:
            return row

    return scale


def _purchase_of_2031() -> Row:
    return {"event_time_utc": "2031-01-29T12:00:00Z", "receipt_id": "RCP-2031"}


def _execute(project: Project, *statements: str) -> None:
    with duckdb.connect(str(project.warehouse)) as warehouse:
        for statement in statements:
            warehouse.execute(statement)
