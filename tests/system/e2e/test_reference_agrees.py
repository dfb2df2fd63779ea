"""Compare the project with the reference: nasty inputs through `dbt build`, all report rows.

One build takes seconds, so each scenario is one test that compares everything and shows the first
differences of each report, next to the raw CSV lines they come from.
"""

import csv
import io
import math
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests.support.harness import Project
from tests.system.e2e.nasty import SCENARIOS, Scenario, nasty_inputs
from tests.system.e2e.reference import (
    Reports,
    Row,
    Value,
    parse_date,
    parse_time,
    read_csv,
    reference,
    upper,
)
from tests.system.e2e.reference_window import reference_sweep

DIFFERENCES_SHOWN = 3
LINES_SHOWN = 6  # of each input

Json = Any  # what the json module returns

# A part of the name of the model that keeps the rejected rows of an input.
SUBJECTS = {"confirmed_purchases": "confirm", "costs_daily": "cost", "sessions": "session"}


# --- Comparing ----------------------------------------------------------------------------------


def is_same(expected: Value, actual: object) -> bool:
    """Return whether a reported value equals the expected one; its type defines the precision."""
    if expected is None or isinstance(expected, bool | str):
        return type(actual) is type(expected) and actual == expected
    if isinstance(actual, bool) or not isinstance(actual, int | float | Decimal):
        return False
    if isinstance(expected, Fraction):
        return math.isclose(float(actual), float(expected), rel_tol=1e-9)
    return Decimal(str(actual)) == expected


def differing_keys(expected: Row, actual: dict[str, Any]) -> list[str]:
    """The keys whose values differ, or that are missing."""
    return [
        key
        for key, value in expected.items()
        if key not in actual or not is_same(value, actual[key])
    ]


Differences = tuple[list[Row], list[dict[str, Any]]]


def unpaired(expected: list[Row], actual: list[dict[str, Any]]) -> Differences:
    """The expected rows that are missing and the reported rows nobody expected, as multisets."""
    missing = []
    unexpected = list(actual)
    for row in expected:
        for index, candidate in enumerate(unexpected):
            if not differing_keys(row, candidate):
                del unexpected[index]
                break
        else:
            missing.append(row)
    return missing, unexpected


def first_out_of_order(expected: list[Row], actual: list[dict[str, Any]]) -> int | None:
    """The first position at which two lists of the same rows differ."""
    for index, (row, other) in enumerate(zip(expected, actual, strict=True)):
        if differing_keys(row, other):
            return index
    return None


# --- Explaining ---------------------------------------------------------------------------------


def raw_lines(text: str) -> Iterator[str]:
    """Return the raw data rows of a CSV text, with line breaks and quotes."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    for number, _ in enumerate(csv.reader(lines())):
        if number > 0:
            yield "".join(taken).rstrip("\r\n")
        taken.clear()


def nearest_lines(
    inputs: dict[str, str], name: str, nearness: Callable[[dict[str, str | None]], float | None]
) -> list[str]:
    """The raw lines of one input that have a nearness, numbered, the nearest (smallest) first."""
    ranked = []
    rows = zip(read_csv(inputs[name]), raw_lines(inputs[name]), strict=True)
    for number, (record, line) in enumerate(rows, start=1):
        distance = nearness(record)
        if distance is not None:
            ranked.append((distance, number, f"    {name} row {number}: {line!r}"))
    lines = [text for _, _, text in sorted(ranked)]
    more = len(lines) - LINES_SHOWN
    return lines if more <= 0 else [*lines[:LINES_SHOWN], f"    ... and {more} more of {name}"]


def sources(inputs: dict[str, str], row: dict[str, Any]) -> list[str]:
    """The raw lines a row of a report is likely to come from."""
    if "appsflyer_id" in row:
        return sources_of_purchase(inputs, row)
    if row.get("campaign") is not None and "date" in row:
        return sources_of_campaign(inputs, row)
    return []


def sources_of_purchase(inputs: dict[str, str], row: dict[str, Any]) -> list[str]:
    """Return rows with the same receipt, and the player's other rows within the hour."""
    keys = ("event_time_utc", "af_event_time_utc", "confirmed_event_time_utc")
    moments = [moment for moment in (parse_time(row.get(key)) for key in keys) if moment]

    def nearness(record: dict[str, str | None]) -> float | None:
        at = parse_time(record["event_time_utc"])
        is_near = record["appsflyer_id"] == row["appsflyer_id"] and at is not None
        distance = min(abs((at - each).total_seconds()) for each in moments) if at else 1e9
        if is_near and distance <= 3600:
            return distance
        has_receipt = row["receipt_id"] is not None and record["receipt_id"] == row["receipt_id"]
        return distance if has_receipt else None

    return [
        line
        for name in ("purchases_raw", "confirmed_purchases")
        for line in nearest_lines(inputs, name, nearness)
    ]


def sources_of_campaign(inputs: dict[str, str], row: dict[str, Any]) -> list[str]:
    """Return the day's costs and purchases and, for an average, those of the days before."""
    last = date.fromisoformat(row.get("date") or row["install_date"])
    days = 7 if "avg7" in row else 0

    def days_back(campaign: str | None, day: date | None) -> float | None:
        if upper(campaign) != row["campaign"] or day is None:
            return None
        back = (last - day).days
        return back if 0 <= back <= days else None

    def of_cost(record: dict[str, str | None]) -> float | None:
        return days_back(record["campaign"], parse_date(record["date"]))

    def of_purchase(record: dict[str, str | None]) -> float | None:
        at = parse_time(record["event_time_utc"])
        return days_back(record["campaign"], at.date() if at else None)

    return [
        *nearest_lines(inputs, "costs_daily", of_cost),
        *nearest_lines(inputs, "purchases_raw", of_purchase),
    ]


def explain(inputs: dict[str, str], expected: Row, unexpected: list[dict[str, Any]]) -> list[str]:
    """One expected row that is missing: what is reported instead, and where it comes from."""
    identity = {
        key: expected[key]
        for key in (("appsflyer_id", "type") if "appsflyer_id" in expected else ("campaign",))
        if key in expected
    }
    alike = [other for other in unexpected if not differing_keys(identity, other)]
    closest = min(alike, key=lambda other: len(differing_keys(expected, other)), default=None)
    if closest is None:
        text = [f"  missing: {readable(expected)}"]
    else:
        unexpected.remove(closest)
        text = [f"  wrong: {readable(expected)}"]
        for key in differing_keys(expected, closest):
            found = repr(closest[key]) if key in closest else "nothing"
            text.append(f"    {key}: expected {plain(expected[key])}, found {found}")
    return text + sources(inputs, expected)


def plain(value: Value) -> str:
    """An expected value as the report would show it."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(float(value)) if isinstance(value, Fraction) else repr(value)


def readable(row: Row) -> str:
    """An expected row without what is null."""
    return ", ".join(f"{key}={plain(value)}" for key, value in row.items() if value is not None)


def compare(
    name: str,
    inputs: dict[str, str],
    expected: list[Row],
    actual: list[dict[str, Any]],
    *,
    in_order: bool = True,
) -> str:
    """Return the differences in one report."""
    missing, unexpected = unpaired(expected, actual)
    text: list[str] = []
    if missing or unexpected:
        text.append(f"{name}: {len(missing)} rows missing, {len(unexpected)} rows unexpected")
        for row in missing[:DIFFERENCES_SHOWN]:
            text += explain(inputs, row, unexpected)
        if not missing:
            for other in unexpected[:DIFFERENCES_SHOWN]:
                text.append(f"  unexpected: {other}")
                text += sources(inputs, other)
    elif in_order:
        index = first_out_of_order(expected, actual)
        if index is not None:
            text.append(f"{name}: right rows, wrong order at position {index}:")
            text.append(f"  expected {readable(expected[index])}")
            text.append(f"  found    {actual[index]}")
    return "\n".join(text)


def compare_keys(name: str, expected: list[Row], actual: list[dict[str, Any]]) -> str:
    """Reports with a fixed list of columns have exactly these, in this order."""
    if expected and actual and list(actual[0]) != list(expected[0]):
        return f"{name}: columns {list(actual[0])}, expected {list(expected[0])}"
    return ""


# --- The reports, the dispositions, the rejected rows -------------------------------------------


def compare_reconciliation(project: Project, inputs: dict[str, str], expected: Reports) -> str:
    """Summary, details as a multiset, and the order of the types."""
    actual = project.report("reconciliation")
    wrong = []
    for key, count in expected["reconciliation"]["summary"].items():
        if not is_same(count, actual["summary"].get(key)):
            found = actual["summary"].get(key)
            wrong.append(f"reconciliation: summary {key}: expected {count}, found {found}")
    wrong.append(
        compare(
            "reconciliation",
            inputs,
            expected["reconciliation"]["details"],
            actual["details"],
            in_order=False,
        )
    )
    types = [detail["type"] for detail in actual["details"]]
    if types != sorted(types, key=["matched", "af_only", "confirmed_only"].index):
        wrong.append(
            "reconciliation: details are not in the order matched, af_only, confirmed_only"
        )
    return "\n".join(filter(None, wrong))


def compare_sweep(project: Project, inputs: dict[str, str], expected: list[Row]) -> str:
    """Compare every variation; the inputs have no player with too many pairs to match again."""
    actual = project.report("reconciliation_sweep")
    assert actual["summary"]["unsearched"] == 0
    rows = actual["variations"]
    name = "reconciliation_sweep"
    differences = [compare_keys(name, expected, rows), compare(name, inputs, expected, rows)]
    return "\n".join(filter(None, differences))


def compare_dispositions(project: Project, inputs: dict[str, str], expected: Reports) -> str:
    """Compare all dispositions; `purchase_id` is the row number in the CSV."""
    found = project.query(
        """
        select
            purchase_id, disposition, disposition_reason, duplicate_of, is_orphan_chargeback,
            is_charged_back
        from intermediate.int_purchases__classified
        left join intermediate.int_purchases__curated using (purchase_id)
        order by cast(purchase_id as bigint)
        """
    )
    verdicts = expected["dispositions"]
    numbers = [int(row[0]) for row in found]
    if numbers != list(range(1, len(verdicts) + 1)):
        return f"dispositions: purchase_id is not 1..{len(verdicts)} but {numbers[:10]}..."
    wrong: list[str] = []
    lines = list(raw_lines(inputs["purchases_raw"]))
    for row, verdict in zip(found, verdicts, strict=True):
        duplicate_of = None if row[3] is None else int(row[3])
        actual = (row[1], row[2], duplicate_of, bool(row[4]), bool(row[5]))
        if actual != tuple(verdict.values()):
            wrong.append(
                f"  row {row[0]}: expected {readable(verdict)}, found {actual}\n"
                f"    {lines[int(row[0]) - 1]!r}"
            )
            for other in {duplicate_of, verdict["duplicate_of"]}:
                if isinstance(other, int):
                    wrong[-1] += f"\n    row {other}: {lines[other - 1]!r}"
    shown = wrong[: 2 * DIFFERENCES_SHOWN]
    return "\n".join([f"dispositions: {len(wrong)} rows differ", *shown]) if wrong else ""


def compare_rejected(project: Project, expected: Reports) -> str:
    """Compare the numbers of rejected rows of each other input."""
    relations = project.query(
        """
        select table_schema, table_name
        from information_schema.tables
        where table_name like '%\\_rejected' escape '\\'
        order by all
        """
    )
    wrong = []
    for name, count in expected["rejected"].items():
        found = [relation for relation in relations if SUBJECTS[name] in relation[1]]
        if len(found) != 1:
            wrong.append(f"rejected: one relation for {name} expected, found {found or relations}")
            continue
        schema, table = found[0]
        sql = f'select count(*) from "{schema}"."{table}"'  # noqa: S608 (names from the catalog)
        [(actual,)] = project.query(sql)
        if actual != count:
            wrong.append(f"rejected: {table} has {actual} rows, expected {count}")
    return "\n".join(wrong)


def later_rows_last(
    inputs: dict[str, str], as_of_date: date
) -> tuple[dict[str, str], dict[str, str]]:
    """Move the rows after a day to the end, so that the others have the same numbers without them.

    Returns:
        The inputs with the rows moved, and without them.
    """
    moved, known = {}, {}
    for name, text in inputs.items():
        header = text.splitlines(keepends=True)[0]
        line_end = "\r\n" if header.endswith("\r\n") else "\n"
        earlier: list[str] = []
        later: list[str] = []
        for record, line in zip(read_csv(text), raw_lines(text), strict=True):
            day = parse_date(record["date"]) if "date" in record else day_of(record)
            (later if day is not None and day > as_of_date else earlier).append(line + line_end)
        assert later
        known[name] = header + "".join(earlier)
        moved[name] = known[name] + "".join(later)
    return moved, known


def day_of(record: dict[str, str | None]) -> date | None:
    """The UTC day of an event."""
    at = parse_time(record.get("event_time_utc") or record.get("event_timestamp_utc"))
    return at.date() if at else None


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_project_agrees_with_reference(project: Project, scenario: Scenario) -> None:
    """The build passes all its own tests on nasty inputs, and every report is the expected one."""
    inputs = known = nasty_inputs(scenario.seed, scenario.rows)
    settings: dict[str, Any] = scenario.variables
    variables = dict(scenario.variables)
    if scenario.as_of_date is not None:
        variables["as_of_date"] = scenario.as_of_date.isoformat()
        inputs, known = later_rows_last(inputs, scenario.as_of_date)
    expected = reference(known, scenario.as_of_date, **settings)

    project.write_inputs(inputs)
    build = project.build(variables=variables)
    assert build.exit_code == 0, build.output[-6000:]

    differences = [
        compare_dispositions(project, inputs, expected),
        compare_rejected(project, expected),
        compare_reconciliation(project, inputs, expected),
        compare_sweep(project, inputs, reference_sweep(known, **settings)),
    ]
    tables = {
        "purchases_curated": expected["purchases_curated"],
        "roas_d1": expected["roas_d1"],
        "roas_anomaly": expected["roas_anomaly"],
        "arpdau_d1": expected["arpdau_d1"],
        "roas_states": expected["roas_states"],
        "roas_rules": expected["roas_rules"],
        "cohorts": expected["cohorts"]["cohorts"],
        "retention": expected["retention"],
        "engagement_daily": expected["engagement_daily"],
    }
    for name, rows in tables.items():
        actual = project.report(name)
        if name == "cohorts":
            summary = [expected["cohorts"]["summary"]]
            differences.append(compare("summary of cohorts", inputs, summary, [actual["summary"]]))
            actual = actual["cohorts"]
        differences += [compare_keys(name, rows, actual), compare(name, inputs, rows, actual)]
    text = "\n".join(filter(None, differences))
    if text:
        pytest.fail(f"seed {scenario.seed} ({scenario.name}):\n{text}", pytrace=False)
