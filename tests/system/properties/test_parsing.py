"""Compare the models' parsing of times, dates, amounts and names with plain Python."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext

from hypothesis import example, given
from hypothesis import strategies as st

from tests.system.e2e.nasty import BAD_AMOUNTS, BAD_TIMES
from tests.system.e2e.reference import parse_amount, parse_date, parse_time
from tests.system.properties.models import Models
from tests.system.properties.profile import examples

# Unicode's White_Space: the characters of `str.isspace` without ASCII's four separators.
WHITE_SPACE = "".join(
    character for character in map(chr, range(0x3001)) if character.isspace()
).translate(dict.fromkeys(range(0x1C, 0x20)))
FIRST, LAST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)
CENT = Decimal("1e-8")

# Parts of times and amounts, and similar text.
PIECES = [
    *"0123456789+-:., TZtz",
    *"\u0660\u0665\uff11\u2212\u066b\u00a0\u202f\u3000\u200b\ufeff\0\n\r\t$%eE_'\"",
    *("00", "60", "24", "99", "000", "00000000", "e9", "+02:00", "-0530", "NaN", "inf", "UTC"),
]


@st.composite
def mutated(draw: st.DrawFn, valid: st.SearchStrategy[str]) -> str:
    """Generate valid text with random insertions, deletions and replacements."""
    text = draw(valid)
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 2)))
        text = text[:start] + draw(st.sampled_from(PIECES)) + text[end:]
    return text


def number(first: int, last: int, width: int) -> st.SearchStrategy[str]:
    """Generate a whole number with leading zeros."""
    return st.integers(first, last).map(lambda value: f"{value:0{width}}")


def joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Concatenate texts."""
    return st.tuples(*parts).map("".join)


def one(*texts: str) -> st.SearchStrategy[str]:
    """Choose one of these texts."""
    return st.sampled_from(texts)


DIGITS = st.text("0123456789", min_size=1, max_size=20)
DATES = joined(
    one("2026", "2026", "2028", "1000", "9999", "0999", "1969", "1582", "0001", "0000"),
    one("-"),
    st.one_of(number(1, 12, 2), number(0, 14, 2)),
    one("-"),
    st.one_of(number(1, 28, 2), number(0, 32, 2)),
)
CLOCKS = joined(
    number(0, 24, 2),
    one(":"),
    number(0, 60, 2),
    st.one_of(
        one("", ":00", ":59", ":60"),
        joined(number(0, 60, 2).map(":{}".format), one(".", ","), DIGITS.map(lambda d: d[:10])),
    ),
)
ZONES = st.one_of(
    one("", "Z", "+02:00", "-0530", "+24:00", "-23:59", "+14", "-00:00"),
    joined(one("+", "-"), number(0, 24, 2), one("", ":"), st.one_of(one(""), number(0, 60, 2))),
)
TIMES = st.one_of(DATES, joined(DATES, one("T", "T", " "), CLOCKS, ZONES))
AMOUNTS = joined(
    one("", "", "-", "+"),
    st.one_of(DIGITS, one("0", "00000000000000000001", "9999999999999999", "9999999999")),
    one("", ".", ","),
    st.one_of(one("", "99", "999", "99999999", "999999999", "000000005", "0000000049999"), DIGITS),
)
SPACES = st.text(WHITE_SPACE, max_size=2)


def texts(valid: st.SearchStrategy[str], known: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    """Generate many texts of a kind: valid, nearly valid and arbitrary."""
    anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
    near = mutated(valid)
    text = st.one_of(
        valid, near, near, joined(SPACES, near, SPACES), st.sampled_from(known), anything
    )
    return st.lists(text, min_size=1, max_size=40)


def cleaned(text: str) -> str | None:
    """Trim as the models do."""
    return text.strip(WHITE_SPACE) or None


def expected_time(text: str) -> datetime | None:
    """Return the time of a text; its year in UTC is from 1000 to 9999."""
    try:
        moment = parse_time(cleaned(text))
    except OverflowError:
        return None
    if moment is None or (cleaned(text) or "").startswith("0"):
        return None
    return moment if FIRST <= moment <= LAST else None


def expected_date(text: str) -> date | None:
    """Return the date of a text."""
    day = parse_date(cleaned(text))
    return day if day and day.year >= FIRST.year else None


def expected_amount(text: str) -> Decimal | None:
    """Return the amount of a text, rounded to eight decimals, with at most sixteen digits."""
    amount = parse_amount(cleaned(text))
    if amount is None:
        return None
    with localcontext(prec=100):
        rounded = amount.quantize(CENT, ROUND_HALF_UP)
    return rounded if abs(rounded) < 10**16 else None


def in_utc(moments: list[datetime | None]) -> list[datetime | None]:
    """Add the zone, which DuckDB's values lack."""
    return [moment and moment.replace(tzinfo=UTC) for moment in moments]


@examples(short=100, long=4000)
@given(texts(TIMES, BAD_TIMES))
@example(["9999-12-31T23:59:59-23:59", "1000-01-01T00:00:00+00:01", "2026-01-05T10:00:00.1234567"])
def test_a_time_is_what_plain_python_reads(models: Models, given_texts: list[str]) -> None:
    models.fill("sessions", [(text, "u_1", "session_start") for text in given_texts])
    models.settle(["stg_game__sessions"])
    rows = models.query(
        "select started_at, rejection_reason from staging.stg_game__sessions order by session_id"
    )
    expected = [expected_time(text) for text in given_texts]
    assert dict(enumerate(in_utc([row[0] for row in rows]))) == dict(enumerate(expected))
    assert [row[1] for row in rows] == [
        None if moment else "unparsable_time" for moment in expected
    ]


@examples(short=60, long=2000)
@given(texts(DATES, BAD_TIMES))
def test_a_cost_date_is_what_plain_python_reads(models: Models, given_texts: list[str]) -> None:
    models.fill("costs_daily", [(text, "A", "1") for text in given_texts])
    models.settle(["stg_ads__costs"])
    rows = models.query("select cost_date from staging.stg_ads__costs order by cost_id")
    assert [row[0] for row in rows] == [expected_date(text) for text in given_texts]


@examples(short=100, long=4000)
@given(texts(AMOUNTS, BAD_AMOUNTS))
@example(["9999999999999999.999999995", "0.000000005", "-0.000000005", "0.0000000049999"])
def test_an_amount_is_what_plain_python_reads(models: Models, given_texts: list[str]) -> None:
    models.fill("costs_daily", [("2026-01-05", "A", text) for text in given_texts])
    models.settle(["stg_ads__costs"])
    rows = models.query("select ad_cost_usd from staging.stg_ads__costs order by cost_id")
    assert [row[0] for row in rows] == [expected_amount(text) for text in given_texts]
