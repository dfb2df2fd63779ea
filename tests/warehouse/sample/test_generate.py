"""The sample data is reproducible, small, and really holds every trap it promises.

Everything here reads the written CSV files afresh, by the documented rules, and shares nothing with
the generator but ``generate_sample``: a trap that was planned but never reached a file fails.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import pairwise, product
from pathlib import Path

import pytest

from warehouse.sample.generate import generate_sample

HEADERS = {
    "purchases_raw.csv": "appsflyer_id,event_name,event_time_utc,revenue_usd,campaign,receipt_id,"
    "status",
    "confirmed_purchases.csv": "appsflyer_id,event_name,event_time_utc,revenue_usd,campaign,"
    "receipt_id",
    "costs_daily.csv": "date,campaign,ad_cost_usd",
    "sessions.csv": "event_timestamp_utc,user_id,event_name",
}
AS_OF = date(2026, 1, 30)
D1 = date(2026, 1, 29)
WINDOW = timedelta(minutes=10)
ORGANIC = ("", "ORGANIC", "(ORGANIC)")
PURCHASE_EVENTS = ("purchase", "af_purchase")

Cells = dict[str, str]


# --- Reading by the documented rules -------------------------------------------------------------


def money(text: str) -> Decimal | None:
    """Return the amount, or None for whatever is not a plain number or is ambiguous."""
    text = text.strip()
    if not re.fullmatch(r"-?[0-9]+([.,][0-9]+)?", text) or re.fullmatch(r".*,[0-9]{3}", text):
        return None
    return Decimal(text.replace(",", "."))


def instant(text: str) -> datetime | None:
    """Return the UTC moment, or None if the text is not an ISO 8601 time."""
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def day_of(row: Cells) -> date:
    """Return the UTC day of a purchase or confirmation whose time is known to parse."""
    moment = instant(row["event_time_utc"])
    assert moment is not None
    return moment.date()


def campaign_key(row: Cells) -> str:
    return row["campaign"].strip().upper()


@dataclass(frozen=True)
class Event:
    """A purchase or a confirmation that takes part in reconciliation."""

    index: int
    player: str
    at: datetime
    amount: Decimal
    receipt: str


@dataclass(frozen=True)
class Files:
    """The four files as read back, and what the documented rules make of them."""

    purchases: list[Cells]
    confirmations: list[Cells]
    costs: list[Cells]
    sessions: list[Cells]

    @cached_property
    def by_disposition(self) -> dict[str, list[Cells]]:
        """Every raw purchase under its one disposition."""
        found: defaultdict[str, list[Cells]] = defaultdict(list)
        successes: list[tuple[datetime, Cells]] = []
        for row in self.purchases:
            at, amount = instant(row["event_time_utc"]), money(row["revenue_usd"])
            status = row["status"].lower()
            if not row["appsflyer_id"].strip() or at is None or amount is None:
                found["malformed"].append(row)
            elif row["event_name"].lower() not in PURCHASE_EVENTS:
                found["not_a_purchase"].append(row)
            elif status in ("chargeback", "refund"):
                found["chargeback"].append(row)
            elif status != "success":
                found["failed"].append(row)
            elif amount <= 0 or not re.fullmatch(r"(RCP-[0-9]+)?", row["receipt_id"]):
                found["false_success"].append(row)
            else:
                successes.append((at, row))
        seen: set[object] = set()
        for at, row in sorted(successes, key=lambda success: success[0]):
            key = row["receipt_id"] or (
                row["appsflyer_id"],
                at,
                row["event_name"].lower(),
                money(row["revenue_usd"]),
            )
            found["duplicate" if key in seen else "curated"].append(row)
            seen.add(key)
        return found

    @property
    def curated(self) -> list[Cells]:
        """The purchases that count."""
        return self.by_disposition["curated"]

    @cached_property
    def charged_back(self) -> set[str]:
        """Receipts that have a chargeback."""
        return {row["receipt_id"] for row in self.by_disposition["chargeback"]} - {""}

    def net_revenue(self, day: date) -> dict[str, Decimal]:
        """Net revenue of a day by campaign key."""
        totals: defaultdict[str, Decimal] = defaultdict(Decimal)
        for row in self.curated:
            if day_of(row) == day and row["receipt_id"] not in self.charged_back:
                totals[campaign_key(row)] += money(row["revenue_usd"]) or 0
        return totals

    @cached_property
    def cost(self) -> dict[tuple[str, date], Decimal]:
        """Known cost by campaign key and day."""
        known: dict[tuple[str, date], Decimal] = {}
        for row in self.costs:
            day, amount = instant(row["date"]), money(row["ad_cost_usd"])
            if day is not None and amount is not None and campaign_key(row):
                assert (campaign_key(row), day.date()) not in known
                known[campaign_key(row), day.date()] = amount
        return known

    def roas(self, campaign: str, day: date) -> Decimal | None:
        """ROAS of a campaign's day, or None where it is undefined."""
        cost = self.cost.get((campaign, day))
        return self.net_revenue(day).get(campaign, Decimal(0)) / cost if cost else None

    def history(self, campaign: str) -> list[Decimal]:
        """The defined ROAS of the seven days before D-1."""
        days = (D1 - timedelta(days=back) for back in range(1, 8))
        return [roas for day in days if (roas := self.roas(campaign, day)) is not None]

    @cached_property
    def daily_users(self) -> dict[date, set[str]]:
        """Distinct users by day."""
        users: defaultdict[date, set[str]] = defaultdict(set)
        for row in self.sessions:
            at = instant(row["event_timestamp_utc"])
            if at is not None and row["user_id"].strip():
                users[at.date()].add(row["user_id"])
        return users

    @cached_property
    def sides(self) -> tuple[list[Event], list[Event]]:
        """Curated purchases and readable confirmations."""
        return list(_events(self.curated)), list(_events(self.confirmations))

    @cached_property
    def candidates(self) -> list[tuple[Event, Event]]:
        """All pairs of one player inside the window, a second beyond it included."""
        purchases, confirmations = self.sides
        by_player: defaultdict[str, list[Event]] = defaultdict(list)
        for confirmation in confirmations:
            by_player[confirmation.player].append(confirmation)
        return [
            (purchase, confirmation)
            for purchase in purchases
            for confirmation in by_player[purchase.player]
            if abs(purchase.at - confirmation.at) <= WINDOW + timedelta(seconds=1)
        ]

    @cached_property
    def matches(self) -> list[tuple[Event, Event]]:
        """The reconciliation: the best pair first, each side used once."""
        pairs: list[tuple[Event, Event]] = []
        used: set[tuple[str, int]] = set()
        for purchase, confirmation in sorted(self.candidates, key=_preference):
            sides = {("purchase", purchase.index), ("confirmation", confirmation.index)}
            if abs(purchase.at - confirmation.at) <= WINDOW and not sides & used:
                pairs.append((purchase, confirmation))
                used |= sides
        return pairs


def _events(rows: Collection[Cells]) -> Iterator[Event]:
    for index, row in enumerate(rows):
        at, amount = instant(row["event_time_utc"]), money(row["revenue_usd"])
        if row["appsflyer_id"].strip() and at is not None and amount is not None:
            yield Event(index, row["appsflyer_id"], at, amount, row["receipt_id"])


def _same_receipt(pair: tuple[Event, Event]) -> bool:
    return pair[0].receipt == pair[1].receipt != ""


def _distance(pair: tuple[Event, Event]) -> timedelta:
    return abs(pair[0].at - pair[1].at)


def _preference(pair: tuple[Event, Event]) -> tuple[object, ...]:
    purchase, confirmation = pair
    return (
        not _same_receipt(pair),
        _distance(pair),
        abs(purchase.amount - confirmation.amount),
        purchase.at,
        confirmation.at,
        purchase.index,
        confirmation.index,
    )


def read(folder: Path) -> Files:
    """Read the four files of ``folder``."""

    def rows(name: str) -> list[Cells]:
        with (folder / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    return Files(*(rows(name) for name in HEADERS))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample of the default seed."""
    out = tmp_path_factory.mktemp("sample")
    generate_sample(out)
    return out


@pytest.fixture(scope="module")
def files(folder: Path) -> Files:
    """The sample of the default seed, read back."""
    return read(folder)


def several(found: Collection[object]) -> bool:
    """Whether a trap occurs often enough to be noticed."""
    return len(found) >= 3


# --- The files -----------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    generate_sample(tmp_path, seed=7)
    for name in HEADERS:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_another_seed_gives_other_files(folder: Path, tmp_path: Path) -> None:
    generate_sample(tmp_path, seed=8)
    for name in HEADERS:
        assert (tmp_path / name).read_bytes() != (folder / name).read_bytes()


def test_missing_folders_are_made_and_old_files_overwritten(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    generate_sample(out, seed=8)
    generate_sample(out)
    assert (out / "sessions.csv").read_bytes() == (folder / "sessions.csv").read_bytes()


def test_a_file_in_the_way_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(OSError, match="taken"):
        generate_sample(tmp_path / "taken")


def test_the_files_have_their_headers_and_unix_line_ends(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == sorted(HEADERS)
    for name, header in HEADERS.items():
        content = (folder / name).read_bytes()
        assert content.startswith(f"{header}\n".encode())
        assert content.endswith(b"\n")
        assert b"\r" not in content


def test_the_files_are_small_but_not_tiny(folder: Path, files: Files) -> None:
    assert sum((folder / name).stat().st_size for name in HEADERS) < 900_000
    assert 2_700 <= len(files.purchases) <= 3_300
    assert 2_500 <= len(files.confirmations) <= 3_300
    assert 3_000 <= len(files.sessions) <= 8_000


def test_rows_stand_roughly_in_the_order_of_time(files: Files) -> None:
    times = [at for row in files.purchases if (at := instant(row["event_time_utc"]))]
    steps = [after - before for before, after in pairwise(times)]
    assert min(steps) > -timedelta(minutes=3)
    assert min(steps) < timedelta(0), "an export is never sorted perfectly"


def test_activity_spans_the_month_and_ends_on_an_unfinished_day(files: Files) -> None:
    active = {day_of(row) for row in files.curated} | set(files.daily_users)
    assert (min(active), max(active)) == (date(2026, 1, 1), AS_OF)
    last = [at for row in files.sessions if (at := instant(row["event_timestamp_utc"]))]
    assert max(last) < datetime.combine(AS_OF, time(12), tzinfo=UTC)


# --- A believable game ---------------------------------------------------------------------------


def test_purchases_per_player_have_a_heavy_tail(files: Files) -> None:
    counts = sorted(Counter(row["appsflyer_id"] for row in files.curated).values())
    assert counts[len(counts) // 2] <= 4
    assert counts[-1] >= 25


def test_every_price_point_is_sold(files: Files) -> None:
    sold = Counter(row["revenue_usd"] for row in files.curated)
    assert set(sold) >= {"0.99", "1.99", "4.99", "9.99", "19.99", "49.99", "99.99"}
    assert sold["0.99"] > sold["4.99"] > sold["19.99"] > sold["99.99"]


def test_players_come_back_more_in_the_evening_and_on_weekends(files: Files) -> None:
    times = [at for row in files.sessions if (at := instant(row["event_timestamp_utc"]))]
    hours = Counter(at.hour for at in times)
    assert hours[20] > 3 * hours[4]
    full_days = [day for day in files.daily_users if date(2026, 1, 10) <= day <= D1]
    weekend = [len(files.daily_users[day]) for day in full_days if day.isoweekday() in (6, 7)]
    weekdays = [len(files.daily_users[day]) for day in full_days if day.isoweekday() < 6]
    assert sum(weekend) / len(weekend) > 1.1 * sum(weekdays) / len(weekdays)


def test_d1_has_healthy_users_and_revenue(files: Files) -> None:
    users = len(files.daily_users[D1])
    assert 100 <= users <= 250
    assert 1 < sum(files.net_revenue(D1).values()) / users < 10


def test_most_purchases_are_confirmed_within_minutes(files: Files) -> None:
    purchases, confirmations = files.sides
    matched = len(files.matches)
    assert 0.92 < matched / len(purchases) < 0.97
    assert 0.92 < matched / len(confirmations) < 0.98
    distances = sorted(_distance(pair) for pair in files.matches)
    assert distances[matched // 2] < timedelta(seconds=60)


# --- Traps: values -------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["purchases", "confirmations", "costs"])
def test_decimal_commas(files: Files, column: str) -> None:
    amount = "ad_cost_usd" if column == "costs" else "revenue_usd"
    rows: list[Cells] = getattr(files, column)
    assert several([row for row in rows if re.fullmatch(r"[0-9]+,[0-9]{2}", row[amount])])


def test_decimal_commas_are_quoted(folder: Path) -> None:
    text = (folder / "purchases_raw.csv").read_text(encoding="utf-8")
    assert several(re.findall(r',"[0-9]+,[0-9]{2}",', text))
    assert several(re.findall(r',"1,234",', text))


@pytest.mark.parametrize("amount", ["1,234", "abc", "$4.99", "1e3", ""])
def test_amounts_that_do_not_parse(files: Files, amount: str) -> None:
    assert several([row for row in files.purchases if row["revenue_usd"] == amount])


def test_amounts_with_surrounding_blanks(files: Files) -> None:
    padded = [row for row in files.curated if row["revenue_usd"] != row["revenue_usd"].strip()]
    assert several(padded)


@pytest.mark.parametrize("text", ["not-a-time", "2026-13-40T00:00:00Z", ""])
def test_times_that_do_not_parse(files: Files, text: str) -> None:
    assert several([row for row in files.purchases if row["event_time_utc"] == text])


@pytest.mark.parametrize(
    "notation", [r".*\+02:00", r".*-05:00", r".*\+05:30", r".*T[0-9:]{8}", r".*\.[0-9]{3}Z"]
)
@pytest.mark.parametrize("column", ["purchases", "confirmations", "sessions"])
def test_time_notations(files: Files, column: str, notation: str) -> None:
    name = "event_timestamp_utc" if column == "sessions" else "event_time_utc"
    rows: list[Cells] = getattr(files, column)
    assert several([row for row in rows if re.fullmatch(notation, row[name])])


def test_missing_ids(files: Files) -> None:
    assert several([row for row in files.purchases if not row["appsflyer_id"].strip()])


@pytest.mark.parametrize(
    "spelling",
    ["winter_quest_us", " Winter_Quest_US ", "DRAGON_RUSH_EU", "Gem_Fever_BR ", "hero_draft_jp"],
)
def test_extra_campaign_spellings(files: Files, spelling: str) -> None:
    assert several([row for row in files.curated if row["campaign"] == spelling])
    assert several([row for row in files.confirmations if row["campaign"] == spelling])
    assert several([row for row in files.costs if row["campaign"] == spelling])


def test_no_other_campaign_spellings(files: Files) -> None:
    rows = [*files.purchases, *files.confirmations, *files.costs]
    assert {row["campaign"] for row in rows if row["campaign"].strip()} == {
        "Winter_Quest_US",
        "winter_quest_us",
        " Winter_Quest_US ",
        "Dragon_Rush_EU",
        "DRAGON_RUSH_EU",
        "Gem_Fever_BR",
        "Gem_Fever_BR ",
        "Hero_Draft_JP",
        "hero_draft_jp",
        "Valentine_Teaser_US",
        "Organic",
        "(organic)",
    }


@pytest.mark.parametrize("campaign", ["", "Organic", "(organic)"])
def test_organic_purchases(files: Files, campaign: str) -> None:
    assert several([row for row in files.curated if row["campaign"] == campaign])


# --- Traps: dispositions -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "disposition",
    ["malformed", "not_a_purchase", "chargeback", "failed", "false_success", "duplicate"],
)
def test_every_disposition_occurs_and_is_visible_on_d1(files: Files, disposition: str) -> None:
    rows = files.by_disposition[disposition]
    assert several(rows)
    assert any("2026-01-29" in row["event_time_utc"] for row in rows)


@pytest.mark.parametrize("event", ["af_subscribe", "subscription_renewal", "install"])
def test_other_events(files: Files, event: str) -> None:
    rows = files.by_disposition["not_a_purchase"]
    assert several([row for row in rows if row["event_name"] == event])


@pytest.mark.parametrize("status", ["failed", "pending", "Failed"])
def test_attempts_that_did_not_succeed(files: Files, status: str) -> None:
    assert several([row for row in files.by_disposition["failed"] if row["status"] == status])


def test_names_in_mixed_case(files: Files) -> None:
    for status in ("Success", "SUCCESS"):
        assert several([row for row in files.curated if row["status"] == status])
    for event in ("AF_Purchase", "PURCHASE", "Purchase"):
        assert several([row for row in files.curated if row["event_name"] == event])


@pytest.mark.parametrize("receipt", ["BADREC-1", "rcp-12", "RCP-"])
def test_bad_receipts(files: Files, receipt: str) -> None:
    rows = files.by_disposition["false_success"]
    assert several([row for row in rows if row["receipt_id"] == receipt])


def test_successes_that_earn_nothing_or_less(files: Files) -> None:
    amounts = [money(row["revenue_usd"]) or 0 for row in files.by_disposition["false_success"]]
    assert several([amount for amount in amounts if amount == 0])
    assert several([amount for amount in amounts if amount < 0])


def test_missing_receipts(files: Files) -> None:
    without = Counter(
        row["appsflyer_id"]
        for row in files.purchases
        if (row["receipt_id"], row["status"]) == ("", "success")
    )
    alone = [
        row for row in files.curated if not row["receipt_id"] and without[row["appsflyer_id"]] == 1
    ]
    assert several(alone)


def test_exact_duplicates(files: Files) -> None:
    copies = Counter(tuple(row.values()) for row in files.purchases if row["receipt_id"])
    assert several([row for row, count in copies.items() if count == 2])
    assert several([row for row, count in copies.items() if count > 2])


def test_the_same_receipt_a_minute_later(files: Files) -> None:
    first = {row["receipt_id"]: row for row in files.curated if row["receipt_id"]}
    minute_later = [
        row
        for row in files.by_disposition["duplicate"]
        if row["receipt_id"]
        and (at := instant(row["event_time_utc"]))
        and at - timedelta(minutes=1) == instant(first[row["receipt_id"]]["event_time_utc"])
    ]
    assert several(minute_later)


def test_duplicates_without_a_receipt(files: Files) -> None:
    bare = [row for row in files.by_disposition["duplicate"] if not row["receipt_id"]]
    originals = [tuple(row.values()) for row in files.curated]
    assert several([row for row in bare if tuple(row.values()) in originals])
    assert several([row for row in bare if tuple(row.values()) not in originals])


def test_chargebacks_with_and_without_an_original(files: Files) -> None:
    chargebacks = files.by_disposition["chargeback"]
    originals = {row["receipt_id"] for row in files.curated}
    for status in ("chargeback", "refund", "Chargeback"):
        assert several([row for row in chargebacks if row["status"] == status])
    assert several([row for row in chargebacks if row["receipt_id"] in originals])
    assert several([row for row in chargebacks if row["receipt_id"] not in originals])


def test_chargebacks_of_confirmed_purchases(files: Files) -> None:
    reversed_later = [
        pair for pair in files.matches if pair[0].receipt in files.charged_back and pair[0].receipt
    ]
    assert several(reversed_later)
    assert any(purchase.at.date() == D1 for purchase, _ in reversed_later)


# --- Traps: reconciliation -----------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [600, -600, 601, -601])
def test_pairs_on_the_edge_of_the_window(files: Files, seconds: int) -> None:
    apart = timedelta(seconds=seconds)
    edge = [pair for pair in files.candidates if pair[1].at - pair[0].at == apart]
    assert several([pair for pair in edge if _same_receipt(pair)])
    matched = [pair for pair in edge if pair in files.matches]
    assert several(matched) if abs(seconds) == 600 else not matched


def test_chains_need_several_rounds(files: Files) -> None:
    """Take all mutually best pairs at once, and again: some players need three such rounds."""
    rounds: Counter[str] = Counter()
    left = [pair for pair in files.candidates if _distance(pair) <= WINDOW]
    while left:
        best_of: dict[Event, tuple[Event, Event]] = {}
        for pair in sorted(left, key=_preference, reverse=True):
            best_of[pair[0]] = best_of[pair[1]] = pair
        mutual = {pair for pair in left if best_of[pair[0]] == best_of[pair[1]] == pair}
        rounds.update({pair[0].player for pair in mutual})
        taken = {side for pair in mutual for side in pair}
        left = [pair for pair in left if not taken & set(pair)]
    assert several([player for player, count in rounds.items() if count >= 3])


def test_nearest_neighbours_would_use_confirmations_twice(files: Files) -> None:
    nearest: dict[Event, tuple[Event, Event]] = {}
    for pair in sorted(files.candidates, key=_preference, reverse=True):
        nearest[pair[0]] = pair
    claims = Counter(confirmation for _, confirmation in nearest.values())
    assert several([confirmation for confirmation, count in claims.items() if count > 1])


def test_more_purchases_than_confirmations_and_the_reverse(files: Files) -> None:
    matched = {side for pair in files.matches for side in pair}
    contested = [pair for pair in files.candidates if not pair[1].receipt]
    assert several({purchase for purchase, _ in contested if purchase not in matched})
    assert several({confirmation for _, confirmation in contested if confirmation not in matched})


def test_a_receipt_wins_although_another_is_nearer(files: Files) -> None:
    by_confirmation: defaultdict[Event, list[tuple[Event, Event]]] = defaultdict(list)
    for pair in files.candidates:
        by_confirmation[pair[1]].append(pair)
    wins = [
        match
        for match in files.matches
        if _same_receipt(match)
        and _distance(match) > timedelta(minutes=3)
        and any(_distance(other) == timedelta(seconds=10) for other in by_confirmation[match[1]])
    ]
    assert several(wins)
    assert any(purchase.at.date() == D1 for purchase, _ in wins)


def test_ties_in_distance(files: Files) -> None:
    by_purchase: defaultdict[Event, list[Event]] = defaultdict(list)
    for purchase, confirmation in files.candidates:
        by_purchase[purchase].append(confirmation)
    ties = [
        (purchase, one, other)
        for purchase, confirmations in by_purchase.items()
        for one, other in product(confirmations, repeat=2)
        if purchase.at - one.at == other.at - purchase.at > timedelta(0)
    ]
    assert several([tie for tie in ties if tie[1].amount == tie[2].amount])
    assert several([tie for tie in ties if tie[1].amount != tie[2].amount])


def test_pairs_with_differing_amounts(files: Files) -> None:
    differing = [pair for pair in files.matches if pair[0].amount != pair[1].amount]
    assert several([pair for pair in differing if _same_receipt(pair)])
    assert several([pair for pair in differing if not _same_receipt(pair)])


def test_pairs_across_midnight(files: Files) -> None:
    across = [pair for pair in files.matches if pair[0].at.date() != pair[1].at.date()]
    assert several([pair for pair in across if pair[0].at < pair[1].at])
    assert several([pair for pair in across if pair[0].at > pair[1].at])
    assert any(D1 in (purchase.at.date(), other.at.date()) for purchase, other in across)


def test_purchases_on_the_stroke_of_midnight(files: Files) -> None:
    purchases, _ = files.sides
    assert several([purchase for purchase in purchases if purchase.at.time() == time(0)])


def test_local_dates_that_are_not_the_utc_day(files: Files) -> None:
    shifted = [
        row for row in files.curated if row["event_time_utc"][:10] != day_of(row).isoformat()
    ]
    assert several(shifted)
    assert any(day_of(row) == D1 for row in shifted)


def test_confirmations_outside_the_window(files: Files) -> None:
    by_receipt = {row["receipt_id"]: row for row in files.confirmations if row["receipt_id"]}
    purchases, _ = files.sides
    late = [
        purchase
        for purchase in purchases
        if purchase.receipt in by_receipt
        and (at := instant(by_receipt[purchase.receipt]["event_time_utc"]))
        and at - purchase.at > 2 * WINDOW
    ]
    assert several(late)


def test_one_sided_events(files: Files) -> None:
    purchases, confirmations = files.sides
    assert 0.02 < 1 - len(files.matches) / len(purchases) < 0.08
    assert 0.02 < 1 - len(files.matches) / len(confirmations) < 0.08


def test_repeated_confirmations(files: Files) -> None:
    copies = Counter(tuple(row.values()) for row in files.confirmations)
    assert several([row for row, count in copies.items() if count > 1])


def test_bad_confirmations(files: Files) -> None:
    assert several([row for row in files.confirmations if not row["appsflyer_id"].strip()])
    assert several([row for row in files.confirmations if instant(row["event_time_utc"]) is None])
    assert several([row for row in files.confirmations if money(row["revenue_usd"]) is None])


# --- Traps: costs, ROAS and sessions -------------------------------------------------------------


def test_the_steady_campaign_is_fine(files: Files) -> None:
    roas, history = files.roas("WINTER_QUEST_US", D1), files.history("WINTER_QUEST_US")
    assert roas is not None
    assert len(history) == 7
    assert roas > Decimal("0.75") * sum(history) / 7


def test_the_silent_campaign_earns_nothing_after_a_healthy_week(files: Files) -> None:
    history = files.history("DRAGON_RUSH_EU")
    assert files.roas("DRAGON_RUSH_EU", D1) == 0
    assert len(history) == 7
    assert sum(history) / 7 > Decimal("0.5")
    assert max(day_of(row) for row in files.curated if campaign_key(row) == "DRAGON_RUSH_EU") == (
        date(2026, 1, 26)
    )


def test_the_runaway_campaign_drops_below_half_but_not_to_zero(files: Files) -> None:
    roas, history = files.roas("GEM_FEVER_BR", D1), files.history("GEM_FEVER_BR")
    assert roas is not None
    assert len(history) == 7
    assert 0 < roas < Decimal("0.5") * sum(history) / 7


def test_the_unreported_campaign_has_revenue_but_no_cost_on_d1(files: Files) -> None:
    assert files.roas("HERO_DRAFT_JP", D1) is None
    assert files.net_revenue(D1)["HERO_DRAFT_JP"] > 0
    assert len(files.history("HERO_DRAFT_JP")) >= 3


def test_the_newborn_campaign_has_two_days_of_history(files: Files) -> None:
    roas = files.roas("VALENTINE_TEASER_US", D1)
    assert roas is not None
    assert roas > 0
    assert len(files.history("VALENTINE_TEASER_US")) == 2


def test_daily_roas_is_believable(files: Files) -> None:
    for campaign in ("WINTER_QUEST_US", "DRAGON_RUSH_EU", "GEM_FEVER_BR", "HERO_DRAFT_JP"):
        earning_days = [date(2026, 1, day) for day in range(1, 27)]
        roas = [found for day in earning_days if (found := files.roas(campaign, day)) is not None]
        assert Decimal("0.4") < sum(roas) / len(roas) < Decimal("1.8")
        assert Decimal("0.15") < min(roas)
        assert max(roas) < Decimal("2.5")


def test_days_without_a_cost_row(files: Files) -> None:
    days_until_d1, newborn_days = 29, 3
    assert 4 * days_until_d1 + newborn_days - len(files.costs) >= 3
    on_d1 = {campaign_key(row) for row in files.costs if row["date"] == D1.isoformat()}
    assert on_d1 == {"WINTER_QUEST_US", "DRAGON_RUSH_EU", "GEM_FEVER_BR", "VALENTINE_TEASER_US"}


def test_days_with_zero_cost_and_revenue(files: Files) -> None:
    zero = [key for key, cost in files.cost.items() if cost == 0]
    assert several(zero)
    assert several([key for key in zero if files.net_revenue(key[1])[key[0]] > 0])


def test_bad_cost_rows(files: Files) -> None:
    assert several([row for row in files.costs if instant(row["date"]) is None])
    assert several([row for row in files.costs if not row["campaign"].strip()])
    assert several([row for row in files.costs if money(row["ad_cost_usd"]) is None])


def test_days_without_any_session(files: Files) -> None:
    span = {date(2026, 1, day) for day in range(1, 31)}
    silent = span - set(files.daily_users)
    assert several(silent)
    assert D1 not in silent
    assert all(files.net_revenue(day) for day in silent)


def test_bad_sessions(files: Files) -> None:
    assert several([row for row in files.sessions if not row["user_id"].strip()])
    assert several([row for row in files.sessions if instant(row["event_timestamp_utc"]) is None])
