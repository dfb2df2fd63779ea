"""The input files that must be in `seeds/` before dbt starts.

dbt takes for a seed whatever CSV file it finds, so of a missing one it only says that some model
depends on an unknown node, and a file in another encoding ends it with a traceback. This names the
file, and what to do.
"""

from __future__ import annotations

from pathlib import Path

from warehouse.inputs.csv_files import csv_fault

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


def placeholder_faults(folder: Path, landing: str) -> list[str]:
    """Say which files dbt lacks, a line for each, where it is to read others in their stead.

    Args:
        folder: The folder `seeds/` of the project.
        landing: Where the inputs are.
    """
    return [
        f"{folder / name} is missing. The inputs are read from {landing}, and yet dbt must find a"
        f" file of this name, which may be empty: touch {folder / name}"
        for name in HEADERS
        if not (folder / name).is_file()
    ]


def _fault(path: Path, header: str) -> str | None:
    if path.is_dir():
        return f"{path} is a folder. Put the export there as a file."
    if path.is_symlink() and not path.exists():
        return f"{path} is a link to {path.readlink()}, which does not exist. Put the export there."
    if not path.is_file():
        return f"{path} is missing. Put the export there, with the header line {header}"
    fault = csv_fault(str(path))
    return f"{path} {fault}" if fault else None
