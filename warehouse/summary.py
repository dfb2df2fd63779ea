"""Prints the outcome of a build: the numbers, the flags and the paths of the files."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from warehouse.database import open_when_free
from warehouse.settings import Settings
from warehouse.terminal import name_cell, print_line, print_table

# A JSON object of a report; reports/schemas/ describes its keys.
Record = dict[str, Any]


def print_summary(settings: Settings, console: Console) -> None:
    """Print the outcome of the last build from its reports and its warehouse.

    Raises:
        FileNotFoundError: There are no reports yet.
        WarehouseUnavailableError: The warehouse cannot be read.
    """
    manifest = _report(settings, "manifest")
    echo = partial(print_line, console)
    with open_when_free(settings.warehouse_path, read_only=True, report=echo) as warehouse:
        dispositions = _dispositions(warehouse)
        rejected = _rejected(warehouse)
        days = _history_days(warehouse)
    echo()
    echo(
        (f"D-1 is {manifest['d1_date'] or 'unknown'}", "bold"),
        f" (as of {manifest['as_of_date'] or 'no day: there is no activity'})",
    )
    print_table(console, _inputs_table(dispositions, rejected))
    print_table(console, _reconciliation_table(_report(settings, "reconciliation")["summary"]))
    roas, anomalies = _report(settings, "roas_d1"), _report(settings, "roas_anomaly")
    print_table(console, _campaigns_table(roas, anomalies, days))
    echo(_arpdau_line(_report(settings, "arpdau_d1")[0]))
    echo(_files_line(settings, manifest))


def _report(settings: Settings, name: str) -> Any:  # noqa: ANN401 (an object or an array)
    path = settings.reports_path / f"{name}.json"
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist. Run `make build` or `dbt build` first.")
    return json.loads(path.read_text(encoding="utf-8"))


def _dispositions(warehouse: duckdb.DuckDBPyConnection) -> list[tuple[str, int, float]]:
    return warehouse.execute(
        """
        select disposition, sum(row_count)::bigint, sum(revenue_usd)::double
        from marts.fct_purchase_dispositions_daily
        group by disposition
        order by disposition != 'curated', sum(row_count) desc, disposition
        """
    ).fetchall()


def _rejected(warehouse: duckdb.DuckDBPyConnection) -> list[tuple[str, int]]:
    return warehouse.execute(
        """
        select 'confirmations', count(*) from intermediate.int_confirmations__rejected
        union all
        select 'cost rows', count(*) from intermediate.int_costs__rejected
        union all
        select 'sessions', count(*) from intermediate.int_sessions__rejected
        """
    ).fetchall()


def _history_days(warehouse: duckdb.DuckDBPyConnection) -> int:
    found = warehouse.execute("select roas_history_window_days from reports.rpt_page_settings")
    return int(found.fetchall()[0][0])


def _inputs_table(
    dispositions: list[tuple[str, int, float]], rejected: list[tuple[str, int]]
) -> Table:
    row_count = sum(rows for _, rows, _ in dispositions)
    table = _table(f"{row_count:,} purchase rows in", "", "rows", "US$")
    for disposition, rows, revenue in dispositions:
        table.add_row(disposition, f"{rows:,}", f"{revenue:,.2f}")
    for name, rows in rejected:
        if rows:
            table.add_row(f"rejected {name}", f"{rows:,}", "", style="yellow")
    return table


def _reconciliation_table(summary: Record) -> Table:
    table = _table("Reconciliation", "", "rows", "US$")
    for outcome, money in (
        ("matched", "matched_af_revenue_usd"),
        ("af_only", "af_only_revenue_usd"),
        ("confirmed_only", "confirmed_only_revenue_usd"),
    ):
        table.add_row(outcome, f"{summary[outcome]:,}", f"{summary[money]:,.2f}")
    return table


def _campaigns_table(roas: list[Record], anomalies: list[Record], days: int) -> Table:
    table = _table("Campaigns on D-1", "", "revenue", "cost", "ROAS", f"{days}-day", "")
    for day, anomaly in zip(roas, anomalies, strict=True):
        table.add_row(
            name_cell(day["campaign"]),
            _number(day["revenue_usd"]),
            _number(day["ad_cost_usd"]),
            _number(day["roas"]),
            _number(anomaly["avg7"]),
            _verdict(anomaly),
        )
    return table


def _verdict(anomaly: Record) -> Text:
    notes = [] if anomaly["state"] == "ok" else [anomaly["state"]]
    if anomaly["anomaly"]:
        return Text.assemble(("ANOMALY", "bold red"), *(f" {note}" for note in notes))
    return Text(" ".join(notes) or "ok")


def _arpdau_line(day: Record) -> str:
    if day["arpdau_usd"] is None:
        return f"ARPDAU unknown ({day['state']}), net revenue US$ {day['revenue_usd']:,.2f}"
    return (
        f"ARPDAU US$ {day['arpdau_usd']:,.4f}: net revenue US$ {day['revenue_usd']:,.2f},"
        f" DAU {day['dau']:,}"
    )


def _files_line(settings: Settings, manifest: Record) -> str:
    names = [file["file"] for file in manifest["files"] if file["kind"] == "report"]
    return (
        f"Reports in {_shown(settings.reports_path)}: {', '.join([*names, 'manifest.json'])}\n"
        f"Warehouse in {_shown(settings.warehouse_path)}"
    )


def _shown(path: Path) -> str:
    return f"{path}/" if path.is_dir() else str(path)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}"


def _table(title: str, *headers: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for position, header in enumerate(headers):
        is_text = position == 0 or not header
        # Only the first column shrinks in a narrow terminal.
        table.add_column(header, justify="left" if is_text else "right", no_wrap=position > 0)
    return table
