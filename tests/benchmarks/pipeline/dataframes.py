"""The pipeline in pandas, from the four CSV files to the reports.

    python -m tests.benchmarks.pipeline.dataframes SEEDS REPORTS

follows the rules of docs/metrics.md and writes all reports except deep links and the manifest. It
is idiomatic pandas: it has no loops over rows, skips unused columns, and parses each distinct text
of a column with few values once.

It does less than the warehouse: it writes only the reports, does not validate inputs or test
results, keeps a row that does not count only if it explains another one, counts DAU only for D-1,
and has no setting for the as-of date. Amounts are floating-point numbers, rounded to eight
decimals, so the last decimal may be inexact.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

# The variables of dbt_project.yml.
PURCHASE_EVENTS = ["purchase", "af_purchase"]
REFUNDS = [
    *("chargeback", "charge_back", "refund", "refunded", "voided", "revoked"),
    *("canceled", "cancelled"),
]
RECEIPTS = [
    "^RCP-[0-9]+$",
    "^GPA[.][0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{5}([.][.][0-9]+)?$",
    "^[0-9]{12,19}$",
]
WINDOW = pd.Timedelta(minutes=10)
ORGANIC_CAMPAIGNS = ["ORGANIC", "(ORGANIC)"]
ANOMALY_RATIO = 0.5
HISTORY_DAYS = 7
MIN_HISTORY_DAYS = 3
MIN_SPEND_USD = 10

WHITE_SPACE = "\t\n\x0b\x0c\r \xa0\u202f"
# Digits with an optional point or comma. A comma before exactly three digits is ambiguous.
AMOUNT = r"(?!-?[0-9]+,[0-9]{3}$)-?[0-9]+([.,][0-9]+)?"
# At most sixteen digits before the point.
MAX_AMOUNT = 1e16
DATE = r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}"
HOUR, MINUTE = r"([01][0-9]|2[0-3])", r"[0-5][0-9]"
TIME = rf"{DATE}([T ]{HOUR}:{MINUTE}(:{MINUTE}([.,][0-9]{{1,9}})?)?(Z|[+-]{HOUR}(:?{MINUTE})?)?)?"

MONEY_DECIMALS = 8
# Tolerance for rounding errors in averages.
NOISE = 1e-9

COUNTERPART = [
    *("counterpart_row_number", "counterpart_disposition", "counterpart_reason"),
    *("counterpart_seconds_apart", "cause"),
]
CAUSES = ("same_receipt_outside_window", "purchase_set_aside", "confirmation_set_aside")
SUMMED = {
    "matched_af_revenue_usd": ("matched", "af_revenue_usd"),
    "matched_confirmed_revenue_usd": ("matched", "confirmed_revenue_usd"),
    "af_only_revenue_usd": ("af_only", "af_revenue_usd"),
    "confirmed_only_revenue_usd": ("confirmed_only", "confirmed_revenue_usd"),
}


def write_reports(seeds: Path, reports: Path) -> None:
    """Read the inputs and write the reports.

    Args:
        seeds: The folder of the CSVs.
        reports: The folder of the reports, created if missing.
    """
    confirmations, rejected = read_confirmations(seeds / "confirmed_purchases.csv")
    purchases, set_aside = read_purchases(seeds / "purchases_raw.csv", confirmations)
    costs = read_costs(seeds / "costs_daily.csv")
    sessions = read_sessions(seeds / "sessions.csv")

    last_moment = max(purchases["purchased_at"].max(), sessions["started_at"].max())
    d1 = last_moment.normalize() - pd.Timedelta(days=1)
    ledger = reconcile(purchases, confirmations, set_aside, rejected)
    campaigns = rate_campaigns(purchases, costs, d1)

    reports.mkdir(parents=True, exist_ok=True)
    _write(purchases_report(purchases), reports / "purchases_curated.json")
    _write_ledger(ledger, reports / "reconciliation.json")
    _write(roas_report(campaigns), reports / "roas_d1.json")
    _write(anomaly_report(campaigns), reports / "roas_anomaly.json")
    _write(arpdau_report(purchases, sessions, d1), reports / "arpdau_d1.json")


def read_purchases(path: Path, confirmations: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the purchases, the curated ones in the order of time, then of the file.

    Args:
        path: The file `purchases_raw.csv`.
        confirmations: The accepted ones, whose receipts are genuine whatever their form.

    Returns:
        A row for each curated purchase, and one for each other row with its reason; the index is
        the row number in the file.
    """
    few_values = ["event_name", "revenue_usd", "campaign", "status"]
    raw = _read(path, ["appsflyer_id", "event_time_utc", "receipt_id"], few_values)
    rows = pd.DataFrame(
        {
            "appsflyer_id": _clean(raw["appsflyer_id"]),
            "event_name": _each_value(raw["event_name"], _lower),
            "purchased_at": _parse_times(raw["event_time_utc"]),
            "revenue_usd": _each_value(raw["revenue_usd"], _parse_money),
            "campaign": _each_value(raw["campaign"], _campaign_names),
            "receipt_id": _clean(raw["receipt_id"]),
            "status": _each_value(raw["status"], _lower),
        }
    )
    players = confirmations.groupby("receipt_id")["appsflyer_id"].agg(["min", "nunique"])
    confirmed_for = rows["receipt_id"].map(players.loc[players["nunique"] == 1, "min"])
    is_genuine = rows["receipt_id"].str.fullmatch("|".join(RECEIPTS)).eq(True) | (
        confirmed_for.notna()
        & (rows["appsflyer_id"].isna() | (rows["appsflyer_id"] == confirmed_for))
    )
    is_refund = rows["status"].isin(REFUNDS)
    is_short = is_refund & is_genuine
    malformed = {
        "missing_appsflyer_id": rows["appsflyer_id"].isna() & ~is_short,
        "unparsable_time": rows["purchased_at"].isna(),
        "unparsable_revenue": rows["revenue_usd"].isna()
        & (_clean(raw["revenue_usd"].astype("str")).notna() | ~is_short),
    }
    false_success = {
        "revenue_not_positive": rows["revenue_usd"] <= 0,
        "unknown_receipt_form": rows["receipt_id"].notna() & ~is_genuine,
    }
    rows["disposition"] = _labels(
        (pd.DataFrame(malformed).any(axis=1), "malformed"),
        (~rows["event_name"].isin(PURCHASE_EVENTS), "not_a_purchase"),
        (is_refund, "chargeback"),
        (rows["status"] != "success", "failed"),
        (pd.DataFrame(false_success).any(axis=1), "false_success"),
        (pd.Series(data=True, index=rows.index), "duplicate"),
    )
    rows["fault"] = _faults(malformed).where(
        rows["disposition"] == "malformed",
        _faults(false_success).where(rows["disposition"] == "false_success"),
    )
    is_chargeback = rows["disposition"] == "chargeback"
    is_kept = rows["disposition"] == "duplicate"
    # A stable sort, so that the file's order breaks ties.
    genuine = rows[is_kept].drop(columns="status").sort_values("purchased_at", kind="stable")
    has_receipt = genuine["receipt_id"].notna()
    all_it_says = ["appsflyer_id", "purchased_at", "event_name", "revenue_usd"]
    curated = pd.concat(
        [
            _deduplicate(genuine[has_receipt], ["receipt_id"]),
            _deduplicate(genuine[~has_receipt], all_it_says),
        ]
    )
    charged_back = rows.loc[is_chargeback, "receipt_id"].dropna()
    curated["is_charged_back"] = curated["receipt_id"].isin(charged_back)
    curated["net_revenue_usd"] = curated["revenue_usd"].mask(curated["is_charged_back"], 0)
    curated = curated.sort_index().sort_values("purchased_at", kind="stable")
    return curated, rows.drop(index=curated.index)


def read_confirmations(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the confirmations.

    Args:
        path: The file `confirmed_purchases.csv`.

    Returns:
        A row for each accepted one, and one for each rejected one with its reason; the index is
        the row number in the file.
    """
    raw = _read(path, ["appsflyer_id", "event_time_utc", "receipt_id"], ["revenue_usd"])
    rows = pd.DataFrame(
        {
            "appsflyer_id": _clean(raw["appsflyer_id"]),
            "confirmed_at": _parse_times(raw["event_time_utc"]),
            "revenue_usd": _each_value(raw["revenue_usd"], _parse_money),
            "receipt_id": _clean(raw["receipt_id"]),
        }
    )
    faults = {
        "missing_appsflyer_id": rows["appsflyer_id"].isna(),
        "unparsable_time": rows["confirmed_at"].isna(),
        "unparsable_revenue": rows["revenue_usd"].isna(),
    }
    is_rejected = pd.DataFrame(faults).any(axis=1)
    rejected = rows[is_rejected].assign(disposition="rejected", fault=_faults(faults))
    return rows[~is_rejected], rejected


def read_costs(path: Path) -> pd.DataFrame:
    """Read the accepted costs from `costs_daily.csv`."""
    raw = _read(path, ["date", "ad_cost_usd", "campaign"])
    dates = _clean(raw["date"])
    rows = pd.DataFrame(
        {
            "date": _parse_times(dates.where(dates.str.fullmatch(DATE))),
            "campaign": _campaign_names(raw["campaign"]),
            "ad_cost_usd": _parse_money(raw["ad_cost_usd"]),
        }
    )
    return rows.dropna()


def read_sessions(path: Path) -> pd.DataFrame:
    """Read the accepted sessions from `sessions.csv`."""
    raw = _read(path, ["event_timestamp_utc", "user_id"])
    rows = pd.DataFrame(
        {
            "started_at": _parse_times(raw["event_timestamp_utc"]),
            "user_id": _clean(raw["user_id"]),
        }
    )
    return rows.dropna()


def find_pairs(purchases: pd.DataFrame, confirmations: pd.DataFrame) -> pd.DataFrame:
    """Find all pairs of one player within the window.

    Rows within the window are in the same or an adjacent time slot. The join uses the slot, so that
    a player with many rows does not produce all pairs.

    Args:
        purchases: As `read_purchases` returns them.
        confirmations: As `read_confirmations` returns them.

    Returns:
        The row numbers `purchase` and `confirmation`, and whether it `is_same_receipt`, best first.
    """
    # Numbers join faster than text.
    players, _ = pd.factorize(
        pd.concat([purchases["appsflyer_id"], confirmations["appsflyer_id"]], ignore_index=True)
    )
    width = WINDOW // pd.Timedelta(microseconds=1)
    ours = pd.DataFrame(
        {
            "purchase": purchases.index,
            "player": players[: len(purchases)],
            "purchased_at": _microseconds(purchases["purchased_at"]),
            "af_revenue_usd": purchases["revenue_usd"].to_numpy(),
        }
    )
    theirs = pd.DataFrame(
        {
            "confirmation": confirmations.index,
            "player": players[len(purchases) :],
            "confirmed_at": _microseconds(confirmations["confirmed_at"]),
            "confirmed_revenue_usd": confirmations["revenue_usd"].to_numpy(),
        }
    )
    ours["slot"] = ours["purchased_at"] // width
    slots = theirs["confirmed_at"] // width
    beside = pd.concat([theirs.assign(slot=slots + step) for step in (-1, 0, 1)])
    pairs = ours.merge(beside, on=["player", "slot"])
    pairs["distance"] = (pairs["confirmed_at"] - pairs["purchased_at"]).abs()
    pairs = pairs[pairs["distance"] <= width]
    receipts = purchases["receipt_id"].reindex(pairs["purchase"]).to_numpy()
    pairs["is_same_receipt"] = (
        confirmations["receipt_id"].reindex(pairs["confirmation"]).to_numpy() == receipts
    ) & pd.notna(receipts)
    difference = (pairs["confirmed_revenue_usd"] - pairs["af_revenue_usd"]).abs()
    # lexsort sorts by the last key first.
    order = np.lexsort(
        (
            pairs["confirmation"],
            pairs["purchase"],
            pairs["confirmed_at"],
            pairs["purchased_at"],
            difference.round(MONEY_DECIMALS),
            pairs["distance"],
            ~pairs["is_same_receipt"],
        )
    )
    return pairs[["purchase", "confirmation", "is_same_receipt"]].iloc[order]


def match(pairs: pd.DataFrame) -> pd.DataFrame:
    """Match greedily by rank.

    Each round takes all pairs that are the best for both rows, which equals taking the best pairs
    one by one.

    Args:
        pairs: The pairs, best first.

    Returns:
        The matched pairs.
    """
    rounds = []
    while len(pairs) > 0:
        is_best = ~pairs["purchase"].duplicated() & ~pairs["confirmation"].duplicated()
        best, others = pairs[is_best], pairs[~is_best]
        rounds.append(best)
        pairs = others[
            ~others["purchase"].isin(best["purchase"])
            & ~others["confirmation"].isin(best["confirmation"])
        ]
    return pd.concat(rounds) if rounds else pairs


def find_counterparts(
    left: pd.DataFrame, counted: pd.DataFrame, set_aside: pd.DataFrame, *, is_purchase: bool
) -> pd.DataFrame:
    """Find the row of the other file that explains why a row is left.

    Args:
        left: The rows, with the time `at`.
        counted: The other side's rows that take part, with the time `at`.
        set_aside: The other rows of that file, with the time `at`.
        is_purchase: Whether the rows that are left are purchases.

    Returns:
        The columns `counterpart_*` and `cause`, for the rows that are explained.
    """
    columns = ["appsflyer_id", "at", "receipt_id"]
    rows = left[columns].rename_axis("row").reset_index()
    others = counted[columns].assign(
        disposition="accepted" if is_purchase else "curated", fault=None
    )
    asides = set_aside[[*columns, "disposition", "fault"]]
    named = {"at": "counterpart_at", "disposition": "counterpart_disposition"}
    named |= {"fault": "counterpart_reason"}
    others, asides = (
        each.rename(columns=named).rename_axis("counterpart_row_number").reset_index()
        for each in (others, asides)
    )
    is_refund = asides["counterpart_disposition"] == "chargeback"
    with_receipt = rows.dropna(subset="receipt_id")
    one_each = pd.concat([asides[~is_refund], asides[is_refund]]).drop_duplicates("receipt_id")
    near = rows.merge(
        asides[~asides["counterpart_disposition"].isin(["not_a_purchase", "chargeback"])],
        on="appsflyer_id",
        suffixes=("", "_other"),
    )
    is_near = (near["counterpart_at"] - near["at"]).abs() <= WINDOW
    near = near[is_near & (near["receipt_id"].isna() | near["receipt_id_other"].isna())]
    found = pd.concat(
        [
            with_receipt.merge(others, on=["receipt_id", "appsflyer_id"]).assign(certainty=1),
            with_receipt.merge(one_each.drop(columns="appsflyer_id"), on="receipt_id").assign(
                certainty=2
            ),
            near.assign(certainty=3),
        ]
    )
    apart = (found["counterpart_at"] - found["at"]).dt.total_seconds()
    found = found.assign(
        counterpart_seconds_apart=apart if is_purchase else -apart,
        distance=apart.abs(),
        cause=np.where(
            found["certainty"] == 1,
            "same_receipt_outside_window",
            "confirmation_set_aside" if is_purchase else "purchase_set_aside",
        ),
    )
    surest = found.sort_values(["certainty", "distance", "counterpart_row_number"])
    surest = surest.drop_duplicates("row").set_index("row")
    is_won = (surest["certainty"] == 1) & (surest["distance"] <= WINDOW.total_seconds())
    return surest.loc[~is_won, COUNTERPART]


def reconcile(
    purchases: pd.DataFrame,
    confirmations: pd.DataFrame,
    set_aside: pd.DataFrame,
    rejected: pd.DataFrame,
) -> pd.DataFrame:
    """Match purchases with confirmations.

    Args:
        purchases: The curated ones, as `read_purchases` returns them.
        confirmations: The accepted ones, as `read_confirmations` returns them.
        set_aside: The other purchases.
        rejected: The other confirmations.

    Returns:
        The rows of the report `reconciliation`.
    """
    pairs = find_pairs(purchases, confirmations)
    matches = match(pairs).set_index("purchase")
    ours = purchases[["appsflyer_id", "purchased_at", "is_charged_back", "receipt_id"]].assign(
        af_revenue_usd=purchases["revenue_usd"],
        af_row_number=purchases.index,
        confirmed_row_number=matches["confirmation"],
        is_same_receipt=matches["is_same_receipt"],
        candidates=pairs["purchase"].value_counts(),
    )
    theirs = confirmations[["appsflyer_id", "confirmed_at", "receipt_id"]].assign(
        confirmed_revenue_usd=confirmations["revenue_usd"],
        confirmed_row_number=confirmations.index,
        candidates=pairs["confirmation"].value_counts(),
    )
    ours["nearest"] = _nearest(ours, "purchased_at", theirs, "confirmed_at")
    theirs["nearest"] = _nearest(theirs, "confirmed_at", ours, "purchased_at")
    at = {"purchased_at": "at", "confirmed_at": "at"}
    timed = [each.rename(columns=at) for each in (ours, theirs, set_aside, rejected)]
    is_left = ours["confirmed_row_number"].isna()
    is_alone = ~theirs.index.isin(ours["confirmed_row_number"])
    ours[COUNTERPART] = find_counterparts(timed[0][is_left], timed[1], timed[3], is_purchase=True)
    theirs[COUNTERPART] = find_counterparts(
        timed[1][is_alone], timed[0], timed[2], is_purchase=False
    )
    rows = ours.merge(
        theirs,
        on="confirmed_row_number",
        how="outer",
        suffixes=("", "_confirmed"),
        indicator="type",
    )
    rows["type"] = (
        rows["type"]
        .cat.rename_categories(
            {"both": "matched", "left_only": "af_only", "right_only": "confirmed_only"}
        )
        .cat.reorder_categories(["matched", "af_only", "confirmed_only"], ordered=True)
    )
    is_matched = rows["type"] == "matched"
    own_candidates = rows["candidates"].fillna(0)
    their_candidates = rows["candidates_confirmed"].fillna(0)
    candidate_count = own_candidates.where(rows["type"] != "confirmed_only", their_candidates)
    nearest = rows["nearest"].fillna(rows["nearest_confirmed"])
    difference = rows["confirmed_revenue_usd"] - rows["af_revenue_usd"]
    explained = {
        name: rows[name].where(rows[name].notna(), rows[f"{name}_confirmed"])
        for name in COUNTERPART
    }
    cause = explained.pop("cause")
    ledger = pd.DataFrame(
        {
            "type": rows["type"],
            "appsflyer_id": rows["appsflyer_id"].fillna(rows["appsflyer_id_confirmed"]),
            "af_event_time_utc": rows["purchased_at"],
            "confirmed_event_time_utc": rows["confirmed_at"],
            "seconds_apart": (rows["confirmed_at"] - rows["purchased_at"]).dt.total_seconds(),
            "af_revenue_usd": rows["af_revenue_usd"],
            "confirmed_revenue_usd": rows["confirmed_revenue_usd"],
            "amount_difference_usd": difference.round(MONEY_DECIMALS),
            "receipt_id": rows["receipt_id"].fillna(rows["receipt_id_confirmed"]),
            "match_rule": _labels(
                (is_matched & rows["is_same_receipt"].eq(True), "receipt"),
                (is_matched, "nearest"),
            ),
            "candidate_count": candidate_count.astype("int64"),
            "is_ambiguous": np.where(
                is_matched,
                ((own_candidates > 1) | (their_candidates > 1)) & ~rows["is_same_receipt"].eq(True),
                candidate_count > 0,
            ),
            "reason": _labels(
                (is_matched, None),
                *((cause == reason, reason) for reason in CAUSES),
                (candidate_count > 0, "lost_to_closer_pair"),
                (nearest.isna(), "no_candidate"),
                (~is_matched, "outside_window"),
            ),
            "nearest_seconds_apart": nearest.where(cause.isna()),
            **explained,
            "is_charged_back": rows["is_charged_back"].eq(True),
            "af_row_number": rows["af_row_number"].astype("Int64"),
            "confirmed_row_number": rows["confirmed_row_number"].astype("Int64"),
        }
    )
    happened_at = ledger["af_event_time_utc"].fillna(ledger["confirmed_event_time_utc"])
    order = np.lexsort(
        (
            rows["confirmed_row_number"],
            rows["af_row_number"],
            happened_at,
            ledger["type"].cat.codes,
        )
    )
    return ledger.iloc[order]


def rate_campaigns(purchases: pd.DataFrame, costs: pd.DataFrame, d1: pd.Timestamp) -> pd.DataFrame:
    """Rate the campaigns on D-1, against the days before.

    Args:
        purchases: As `read_purchases` returns them.
        costs: As `read_costs` returns them.
        d1: The day.

    Returns:
        A row for each campaign, ordered by name.
    """
    paid = purchases[_is_paid(purchases["campaign"])]
    paid_costs = costs[_is_paid(costs["campaign"])]
    purchased_on = purchases["purchased_at"].dt.normalize()
    revenue = _daily_sums(paid["net_revenue_usd"], purchased_on.loc[paid.index], paid["campaign"])
    cost = _daily_sums(paid_costs["ad_cost_usd"], paid_costs["date"], paid_costs["campaign"])
    days = pd.date_range(
        min(purchased_on.min(), costs["date"].min(), d1),
        max(purchased_on.max(), costs["date"].max(), d1),
    )
    campaigns = revenue.columns.union(cost.columns)
    revenue = revenue.reindex(index=days, columns=campaigns).fillna(0)
    cost = cost.reindex(index=days, columns=campaigns)
    roas = (revenue / cost).where(cost > 0)
    # The days have no gaps, so previous rows are previous days.
    history = roas.shift(1).rolling(HISTORY_DAYS, min_periods=1)
    rated = pd.DataFrame(
        {
            "revenue_usd": revenue.loc[d1],
            "ad_cost_usd": cost.loc[d1],
            "roas": roas.loc[d1],
            "avg7": history.mean().loc[d1],
            "history_days": history.count().loc[d1].fillna(0).astype("int64"),
        }
    )
    rated["state"] = _labels(
        (rated["ad_cost_usd"].isna(), "missing_cost"),
        (rated["ad_cost_usd"] <= 0, "zero_spend"),
        (rated["revenue_usd"] == 0, "zero_revenue"),
        (rated["roas"].notna(), "ok"),
    )
    rated.insert(0, "campaign", campaigns)
    rated.insert(0, "date", f"{d1:%Y-%m-%d}")
    return rated


def purchases_report(purchases: pd.DataFrame) -> pd.DataFrame:
    """The report `purchases_curated`."""
    return pd.DataFrame(
        {
            "appsflyer_id": purchases["appsflyer_id"],
            "event_name": purchases["event_name"],
            "event_time_utc": _time_texts(purchases["purchased_at"]),
            "revenue_usd": purchases["revenue_usd"],
            "net_revenue_usd": purchases["net_revenue_usd"],
            "campaign": purchases["campaign"],
            "receipt_id": purchases["receipt_id"],
            "is_charged_back": purchases["is_charged_back"],
            "duplicates_removed": purchases["duplicates_removed"],
        }
    )


def roas_report(rated: pd.DataFrame) -> pd.DataFrame:
    """The report `roas_d1`."""
    return rated[["date", "campaign", "revenue_usd", "ad_cost_usd", "roas", "state"]]


def anomaly_report(rated: pd.DataFrame) -> pd.DataFrame:
    """The report `roas_anomaly`."""
    has_history = rated["history_days"] >= MIN_HISTORY_DAYS
    shortfall = ANOMALY_RATIO * rated["avg7"] - rated["roas"]
    is_little = rated["roas"].notna() & (rated["ad_cost_usd"] < MIN_SPEND_USD)
    return pd.DataFrame(
        {
            "date": rated["date"],
            "campaign": rated["campaign"],
            "roas_d1": rated["roas"],
            "avg7": rated["avg7"],
            "history_days": rated["history_days"],
            "anomaly": has_history & (shortfall > NOISE * rated["avg7"]),
            "state": rated["state"]
            .mask(is_little, "too_little_spend")
            .mask((rated["roas"] == 0) & (rated["avg7"] == 0), "dead")
            .mask(rated["roas"].notna() & ~has_history, "insufficient_history"),
        }
    )


def arpdau_report(
    purchases: pd.DataFrame, sessions: pd.DataFrame, d1: pd.Timestamp
) -> pd.DataFrame:
    """The report `arpdau_d1`."""
    end = d1 + pd.Timedelta(days=1)
    is_earned = purchases["purchased_at"].between(d1, end, inclusive="left")
    is_active = sessions["started_at"].between(d1, end, inclusive="left")
    revenue = round(purchases.loc[is_earned, "net_revenue_usd"].sum(), MONEY_DECIMALS)
    dau = sessions.loc[is_active, "user_id"].nunique()
    row = {
        "date": f"{d1:%Y-%m-%d}",
        "revenue_usd": revenue,
        "dau": dau,
        "arpdau_usd": revenue / dau if dau > 0 else None,
        "state": "ok" if dau > 0 else "missing_sessions",
    }
    return pd.DataFrame([row])


def _read(path: Path, texts: Sequence[str], few_values: Sequence[str] = ()) -> pd.DataFrame:
    dtypes = dict.fromkeys(texts, "str") | dict.fromkeys(few_values, "category")
    # Only empty text is missing: a player's id may be "null".
    rows = pd.read_csv(
        path, dtype=dtypes, usecols=list(dtypes), keep_default_na=False, na_values=[""]
    )
    rows.index += 1
    return rows


def _each_value(column: pd.Series, change: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """Apply a function once to each distinct value of a category."""
    changed = change(pd.Series(column.cat.categories, dtype="str"))
    if changed.dtype == "str":
        changed = changed.astype("category")
    return pd.Series(changed.array.take(column.cat.codes, allow_fill=True), index=column.index)


def _clean(text: pd.Series) -> pd.Series:
    stripped = text.str.strip(WHITE_SPACE)
    return stripped.where(stripped != "")


def _lower(text: pd.Series) -> pd.Series:
    return _clean(text).str.lower()


def _campaign_names(text: pd.Series) -> pd.Series:
    return _clean(text).str.upper()


def _parse_money(text: pd.Series) -> pd.Series:
    cleaned = _clean(text)
    valid = cleaned.where(cleaned.str.fullmatch(AMOUNT)).str.replace(",", ".", regex=False)
    amounts = pd.to_numeric(valid).astype("float64").round(MONEY_DECIMALS)
    return amounts.where(amounts.abs() < MAX_AMOUNT)


def _parse_times(text: pd.Series) -> pd.Series:
    """Parse ISO 8601 times as UTC; pandas also accepts other forms, such as `now`."""
    cleaned = _clean(text)
    valid = cleaned.where(cleaned.str.fullmatch(TIME)).str.replace(",", ".", regex=False)
    times = pd.to_datetime(valid, format="ISO8601", utc=True, errors="coerce")
    return times.dt.tz_convert(None).dt.as_unit("us")


def _deduplicate(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    sizes = rows.groupby(keys, sort=False, observed=True)["purchased_at"].transform("size")
    return rows.assign(duplicates_removed=sizes - 1).drop_duplicates(keys)


def _microseconds(times: pd.Series) -> np.ndarray:
    microseconds: np.ndarray = times.to_numpy().astype("int64")
    return microseconds


def _nearest(rows: pd.DataFrame, time: str, others: pd.DataFrame, other_time: str) -> pd.Series:
    """Return the seconds from rows without candidates to the player's nearest row."""
    alone = rows.loc[rows["candidates"].isna(), ["appsflyer_id", time]].sort_values(time)
    found = pd.merge_asof(
        alone,
        others[["appsflyer_id", other_time]].sort_values(other_time),
        left_on=time,
        right_on=other_time,
        by="appsflyer_id",
        direction="nearest",
    )
    seconds = (found[other_time] - found[time]).abs().dt.total_seconds()
    return seconds.set_axis(alone.index)


def _is_paid(campaign: pd.Series) -> pd.Series:
    return campaign.notna() & ~campaign.isin(ORGANIC_CAMPAIGNS)


def _daily_sums(amounts: pd.Series, days: pd.Series, campaigns: pd.Series) -> pd.DataFrame:
    """Sum amounts by day, with a column for each campaign."""
    sums = amounts.groupby([days, campaigns], observed=True).sum().round(MONEY_DECIMALS)
    return sums.unstack().rename(columns=str)


def _faults(faults: dict[str, pd.Series]) -> pd.Series:
    """Name all that hold; empty where none does."""
    named = [
        pd.Series(np.where(holds, f"{name}, ", ""), index=holds.index)
        for name, holds in faults.items()
    ]
    first, *others = named
    return first.str.cat(others).str.removesuffix(", ")


def _labels(*cases: tuple[pd.Series, str | None]) -> pd.Series:
    """Label rows by the first true case, or null."""
    conditions = [condition for condition, _ in cases]
    codes = np.select(conditions, np.arange(len(cases)), default=-1)
    labels = np.array([label for _, label in cases] + [None], dtype=object)
    return pd.Series(labels[codes], index=conditions[0].index)


def _time_texts(times: pd.Series) -> pd.Series:
    """Format times, with a fraction only if it is not zero."""
    moments = times.to_numpy()
    texts = np.datetime_as_string(moments, unit="s", timezone="UTC").astype(object)
    has_fraction = _microseconds(times) % 1_000_000 != 0
    texts[has_fraction] = np.datetime_as_string(moments[has_fraction], unit="us", timezone="UTC")
    return pd.Series(texts, index=times.index).where(times.notna(), None)


def _write(rows: pd.DataFrame, path: Path) -> None:
    rows.to_json(path, orient="records", double_precision=15, force_ascii=False)


def _write_ledger(ledger: pd.DataFrame, path: Path) -> None:
    """Write the summary and the ledger."""
    outcome, rule = ledger["type"], ledger["match_rule"]
    summary = {
        **{name: int((outcome == name).sum()) for name in outcome.cat.categories},
        "matched_by_receipt": int((rule == "receipt").sum()),
        "matched_by_nearest": int((rule == "nearest").sum()),
        "matched_with_amount_difference": int(
            (ledger["amount_difference_usd"].fillna(0) != 0).sum()
        ),
        "ambiguous": int(ledger["is_ambiguous"].sum()),
        **{
            name: round(float(ledger.loc[outcome == kind, column].sum()), MONEY_DECIMALS)
            for name, (kind, column) in SUMMED.items()
        },
    }
    rows = ledger.assign(
        af_event_time_utc=_time_texts(ledger["af_event_time_utc"]),
        confirmed_event_time_utc=_time_texts(ledger["confirmed_event_time_utc"]),
    )
    with path.open("w", encoding="utf-8") as file:
        file.write(f'{{"summary":{json.dumps(summary)},"details":')
        rows.to_json(file, orient="records", double_precision=15, force_ascii=False)
        file.write("}\n")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.pipeline.dataframes",
        description="The reports by pandas.",
    )
    parser.add_argument("seeds", type=Path)
    parser.add_argument("reports", type=Path)
    options = parser.parse_args()
    write_reports(options.seeds, options.reports)


if __name__ == "__main__":
    main()
