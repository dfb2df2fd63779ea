"""Writes the exports of an invented studio as its vendors write them, and what they say in truth.

The studio has a game in Google Play and the App Store. It takes its purchases from AppsFlyer (Pull
API for Android, Data Locker for iOS), its costs from AppsFlyer's Cost ETL, its confirmations from
Google's sales report and from its own service that validates Apple's receipts.

``exports/`` has the files of the vendors. ``plain/`` has the same facts as the plain CSV files of
the warehouse, and ``truth.json`` the figures that both must give.

The same arguments give the same facts.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import duckdb

FIRST_DAY = date(2026, 1, 5)
LAST_DAY = date(2026, 2, 1)
DAYS = [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]
RENAMED_ON = date(2026, 1, 20)
PLAYER_COUNT = 160
COUNTRIES = ("US", "DE")
DELAY = timedelta(seconds=40)
BATCHES = (9, 10)
# Shares of the days on which a player plays, of the sessions with a purchase, and of the purchases
# that are fakes, that the store never confirms, or that follow a re-engagement.
PLAYING, PAYING, FAKED, UNCONFIRMED, REENGAGED, REVERSED = 0.4, 0.2, 0.04, 0.03, 0.2, 0.3
PRICES = {
    "USD": ("0.99", "4.99", "9.99", "19.99"),
    "EUR": ("1.09", "5.49", "10.99", "21.99"),
    "JPY": ("160", "800", "1600", "3200"),
}
CENT = Decimal("0.01")
GAME_ZONE = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True)
class Campaign:
    """A campaign of an ad network. From ``RENAMED_ON`` it has the last of its ``names``."""

    campaign_id: str
    names: tuple[str, ...]
    media_source: str
    currency: str
    daily_cost: Decimal

    def name_on(self, day: date) -> str:
        """The name that the exports of a day have."""
        return self.names[0] if day < RENAMED_ON else self.names[-1]


QUEST = Campaign(
    "20210000001", ("Winter_Quest", "Quest_All_Year"), "googleadwords_int", "USD", Decimal("40.00")
)
RUSH = Campaign("20210000002", ("Dragon_Rush_EU",), "unityads_int", "EUR", Decimal("30.00"))
DRAFT = Campaign("20210000003", ("Hero_Draft_JP",), "applovin_int", "JPY", Decimal("20.00"))
# Its network tells no campaign of a single user.
LOOKALIKE = Campaign("20210000004", ("Lookalike_US",), "Facebook Ads", "USD", Decimal("25.00"))
# Brings players of other campaigns back.
COMEBACK = Campaign("20210000005", ("Comeback_US",), "criteonew_int", "USD", Decimal("10.00"))
CAMPAIGNS = (QUEST, RUSH, DRAFT, LOOKALIKE, COMEBACK)


@dataclass(frozen=True)
class Player:
    """A player; ``campaign`` is None for an organic one."""

    number: int
    platform: str
    currency: str
    campaign: Campaign | None
    installed_at: datetime

    @property
    def appsflyer_id(self) -> str:
        """AppsFlyer's id of the installation."""
        return f"{1_700_000_000_000 + self.number}-{9_000_000 + self.number}"

    @property
    def user_id(self) -> str:
        """The game's own id."""
        return f"user_{self.number}"


@dataclass(frozen=True)
class Purchase:
    """A purchase as it was. ``twin`` is the retargeting campaign that AppsFlyer also credits."""

    player: Player
    at: datetime
    amount: Decimal
    receipt_id: str
    is_validated: bool = True
    is_confirmed: bool = True
    twin: Campaign | None = None

    @property
    def day(self) -> date:
        """The UTC day."""
        return self.at.date()

    @property
    def usd(self) -> Decimal:
        """The amount in US dollars, as AppsFlyer converts it."""
        return (self.amount * rate(self.player.currency, self.day)).quantize(CENT)


@dataclass(frozen=True)
class Refund:
    """A refund of a percentage of a purchase."""

    purchase: Purchase
    at: datetime
    percentage: int
    is_reversed: bool = False

    @property
    def usd(self) -> Decimal:
        """What it takes back in the end, in US dollars."""
        return Decimal(0) if self.is_reversed else self.purchase.usd * self.percentage / 100


@dataclass
class Facts:
    """What happened. AppsFlyer knows nothing of ``strangers``, which are purchases."""

    purchases: list[Purchase] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    strangers: list[Purchase] = field(default_factory=list)
    sessions: list[tuple[Player, datetime]] = field(default_factory=list)


def rate(currency: str, day: date) -> Decimal:
    """What one unit of a currency is worth in US dollars on a day."""
    return {
        "USD": Decimal(1),
        "EUR": Decimal("1.08") + Decimal(day.day) / 1000,
        "JPY": Decimal("0.0067") + Decimal(day.day) / 100_000,
    }[currency]


def invent(seed: int) -> Facts:
    """Play four weeks of the game.

    Args:
        seed: Any integer.

    Returns:
        What happened, in the order of time.
    """
    rng = Random(seed)
    facts = Facts()
    orders = count(1_000)
    players = []
    for number in range(1, PLAYER_COUNT + 1):
        campaign = rng.choice((QUEST, QUEST, RUSH, DRAFT, LOOKALIKE, None))
        currency = campaign.currency if campaign else "USD"
        installed_at = _moment(rng, rng.choice(DAYS[:14]))
        platform = rng.choice(("android", "ios"))
        players.append(Player(number, platform, currency, campaign, installed_at))
    for day in DAYS:
        for player in players:
            if day < player.installed_at.date() or rng.random() >= PLAYING:
                continue
            start = max(_moment(rng, day), player.installed_at + timedelta(minutes=1))
            facts.sessions.append((player, start))
            if rng.random() < PAYING:
                bought = _purchase(rng, player, start + timedelta(minutes=7), next(orders))
                facts.purchases.append(bought)
    facts.purchases.sort(key=lambda bought: bought.at)
    genuine = [bought for bought in facts.purchases if bought.is_validated and bought.is_confirmed]
    for bought in rng.sample(genuine, 24):
        is_ios = bought.player.platform == "ios"
        percentage = rng.choice((100, 50)) if is_ios else 100
        is_reversed = is_ios and rng.random() < REVERSED
        at = bought.at + timedelta(hours=5)
        facts.refunds.append(Refund(bought, at, percentage, is_reversed))
    for player in rng.sample([player for player in players if player.platform == "android"], 6):
        at = _moment(rng, LAST_DAY - timedelta(days=2))
        facts.strangers.append(_purchase(rng, player, at, next(orders)))
    return facts


def _moment(rng: Random, day: date) -> datetime:
    return datetime.combine(day, time(6), UTC) + timedelta(seconds=rng.randrange(16 * 3600))


def _purchase(rng: Random, player: Player, at: datetime, order: int) -> Purchase:
    google = f"GPA.3300-{order:04}-{rng.randrange(10_000):04}-{rng.randrange(100_000):05}"
    return Purchase(
        player=player,
        at=at,
        amount=Decimal(rng.choice(PRICES[player.currency])),
        receipt_id=google if player.platform == "android" else str(2_000_000_000_000 + order),
        is_validated=rng.random() >= FAKED,
        is_confirmed=rng.random() >= UNCONFIRMED,
        twin=COMEBACK if player.campaign is QUEST and rng.random() < REENGAGED else None,
    )


# --- The exports ---------------------------------------------------------------------------------

PULL_API_HEADER = (
    "Attributed Touch Type,Attributed Touch Time,Install Time,Event Time,Event Name,Event Value,"
    "Event Revenue,Event Revenue Currency,Event Revenue USD,Event Source,Is Receipt Validated,"
    "Partner,Media Source,Channel,Campaign,Campaign ID,Country Code,AppsFlyer ID,Customer User ID,"
    "Platform,App ID,Is Retargeting,Is Primary Attribution"
)
DATA_LOCKER_TYPES = {
    "install_time": "timestamp",
    "event_time": "timestamp",
    "event_name": "varchar",
    "event_value": "varchar",
    "event_revenue": "double",
    "event_revenue_currency": "varchar",
    "event_revenue_usd": "double",
    "is_receipt_validated": "boolean",
    "media_source": "varchar",
    "campaign": "varchar",
    "af_c_id": "varchar",
    "appsflyer_id": "varchar",
    "customer_user_id": "varchar",
    "platform": "varchar",
    "is_primary_attribution": "boolean",
}
OTHER_EVENT: dict[str, object] = {
    "event_name": "af_level_achieved",
    "event_value": "level 7",
    "event_revenue": None,
    "event_revenue_currency": None,
    "event_revenue_usd": None,
    "is_receipt_validated": None,
}
COST_TYPES = {
    "date": "date",
    "app_id": "varchar",
    "media_source": "varchar",
    "campaign": "varchar",
    "campaign_id": "varchar",
    "country": "varchar",
    "original_cost": "double",
    "original_currency": "varchar",
    "cost": "double",
    "currency": "varchar",
}
GOOGLE_HEADER = (
    "Order Number,Order Charged Date,Order Charged Timestamp,Financial Status,Device Model,"
    "Product Title,Product ID,Product Type,SKU ID,Currency of Sale,Item Price,Taxes Collected,"
    "Charged Amount,City of Buyer,State of Buyer,Postal Code of Buyer,Country of Buyer"
)
APPLE_HEADER = (
    "user_id,transaction_id,product_id,price,currency,purchased_at,status,refund_percentage"
)


def write_exports(folder: Path, facts: Facts) -> None:
    """Write the files of the vendors.

    Args:
        folder: The folder to write to.
        facts: What happened.

    Raises:
        OSError: A file cannot be written.
    """
    android = [_pull_api_row(event) for event in _appsflyer_events(facts, "android")]
    _write_csv(folder / "appsflyer_pull_api/android.csv", PULL_API_HEADER, android)
    ios = list(_appsflyer_events(facts, "ios"))
    for part, start in enumerate(range(0, len(ios), 100)):
        path = folder / f"appsflyer_data_locker/part-{part:05}.parquet"
        _write_parquet(path, DATA_LOCKER_TYPES, ios[start : start + 100])
    for day in DAYS:
        for batch in BATCHES:
            path = folder / f"appsflyer_cost_etl/dt={day}/b={batch}/part-00000.parquet"
            _write_parquet(path, COST_TYPES, _cost_rows(day, batch))
    google = folder / "google_play/sales_202601.csv"
    _write_csv(google, GOOGLE_HEADER, _google_rows(facts), encoding="utf-16")
    _write_csv(folder / "app_store/transactions.csv", APPLE_HEADER, _apple_rows(facts))
    _write_csv(folder / "rates/2026.csv", "date,currency,usd_per_unit", _rate_rows())
    sessions = (
        (player.user_id, f"{at.astimezone(GAME_ZONE):%Y-%m-%d %H:%M:%S}", "Spielstart für Gäste")
        for player, at in facts.sessions
    )
    _write_csv(
        folder / "game/sessions.csv", "player,started,event", sessions, "latin-1", delimiter=";"
    )


def _appsflyer_events(facts: Facts, platform: str) -> Iterator[dict[str, object]]:
    """In-app events of a platform: the purchases, and what the game reports beside them.

    After a re-engagement, AppsFlyer writes a purchase twice: for the campaign of the install and
    for the one that brought the player back. The first is primary here.
    """
    for bought in facts.purchases:
        if bought.player.platform == platform:
            event = _event(bought, bought.player.campaign, is_primary=True)
            yield event
            yield event | OTHER_EVENT
            if bought.twin:
                yield _event(bought, bought.twin, is_primary=False)


def _event(bought: Purchase, campaign: Campaign | None, *, is_primary: bool) -> dict[str, object]:
    is_named = campaign is not None and campaign is not LOOKALIKE
    sources = {None: "organic", LOOKALIKE: "restricted"}
    return {
        "install_time": bought.player.installed_at,
        "event_time": bought.at,
        "event_name": "af_purchase",
        "event_value": json.dumps({"af_order_id": bought.receipt_id, "af_quantity": 1}),
        "event_revenue": bought.amount,
        "event_revenue_currency": bought.player.currency,
        "event_revenue_usd": bought.usd,
        "is_receipt_validated": bought.is_validated,
        "media_source": sources.get(campaign) or (campaign.media_source if campaign else ""),
        "campaign": campaign.name_on(bought.day) if campaign and is_named else None,
        "af_c_id": campaign.campaign_id if campaign and is_named else None,
        "appsflyer_id": bought.player.appsflyer_id,
        "customer_user_id": bought.player.user_id,
        "platform": bought.player.platform,
        "is_primary_attribution": is_primary,
    }


def _pull_api_row(event: dict[str, object]) -> list[object]:
    values = {name.lower().replace(" ", "_"): "" for name in PULL_API_HEADER.split(",")}
    for name, value in event.items():
        text = f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else value
        values["campaign_id" if name == "af_c_id" else name] = _word(text)
    return list(values.values())


def _word(value: object) -> str:
    """A value as text; blank for none, and booleans in lower case."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cost_rows(batch_day: date, batch: int) -> list[dict[str, object]]:
    """What a batch of the Cost ETL says: its day, the six before and the 14th before, again."""
    days = [batch_day - timedelta(days=age) for age in (14, 6, 5, 4, 3, 2, 1, 0)]
    return [
        {
            "date": day,
            "app_id": "com.example.quest",
            "media_source": campaign.media_source,
            "campaign": campaign.name_on(batch_day),
            "campaign_id": campaign.campaign_id,
            "country": country,
            "original_cost": None,
            "original_currency": None,
            "cost": cost_in(campaign, day, batch_day, batch),
            "currency": "USD",
        }
        for day in days
        if day >= FIRST_DAY
        for campaign in CAMPAIGNS
        for country in COUNTRIES
    ]


def cost_in(campaign: Campaign, day: date, batch_day: date, batch: int) -> Decimal:
    """The cost of a campaign in one country on a day, as a batch knows it: it grows for a week."""
    age = min((batch_day - day).days, 6)
    share = Decimal(4 + age) / 10
    return campaign.daily_cost / len(COUNTRIES) * share - Decimal(BATCHES[-1] - batch) / 4


def _google_rows(facts: Facts) -> Iterator[list[object]]:
    """Google writes epoch seconds, and amounts of the buyer with a comma before thousands."""
    orders = [
        (bought.at + DELAY, "Charged", bought, bought.amount)
        for bought in facts.purchases
        if bought.player.platform == "android" and bought.is_confirmed and bought.is_validated
    ]
    orders += [(bought.at + DELAY, "Charged", bought, bought.amount) for bought in facts.strangers]
    orders += [
        (refund.at, "Refund", refund.purchase, -refund.purchase.amount)
        for refund in facts.refunds
        if refund.purchase.player.platform == "android"
    ]
    for at, status, bought, amount in sorted(orders, key=lambda order: order[0]):
        charged = f"{amount:,.2f}"
        stamp = int(at.timestamp())
        product = ["Pixel", "Gems", "gems.1", "inapp", "gems.1"]
        price = [bought.player.currency, charged, "0.00", charged]
        place = ["", "", "", ""]
        yield [bought.receipt_id, at.date(), stamp, status, *product, *price, *place]


def _apple_rows(facts: Facts) -> Iterator[list[object]]:
    """The service for Apple logs milliseconds since 1970; a refund has a percentage."""
    log = [
        (bought.at + DELAY, "purchased", bought, "")
        for bought in facts.purchases
        if bought.player.platform == "ios" and bought.is_confirmed and bought.is_validated
    ]
    for refund in facts.refunds:
        if refund.purchase.player.platform == "ios":
            log.append((refund.at, "refund", refund.purchase, str(refund.percentage)))
            if refund.is_reversed:
                at = refund.at + timedelta(days=1)
                log.append((at, "refund_reversed", refund.purchase, ""))
    for at, status, bought, percentage in sorted(log, key=lambda line: line[0]):
        stamp = int(at.timestamp() * 1000)
        price = [bought.amount, bought.player.currency, stamp, status, percentage]
        yield [bought.player.user_id, bought.receipt_id, "gems.1", *price]


def _rate_rows() -> Iterator[list[object]]:
    for day in [*DAYS, LAST_DAY + timedelta(days=1)]:
        for currency in ("EUR", "JPY"):
            yield [day, currency, rate(currency, day)]


# --- The same facts as plain files, and the truth ------------------------------------------------


def write_plain(folder: Path, facts: Facts) -> None:
    """Write the facts as the files that the warehouse reads without a mapping.

    Args:
        folder: The folder to write to.
        facts: What happened.

    Raises:
        OSError: A file cannot be written.
    """
    _write_csv(
        folder / "purchases_raw.csv",
        "appsflyer_id,event_name,event_time_utc,revenue_usd,campaign,receipt_id,status,"
        "media_source,install_time_utc,customer_user_id,is_receipt_validated,refund_percentage",
        [
            *(
                [*_plain_row(bought), "success", *_plain_player(bought), bought.is_validated, ""]
                for bought in facts.purchases
            ),
            *(
                [
                    *_plain_row(refund.purchase, refund.at),
                    *("refund", *_plain_player(refund.purchase), "", refund.percentage),
                ]
                for refund in facts.refunds
                if not refund.is_reversed
            ),
        ],
    )
    confirmed = [
        bought for bought in facts.purchases if bought.is_confirmed and bought.is_validated
    ]
    _write_csv(
        folder / "confirmed_purchases.csv",
        "appsflyer_id,event_name,event_time_utc,revenue_usd,campaign,receipt_id",
        [
            *(_plain_confirmation(bought) for bought in confirmed),
            # Nobody knows who paid.
            *(["", "", *_plain_confirmation(bought)[2:]] for bought in facts.strangers),
        ],
    )
    _write_csv(
        folder / "costs_daily.csv",
        "date,campaign,ad_cost_usd,media_source",
        [
            [day, campaign.names[-1], known_cost(campaign, day), campaign.media_source]
            for day in DAYS
            for campaign in CAMPAIGNS
        ],
    )
    _write_csv(
        folder / "sessions.csv",
        "event_timestamp_utc,user_id,event_name",
        [[f"{at:%Y-%m-%dT%H:%M:%SZ}", player.user_id, "start"] for player, at in facts.sessions],
    )


def known_cost(campaign: Campaign, day: date) -> Decimal:
    """The cost of a campaign on a day, as the last batch that has the day knows it."""
    ages = [age for age in (0, 1, 2, 3, 4, 5, 6, 14) if day + timedelta(days=age) <= LAST_DAY]
    last = day + timedelta(days=max(ages))
    return cost_in(campaign, day, last, BATCHES[-1]) * len(COUNTRIES)


def _plain_row(bought: Purchase, at: datetime | None = None) -> list[object]:
    campaign = bought.player.campaign
    is_named = campaign is not None and campaign is not LOOKALIKE
    return [
        bought.player.appsflyer_id,
        "af_purchase",
        f"{at or bought.at:%Y-%m-%dT%H:%M:%SZ}",
        bought.usd,
        campaign.names[-1] if campaign and is_named else "",
        bought.receipt_id,
    ]


def _plain_confirmation(bought: Purchase) -> list[object]:
    """A store converts nothing: the dollars are the exact product with the rate of the day."""
    row = _plain_row(bought, bought.at + DELAY)
    row[3] = bought.amount * rate(bought.player.currency, bought.day)
    return row


def _plain_player(bought: Purchase) -> list[object]:
    player = bought.player
    return [_plain_source(bought), f"{player.installed_at:%Y-%m-%dT%H:%M:%SZ}", player.user_id]


def _plain_source(bought: Purchase) -> str:
    return "restricted" if bought.player.campaign is LOOKALIKE else ""


def truth(facts: Facts) -> dict[str, object]:
    """Say what the warehouse must find.

    Args:
        facts: What happened.

    Returns:
        The number of rows of each disposition of the purchases and of each type of the
        reconciliation, the net revenue in US dollars, and the cost and net revenue of each campaign
        and day.
    """
    refunded = Counter[str]()
    for refund in facts.refunds:
        refunded[refund.purchase.receipt_id] += refund.usd  # type: ignore[assignment]
    genuine = [bought for bought in facts.purchases if bought.is_validated]
    revenue: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for bought in genuine:
        campaign = bought.player.campaign
        if campaign and campaign is not LOOKALIKE:
            name = campaign.names[-1].upper()
            revenue[name, bought.day] += bought.usd - refunded[bought.receipt_id]
    return {
        "dispositions": {
            "curated": len(genuine),
            "false_success": len(facts.purchases) - len(genuine),
            "not_a_purchase": len(facts.purchases),
            "secondary_attribution": sum(1 for bought in facts.purchases if bought.twin),
        },
        "reconciliation": {
            "matched": sum(1 for bought in genuine if bought.is_confirmed),
            "af_only": sum(1 for bought in genuine if not bought.is_confirmed),
            "confirmed_only": len(facts.strangers),
        },
        "net_revenue_usd": str(sum(bought.usd for bought in genuine) - sum(refunded.values())),
        "campaign_days": [
            {
                "campaign": campaign.names[-1].upper(),
                "date": str(day),
                "ad_cost_usd": str(known_cost(campaign, day)),
                "net_revenue_usd": str(revenue[campaign.names[-1].upper(), day]),
            }
            for campaign in sorted(CAMPAIGNS, key=lambda campaign: campaign.names[-1].upper())
            for day in DAYS
        ],
    }


# --- Writing -------------------------------------------------------------------------------------


def _write_csv(
    path: Path,
    header: str,
    rows: Iterable[Sequence[object]],
    encoding: str = "utf-8",
    delimiter: str = ",",
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows([_word(value) for value in row] for row in rows)


def _write_parquet(path: Path, types: dict[str, str], rows: list[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        columns = ", ".join(f"{name} {type_}" for name, type_ in types.items())
        connection.execute(f"create table rows ({columns})")
        marks = ", ".join("?" * len(types))
        connection.executemany(
            f"insert into rows values ({marks})",  # noqa: S608 # the number of columns
            [[_untyped(row[name]) for name in types] for row in rows],
        )
        connection.execute(f"copy rows to '{path}' (format parquet)")


def _untyped(value: object) -> object:
    """DuckDB reads a time with a zone in the zone of the machine."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def main() -> None:
    """Write the example beside this file, or to the folder that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="the folder")
    parser.add_argument("--seed", type=int, default=7, help="the random seed (default: 7)")
    options = parser.parse_args()
    facts = invent(options.seed)
    write_exports(options.out / "exports", facts)
    write_plain(options.out / "plain", facts)
    (options.out / "truth.json").write_text(json.dumps(truth(facts), indent=1) + "\n")


if __name__ == "__main__":
    main()
