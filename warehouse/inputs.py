"""The input files that must be in `seeds/` before dbt starts.

dbt takes for a seed whatever CSV file it finds, so of a missing one it only says that some model
depends on an unknown node, and a file in another encoding ends it with a traceback. This names the
file, and what to do.
"""

from __future__ import annotations

from pathlib import Path

HEADERS = {
    "purchases_raw.csv": (
        "appsflyer_id,event_name,event_time_utc,revenue_usd,campaign,receipt_id,status"
    ),
    "confirmed_purchases.csv": (
        "appsflyer_id,event_name,event_time_utc,revenue_usd,campaign,receipt_id"
    ),
    "costs_daily.csv": "date,campaign,ad_cost_usd",
    "sessions.csv": "event_timestamp_utc,user_id,event_name",
}


def faults(folder: Path) -> list[str]:
    """Say what is wrong with the input files, a line for each; an empty list where nothing is.

    Args:
        folder: The folder of the inputs, `seeds/` of the project.
    """
    return [fault for name in HEADERS if (fault := _fault(folder / name, HEADERS[name]))]


def _fault(path: Path, header: str) -> str | None:
    if not path.is_file():
        return f"{path} is missing. Put the export there, with the header line {header}"
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return f"{path} is not UTF-8 text: see line {number}. Save it again as UTF-8."
    return None
