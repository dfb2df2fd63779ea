"""The command `python -m warehouse diff`: which figures differ between two builds, and why."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import groupby
from typing import Any

import duckdb
from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from warehouse.database import open_when_free
from warehouse.figures import cause, title, value
from warehouse.settings import Settings
from warehouse.terminal import cell, console_for, echo, name_cell, print_line, print_table

# Input rows of a figure on the terminal; `--json` has all.
MAX_ROWS = 10
BUILDS = """
    select build_id, built_at, as_of_date, d1_date, settings, code_version
    from history.builds
    order by built_at desc, build_id desc
"""
CHANGES = """
    select
        mart, figure, figure_key, activity_date, value_before, value_after, difference,
        cause, input_name, row_key, counted_before, counted_after, amount
    from history.changes(?, ?)
    order by
        activity_date, mart, figure_key nulls first, cause = 'derived', figure, abs(amount) desc,
        cause, input_name, row_key
"""
Record = dict[str, Any]


class CannotCompareError(Exception):
    """The builds cannot be compared; the message says why and what to do."""


@dataclass(frozen=True)
class Build:
    """A recorded build, a row of `history.builds`."""

    build_id: str
    built_at: datetime
    as_of_date: date | None
    d1_date: date | None
    settings: str
    code_version: str

    def __str__(self) -> str:
        """Name the build on the terminal."""
        return f"{self.build_id[:8]} ({self.built_at:%Y-%m-%d %H:%M:%S} UTC, D-1 {self.d1_date})"

    def as_record(self) -> Record:
        """Name the build in JSON."""
        return {
            "build_id": self.build_id,
            "built_at": f"{self.built_at.isoformat()}Z",
            "as_of_date": self.as_of_date and self.as_of_date.isoformat(),
            "d1_date": self.d1_date and self.d1_date.isoformat(),
        }


def add_diff_command(commands: Any) -> None:  # noqa: ANN401 (argparse has no public type)
    """Add the command to the parser of all commands."""
    diff = commands.add_parser(
        "diff",
        help="list the figures that differ between two builds, and why",
        description="Lists the figures that differ between two recorded builds on the days that"
        " both report, and the input rows because of which they do. Without arguments it compares"
        " the last build with the last one of an earlier D-1.",
        epilog="BUILD is the id of a build or its beginning. DATE is an as-of date, as YYYY-MM-DD:"
        " the last build as of that day or an earlier one.",
    )
    diff.add_argument("--from", dest="before", metavar="BUILD|DATE", help="the earlier build")
    diff.add_argument("--to", dest="after", metavar="BUILD|DATE", help="the later build")
    output = diff.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print JSON with all input rows")
    output.add_argument("--list", action="store_true", help="list the recorded builds instead")
    diff.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    console = console_for(is_log_wide=True)
    path = Settings.from_environment().warehouse_path
    with open_when_free(path, read_only=True, report=partial(print_line, console)) as warehouse:
        builds = _builds(warehouse)
        if options.list:
            _print_builds(console, builds)
            return 0
        after = _chosen(builds, options.after) if options.after else builds[0]
        before = _chosen(builds, options.before) if options.before else _earlier(builds, after)
        after, before = sorted([after, before], key=builds.index)
        found = warehouse.execute(CHANGES, [before.build_id, after.build_id])
        columns = [column[0] for column in found.description or []]
        changes = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    if options.json:
        echo(json.dumps(_as_json(before, after, changes), indent=2, default=_plain))
    else:
        _print_changes(console, before, after, changes)
    return 0


def _builds(warehouse: duckdb.DuckDBPyConnection) -> list[Build]:
    try:
        rows = warehouse.execute(BUILDS).fetchall()
    except duckdb.CatalogException:
        rows = []
    if not rows:
        raise CannotCompareError(
            "The warehouse has no history yet. Run `dbt build`, which records what it reports."
        )
    return [Build(*row) for row in rows]


def _chosen(builds: Sequence[Build], text: str) -> Build:
    """Find a build by its id or its as-of date."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        found = [build for build in builds if build.build_id.startswith(text.lower())]
        if len(found) == 1:
            return found[0]
        fault = f"{len(found)} builds have an id that begins with" if found else "No build has id"
        raise CannotCompareError(f"{fault} {text!r}. {_known(builds)}") from None
    for build in builds:
        if build.as_of_date is not None and build.as_of_date <= day:
            return build
    raise CannotCompareError(f"No build is as of {day} or earlier. {_known(builds)}")


def _earlier(builds: Sequence[Build], after: Build) -> Build:
    """Find the build with which `restatements.json` of a build compares."""
    for build in builds[builds.index(after) + 1 :]:
        if build.d1_date and after.d1_date and build.d1_date < after.d1_date:
            return build
    raise CannotCompareError(f"No build before {after} has an earlier D-1. {_known(builds)}")


def _known(builds: Sequence[Build]) -> str:
    return (
        f"The {len(builds):,} recorded builds are as of {builds[-1].as_of_date} to"
        f" {builds[0].as_of_date}: `python -m warehouse diff --list`."
    )


def _changed_settings(before: Build, after: Build) -> list[str]:
    old, new = json.loads(before.settings), json.loads(after.settings)
    return sorted(name for name in {*old, *new} if old.get(name) != new.get(name))


def _as_json(before: Build, after: Build, changes: Sequence[Record]) -> Record:
    figures = []
    for of_figure, rows in groupby(changes, key=_figure):
        names = ("mart", "figure", "key", "date", "before", "after", "difference")
        causes = [
            {
                name: row[name]
                for name in (
                    *(
                        "cause",
                        "input_name",
                        "row_key",
                        "counted_before",
                        "counted_after",
                        "amount",
                    ),
                )
            }
            for row in rows
        ]
        figures.append(dict(zip(names, of_figure, strict=True)) | {"causes": causes})
    return {
        "from": before.as_record(),
        "to": after.as_record(),
        "changed_settings": _changed_settings(before, after),
        "is_code_changed": before.code_version != after.code_version,
        "figures": figures,
    }


def _figure(row: Record) -> tuple[Any, ...]:
    """What all rows of a figure have in common."""
    return (
        *(row[name] for name in ("mart", "figure", "figure_key", "activity_date")),
        *(row[name] for name in ("value_before", "value_after", "difference")),
    )


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value)


def _print_builds(console: Console, builds: Sequence[Build]) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    for header in ("build", "began (UTC)", "as of", "D-1"):
        table.add_column(header)
    for build in builds:
        table.add_row(
            # The whole id does not fit a terminal of 80 columns.
            build.build_id[:8],
            f"{build.built_at:%Y-%m-%d %H:%M:%S}",
            str(build.as_of_date),
            str(build.d1_date),
        )
    print_table(console, table)


def _print_changes(
    console: Console, before: Build, after: Build, changes: Sequence[Record]
) -> None:
    print_line(console, f"From {before}")
    print_line(console, f"to   {after}")
    settings = _changed_settings(before, after)
    if settings:
        print_line(console, (f"Changed vars: {', '.join(settings)}", "yellow"))
    if before.code_version != after.code_version:
        print_line(console, ("The models changed, too." if settings else "The models changed."))
    if not changes:
        print_line(console, "No figure of a day that both report changed.")
        return
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("day", no_wrap=True)
    table.add_column("figure, and why it changed")
    for header in ("before", "after", "change"):
        table.add_column(header, justify="right", no_wrap=True)
    for _, group in groupby(changes, key=_figure):
        _add_figure(table, list(group))
    print_table(console, table)


def _add_figure(table: Table, rows: Sequence[Record]) -> None:
    first = rows[0]
    figure = first["figure"]
    table.add_row(
        cell(first["activity_date"]),
        name_cell(title(figure, first["figure_key"])),
        cell(value(figure, first["value_before"])),
        cell(value(figure, first["value_after"])),
        cell(value(figure, first["difference"], is_change=True)),
        style="bold",
    )
    for row in rows[:MAX_ROWS]:
        is_all = row["cause"] == "derived"
        amount = "" if is_all else value(figure, row["amount"], is_change=True)
        table.add_row("", Padding(cell(_because(row)), (0, 0, 0, 2)), "", "", cell(amount))
    rest = rows[MAX_ROWS:]
    if rest:
        amount = value(figure, sum((row["amount"] for row in rest), Decimal()), is_change=True)
        more = Padding(cell(f"{len(rest):,} more rows: --json"), (0, 0, 0, 2))
        table.add_row("", more, "", "", cell(amount))


def _because(row: Record) -> str:
    parts = [cause(row["cause"])]
    if row["input_name"] == "purchases_raw":
        parts.append(row["row_key"])
    counted = [row["counted_before"], row["counted_after"]]
    if all(counted) and counted[0] != counted[1]:
        parts.append(f"({counted[0]} \N{RIGHTWARDS ARROW} {counted[1]})")
    return " ".join(parts)
