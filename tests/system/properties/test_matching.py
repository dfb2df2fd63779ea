"""Compare the SQL of classification and matching with a slow, simple implementation.

Each example contains many small games with distinct ids and receipts, which one run of the SQL
solves. A game has few players, seconds, amounts and receipts, so that most decisions involve ties.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from hypothesis import example, given
from hypothesis import strategies as st

from tests.system.e2e.reference import (
    Confirmation,
    Counterpart,
    Curated,
    Purchase,
    Record,
    Row,
    SetAside,
    classify,
    find_counterpart,
    has_same_receipt,
    known_receipts,
    rank,
    read_confirmations,
    seconds,
    set_aside_purchases,
)
from tests.system.properties.models import MODELS, Models
from tests.system.properties.profile import examples
from warehouse.inputs.headers import HEADERS

Outcome = tuple[Any, ...]
# For each part of a row, what it may be.
Choices = tuple[tuple[Any, ...], ...]
R = TypeVar("R", Purchase, Confirmation)

WINDOW = timedelta(minutes=10)
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
EVENT_NAMES = ("purchase", "af_purchase")

# The parts of a row, encoded as the digits of one number, because drawing numbers is expensive.
PLAYERS = ("a", "b")
SECONDS = (
    "0",
    "0",
    "1",
    "-1",
    "300",
    "-300",
    "600",
    "-600",
    "601",
    "599.999999",
    "600.000001",
    "900",
)
AMOUNTS = ("4.99", "4.99", "4.99", "5.00", "4.98", "9.99", "0")
RECEIPTS = (None, None, None, "1", "2", "3", "x")
# Most purchases are valid; the others are for `classify`.
STATUSES = ("success",) * 8 + ("refund", "failed", "Voided", "reversed")
EVENTS = ("purchase",) * 7 + ("af_purchase", "install")
OUTCOMES = """
select
    appsflyer_id, outcome, purchase_id, confirmation_id, seconds_apart, amount_difference_usd,
    match_rule, candidate_count, is_ambiguous, reason, nearest_seconds_apart,
    counterpart_row_number, counterpart_disposition, counterpart_reason, counterpart_seconds_apart
from marts.fct_reconciliation
"""
DISPOSITIONS = """
select
    disposition, duplicate_of, is_orphan_chargeback,
    coalesce(curated.is_charged_back, false) as is_charged_back
from intermediate.int_purchases__classified
left join intermediate.int_purchases__curated as curated using (purchase_id)
order by purchase_id
"""


@dataclass(frozen=True)
class Game:
    """The rows of one game, each encoded as a number."""

    purchases: list[int]
    confirmations: list[int]


def numbers(*choices: tuple[object, ...]) -> st.SearchStrategy[int]:
    """Generate numbers that `spelled` decodes to these choices."""
    size = 1
    for choice in choices:
        size *= len(choice)
    return st.integers(0, size - 1)


def spelled(number: int, *choices: tuple[Any, ...]) -> list[Any]:
    """Decode a number to one of each of the choices."""
    taken = []
    for choice in choices:
        number, index = divmod(number, len(choice))
        taken.append(choice[index])
    return taken


CONFIRMATION = (SECONDS, AMOUNTS, RECEIPTS, PLAYERS)
PURCHASE = (*CONFIRMATION, STATUSES, EVENTS)


def games(
    most_rows: int, purchase: Choices = PURCHASE, confirmation: Choices = CONFIRMATION
) -> st.SearchStrategy[Game]:
    """Generate a game with up to this many rows per side."""
    return st.builds(
        Game,
        st.lists(numbers(*purchase), max_size=most_rows),
        st.lists(numbers(*confirmation), max_size=most_rows),
    )


def row(game: int, number: int, *choices: tuple[Any, ...]) -> list[str | None]:
    """Return an input row: id, event, time, amount, campaign, receipt and further fields."""
    seconds, amount, receipt, player, *more = spelled(number, *choices)
    at = NOON + timedelta(microseconds=int(Decimal(seconds) * 10**6))
    receipt_id = None if receipt is None else f"RCP-{game}{receipt}"
    status, event = more or (None, "purchase")
    values = [f"{game}-{player}", event, at.isoformat(), amount, "A", receipt_id]
    return [*values, status] if more else values


def records(table: str, rows: list[list[str | None]]) -> list[Record]:
    """Return rows as the reference implementation reads them from a file."""
    columns = HEADERS[f"{table}.csv"].split(",")
    return [dict(zip(columns, values, strict=True)) for values in rows]


def settled(
    models: Models, played: list[Game], purchase: Choices, confirmation: Choices
) -> tuple[list[Record], list[Row], list[Curated], list[Confirmation]]:
    """Build the models from games, and read these as the reference implementation does.

    Returns:
        The purchase rows, their dispositions, the curated purchases and the confirmations.
    """
    purchase_rows = [
        row(n, each, *purchase) for n, game in enumerate(played) for each in game.purchases
    ]
    confirmation_rows = [
        row(n, each, *confirmation) for n, game in enumerate(played) for each in game.confirmations
    ]
    models.fill("purchases_raw", purchase_rows)
    models.fill("confirmed_purchases", confirmation_rows)
    models.settle(MODELS)

    purchases = records("purchases_raw", purchase_rows)
    confirmations = read_confirmations(records("confirmed_purchases", confirmation_rows), purchases)
    dispositions, curated = classify(purchases, EVENT_NAMES, known_receipts(confirmations))
    return purchases, dispositions, curated, confirmations


def walked(
    purchases: list[Purchase], confirmations: list[Confirmation], set_aside: list[SetAside]
) -> list[Outcome]:
    """Take the best remaining pair until none remains; then give the reasons for unmatched rows."""
    taken: list[tuple[Purchase, Confirmation]] = []
    candidates = [
        (purchase, confirmation)
        for purchase in purchases
        for confirmation in confirmations
        if abs(confirmation.at - purchase.at) <= WINDOW
    ]
    left = list(candidates)
    while left:
        best = min(left, key=rank)
        taken.append(best)
        left = [pair for pair in left if pair[0] != best[0] and pair[1] != best[1]]

    def count(side: int, of: Purchase | Confirmation) -> int:
        return sum(pair[side] == of for pair in candidates)

    outcomes: list[Outcome] = []
    for purchase, confirmation in taken:
        rule = "receipt" if has_same_receipt((purchase, confirmation)) else "nearest"
        is_contested = count(0, purchase) > 1 or count(1, confirmation) > 1
        is_ambiguous = is_contested and rule == "nearest"
        outcomes.append(
            (
                *(purchase.appsflyer_id, "matched", purchase.row, confirmation.row),
                seconds(confirmation.at - purchase.at),
                confirmation.amount - purchase.amount,
                *(rule, count(0, purchase), is_ambiguous, None, None),
                *(None, None, None, None),
            )
        )
    for side, rows, others in ((0, purchases, confirmations), (1, confirmations, purchases)):
        for each in rows:
            if all(pair[side] != each for pair in taken):
                nearest = min((abs(each.at - other.at) for other in others), default=None)
                # Every confirmation of a game can be read, so none is set aside.
                explained = find_counterpart(each, others, set_aside if side else [], WINDOW)
                outcomes.append(_unmatched(side, each, count(side, each), nearest, explained))
    return outcomes


def _unmatched(
    side: int,
    each: Purchase | Confirmation,
    count: int,
    nearest: timedelta | None,
    counterpart: Counterpart | None,
) -> Outcome:
    ids = ("af_only", each.row, None) if side == 0 else ("confirmed_only", None, each.row)
    why: tuple[str, Decimal | None]
    found: tuple[object, ...] = (None, None, None, None)
    if counterpart is not None and counterpart.at is not None:
        apart = each.at - counterpart.at if side else counterpart.at - each.at
        found = (counterpart.row, counterpart.disposition, counterpart.fault, seconds(apart))
    if counterpart is not None:
        why = (counterpart.reason, None)
    elif count:
        why = ("lost_to_closer_pair", None)
    elif nearest is None:
        why = ("no_candidate", None)
    else:
        why = ("outside_window", seconds(nearest))
    return (each.appsflyer_id, *ids, None, None, None, count, count > 0, *why, *found)


def by_player(rows: list[R]) -> dict[str | None, list[R]]:
    """Purchases match only confirmations of the same player."""
    players: dict[str | None, list[R]] = {}
    for each in rows:
        players.setdefault(each.appsflyer_id, []).append(each)
    return players


@examples(short=40, long=2000)
@given(st.lists(st.one_of(games(4), games(4), games(9)), min_size=1, max_size=60))
# A chain: each row is nearest to the next one, and only the last pair is final.
@example([Game([0, 2, 4], [3, 5])])
def test_every_game_ends_as_the_slow_rules_say(models: Models, played: list[Game]) -> None:
    records_read, dispositions, curated, confirmations = settled(
        models, played, PURCHASE, CONFIRMATION
    )
    assert models.query(DISPOSITIONS) == [
        (each["disposition"], each["duplicate_of"], each["is_orphan"], each["is_charged_back"])
        for each in dispositions
    ]
    set_aside = set_aside_purchases(records_read, dispositions)
    ours, theirs = by_player([each.purchase for each in curated]), by_player(confirmations)
    expected = [
        outcome
        for player in ours.keys() | theirs.keys()
        for outcome in walked(ours.get(player, []), theirs.get(player, []), set_aside)
    ]
    assert sorted(models.query(OUTCOMES), key=repr) == sorted(expected, key=repr)
