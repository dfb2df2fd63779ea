"""Generates the sample: the four CSV exports of a small mobile game, with the faults of real ones.

The sample is of January 2026. The export ran on the morning of 2026-01-30, so that day is not over
and D-1, the day of the reports, is 2026-01-29. Players come from five campaigns or are organic,
play for some days, and some of them pay. The share of payers is higher than in a real game, so that
a small file has enough purchases.

The module defines the constants, the rows, the plain game, and then the traps, one function each,
whose docstring says why the trap exists. ``TRAPS`` at the end lists them.

The same seed gives the same bytes: the module only uses ``random.Random`` methods that are stable
across Python versions, and no clock, hashing or platform-dependent maths.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from random import Random

# --- The constants -------------------------------------------------------------------------------

FIRST_DAY = date(2026, 1, 1)
LAST_DAY = date(2026, 1, 30)
D_MINUS_1 = date(2026, 1, 29)
AVERAGED_FROM = date(2026, 1, 22)  # D-8, the first day of the average before D-1
EXPORTED_AT = datetime(2026, 1, 30, 9, 30, tzinfo=UTC)

NEVER_CONFIRMED = 0.03
CONFIRMED_ONLY = 0.02

PRICES = ("0.99", "1.99", "4.99", "9.99", "19.99", "49.99", "99.99")
PRICE_WEIGHTS = (36, 24, 22, 11, 5, 1.5, 0.5)

LIFETIME_DAYS = (1, 3, 7, 14, 30)
LIFETIME_WEIGHTS = (20, 25, 23, 20, 12)

# Most players buy nothing or once; a few buy often.
PURCHASE_COUNTS = (0, 1, 2, 4, 8, 16, 32)
PURCHASE_COUNT_WEIGHTS = (26, 22, 16, 13, 11, 7, 5)

# Sessions per UTC hour: few before dawn, a small peak at noon, a large one in the evening.
HOUR_WEIGHTS = (5, 3, 2, 1, 1, 1, 2, 4, 5, 5, 5, 6, 8, 7, 6, 6, 7, 9, 11, 13, 14, 13, 10, 7)

# An app store mostly confirms within half a minute, sometimes minutes later.
CONFIRMATION_SECONDS = (range(2, 30), range(30, 180), range(180, 540))
CONFIRMATION_WEIGHTS = (60, 30, 10)

ORGANIC_SPELLINGS = ("", "Organic", "(organic)")
ORGANIC_INSTALLS = 240


@dataclass(frozen=True)
class Campaign:
    """One advertising campaign.

    ``first_day`` is the day of its first install and spend, ``last_earning_day`` the last day on
    which its players pay, ``installs`` the number of its players, and ``target_roas`` the revenue
    per dollar that determines its budget.
    """

    name: str
    first_day: date
    last_earning_day: date
    installs: int
    target_roas: float


# The cases on D-1, in order: normal; a ROAS of 0 after three days without revenue; excessive spend;
# unreported costs; too little history.
STEADY = Campaign("Winter_Quest_US", date(2025, 12, 15), LAST_DAY, 340, 1.15)
SILENT = Campaign("Dragon_Rush_EU", date(2025, 12, 18), date(2026, 1, 26), 260, 1.05)
RUNAWAY = Campaign("Gem_Fever_BR", date(2025, 12, 22), LAST_DAY, 260, 0.85)
UNREPORTED = Campaign("Hero_Draft_JP", date(2025, 12, 28), LAST_DAY, 220, 0.7)
NEWBORN = Campaign("Valentine_Teaser_US", date(2026, 1, 27), LAST_DAY, 55, 0.6)
CAMPAIGNS = (STEADY, SILENT, RUNAWAY, UNREPORTED, NEWBORN)

EXTRA_SPELLINGS = (
    (STEADY, "winter_quest_us"),
    (STEADY, " Winter_Quest_US "),
    (SILENT, "DRAGON_RUSH_EU"),
    (RUNAWAY, "Gem_Fever_BR "),
    (UNREPORTED, "hero_draft_jp"),
)

MISSING_COSTS = (
    (STEADY, date(2026, 1, 10)),
    (RUNAWAY, date(2026, 1, 19)),
    (UNREPORTED, date(2026, 1, 14)),
    (UNREPORTED, D_MINUS_1),
)
ZERO_COSTS = (
    (STEADY, date(2026, 1, 13)),
    (SILENT, date(2026, 1, 7)),
    (UNREPORTED, date(2026, 1, 24)),
)
RUNAWAY_FACTOR = 3
SESSION_OUTAGES = (date(2026, 1, 8), date(2026, 1, 9), date(2026, 1, 20))

# Days with staged scenes: D-1, and days without outages.
SCENE_DAYS = (date(2026, 1, 6), date(2026, 1, 17), D_MINUS_1)

BAD_AMOUNTS = ("abc", "$4.99", "1e3", "")
BAD_TIMES = ("not-a-time", "2026-13-40T00:00:00Z", "")
BAD_DATES = ("not-a-date", "2026-02-30", "")
BAD_RECEIPTS = ("BADREC-1", "rcp-12", "RCP-")


# --- The rows ------------------------------------------------------------------------------------


@dataclass(eq=False)
class Row:
    """One line of a file. Its cells are text.

    ``at`` is the true UTC time. It determines the position in the file and is not written, so that
    a trap can change the written time and keep the position.
    """

    at: datetime


@dataclass(eq=False)
class PurchaseRow(Row):
    """One line of ``purchases_raw.csv``."""

    appsflyer_id: str
    event_name: str
    event_time_utc: str
    revenue_usd: str
    campaign: str
    receipt_id: str
    status: str


@dataclass(eq=False)
class ConfirmationRow(Row):
    """One line of ``confirmed_purchases.csv``."""

    appsflyer_id: str
    event_name: str
    event_time_utc: str
    revenue_usd: str
    campaign: str
    receipt_id: str


@dataclass(eq=False)
class CostRow(Row):
    """One line of ``costs_daily.csv``."""

    date: str
    campaign: str
    ad_cost_usd: str


@dataclass(eq=False)
class SessionRow(Row):
    """One line of ``sessions.csv``."""

    event_timestamp_utc: str
    user_id: str
    event_name: str


@dataclass(frozen=True)
class Sale:
    """A plain purchase and its confirmation."""

    purchase: PurchaseRow
    confirmation: ConfirmationRow


@dataclass
class Sample:
    """The rows of the four files, and the state of the traps.

    ``d1_sales`` and ``earlier_sales`` are the plain sales that no trap has used yet.
    """

    rng: Random
    player_numbers: Iterator[int]
    receipt_numbers: Iterator[int]
    purchases: list[PurchaseRow] = field(default_factory=list)
    confirmations: list[ConfirmationRow] = field(default_factory=list)
    costs: list[CostRow] = field(default_factory=list)
    sessions: list[SessionRow] = field(default_factory=list)
    d1_sales: list[Sale] = field(default_factory=list)
    earlier_sales: list[Sale] = field(default_factory=list)

    def new_receipt(self) -> str:
        """Return a unique, well-formed receipt."""
        return f"RCP-{next(self.receipt_numbers)}"

    def take(self, count: int) -> list[Sale]:
        """Return ``count`` unused plain sales, the first of D-1, the others of earlier days."""
        return [self.d1_sales.pop(), *(self.earlier_sales.pop() for _ in range(count - 1))]

    def recent_costs(self) -> list[CostRow]:
        """Return the costs of D-1 and of the days of the average before it."""
        return [row for row in self.costs if row.at.date() >= AVERAGED_FROM]

    def add_session(self, player: int, at: datetime) -> None:
        """Add a session of player number ``player`` at ``at``."""
        self.sessions.append(SessionRow(at, _utc(at), f"user_{player}", "session_start"))

    def add_purchase(self, player: int, at: datetime, price: str, campaign: str) -> PurchaseRow:
        """Add and return a successful purchase of ``price`` USD with a new receipt."""
        row = PurchaseRow(
            at=at,
            appsflyer_id=f"af_{player}",
            event_name=self.rng.choices(("af_purchase", "purchase"), (85, 15))[0],
            event_time_utc=_utc(at),
            revenue_usd=price,
            campaign=campaign,
            receipt_id=self.new_receipt(),
            status="success",
        )
        self.purchases.append(row)
        return row

    def add_confirmation(self, purchase: PurchaseRow, seconds: int) -> ConfirmationRow:
        """Add and return a confirmation ``seconds`` after ``purchase``; negative is before it."""
        at = purchase.at + timedelta(seconds=seconds)
        row = ConfirmationRow(
            at=at,
            appsflyer_id=purchase.appsflyer_id,
            event_name="purchase",
            event_time_utc=_utc(at),
            revenue_usd=purchase.revenue_usd,
            campaign=purchase.campaign,
            receipt_id=purchase.receipt_id,
        )
        self.confirmations.append(row)
        return row

    def stage(self, start: datetime, *offsets: int) -> list[PurchaseRow]:
        """Add and return purchases of one new player, ``offsets`` seconds after ``start``.

        The player has no other purchases that could match, and is organic, so that the purchases do
        not affect the ROAS of a campaign.
        """
        player = next(self.player_numbers)
        self.add_session(player, start - timedelta(minutes=5))
        return [
            self.add_purchase(
                player, start + timedelta(seconds=offset), self.rng.choice(PRICES[:3]), campaign=""
            )
            for offset in offsets
        ]


def _utc(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(day: date, hour: int, second: int = 0) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=UTC) + timedelta(seconds=second)


# --- The plain game ------------------------------------------------------------------------------


def _play(sample: Sample, spelling: str, first_day: date, last_earning_day: date) -> None:
    """Simulate one player: the install, sessions on some days, and purchases in them."""
    rng = sample.rng
    player = next(sample.player_numbers)
    installed = first_day + timedelta(days=rng.randrange((LAST_DAY - first_day).days + 1))
    lifetime = rng.choices(LIFETIME_DAYS, LIFETIME_WEIGHTS)[0]
    appetite = rng.choices(PURCHASE_COUNTS, PURCHASE_COUNT_WEIGHTS)[0]

    sessions: list[datetime] = []
    for day in (installed + timedelta(days=age) for age in range(lifetime)):
        is_weekend = day.isoweekday() in (6, 7)
        if FIRST_DAY <= day <= LAST_DAY and rng.random() < (0.7 if is_weekend else 0.55):
            for _ in range(rng.choices((1, 2, 3), (6, 3, 1))[0]):
                hour = rng.choices(range(24), HOUR_WEIGHTS)[0]
                sessions.append(_moment(day, hour, rng.randrange(3600)))

    for start in sessions:
        sample.add_session(player, start)
    for _ in range(min(appetite, 2 * len(sessions))):
        at = rng.choice(sessions) + timedelta(seconds=rng.randrange(20, 1200))
        if at.date() <= last_earning_day:
            price = rng.choices(PRICES, PRICE_WEIGHTS)[0]
            _settle(sample, sample.add_purchase(player, at, price, spelling))


def _settle(sample: Sample, purchase: PurchaseRow) -> None:
    """Confirm a purchase, except for the few whose purchase or confirmation is lost."""
    fate = sample.rng.random()
    if fate < NEVER_CONFIRMED:
        return
    delays = sample.rng.choices(CONFIRMATION_SECONDS, CONFIRMATION_WEIGHTS)[0]
    confirmation = sample.add_confirmation(purchase, sample.rng.choice(delays))
    if fate < NEVER_CONFIRMED + CONFIRMED_ONLY:
        sample.purchases.remove(purchase)
    elif purchase.at.date() == D_MINUS_1:
        sample.d1_sales.append(Sale(purchase, confirmation))
    elif purchase.at.date() < D_MINUS_1:
        sample.earlier_sales.append(Sale(purchase, confirmation))


def _spend(sample: Sample, campaign: Campaign) -> None:
    """Add the daily costs of a campaign up to D-1, in part proportional to the day's revenue.

    Ad networks report a day when it is over, so the last day has no costs.
    """
    days = [
        day
        for day in (FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days))
        if day >= campaign.first_day
    ]
    revenue = dict.fromkeys(days, Decimal(0))
    for row in sample.purchases:
        if row.campaign == campaign.name and row.at.date() in revenue:
            revenue[row.at.date()] += Decimal(row.revenue_usd)
    mean = sum(revenue.values(), Decimal(0)) / len(days)
    for day in days:
        noise = sample.rng.uniform(0.85, 1.15)
        budget = 0.3 * float(mean) + 0.7 * float(revenue[day])
        cost = budget / campaign.target_roas * noise
        sample.costs.append(CostRow(_moment(day, 0), day.isoformat(), campaign.name, f"{cost:.2f}"))


def _plain_game(rng: Random) -> Sample:
    """Return the sample without traps; only some messages are lost."""
    sample = Sample(
        rng=rng,
        player_numbers=iter(rng.sample(range(1_000, 10_000), 3_000)),
        receipt_numbers=iter(rng.sample(range(100_000, 1_000_000), 10_000)),
    )
    for campaign in CAMPAIGNS:
        for _ in range(campaign.installs):
            _play(sample, campaign.name, campaign.first_day, campaign.last_earning_day)
    for _ in range(ORGANIC_INSTALLS):
        _play(sample, rng.choice(ORGANIC_SPELLINGS), STEADY.first_day, LAST_DAY)
    for campaign in CAMPAIGNS:
        _spend(sample, campaign)
    rng.shuffle(sample.d1_sales)
    rng.shuffle(sample.earlier_sales)
    return sample


# --- Traps: how values are written ---------------------------------------------------------------


def time_notations(sample: Sample) -> None:
    """Times with an offset, without a zone, or with fractions of a second must parse to UTC.

    A cast that drops the offset silently shifts a row by hours.
    """
    rows = [row for sale in sample.take(25) for row in (sale.purchase, sale.confirmation)]
    for index, row in enumerate(rows):
        row.event_time_utc = _other_notation(row.at, index)
    for index, session in enumerate(sample.rng.sample(sample.sessions, 50)):
        session.event_timestamp_utc = _other_notation(session.at, index)


def _other_notation(at: datetime, index: int) -> str:
    notations = (
        at.astimezone(timezone(timedelta(hours=2))).isoformat(),
        at.astimezone(timezone(timedelta(hours=-5))).isoformat(),
        at.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat(),
        at.replace(tzinfo=None).isoformat(),
        f"{at.replace(tzinfo=None).isoformat()}.{index * 7:03}Z",
    )
    return notations[index % len(notations)]


def decimal_commas(sample: Sample) -> None:
    """``"4,99"`` with a decimal comma must parse as 4.99 in every file with amounts."""
    for sale in sample.take(12):
        sale.purchase.revenue_usd = sale.purchase.revenue_usd.replace(".", ",")
    for sale in sample.take(5):
        sale.confirmation.revenue_usd = sale.confirmation.revenue_usd.replace(".", ",")
    for cost in sample.rng.sample(sample.recent_costs(), 4):
        cost.ad_cost_usd = cost.ad_cost_usd.replace(".", ",")


def padded_amounts(sample: Sample) -> None:
    """Blanks around an amount must be ignored."""
    for sale in sample.take(6):
        sale.purchase.revenue_usd = f" {sale.purchase.revenue_usd} "
    for sale in sample.take(4):
        sale.confirmation.revenue_usd = f"{sale.confirmation.revenue_usd} "


def mixed_case(sample: Sample) -> None:
    """Client versions differ in the case of names, so comparisons must ignore it."""
    for sale, status in zip(sample.take(8), ("Success", "SUCCESS") * 4, strict=True):
        sale.purchase.status = status
    for sale, name in zip(sample.take(9), ("AF_Purchase", "PURCHASE", "Purchase") * 3, strict=True):
        sale.purchase.event_name = name


def campaign_spellings(sample: Sample) -> None:
    """A campaign with several spellings must be one campaign with one ROAS."""
    files: tuple[tuple[Sequence[PurchaseRow | ConfirmationRow | CostRow], int], ...] = (
        (sample.purchases, 6),
        (sample.confirmations, 4),
        (sample.recent_costs(), 3),
    )
    for rows, count in files:
        for campaign, spelling in EXTRA_SPELLINGS:
            canonical = [row for row in rows if row.campaign == campaign.name]
            for row in sample.rng.sample(canonical, count):
                row.campaign = spelling


# --- Traps: purchases that cannot be read --------------------------------------------------------


def ambiguous_thousands(sample: Sample) -> None:
    """``"1,234"`` is 1234 or 1.234, so it must not be guessed."""
    for sale in sample.take(4):
        sale.purchase.revenue_usd = "1,234"


def bad_amounts(sample: Sample) -> None:
    """An amount that is not a number must be quarantined and counted, not read as 0 or dropped."""
    for sale, amount in zip(sample.take(12), BAD_AMOUNTS * 3, strict=True):
        sale.purchase.revenue_usd = amount


def bad_times(sample: Sample) -> None:
    """A purchase without a readable time belongs to no day."""
    for sale, text in zip(sample.take(9), BAD_TIMES * 3, strict=True):
        sale.purchase.event_time_utc = text


def missing_ids(sample: Sample) -> None:
    """A purchase without an id cannot be reconciled; a blank id counts as missing."""
    for sale, text in zip(sample.take(6), ("", "  ") * 3, strict=True):
        sale.purchase.appsflyer_id = text


# --- Traps: rows that are not earned purchases ---------------------------------------------------


def other_events(sample: Sample) -> None:
    """The export also contains other events, some with an amount, such as subscriptions."""
    events = (("af_subscribe", "9.99"), ("subscription_renewal", "9.99"), ("install", "0.00"))
    for sale, (name, amount) in zip(sample.take(24), events * 8, strict=True):
        at = sale.purchase.at - timedelta(seconds=90)
        sample.purchases.append(
            replace(
                sale.purchase,
                at=at,
                event_name=name,
                event_time_utc=_utc(at),
                revenue_usd=amount,
                receipt_id="",
            )
        )


def failed_and_pending(sample: Sample) -> None:
    """Failed or pending attempts before a successful payment are not purchases."""
    for sale, status in zip(sample.take(18), ("failed", "pending", "Failed") * 6, strict=True):
        at = sale.purchase.at - timedelta(seconds=40)
        sample.purchases.append(
            replace(sale.purchase, at=at, event_time_utc=_utc(at), receipt_id="", status=status)
        )


def worthless_successes(sample: Sample) -> None:
    """A success with an amount of 0 or less is a test purchase or a client error."""
    for sale in sample.take(5):
        sale.purchase.revenue_usd = "0.00"
    for sale in sample.take(5):
        sale.purchase.revenue_usd = f"-{sale.purchase.revenue_usd}"


def bad_receipts(sample: Sample) -> None:
    """A success with an invalid receipt is likely forged."""
    for sale, receipt in zip(sample.take(9), BAD_RECEIPTS * 3, strict=True):
        sale.purchase.receipt_id = receipt


def missing_receipts(sample: Sample) -> None:
    """A purchase without a receipt, from an old client, counts and is flagged."""
    for sale in sample.take(8):
        sale.purchase.receipt_id = ""


def chargebacks(sample: Sample) -> None:
    """A purchase with a later chargeback was confirmed but earns nothing."""
    delays = (timedelta(minutes=25), timedelta(hours=5), timedelta(days=2))
    for sale in sample.take(18):
        at = min(sale.purchase.at + sample.rng.choice(delays), EXPORTED_AT)
        sample.purchases.append(
            replace(
                sale.purchase,
                at=at,
                event_time_utc=_utc(at),
                revenue_usd=f"-{sale.purchase.revenue_usd}",
                status=sample.rng.choice(("chargeback", "refund", "Chargeback")),
            )
        )


def orphan_chargebacks(sample: Sample) -> None:
    """Chargebacks of purchases before the export have no purchase row."""
    for sale, status in zip(sample.take(6), ("chargeback", "refund") * 3, strict=True):
        at = sale.purchase.at + timedelta(hours=1)
        sample.purchases.append(
            replace(
                sale.purchase,
                at=at,
                event_time_utc=_utc(at),
                revenue_usd="-4.99",
                receipt_id=sample.new_receipt(),
                status=status,
            )
        )


# --- Traps: duplicates ---------------------------------------------------------------------------


def exact_duplicates(sample: Sample) -> None:
    """The client sends the same event two or three times."""
    for sale, copies in zip(sample.take(12), (1, 1, 2) * 4, strict=True):
        sample.purchases.extend(replace(sale.purchase) for _ in range(copies))


def retried_receipts(sample: Sample) -> None:
    """The client retries a minute later: one receipt is one purchase, despite the other time."""
    for sale in sample.take(10):
        at = sale.purchase.at + timedelta(minutes=1)
        sample.purchases.append(replace(sale.purchase, at=at, event_time_utc=_utc(at)))


def duplicates_without_receipt(sample: Sample) -> None:
    """Without a receipt, equal id, time, event and amount identify a duplicate."""
    for sale in sample.take(6):
        sale.purchase.receipt_id = ""
        sample.purchases.append(replace(sale.purchase))


def duplicates_in_other_notation(sample: Sample) -> None:
    """The same time and amount in different notations are a duplicate."""
    for index, sale in enumerate(sample.take(5)):
        sale.purchase.receipt_id = ""
        sample.purchases.append(
            replace(
                sale.purchase,
                event_name=sale.purchase.event_name.upper(),
                event_time_utc=sale.purchase.at.astimezone(
                    timezone(timedelta(hours=index - 3))
                ).isoformat(),
                revenue_usd=sale.purchase.revenue_usd.replace(".", ","),
            )
        )


# --- Traps: reconciliation -----------------------------------------------------------------------


def exactly_ten_minutes(sample: Sample) -> None:
    """600 s is within the window and 601 s is not, even with the same receipt."""
    for day in SCENE_DAYS:
        for seconds in (600, -600, 601, -601):
            [purchase] = sample.stage(_moment(day, 10), 0)
            sample.add_confirmation(purchase, seconds)


def late_confirmations(sample: Sample) -> None:
    """A confirmation after the window does not match."""
    for sale in sample.take(8):
        late = sale.purchase.at + timedelta(seconds=sample.rng.randrange(1_200, 3_600))
        sale.confirmation.at = late
        sale.confirmation.event_time_utc = _utc(late)


def chains(sample: Sample) -> None:
    """Interleaved purchases and confirmations that need several rounds of matching.

    The purchases are at 0, 190 and 340 s, the confirmations at 100, 270 and 500 s. The closest pair
    is 340-270, then 190-100, and 0-500 remains, within the window. Matching each row with its
    nearest neighbour in one pass uses the confirmation at 100 s twice.
    """
    for day in SCENE_DAYS:
        first, second, third = sample.stage(_moment(day, 11), 0, 190, 340)
        sample.add_confirmation(first, 100).receipt_id = ""
        sample.add_confirmation(second, 80).receipt_id = ""
        sample.add_confirmation(third, 160).receipt_id = ""


def contested_confirmations(sample: Sample) -> None:
    """With two purchases and one confirmation, or the reverse, one row remains unmatched."""
    for day in SCENE_DAYS:
        first, _second = sample.stage(_moment(day, 12), 0, 60)
        sample.add_confirmation(first, 20).receipt_id = ""
        [purchase] = sample.stage(_moment(day, 12), 0)
        sample.add_confirmation(purchase, 15).receipt_id = ""
        sample.add_confirmation(purchase, 45).receipt_id = ""


def receipt_before_nearness(sample: Sample) -> None:
    """A confirmation near the second purchase matches the first, which has the same receipt."""
    for day in SCENE_DAYS:
        first, second = sample.stage(_moment(day, 13), 0, 240)
        sample.add_confirmation(first, 230)
        sample.add_confirmation(second, 60)


def equal_distances(sample: Sample) -> None:
    """Of two equally near confirmations, the one with the equal amount wins, else the earlier."""
    for day in SCENE_DAYS:
        for other_amount in ("2.99", None):
            [purchase] = sample.stage(_moment(day, 14), 0)
            before = sample.add_confirmation(purchase, -60)
            after = sample.add_confirmation(purchase, 60)
            before.receipt_id = after.receipt_id = ""
            before.revenue_usd = other_amount or before.revenue_usd


def duplicate_confirmations(sample: Sample) -> None:
    """A repeated line in the app store's export is a second confirmation without a match."""
    for sale in sample.take(5):
        sample.confirmations.append(replace(sale.confirmation))


def differing_amounts(sample: Sample) -> None:
    """A confirmed amount after tax matches, and the difference is reported."""
    for sale in sample.take(12):
        net = Decimal(sale.purchase.revenue_usd) * Decimal("0.85")
        sale.confirmation.revenue_usd = f"{net:.2f}"


def midnights(sample: Sample) -> None:
    """Around 00:00 UTC, a pair spans two days, and a local date differs from the UTC day."""
    for day in SCENE_DAYS:
        midnight = _moment(day + timedelta(days=1), 0)
        before, on_the_dot, local = sample.stage(midnight, -90, 0, -1_800)
        sample.add_confirmation(before, 180)
        sample.add_confirmation(on_the_dot, -30)
        sample.add_confirmation(local, 20)
        local.event_time_utc = local.at.astimezone(timezone(timedelta(hours=2))).isoformat()


def bad_confirmations(sample: Sample) -> None:
    """Confirmations without a valid id, time or amount are rejected with a reason."""
    for sale in sample.take(3):
        sale.confirmation.appsflyer_id = ""
    for sale, text in zip(sample.take(3), BAD_TIMES, strict=True):
        sale.confirmation.event_time_utc = text
    for sale, text in zip(sample.take(5), (*BAD_AMOUNTS, "1,234"), strict=True):
        sale.confirmation.revenue_usd = text


# --- Traps: costs and sessions -------------------------------------------------------------------


def runaway_spend(sample: Sample) -> None:
    """The spend on D-1 is so high that the ROAS is less than half of its average."""
    for row in _costs_of(sample, ((RUNAWAY, D_MINUS_1),)):
        row.ad_cost_usd = str(Decimal(row.ad_cost_usd) * RUNAWAY_FACTOR)


def missing_costs(sample: Sample) -> None:
    """A day without costs, such as D-1, has no ROAS, because the costs are unknown, not zero."""
    for row in _costs_of(sample, MISSING_COSTS):
        sample.costs.remove(row)


def zero_costs(sample: Sample) -> None:
    """A day with revenue but zero spend has no ROAS, neither 0 nor infinite."""
    for row in _costs_of(sample, ZERO_COSTS):
        row.ad_cost_usd = "0.00"


def _costs_of(sample: Sample, days: Sequence[tuple[Campaign, date]]) -> list[CostRow]:
    wanted = {(campaign.name, day.isoformat()) for campaign, day in days}
    return [row for row in sample.costs if (row.campaign, row.date) in wanted]


def bad_costs(sample: Sample) -> None:
    """Cost rows without a valid day, campaign or amount leave that day's costs unknown.

    They are early in the month, so that they do not affect the average before D-1.
    """
    early = [
        row for row in sample.costs if row.at.date() < AVERAGED_FROM and row.ad_cost_usd != "0.00"
    ]
    rows = iter(sample.rng.sample(early, 10))
    for text in BAD_DATES:
        next(rows).date = text
    for text in ("", " ", ""):
        next(rows).campaign = text
    for text in ("n/a", "1,234", "", "$120.00"):
        next(rows).ad_cost_usd = text


def session_outages(sample: Sample) -> None:
    """On days without session tracking, the revenue per active user is unknown."""
    sample.sessions = [row for row in sample.sessions if row.at.date() not in SESSION_OUTAGES]


def bad_sessions(sample: Sample) -> None:
    """Sessions without a user or a valid time must not count."""
    rows = iter(sample.rng.sample(sample.sessions, 12))
    for text in ("", " ") * 3:
        next(rows).user_id = text
    for text in BAD_TIMES * 2:
        next(rows).event_timestamp_utc = text


TRAPS: tuple[Callable[[Sample], None], ...] = (
    runaway_spend,
    missing_costs,
    zero_costs,
    time_notations,
    decimal_commas,
    padded_amounts,
    mixed_case,
    campaign_spellings,
    ambiguous_thousands,
    bad_amounts,
    bad_times,
    missing_ids,
    other_events,
    failed_and_pending,
    worthless_successes,
    bad_receipts,
    missing_receipts,
    chargebacks,
    orphan_chargebacks,
    exact_duplicates,
    retried_receipts,
    duplicates_without_receipt,
    duplicates_in_other_notation,
    exactly_ten_minutes,
    late_confirmations,
    chains,
    contested_confirmations,
    receipt_before_nearness,
    equal_distances,
    duplicate_confirmations,
    differing_amounts,
    midnights,
    bad_confirmations,
    bad_costs,
    session_outages,
    bad_sessions,
)


# --- The files -----------------------------------------------------------------------------------


def generate_sample(out: Path, seed: int = 7) -> None:
    """Write the four sample files into the folder ``out``, and overwrite existing ones.

    The files are ``purchases_raw.csv`` and ``confirmed_purchases.csv`` (about 3,000 rows each),
    ``costs_daily.csv`` (one row per campaign and day) and ``sessions.csv`` (some thousand rows), in
    UTF-8 with a header and LF line ends, under 1 MB together. Amounts are in US dollars, times are
    ISO 8601, and rows are in the order of their arrival. The same seed gives the same bytes.

    Args:
        out: The folder to write to, created if it is missing.
        seed: Any integer. The files in ``seeds/`` are those of the default.

    Raises:
        OSError: ``out`` cannot be created, or a file in it cannot be written.
    """
    sample = _plain_game(Random(seed))  # nosec B311 # sample data guards no secret
    for trap in TRAPS:
        trap(sample)
    out.mkdir(parents=True, exist_ok=True)
    _write(out / "purchases_raw.csv", PurchaseRow, _as_arrived(sample.rng, sample.purchases))
    confirmations = _as_arrived(sample.rng, sample.confirmations)
    _write(out / "confirmed_purchases.csv", ConfirmationRow, confirmations)
    _write(out / "costs_daily.csv", CostRow, sorted(sample.costs, key=lambda row: row.at))
    _write(out / "sessions.csv", SessionRow, _as_arrived(sample.rng, sample.sessions))


def _as_arrived(rng: Random, rows: Sequence[Row]) -> list[Row]:
    """Return the rows before the export in the order of arrival, each up to two minutes late."""
    exported = [row for row in rows if row.at <= EXPORTED_AT]
    return sorted(exported, key=lambda row: row.at + timedelta(seconds=rng.randrange(120)))


def _write(path: Path, row_type: type[Row], rows: Sequence[Row]) -> None:
    header = [column.name for column in fields(row_type) if column.name != "at"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([getattr(row, name) for name in header] for row in rows)
