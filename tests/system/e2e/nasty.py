"""Random nasty inputs with the irregularities of real exports at a high rate.

Players, receipts, amounts and moments come from small sets, so that one data set of some hundred
rows holds hundreds of collisions: ties, chains of candidates, duplicates, chargebacks, moments on
and just beside the edge of the window, purchases a microsecond before midnight. Each value is then
spelled in one of the ways the rules accept, or now and then in one they reject.

Amounts stay below 15 significant digits also when summed, because the reports are JSON and a JSON
reader may hold numbers as doubles; days stay within a few weeks wherever a row counts, because the
warehouse makes one row per campaign and day.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

FIRST_DAY = date(2026, 1, 3)
LAST_DAY = date(2026, 1, 31)  # the last day with activity, so D-1 is the day before
MIDDLE_DAY = date(2026, 1, 15)  # an as_of_date in the middle of the data

Fields = list[str]

PURCHASE_COLUMNS = "appsflyer_id,event_name,event_time_utc,revenue_usd,campaign,receipt_id"
HEADERS = {
    "purchases_raw": f"{PURCHASE_COLUMNS},status",
    "confirmed_purchases": PURCHASE_COLUMNS,
    "costs_daily": "date,campaign,ad_cost_usd",
    "sessions": "event_timestamp_utc,user_id,event_name",
}


@dataclass(frozen=True)
class Scenario:
    """One data set and the settings it is run with."""

    name: str
    seed: int
    rows: int
    as_of_date: date | None = None
    variables: dict[str, object] = field(default_factory=dict)


# Most days of the data cost less than the default.
SMALL: dict[str, object] = {"roas_min_spend_usd": 1.5}
SCENARIOS = (
    Scenario("last day has only sessions", seed=2, rows=900, variables=SMALL),
    Scenario("last day has only purchases", seed=3, rows=900, variables=SMALL),
    Scenario("as of the middle", seed=4, rows=800, as_of_date=MIDDLE_DAY, variables=SMALL),
    Scenario(
        "other settings",
        seed=5,
        rows=800,
        variables={
            "purchase_event_names": ["purchase", "iap"],
            # Without anchors, still a full match.
            "receipt_patterns": ["RCP-[0-9]+|XYZ-[0-9]+", "GPA-[0-9]+"],
            "reconciliation_window_minutes": 5,
            "roas_anomaly_ratio": 0.8,
            "roas_min_history_days": 2,
            **SMALL,
        },
    ),
)

# --- What the values are ------------------------------------------------------------------------

CAMPAIGNS = (
    "Summer",
    "Summer Sale",
    "Summer  Sale",  # two inner spaces: another campaign
    "Été",
    "日本",
    'Say "Hi", Now',
    "Line\nBreak",
    "null",  # an ordinary word
    "Organic",
    "(Organic)",
    "Organic 2",  # a real campaign
    "",
)
NO_COST_CAMPAIGN = "Nobody Pays"

# Distances of rows from the moment of their cluster. Differences between them hit 0, 300 and 600
# seconds exactly, and miss them by a microsecond, half a second and a second.
GRID_SECONDS = (
    *("-1200", "-900", "-600", "-300", "-300", "0", "0", "0", "300", "300", "600", "900", "1200"),
    *("0.000001", "0.5", "1", "299.999999", "300.5", "301", "599.999999", "600.000001"),
    *("600.5", "601", "-600.5", "-601", "-599.5", "60", "-60", "1800"),
)

AMOUNTS = ("0.99", "0.99", "4.99", "4.99", "4.99", "9.99", "5", "4.990", "4.9900001", "0.00000001")
UNUSUAL_AMOUNTS = ("0", "-0", "0.00", "-4.99", "-0.01", "12345.67", "1.12345678")

# The escapes here and below are Arabic digits: digits to many a library, not to the rules.
BAD_AMOUNTS = (
    *("", " ", "abc", "1,234", "0,123", "-1,234", "+4.99", ".99", ",99", "5.", "5,", "1e3", "1E3"),
    *("$4.99", "4.99 USD", "1 000", "1.234,56", "1,234.56", "--4", "- 4", "-", "4..99", "4.9 9"),
    *(
        "NaN",
        "Infinity",
        "-inf",
        "null",
        "0x10",
        "1_000",
        "\u0664.\u0669\u0669",
        "12345678901234567",
        "4.99-",
    ),
)

BAD_TIMES = (
    *("", " ", "null", "now", "today", "epoch", "infinity", "1768471200", "15.01.2026"),
    *("2026-02-30", "2026-02-30T10:00:00Z", "2026-00-10T10:00:00Z", "2026-1-5T10:00:00Z"),
    *("2026-01-05T24:00:00Z", "2026-01-05T10:60:00Z", "2026-01-05T10:00:60Z", "20260105T100000Z"),
    *("2026-01-05t10:00:00Z", "2026-01-05T10:00:00z", "2026-01-05T10Z", "2026-01-05T10"),
    *("2026-01-05Z", "2026-01-05+01:00", "2026-01-05T", "2026-01-05  10:00:00"),
    *("2026-01-05T10:00:00 Z", "2026-01-05T10:00:00 +02:00", "2026-01-05T10:00:00+24:00"),
    *("2026-01-05T10:00:00+02:60", "2026-01-05T10:00:00+2", "2026-01-05T10:00:00+2:00"),
    *("2026-01-05T10:00:00.", "2026-01-05T10:00.5", "2026-01-05T10:00:00.1234567890"),
    *("2026-01-05T10:00:00 UTC", "2026-01-05 10:00:00 Europe/Berlin", "2026/01/05 10:00:00"),
    *("12026-01-05T10:00:00Z", "-2026-01-05", "2026-01-05 (BC)", "2026-01-\u0660\u0665T10:00:00Z"),
)

BAD_DATES = (
    *("", " ", "null", "2026-02-30", "2026-13-01", "2026-1-5", "2026-01-05T00:00:00Z"),
    *("2026-01-05 00:00", "20260105", "05.01.2026", "2026/01/05", "2026-01-5", "today"),
)

OFFSETS = ("+00:00", "-00:00", "+02:00", "+0200", "+02", "-0330", "+05:45", "+14", "-12:00")
EXTREME_OFFSETS = ("+23:59", "-23:59")

BAD_RECEIPTS = ("rcp-7", "RCP-", "RCP-7a", "BADREC-1", "XRCP-7", "RCP-7,8", "RCP-\u0667", "null")
WIDE_RECEIPTS = ("GPA-7", "GPA-8", "RCP-7\nRCP-8", "RCP-07", "RCP-7")

PADDING = ("", "", "", "", " ", "  ", "\t", "\u00a0", "\n", "\r\n", " \u00a0\t\v\f")


# --- How they are spelled -----------------------------------------------------------------------


def pad(random: Random, text: str) -> str:
    """Add surrounding whitespace, which the models must ignore."""
    return random.choice(PADDING) + text + random.choice(PADDING)


def recase(random: Random, text: str) -> str:
    """Change the case of a case-insensitive text."""
    return random.choice((text, text, text.lower(), text.upper(), text.swapcase()))


def spell_amount(random: Random, amount: str) -> str:
    """Write an amount with a comma or more zeros.

    The amount becomes malformed if the comma is before exactly three digits.
    """
    zeros = random.choice(("", "", "", "", "0", "00", "000000000000000000"))
    text = f"-{zeros}{amount[1:]}" if amount.startswith("-") else zeros + amount
    if "." in text and random.random() < 0.15:
        text += random.choice(("0", "00"))
    elif "." not in text and random.random() < 0.3:
        text += random.choice((".0", ".00", ".000", ".000"))
    if random.random() < 0.25:
        text = text.replace(".", ",")
    return pad(random, text)


def spell_time(random: Random, moment: datetime) -> str:
    """Write a moment in any of the accepted forms."""
    midnight = (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0)
    if midnight and random.random() < 0.3:
        return pad(random, f"{moment:%Y-%m-%d}")
    suffix = random.choice(("", "", "Z", "Z", "Z", random.choice(OFFSETS)))
    if random.random() < 0.02:
        suffix = random.choice(EXTREME_OFFSETS)
    local = moment + read_offset(suffix)
    text = local.strftime(random.choice(("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")))
    if local.second or local.microsecond or random.random() < 0.8:
        text += f":{local:%S}" + spell_fraction(random, local.microsecond)
    return pad(random, text + suffix)


def read_offset(suffix: str) -> timedelta:
    """Return the UTC offset of a suffix that this module writes."""
    digits = suffix[1:].replace(":", "").ljust(4, "0")
    if not suffix or suffix == "Z":
        return timedelta(0)
    distance = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -distance if suffix[0] == "-" else distance


def spell_fraction(random: Random, microsecond: int) -> str:
    """Write a fraction of a second; digits after the sixth are cut off, never rounded."""
    point = random.choice((".", ".", ","))
    if microsecond:
        digits = f"{microsecond:06d}"
        return point + random.choice((digits, digits + "9", digits + "999", digits.rstrip("0")))
    return random.choice(("", "", "", "", point + "0", point + "000", point + "000000999"))


def write_csv(random: Random, header: str, rows: Sequence[Fields]) -> str:
    """Join the rows with required and random unnecessary quotes."""
    line_end = random.choice(("\n", "\r\n"))
    lines = [header]
    for row in rows:
        lines.append(",".join(write_field(random, text) for text in row))
    return line_end.join(lines) + line_end


def write_field(random: Random, text: str) -> str:
    """Quote a field if CSV requires it, or randomly."""
    if any(sign in text for sign in ',"\r\n\v\f') or random.random() < 0.1:
        return '"' + text.replace('"', '""') + '"'
    return text


# --- Clusters: a few rows of one player around one moment ---------------------------------------


class Generator:
    """Collects the rows of one data set; everything random comes from its seed."""

    def __init__(self, seed: int) -> None:
        """Odd seeds have no sessions on the last day; even seeds have no purchases."""
        self.random = Random(seed)
        self.sessions_end_early = seed % 2 == 1
        self.purchases: list[Fields] = []
        self.confirmations: list[Fields] = []
        self.costs: list[Fields] = []
        self.sessions: list[Fields] = []
        self.next_receipt = 1000

    def new_receipt(self) -> str:
        """A valid receipt that no other row has so far."""
        self.next_receipt += 1
        return f"RCP-{self.next_receipt}"

    def player(self) -> str:
        """One of a few players, so that several clusters belong to the same one."""
        number = self.random.randrange(40)
        return self.random.choice(
            (
                *(f"af_{number}",) * 12,
                f"AF_{number}",  # ids are case-sensitive
                f"af {number % 5}",
                f"игрок_{number % 5}",
                f'"quoted", {number % 5}',
                f"two\nlines {number % 5}",
                "null",
                "NULL",
            )
        )

    def moment(self) -> datetime:
        """The centre of a cluster: often on a day that is reported, often near midnight."""
        day = FIRST_DAY + timedelta(days=self.random.randrange(28))  # up to the day before the last
        if self.random.random() < 0.4:
            day = self.random.choice((MIDDLE_DAY, LAST_DAY)) - timedelta(days=1)
        clock = self.random.choice(("00:00", "00:05", "12:00", "18:30", "23:50", "23:59:59.999999"))
        if day == LAST_DAY - timedelta(days=1) and not self.sessions_end_early:
            clock = self.random.choice(("00:00", "00:05", "09:30"))  # keep the last day free
        return datetime.fromisoformat(f"{day}T{clock}+00:00")

    def shift(self, moment: datetime) -> datetime:
        """Another moment of the same cluster."""
        seconds = Decimal(self.random.choice(GRID_SECONDS))
        return moment + timedelta(microseconds=int(seconds * 1_000_000))

    def amount(self) -> str:
        """An amount from the small set; rarely zero, negative, large or with many decimals."""
        amounts = UNUSUAL_AMOUNTS if self.random.random() < 0.08 else AMOUNTS
        return self.random.choice(amounts)

    def receipt(self, known: list[str]) -> str:
        """The receipt of a purchase: mostly new, sometimes missing, used before or invalid."""
        dice = self.random.random()
        if dice < 0.45:
            return self.new_receipt()
        if dice < 0.72:
            return ""
        if dice < 0.82:
            return self.random.choice(known or [""])
        if dice < 0.90:
            return self.random.choice(("RCP-1", "RCP-2", "RCP-3"))  # shared by all players
        return self.random.choice(WIDE_RECEIPTS if dice < 0.96 else BAD_RECEIPTS)

    def event_name(self) -> str:
        """A purchase, or rarely something else."""
        if self.random.random() < 0.93:
            return self.random.choice(("purchase", "purchase", "purchase", "af_purchase"))
        return self.random.choice(("", "iap", "af_login", "purchases", "null"))

    def status(self) -> str:
        """Success, or rarely a failure. Chargebacks are made apart."""
        if self.random.random() < 0.93:
            return "success"
        return self.random.choice(("", "failed", "pending", "null", "successful"))

    def campaign(self) -> str:
        """One of the campaigns, in its usual spelling."""
        return self.random.choice((*CAMPAIGNS, *CAMPAIGNS, NO_COST_CAMPAIGN))

    def add_purchase(  # noqa: PLR0913, PLR0917 (the columns of the file)
        self,
        player: str,
        event_name: str,
        moment: datetime,
        amount: str,
        receipt: str,
        status: str,
    ) -> None:
        """Add a raw purchase row in some spelling; a few become unreadable."""
        random = self.random
        row = [
            pad(random, player),
            pad(random, recase(random, event_name)),
            spell_time(random, moment),
            spell_amount(random, amount),
            pad(random, recase(random, self.campaign())),
            pad(random, receipt),
            pad(random, recase(random, status)),
        ]
        dice = random.random()
        if dice < 0.015:
            row[0] = random.choice(("", " ", "\u00a0", "\t"))
        elif dice < 0.035:
            row[2] = random.choice(BAD_TIMES)
        elif dice < 0.055:
            row[3] = random.choice(BAD_AMOUNTS)
        self.purchases.append(row)

    def add_confirmation(self, player: str, moment: datetime, amount: str, receipt: str) -> None:
        """Add a confirmation in some spelling; a few become unreadable."""
        random = self.random
        row = [
            pad(random, player),
            random.choice(("purchase", "af_purchase", "anything", "")),
            spell_time(random, moment),
            spell_amount(random, amount),
            pad(random, recase(random, self.campaign())),
            pad(random, receipt),
        ]
        dice = random.random()
        if dice < 0.01:
            row[0] = random.choice(("", " ", "\u00a0"))
        elif dice < 0.025:
            row[2] = random.choice(BAD_TIMES)
        elif dice < 0.04:
            row[3] = random.choice(BAD_AMOUNTS)
        self.confirmations.append(row)

    def add_cluster(self) -> None:
        """Add some purchases of one player with confirmations, copies and chargebacks near them."""
        random = self.random
        player, centre = self.player(), self.moment()
        receipts: list[str] = []
        for _ in range(random.choice((1, 1, 2, 3, 4, 5))):
            name, moment, amount = self.event_name(), self.shift(centre), self.amount()
            receipt, status = self.receipt(receipts), self.status()
            receipts.append(receipt)
            self.add_purchase(player, name, moment, amount, receipt, status)
            if random.random() < 0.3:
                self.add_copy(player, name, moment, amount, receipt)
            if random.random() < 0.15:
                self.add_chargeback(player, moment, amount, receipts)
        for _ in range(random.choice((0, 1, 1, 2, 3, 4, 5))):
            receipt = random.choice((*receipts, *receipts, "", "", "RCP-1", "RCP-999999"))
            self.add_confirmation(player, self.shift(centre), self.amount(), receipt)

    def add_ties(self) -> None:
        """Add rows that only the last rules of the order can tell apart: the clock, then the file.

        All cost the same; the receipts differ, or the purchases would be duplicates.
        """
        player, centre = self.player(), self.moment()
        for _ in range(self.random.choice((2, 3, 4))):
            moment = centre + timedelta(seconds=self.random.choice((-60, 0, 0, 60, 180)))
            self.add_purchase(player, "purchase", moment, "4.99", self.new_receipt(), "success")
        for _ in range(self.random.choice((1, 2, 3, 4))):
            moment = centre + timedelta(seconds=self.random.choice((-60, 0, 0, 60, 180)))
            self.add_confirmation(player, moment, "4.99", self.random.choice(("", "RCP-999999")))

    def add_chain(self) -> None:
        """Add purchases and confirmations in turn, each closer to the next than to the one before.

        The last two pair up, only then the two before them, and so on: one round for each pair.
        """
        player, moment = self.player(), self.moment()
        for gap in range(220, 220 - 20 * self.random.choice((4, 5, 6, 7, 8)), -20):
            if gap % 40 == 20:
                receipt = self.new_receipt()
                self.add_purchase(player, "purchase", moment, self.amount(), receipt, "success")
            else:
                self.add_confirmation(player, moment, self.amount(), "")
            moment += timedelta(seconds=gap)

    def add_copy(self, player: str, name: str, moment: datetime, amount: str, receipt: str) -> None:
        """Send a purchase again, as it was or with one thing changed."""
        change = self.random.choice(
            ("nothing", "nothing", "player", "name", "name", "moment", "amount")
        )
        self.add_purchase(
            self.player() if change == "player" else player,
            "purchase" if change == "name" else name,
            self.shift(moment) if change == "moment" else moment,
            self.amount() if change == "amount" else amount,
            receipt,
            "success",
        )

    def add_chargeback(
        self, player: str, moment: datetime, amount: str, receipts: list[str]
    ) -> None:
        """Charge back a purchase of the cluster, or an unknown one."""
        receipt = self.random.choice((*receipts, *receipts, "RCP-888888", "", "RCP-3"))
        self.add_purchase(
            self.random.choice((player, player, "")),
            self.event_name(),
            self.shift(moment),
            self.random.choice((amount, f"-{amount.lstrip('-')}", "")),
            receipt,
            self.random.choice(("chargeback", "refund", "Voided", "canceled", "Refund_Reversed")),
        )

    # --- Rows that must not count, in places where counting them would show ----------------------

    def add_rows_out_of_range(self) -> None:
        """Add rows after the last active day that do not count, and rows of other centuries.

        Their amounts are as large as the rules allow; no report contains them.
        """
        later = datetime(2026, 2, 4, 10, tzinfo=UTC)
        for status, amount, receipt in (
            ("failed", "1234567890123456.12345678", ""),
            ("success", "0", "RCP-500"),
            ("success", "4.99", "BADREC-9"),
            ("refund", "0009999999999999999", "RCP-501"),
        ):
            self.purchases.append(
                ["af_1", "purchase", later.isoformat(), amount, "Only Failures", receipt, status]
            )
        self.purchases.append(
            ["af_1", "purchase", "1900-01-01 00:00", "4.99", "Summer", "", "failed"]
        )
        self.confirmations.append(["nobody", "", "2026-01-14T12:00:00Z", "4.99", "", "RCP-1"])
        self.confirmations.append(["af_1", "", "1900-01-01", "4.99", "", ""])
        self.confirmations.append(["af_2", "", "2200-12-31T23:59:59Z", "-1", "", "RCP-2"])
        self.sessions.append([later.isoformat(), " ", "session_start"])
        self.sessions.append(["2026-02-04T25:00:00Z", "af_1", "session_start"])
        self.costs.append(["2026-02-02", "Summer", "7"])  # a cost is not activity

    def add_every_rejected_form(self) -> None:
        """Add each malformed form once to each input, in otherwise valid rows."""
        good, day = "2026-01-12T10:00:00Z", "2026-01-12"
        times = [(bad, "4.99") for bad in BAD_TIMES]
        amounts = [(good, bad) for bad in BAD_AMOUNTS]
        for time, amount in times + amounts:
            row = ["af_forms", "purchase", time, amount, "Summer", self.new_receipt()]
            self.purchases.append([*row, "success"])
            self.confirmations.append(row)
        for receipt in BAD_RECEIPTS:
            row = ["af_forms", "purchase", good, "4.99", "Summer", receipt, "success"]
            self.purchases.append(row)
        self.sessions.extend([bad, "u1", "session_start"] for bad in BAD_TIMES)
        self.costs.extend([bad, "Summer", "1"] for bad in BAD_DATES)
        self.costs.extend([day, "Summer", bad] for bad in BAD_AMOUNTS)
        self.costs.append([day, " ", "1"])

    def add_chargebacks_of_rows_that_do_not_count(self) -> None:
        """Add chargebacks whose receipt has a success row, though one that earned nothing."""
        time = "2026-01-12T10:00:00Z"
        for name, amount in (("purchase", "x"), ("login", "4.99"), ("purchase", "0")):
            receipt = self.new_receipt()
            row = ["af_forms", name, time, amount, "Summer", receipt, "Success"]
            self.purchases.append(row)
            self.purchases.append(["af_forms", "purchase", time, "1", "", receipt, "chargeback"])
        # Nothing in the purchases explains this one.
        self.confirmations.append(["af_nobody", "", time, "1", "", self.new_receipt()])

    def add_planned_campaigns(self, yesterday: date) -> None:
        """Add campaigns whose ROAS of `yesterday` lies exactly on an edge of the anomaly rule.

        Each has a list of (revenue, cost) per day, ending with `yesterday`; `None` omits the row.
        """
        plans: dict[str, Sequence[tuple[str | None, str | None]]] = {
            "Tie Two Thirds": [("2", "3")] * 7 + [("1", "3")],
            "Tie Seven Tenths": [("7", "10")] * 7 + [("7", "20")],
            "Tie Of Steps": [(f"0.{tenth}", "1") for tenth in range(1, 8)] + [("0.20", "1")],
            "Tie At Four Fifths": [("2", "3")] * 7 + [("8", "15")],
            "Just Below": [("2", "3")] * 7 + [("0.99", "3")],
            "Just Above": [("2", "3")] * 7 + [("1.01", "3")],
            "Just Enough Days": [("3", "1"), (None, "1"), ("3", "1"), ("0.5", "1")],
            "One Day Short": [("3", "1"), ("3", None), (None, "0"), ("3", "1"), ("0.5", "1")],
            "New": [("3", "1")],
            "Stopped": [("3", "1")] * 7 + [(None, "2")],
            "Spend Cancels": [("3", "1")] * 7 + [("3", "0")],
            "Spend Negative": [("3", "1")] * 7 + [("3", "-2")],
            "Spend Missing": [("3", "1")] * 7 + [("3", None)],
            "Never Earned": [(None, "5")] * 8,
        }
        for campaign, days in plans.items():
            for days_back, (revenue, cost) in enumerate(reversed(days)):
                day = yesterday - timedelta(days=days_back)
                if revenue is not None:
                    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
                    self.purchases.append(
                        [
                            f"planned_{self.random.randrange(9)}",
                            "purchase",
                            noon.isoformat(),
                            revenue,
                            recase(self.random, campaign),
                            self.new_receipt(),
                            "success",
                        ]
                    )
                if cost is not None:
                    spelled = pad(self.random, recase(self.random, campaign))
                    self.costs.append([f"{day}", spelled, cost])
                    if campaign == "Spend Cancels":
                        self.costs.extend([[f"{day}", spelled, "2.5"], [f"{day}", spelled, "-2.5"]])

    def add_costs(self) -> None:
        """Add costs of most campaigns and days: none, one or several rows, also of zero or less."""
        random = self.random
        for campaign in CAMPAIGNS:
            for days in range(31):
                day = FIRST_DAY + timedelta(days=days)
                for _ in range(random.choice((0, 1, 1, 1, 1, 1, 2, 3))):
                    amount = random.choice(("1", "2.5", "3", "10", "10", "0.1", "0", "-1", "-2.5"))
                    row = [
                        pad(random, f"{day}"),
                        pad(random, recase(random, campaign)),
                        spell_amount(random, amount),
                    ]
                    dice = random.random()
                    if dice < 0.01:
                        row[0] = random.choice(BAD_DATES)
                    elif dice < 0.02:
                        row[2] = random.choice(BAD_AMOUNTS)
                    self.costs.append(row)

    def add_sessions(self) -> None:
        """Add sessions of few players on most days, at midnight and a microsecond before it."""
        random = self.random
        last = LAST_DAY - timedelta(days=2) if self.sessions_end_early else LAST_DAY
        day = FIRST_DAY
        while day <= last:
            for _ in range(random.choice((0, 3, 8, 15)) if day.day % 2 else 10):
                clock = random.choice(("00:00", "00:00:01", "12:00", "23:59:59.999999"))
                user = random.choice(("u1", "U1", "u2", "u3", "игрок", 'u"4"', "null", "u 5"))
                row = [
                    spell_time(random, datetime.fromisoformat(f"{day}T{clock}+00:00")),
                    pad(random, user),
                    random.choice(("session_start", "login", "", "purchase")),
                ]
                dice = random.random()
                if dice < 0.03:
                    row[0] = random.choice(BAD_TIMES)
                elif dice < 0.05:
                    row[1] = random.choice(("", " ", "\u00a0"))
                self.sessions.append(row)
            day += timedelta(days=1)

    def add_last_activity(self) -> None:
        """Add the one row that makes the last day active, and only in UTC that day."""
        if self.sessions_end_early:
            moment = "2026-02-01T00:29:59+00:30"
            self.purchases.append(["af_last", "purchase", moment, "4.99", "Summer", "", "success"])
        else:
            self.sessions.append(["2026-01-31T23:59:59.9999999", "u1", "session_start"])


def nasty_inputs(seed: int, rows: int) -> dict[str, str]:
    """The four CSV texts of one data set with at least `rows` raw purchases, in random order."""
    generator = Generator(seed)
    generator.add_rows_out_of_range()
    generator.add_planned_campaigns(MIDDLE_DAY - timedelta(days=1))
    generator.add_planned_campaigns(LAST_DAY - timedelta(days=1))
    generator.add_last_activity()
    generator.add_every_rejected_form()
    generator.add_chargebacks_of_rows_that_do_not_count()
    generator.add_costs()
    generator.add_sessions()
    while len(generator.purchases) < rows:
        add = generator.random.choice(
            (*(generator.add_cluster,) * 6, generator.add_ties, generator.add_chain)
        )
        add()
    tables = {
        "purchases_raw": generator.purchases,
        "confirmed_purchases": generator.confirmations,
        "costs_daily": generator.costs,
        "sessions": generator.sessions,
    }
    for table in tables.values():
        generator.random.shuffle(table)
    # What follows has a random source of its own, so that the rows above stay the same.
    random = Random(seed)
    add_returning_players(random, generator.sessions)
    add_install_times(random, generator.purchases)
    headers = {**HEADERS, "purchases_raw": f"{HEADERS['purchases_raw']},install_time_utc"}
    return {
        name: write_csv(generator.random, headers[name], table) for name, table in tables.items()
    }


def add_returning_players(random: Random, sessions: list[Fields]) -> None:
    """Add players who come for a few days, often more than 30 days apart, on even days only."""
    days = [
        day
        for day in (date(2025, 11, 20) + timedelta(days=number) for number in range(70))
        if day.day % 2 == 0
    ]
    for number in range(60):
        for day in random.sample(days, random.choice((1, 2, 3, 6))):
            moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
            sessions.append([spell_time(random, moment), f"returning_{number}", "login"])


def add_install_times(random: Random, purchases: list[Fields]) -> None:
    """Add a time of installation to most rows: before, on and after the day of the purchase.

    A player has one, another in a few rows, none in some, and now and then one that is no time.
    """
    first = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC)
    clocks = ("00:00:00", "12:00:00", "23:59:59")
    installed: dict[str, datetime | None] = {}
    for row in purchases:
        player = row[0].strip()
        hours, minutes, seconds = random.choice(clocks).split(":")
        clock = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
        moment = first + timedelta(days=random.randrange(-4, 25)) + clock
        usual = installed.setdefault(player, None if random.random() < 0.15 else moment)
        dice = random.random()
        if usual is None or dice < 0.1:
            row.append(random.choice(("", "", " ", random.choice(BAD_TIMES))))
        else:
            row.append(spell_time(random, moment if dice < 0.13 else usual))
