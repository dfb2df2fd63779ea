"""What every macro that engines could take differently makes of what, written down.

Texts hold what tells engines apart: white space that is none to some, letters whose upper case is
more than one, times at the ends of the calendar, amounts that do not fit, JSON that is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Value = str | None
# What goes into each column of a case, and what must come out.
Case = tuple[tuple[Value, ...], Value]

# What the cases rest on, whatever a project has set.
VARIABLES = {
    "reconciliation_window_minutes": 10,
    "roas_history_window_days": 7,
    "roas_daily_variation": 0.15,
    "quality_min_rows": 3,
    "organic_campaign_names": ["organic", "(ORGANIC)"],
}


@dataclass(frozen=True)
class Table:
    """Cases of one expression.

    Attributes:
        macro: The macro that they are about.
        result: The expression in Jinja. It may name the columns, and windows.
        columns: Name and SQL type of each column; all cases give them as text.
        cases: What goes in and what must come out, as text. Where the expression makes rows, these
            are separated by spaces, sorted.
        kind: How results are compared: `text` exactly, `decimal` and `double` by value, `json`
            by what it means.
        windows: What follows `window`, for an expression over rows.
    """

    macro: str
    result: str
    columns: dict[str, str]
    cases: Sequence[Case]
    kind: str = "text"
    windows: str = ""
    derived: dict[str, str] = field(default_factory=dict)


def _texts(*pairs: tuple[Value, Value]) -> list[Case]:
    """Cases of one column."""
    return [((text,), expected) for text, expected in pairs]


def _moments(*texts: str) -> list[Case]:
    """Times that mean themselves."""
    return _texts(*((text, text) for text in texts))


WHITE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2005\u200a\u2028\u2029\u202f\u205f\u3000"
NO_WHITE = "\x1c\x1f\u200b\u2060\ufeff\u180e"

TEXTS = [
    Table(
        "sql_string",
        "text",
        {"text": "text"},
        _texts(
            *(
                (text, text)
                for text in (
                    "it's",
                    "''",
                    "\\",
                    "\\'",
                    "a\\nb\\\\",
                    "\\u0041",
                    "%_",
                    '"x"',
                    "${x} ${env:PATH}",
                    "a;b -- c /* d",
                    "\x01\x07\x1b\x7f",
                    "a\nb\r\nc\td",
                    "Zo\xeb \u0130\u0131 \u4e2d \U0001f600",
                )
            ),
            (None, None),
        ),
    ),
    Table(
        "trim_white_space",
        "{{ clean_text('text') }}",
        {"text": "text"},
        _texts(
            (f"{WHITE}a{WHITE}b{WHITE}", f"a{WHITE}b"),
            (WHITE, None),
            ("", None),
            (None, None),
            (NO_WHITE, NO_WHITE),
            (" \u200ba\ufeff ", "\u200ba\ufeff"),
            ("a", "a"),
            (" \\ ", "\\"),
            ("u0020", "u0020"),
            ("0009a0009", "0009a0009"),
            ("\u3000\U0001f600\u3000", "\U0001f600"),
            ("!~", "!~"),
            ("a\n", "a"),
        ),
    ),
    Table(
        "upper_case",
        "{{ campaign_name('text') }}",
        {"text": "text"},
        _texts(
            (" Winter_Quest_us\xa0", "WINTER_QUEST_US"),
            ("Stra\xdfe", "STRA\u1e9eE"),
            ("STRASSE", "STRASSE"),
            ("\ufb01n \u0149 \u01f0", "\ufb01N \u0149 \u01f0"),
            ("\u1f80\u1fb3\u1fb7", "\u1f88\u1fbc\u1fb7"),
            ("i\u0131\u0130", "II\u0130"),
            ("\u03c3\u03c2\u03c3\u03c2", "\u03a3\u03a3\u03a3\u03a3"),
            ("\u01c6\u01c5", "\u01c4\u01c4"),
            ("\xff\xb5", "\u0178\u039c"),
            ("\U00010428\U0001f600x", "\U00010400\U0001f600X"),
            ("e\u0301", "E\u0301"),
            ("\xe4\nb", "\xc4\nB"),
            (" ", None),
            (None, None),
        ),
    ),
    Table(
        "lower_case",
        "{{ lower_case('text') }}",
        {"text": "text"},
        _texts(
            ("AF_Purchase", "af_purchase"),
            ("\u0130I", "ii"),
            ("\u039f\u03a3 \u03a3", "\u03bf\u03c3 \u03c3"),
            ("\u1e9e\u1f88", "\xdf\u1f80"),
            ("\U00010400", "\U00010428"),
            ("", ""),
            (None, None),
        ),
    ),
    Table(
        "is_in",
        "{{ is_in('text', [\"it's\", 'a\\\\b', 'Zo\\u00eb', '']) }}",
        {"text": "text"},
        _texts(
            ("it's", "true"),
            ("a\\b", "true"),
            ("Zo\xeb", "true"),
            ("Zoe\u0308", "false"),
            ("zo\xeb", "false"),
            ("it's ", "false"),
            ("", "true"),
            (None, "false"),
        ),
    ),
    Table(
        "is_in", "{{ is_in('text', []) }}", {"text": "text"}, _texts(("", "false"), (None, "false"))
    ),
    Table(
        "is_paid_campaign",
        "{{ is_paid_campaign('text') }}",
        {"text": "text"},
        _texts(("ORGANIC", "false"), ("(ORGANIC)", "false"), ("A", "true"), (None, "false")),
    ),
    Table(
        "matches_fully",
        "{{ matches_fully('text', '^RCP-[0-9]+$') }}",
        {"text": "text"},
        _texts(
            ("RCP-1", "true"),
            ("RCP-1\n", "false"),
            ("\nRCP-1", "false"),
            ("RCP-1\u2028", "false"),
            ("RCP-\u0661", "false"),
            ("RCP-\uff11", "false"),
            ("rcp-1", "false"),
            ("xRCP-1", "false"),
            ("RCP-", "false"),
            ("", "false"),
            (None, None),
        ),
    ),
    Table(
        "has_marks_apart",
        "{{ has_marks_apart('text') }}",
        {"text": "text"},
        _texts(
            ("Cafe\u0301", "true"),
            ("Caf\u00e9", "false"),
            ("\u1112\u1161\u11ab\n", "true"),
            ("\ud55c", "false"),
            ("\u304b\u3099", "true"),
            ("\u304c", "false"),
            ("a\nb", "false"),
            ("a\ne\u0301", "true"),
            ("x0300", "false"),
            ("", "false"),
            (None, None),
        ),
    ),
    Table(
        "matches_fully",
        r"{{ matches_fully('text', 'a|b\\.c|it\x27s|[.]x{2,3}|.') }}",
        {"text": "text"},
        _texts(
            ("a", "true"),
            ("ab", "false"),
            ("b.c", "true"),
            ("bxc", "false"),
            ("it's", "true"),
            (".xxx", "true"),
            (".xxxx", "false"),
            ("\r", "true"),
            ("\x85", "true"),
            ("\u2028", "true"),
            ("\n", "false"),
            ("\U0001f600", "true"),
        ),
    ),
    Table(
        "rejection_reason",
        "{{ rejection_reason({'a': 'a', 'b': 'b', 'c_d': 'c'}) }}",
        {"a": "boolean", "b": "boolean", "c": "boolean"},
        [
            (("true", "true", "true"), "a, b, c_d"),
            (("true", None, "true"), "a, c_d"),
            (("false", "true", "false"), "b"),
            (("false", "false", "false"), None),
            ((None, None, None), None),
        ],
    ),
]

TIMES = [
    Table(
        "parse_utc_timestamp",
        "{{ parse_utc_timestamp('text') }}",
        {"text": "text"},
        _texts(
            ("2026-01-05", "2026-01-05 00:00:00"),
            ("2026-01-05T10:00", "2026-01-05 10:00:00"),
            ("2026-01-05 10:00:59Z", "2026-01-05 10:00:59"),
            ("2026-01-05T10:00:00.5", "2026-01-05 10:00:00.5"),
            ("2026-01-05T10:00:00,123456Z", "2026-01-05 10:00:00.123456"),
            ("2026-01-05T10:00:00.123456789", "2026-01-05 10:00:00.123456"),
            ("2026-01-05T10:00:00.9999999", "2026-01-05 10:00:00.999999"),
            ("2026-01-05T23:59:59.9999999+00:00", "2026-01-05 23:59:59.999999"),
            ("2026-01-05T10:00:00.1234567891", None),
            ("2026-01-05T10:00:00+14:00", "2026-01-04 20:00:00"),
            ("2026-01-05T10:00:00-12:00", "2026-01-05 22:00:00"),
            ("2026-01-05T10:00:00-0330", "2026-01-05 13:30:00"),
            ("2026-01-05T10:00+02", "2026-01-05 08:00:00"),
            ("2026-01-05T10:00:00-00:00", "2026-01-05 10:00:00"),
            ("2026-01-05T10:00:00+23:59", "2026-01-04 10:01:00"),
            ("2026-01-05T10:00:00+24:00", None),
            ("2026-01-05T10:00:00+02:60", None),
            ("2026-01-05+02:00", None),
            ("2026-01-05T10:00:00Z+02:00", None),
            ("2026-01-05T10:00:00 +02:00", None),
            ("2026-01-05T10:00:00 UTC", None),
            ("2026-01-05T10:00:00z", None),
            ("2026-01-05t10:00:00Z", None),
            ("2026-01-05T24:00:00Z", None),
            ("2026-01-05T23:60:00Z", None),
            ("2026-01-05T23:59:60Z", None),
            ("2026-1-5T10:00:00Z", None),
            ("2026-01-05T1:00:00Z", None),
            ("2026-01-05T10", None),
            ("2026-01-05T", None),
            ("20260105T100000Z", None),
            ("2026-02-29", None),
            ("2026-02-29T00:00:00+01:00", None),
            ("2028-02-29T00:00:00Z", "2028-02-29 00:00:00"),
            ("2028-03-01T00:30:00+01:00", "2028-02-29 23:30:00"),
            ("1900-02-29T00:00:00Z", None),
            ("2000-02-29T12:00:00-12:00", "2000-03-01 00:00:00"),
            ("2026-00-10", None),
            ("2026-13-10", None),
            ("2026-04-31", None),
            ("1582-10-10T00:00:00Z", "1582-10-10 00:00:00"),
            ("1000-01-01T00:00:00Z", "1000-01-01 00:00:00"),
            ("1000-01-01T00:00:00-00:01", "1000-01-01 00:01:00"),
            ("1000-01-01T00:00:00+00:01", None),
            ("1000-01-01T00:01:00+00:01", "1000-01-01 00:00:00"),
            ("0999-12-31T23:59:59Z", None),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31 23:59:59.999999"),
            ("9999-12-31T23:59:59+00:01", "9999-12-31 23:58:59"),
            ("9999-12-31T23:59:59-00:01", None),
            ("10000-01-01T00:00:00Z", None),
            ("-2026-01-05", None),
            ("2026-03-29T02:30:00", "2026-03-29 02:30:00"),
            ("2026-01-05T10:00:00\u221202:00", None),
            ("\uff12026-01-05", None),
            ("2026-01-05T10:00:00Z\n", None),
            ("now", None),
            ("epoch", None),
            ("", None),
            (None, None),
        ),
    ),
    Table(
        "parse_date",
        "{{ parse_date('text') }}",
        {"text": "text"},
        _texts(
            ("2026-01-05", "2026-01-05"),
            ("2028-02-29", "2028-02-29"),
            ("2026-02-29", None),
            ("1900-02-29", None),
            ("1582-10-10", "1582-10-10"),
            ("1000-01-01", "1000-01-01"),
            ("9999-12-31", "9999-12-31"),
            ("0999-12-31", None),
            ("10000-01-01", None),
            ("2026-1-5", None),
            ("2026-01", None),
            ("2026", None),
            ("2026-01-05T10:00", None),
            ("2026-01-05\n", None),
            ("2026-00-01", None),
            ("2026-12-32", None),
            ("today", None),
            ("", None),
            (None, None),
        ),
    ),
    Table(
        "microseconds_between",
        "{{ seconds_between('start_at', 'end_at') }}",
        {"start_at": "timestamp", "end_at": "timestamp"},
        [
            (("2026-01-05 10:00:00", "2026-01-05 10:10:00"), "600"),
            (("2026-01-05 10:10:00.000001", "2026-01-05 10:00:00"), "-600.000001"),
            (("2026-01-05 10:00:00.999999", "2026-01-05 10:00:01"), "0.000001"),
            (("1969-12-31 23:59:59.5", "1970-01-01 00:00:00.25"), "0.75"),
            (("1000-01-01 00:00:00", "9999-12-31 23:59:59.999999"), "284012524799.999999"),
            (("2026-01-05 10:00:00", None), None),
            ((None, "2026-01-05 10:00:00"), None),
        ],
        kind="decimal",
    ),
    Table(
        "days_between",
        "{{ days_between('first_date', 'last_date') }}",
        {"first_date": "date", "last_date": "date"},
        [
            (("2028-02-28", "2028-03-01"), "2"),
            (("2026-02-28", "2026-03-01"), "1"),
            (("2026-03-01", "2026-02-28"), "-1"),
            (("2026-03-01", "2026-03-01"), "0"),
            (("1582-10-04", "1582-10-15"), "11"),
            (("1000-01-01", "9999-12-31"), "3287181"),
            (("2026-03-01", None), None),
            ((None, "2026-03-01"), None),
        ],
    ),
    Table(
        "explode_days",
        "{{ explode_days('first_date', 'last_date') }}",
        {"first_date": "date", "last_date": "date"},
        [
            (("2028-02-28", "2028-03-01"), "2028-02-28 2028-02-29 2028-03-01"),
            (("2026-03-01", "2026-03-01"), "2026-03-01"),
            (("1582-10-14", "1582-10-15"), "1582-10-14 1582-10-15"),
            (("9999-12-30", "9999-12-31"), "9999-12-30 9999-12-31"),
            (("2026-03-01", "2026-02-28"), ""),
            (("2026-03-01", None), ""),
            ((None, "2026-03-01"), ""),
            ((None, None), ""),
        ],
        kind="rows",
    ),
    Table(
        "time_slot",
        "{{ time_slot('happened_at') }}",
        {"happened_at": "timestamp"},
        _texts(
            ("1970-01-01 00:39:59.999999", "0"),
            ("1970-01-01 00:40:00", "1"),
            ("1969-12-31 23:20:00.000001", "0"),
            ("1969-12-31 23:20:00", "-1"),
            ("1000-01-01 00:00:00", "-12754260"),
            ("9999-12-31 23:59:59.999999", "105584291"),
            (None, None),
        ),
    ),
    Table(
        "explode_time_slots",
        "{{ explode_time_slots('happened_at') }}",
        {"happened_at": "timestamp"},
        _texts(
            ("1970-01-01 00:10:00", "0"),
            ("1970-01-01 00:29:59.999999", "0"),
            ("1970-01-01 00:30:00", "0 1"),
            ("1969-12-31 23:20:00", "-1 0"),
            ("9999-12-31 23:59:59.999999", "105584291 105584292"),
        ),
        kind="rows",
    ),
    Table(
        "reconciliation_window",
        "confirmed_at between purchased_at - {{ reconciliation_window() }}"
        " and purchased_at + {{ reconciliation_window() }}",
        {"purchased_at": "timestamp", "confirmed_at": "timestamp"},
        [
            (("2026-01-05 10:00:00", "2026-01-05 10:10:00"), "true"),
            (("2026-01-05 10:00:00", "2026-01-05 10:10:00.000001"), "false"),
            (("2026-01-05 10:00:00", "2026-01-05 09:50:00"), "true"),
            (("2026-01-05 10:00:00", "2026-01-05 09:49:59.999999"), "false"),
            (("2028-02-29 23:55:00", "2028-03-01 00:05:00"), "true"),
            (("9999-12-31 23:59:00", "9999-12-31 23:49:00"), "true"),
            (("1000-01-01 00:00:00", "1000-01-01 00:10:00"), "true"),
            (("2026-01-05 10:00:00", None), None),
        ],
    ),
    Table(
        "quality_period",
        "{{ quality_period('activity_date', 'd1_date') }}",
        {"activity_date": "date", "d1_date": "date"},
        [
            (("2028-03-01", "2028-03-01"), "recent"),
            (("2028-02-23", "2028-03-01"), "recent"),
            (("2028-02-22", "2028-03-01"), "before"),
            (("2028-03-02", "2028-03-01"), None),
            (("1000-01-01", "9999-12-31"), "before"),
            ((None, "2028-03-01"), None),
            (("2028-03-01", None), None),
        ],
    ),
    Table(
        "epoch_time",
        "{{ epoch_time('text', 1000) }}",
        {"text": "text"},
        _texts(
            ("1767603660", "2026-01-05 09:01:00"),
            ("1767603660.125", "2026-01-05 09:01:00.125"),
        ),
    ),
    Table(
        "utc_of_local",
        "{{ utc_of_local('local', 'Europe/Berlin') }}",
        {"local": "timestamp"},
        _texts(
            ("2026-01-05 10:00:00", "2026-01-05 09:00:00"),
            ("2026-07-05 00:30:00.5", "2026-07-04 22:30:00.5"),
            # skipped by the change to summer time
            ("2026-03-29 02:30:00", "2026-03-29 01:30:00"),
            ("2026-03-29 03:00:00", "2026-03-29 01:00:00"),
            # repeated by the change to winter time
            ("2026-10-25 01:59:59", "2026-10-24 23:59:59"),
            ("2026-10-25 02:30:00", "2026-10-25 01:30:00"),
            ("2026-10-25 03:00:00", "2026-10-25 02:00:00"),
            (None, None),
        ),
    ),
    Table(
        "utc_text",
        "{{ utc_text('text', 'America/New_York') }}",
        {"text": "text"},
        _texts(
            ("2026-01-05 10:00:00", "2026-01-05T15:00:00Z"),
            ("2026-01-05 10:00:00.123", "2026-01-05T15:00:00.123Z"),
            ("2026-01-05T10:00:00Z", "2026-01-05T10:00:00Z"),
            ("2026-01-05T10:00:00+02:00", "2026-01-05T08:00:00Z"),
            ("2026-01-05", "2026-01-05T05:00:00Z"),
            ("1767603660", "2026-01-05T09:01:00Z"),
            ("1767603660123", "2026-01-05T09:01:00.123Z"),
            ("########", "########"),
            ("05.01.2026 10:00", "05.01.2026 10:00"),
            ("", ""),
            (None, None),
        ),
    ),
]

NUMBERS = [
    Table(
        "number_text",
        "{{ number_text('text', ',', '.') }}",
        {"text": "text"},
        _texts(
            ("1.234,50", "1234.50"),
            ("-1.234.567", "-1234567"),
            ("1234,5", "1234.5"),
            ("1,234", "1.234"),
            ("0", "0"),
            ("12.34", "12.34 (decimal sign: ,)"),
            ("1.2345", "1.2345 (decimal sign: ,)"),
            ("1,2,3", "1,2,3"),
            ("$5", "$5"),
            (None, None),
        ),
    ),
    Table(
        "number_text",
        "{{ number_text('text', none, ' ') }}",
        {"text": "text"},
        _texts(
            ("1 234.50", "1234.50"),
            ("1\u202f234\u00a0567.5", "1234567.5"),
            ("1,50", "1,50 (decimal sign: .)"),
        ),
    ),
    Table(
        "text_of_path",
        "{{ text_of_path('dt=([0-9-]+)/b=([0-9]+)') }}",
        {"source_file_path": "text"},
        _texts(
            ("/x/dt=2026-01-05/b=10/p.parquet", "2026-01-05-00000000000000000010"),
            ("/x/dt=2026-01-05/p.parquet", None),
        ),
    ),
    Table(
        "parse_money",
        "{{ parse_money('text') }}",
        {"text": "text"},
        _texts(
            ("4.99", "4.99"),
            ("4,99", "4.99"),
            ("-4,99", "-4.99"),
            ("-0", "0"),
            ("1,234", None),
            ("-1,234", None),
            ("1.234", "1.234"),
            ("1,2345", "1.2345"),
            ("0.00000001", "0.00000001"),
            ("0.000000005", "0.00000001"),
            ("-0.000000005", "-0.00000001"),
            ("0.0000000049999", "0"),
            ("9999999999", "9999999999"),
            ("99999999.9", "99999999.9"),
            ("9999999999.999999995", "10000000000"),
            ("9999999999999999", "9999999999999999"),
            ("9999999999999999.99999999", "9999999999999999.99999999"),
            ("9999999999999999.999999995", None),
            ("10000000000000000", None),
            ("00000000000000000000000000000000000000000000000001", "1"),
            ("12345678901234567890123456789012345678", None),
            ("123456789012345678901234567890123456789", None),
            ("0." + "1" * 60, "0.11111111"),
            ("1.", None),
            (".5", None),
            ("+1", None),
            ("--1", None),
            ("1e3", None),
            ("1_000", None),
            ("0x10", None),
            ("1,000,000", None),
            ("1,000.00", None),
            ("1 000", None),
            ("\u0661", None),
            ("\uff11", None),
            ("\u22121", None),
            ("1\u066b5", None),
            ("NaN", None),
            ("Infinity", None),
            ("$1", None),
            ("1\n", None),
            ("", None),
            (None, None),
        ),
        kind="decimal",
    ),
    Table(
        "share_of",
        "{{ share_of('part', 'whole') }}",
        {"part": "bigint", "whole": "bigint"},
        [
            (("1", "3"), "0.3333333333333333"),
            (("2", "3"), "0.6666666666666666"),
            (("0", "3"), "0"),
            (("9007199254740993", "9007199254740993"), "1"),
            (("1", "2"), None),
            (("0", "0"), None),
            ((None, "3"), None),
            (("1", None), None),
        ],
        kind="double",
    ),
    Table(
        "sum_of_previous",
        "{{ sum_of_previous('value', 3, 'in_order') }}",
        {"series": "text", "day": "bigint", "value": "double"},
        [
            (("a", "1", "0.1"), "0"),
            (("a", "2", "0.2"), "0.1"),
            (("a", "3", "0.3"), "0.30000000000000004"),
            (("a", "4", None), "0.6"),
            (("a", "5", "1"), "0.5"),
            (("a", "6", "1"), "1.3"),
            (("b", "3", "-1e16"), "10000000000000000"),
            (("b", "2", "1"), "1e16"),
            (("b", "1", "1e16"), "0"),
            (("b", "4", "1"), "0"),
            ((None, "1", "5"), "0"),
            ((None, "2", "5"), "5"),
        ],
        kind="double",
        windows="in_order as (partition by series order by day)",
    ),
    Table(
        "quartiles_over",
        "{{ quartile(quartiles_over('value', 'before'), 1) }}",
        {"series": "text", "day": "bigint", "value": "bigint"},
        [
            (("a", "1", "4"), None),
            (("a", "2", "8"), "4"),
            (("a", "3", None), "5"),
            (("a", "4", "-3"), "5"),  # nulls have no place among the values
            (("a", "5", "1"), "0.5"),  # of -3, 4, 8: half way from -3 to 4
        ],
        kind="double",
        windows="before as ("
        "partition by series order by day rows between 4 preceding and 1 preceding)",
    ),
    Table(
        "quartile",
        "{{ quartile(quartiles_over('value', 'of_all'), 3) }}",
        {"series": "text", "value": "bigint"},
        [
            (("a", "1"), "3.25"),
            (("a", "2"), "3.25"),
            (("a", "3"), "3.25"),
            (("a", "4"), "3.25"),
            (("b", "7"), "7"),
            (("c", None), None),
        ],
        kind="double",
        windows="of_all as (partition by series)",
    ),
    Table(
        "low_count_z",
        "round({{ low_count_z('actual', 'expected') }}, 4)",
        {"actual": "bigint", "expected": "double"},
        [
            (("0", "9"), "-3.2016"),  # 8 / 3 - 3 * cbrt(9 / 1.2025)
            (("0", "0"), "2.6667"),
            (("100", "100"), "0.1202"),
            (("1000000", "1000000"), "0.1"),
            ((None, "9"), None),
            (("0", None), None),
        ],
        kind="double",
    ),
    Table(
        "known_value",
        "concat_ws('|', coalesce({{ known_value('last', 'value', 'earlier') }}, '-'),"
        " coalesce({{ known_value('first', 'value', 'later') }}, '-'))",
        {"series": "text", "day": "bigint", "value": "text"},
        [
            (("a", "1", None), "-|x"),
            (("a", "2", "x"), "x|x"),
            (("a", "3", None), "x|y"),
            (("a", "4", "y"), "y|y"),
            (("a", "5", None), "y|-"),
            (("b", "1", None), "-|-"),
            ((None, "1", "z"), "z|z"),
            ((None, "2", None), "z|-"),
        ],
        windows="earlier as (partition by series order by day"
        " rows between unbounded preceding and current row),"
        " later as (partition by series order by day"
        " rows between current row and unbounded following)",
    ),
]

JSON_TEXT = Table(
    "json_text",
    "{{ json_text('meta', 'key') }}",
    {"meta": "text"},
    _texts(
        ('{"key":"a"}', "a"),
        (' {\n"other":[1,{"key":2}],"key" :\t"a" } ', "a"),
        ('{"key":""}', ""),
        ('{"key":" a\xa0"}', " a\xa0"),
        (r'{"key":"\"\\\/\b\f\n\r\t\u00eb"}', '"\\/\b\f\n\r\t\xeb'),
        (r'{"key":"\ud83d\ude00"}', "\U0001f600"),
        (r'{"key":"\ud83d"}', None),
        (r'{"key":"a","other":"\ude00"}', None),
        (r'{"key":"\\ud83d"}', r"\ud83d"),
        (r'{"key":"\u0065","k\u0065y":1}', "e"),
        ('{"key":1}', "1"),
        ('{"key":-9223372036854775809}', "-9223372036854775809"),
        ('{"key":9007199254740993}', "9007199254740993"),
        ('{"key":123456789012345678901234567890}', "123456789012345678901234567890"),
        ('{"key":1.50}', "1.5"),
        ('{"key":1.0}', "1.0"),
        ('{"key":1e3}', "1000.0"),
        ('{"key":true}', "true"),
        ('{"key":null}', None),
        ('{"key":{"b":[1, "x" ,null],"a":{ }}}', '{"b":[1,"x",null],"a":{}}'),
        ('{"key":[]}', "[]"),
        ('{"other":{"key":1}}', None),
        ('{"Key":1}', None),
        ('{"key":"a","key":"b"}', "a"),
        ('[{"key":1}]', None),
        ('"key"', None),
        ("null", None),
        ("1", None),
        ('{"key":1', None),
        ('{"key":1} x', None),
        ('{"key":1}{"key":2}', None),
        ('{"key":1}]', None),
        ('{"key":1}}', None),
        ('{"key":1}]}', None),
        ('{"key":1},{"key":2}', None),
        ('{"key":1},"other":2', None),
        ("{'key':1}", None),
        ("{key:1}", None),
        ('{"key":01}', None),
        ('{"key":+1}', None),
        ('{"key":.5}', None),
        ('{"key":"a\tb"}', None),
        ('{"key":"a"}//b', None),
        (r"""{"key":"\'"}""", None),
        ('{"key":"a\x7f\u2028"}', "a\x7f\u2028"),
        ("{}", None),
        ("", None),
        (" ", None),
        (None, None),
    ),
)


def _json_value(sql_type: str, *pairs: tuple[Value, Value]) -> Table:
    return Table(
        "json_value_text",
        f"{{{{ json_value_text(api.Column('value', '{sql_type}')) }}}}",
        {"value": sql_type},
        _texts(*pairs),
        kind="json",
    )


DECIMAL_TEXT = Table(
    "decimal_text",
    "{{ decimal_text('value', 10) }}",
    {"value": "decimal(38,10)"},
    _texts(
        ("4.99", "4.9900000000"),
        ("-0.5", "-0.5000000000"),
        ("0", "0.0000000000"),
        ("0.0000000001", "0.0000000001"),
        ("-0.0000009999", "-0.0000009999"),
        ("0.000001", "0.0000010000"),
        ("1234567890123456789012345678.0123456789", "1234567890123456789012345678.0123456789"),
        (None, None),
    ),
)

JSON_VALUES = [
    _json_value(
        "decimal(24,8)",
        ("4.99", "4.99"),
        ("100", "100"),
        ("-0.5", "-0.5"),
        ("0", "0"),
        ("0.00000001", "0.00000001"),
        ("-0.00000101", "-0.00000101"),
        ("0.000001", "0.000001"),
        ("9999999999999999.99999999", "9999999999999999.99999999"),
        (None, None),
    ),
    _json_value(
        "timestamp",
        ("2026-01-05 10:00:00", '"2026-01-05T10:00:00Z"'),
        ("2026-01-05 10:00:00.5", '"2026-01-05T10:00:00.500000Z"'),
        ("1969-12-31 23:59:59.000001", '"1969-12-31T23:59:59.000001Z"'),
        ("1000-01-01 00:00:00", '"1000-01-01T00:00:00Z"'),
        ("9999-12-31 23:59:59.999999", '"9999-12-31T23:59:59.999999Z"'),
        (None, None),
    ),
    _json_value(
        "date", ("2028-02-29", '"2028-02-29"'), ("1000-01-01", '"1000-01-01"'), (None, None)
    ),
    _json_value("bigint", ("9007199254740993", "9007199254740993"), ("-1", "-1"), (None, None)),
    _json_value("boolean", ("true", "true"), ("false", "false"), (None, None)),
    _json_value(
        "double",
        ("0.1", "0.1"),
        ("1e300", "1e300"),
        ("1e-7", "1e-7"),
        ("0.3333333333333333", "0.3333333333333333"),
        ("123456789.5", "123456789.5"),
        (None, None),
    ),
]

# A case is a player's pairs, best first, as `purchase-confirmation`; `macro_queries` makes rows of
# them for the macro, which is a whole query.
MATCHING = Table(
    "mutually_best_pairs",
    "",
    {"pairs": "text"},
    _texts(
        ("1-1", "1-1"),
        ("1-1 1-2", "1-1"),
        ("1-1 2-1", "1-1"),
        ("1-2 1-1 2-2 2-1", "1-2 2-1"),
        ("1-1 1-2 2-2 2-3 3-3 3-4 4-4", "1-1 2-2 3-3 4-4"),
        ("4-4 4-3 3-3 3-2 2-2 2-1 1-1", "1-1 2-2 3-3 4-4"),
        ("2-1 1-1 1-2 3-2 3-3", "1-2 2-1 3-3"),
        ("1-3 2-3 2-2 3-2 3-1", "1-3 2-2 3-1"),
        ("1-1 1-2 1-3 2-1 2-2 2-3 3-1 3-2 3-3", "1-1 2-2 3-3"),
        ("5-1 4-1 4-2 3-2 3-3 2-3 2-4 1-4 1-5", "1-5 2-4 3-3 4-2 5-1"),
    ),
    kind="rows",
)

TABLES = [*TEXTS, *TIMES, *NUMBERS, DECIMAL_TEXT, JSON_TEXT, *JSON_VALUES, MATCHING]
