"""The input files that must be in `seeds/` before dbt starts.

dbt takes a seed for whatever CSV file it finds, so of a missing one it only says that some model
depends on an unknown node. This names the file and its header instead.
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
    found = []
    for name, header in HEADERS.items():
        path = folder / name
        if not path.is_file():
            found.append(f"{path} is missing. Put the export there, with the header line {header}")
    return found
