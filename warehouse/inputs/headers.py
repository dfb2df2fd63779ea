"""Checks the files in `seeds/` before dbt starts.

dbt reports a missing file as an unknown node that some model depends on, and a file with another
encoding with a traceback. This module names the file and says what to do.
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
# Inputs that may have no rows.
OPTIONAL_HEADERS = {"exchange_rates.csv": "date,currency,usd_per_unit"}
ALL_HEADERS = HEADERS | OPTIONAL_HEADERS


def faults(folder: Path) -> list[str]:
    """Say what is wrong with the input files, with one message per file.

    Args:
        folder: The folder of the inputs, `seeds/` of the project.
    """
    headers = ALL_HEADERS.items()
    return [fault for name, header in headers if (fault := _fault(folder / name, header))]


def placeholder_faults(folder: Path, landing: str) -> list[str]:
    """Say which placeholder files are missing, if the inputs are in another folder.

    Args:
        folder: The folder `seeds/` of the project.
        landing: The folder of the inputs.
    """
    return [
        f"{folder / name} is missing. The inputs come from {landing}, but dbt needs a file of this"
        f" name. Run: echo {header} > {folder / name}"
        for name, header in ALL_HEADERS.items()
        if not (folder / name).is_file()
    ]


def _fault(path: Path, header: str) -> str | None:
    if path.is_dir():
        return f"{path} is a folder. Replace it with the exported file."
    if path.is_symlink() and not path.exists():
        return f"{path} links to {path.readlink()}, which does not exist. Put the export there."
    if not path.is_file():
        return f"{path} is missing. Put the export there, with the header line {header}"
    fault = csv_fault(str(path))
    return f"{path} {fault}" if fault else None
