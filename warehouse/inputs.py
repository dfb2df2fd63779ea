"""The input files that must be in `seeds/` before dbt starts.

dbt takes for a seed whatever CSV file it finds, so of a missing one it only says that some model
depends on an unknown node, and a file in another encoding ends it with a traceback. This names the
file, and what to do. What DuckDB would read wrongly is found here, too.
"""

from __future__ import annotations

import codecs
import mmap
import re
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

CHUNK_BYTES = 1024 * 1024
LINE_ENDS = {b"\n": "LF", b"\r\n": "CRLF", b"\r": "CR"}
# A quoted value, in which every line end is allowed, or a line end.
_QUOTED_OR_LINE_END = re.compile(rb'(?<![^,\r\n])"[^"]*+(?:""[^"]*+)*+"?|\r\n|\n|\r')


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
    try:
        # The line ends are the last to look at: a file in another encoding has them, too.
        fault = _nul_fault(path) or _encoding_fault(path) or _line_end_fault(path)
    except OSError as error:
        fault = f"cannot be read: {error.strerror}. Give this user the right to, and run again."
    return f"{path} {fault}" if fault else None


def csv_fault(path: str) -> str:
    """Say what DuckDB would read wrongly in a CSV file without saying so.

    Args:
        path: The file.

    Returns:
        The rest of a sentence that begins with the file's name; blank where nothing is wrong.

    Raises:
        OSError: The file cannot be read.
    """
    return _nul_fault(Path(path)) or _line_end_fault(Path(path)) or ""


def _nul_fault(path: Path) -> str | None:
    """Find NUL bytes: a crash leaves blocks of them, and UTF-16 is full of them."""
    with path.open("rb") as file:
        start = file.read(2)
        if start in (b"\xff\xfe", b"\xfe\xff"):
            return "is UTF-16 text. Save it again as UTF-8."
        file.seek(0)
        line = 1
        while chunk := file.read(CHUNK_BYTES):
            if (position := chunk.find(b"\0")) >= 0:
                line += chunk.count(b"\n", 0, position)
                return (
                    f"holds NUL bytes: see line {line}. It is damaged, or it is UTF-16 text: export"
                    " it again, as UTF-8."
                )
            line += chunk.count(b"\n")
    return None


def _encoding_fault(path: Path) -> str | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK_BYTES)
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                line += chunk.count(b"\n", 0, max(0, error.start - pending))
                return f"is not UTF-8 text: see line {line}. Save it again as UTF-8."
            if not chunk:
                return None
            line += chunk.count(b"\n")


def _line_end_fault(path: Path) -> str | None:
    """Find where the line ends change: DuckDB stops there, or leaves lines out."""
    kinds = _line_ends_by_count(path)
    if len(kinds) <= 1:
        return None
    first: bytes | None = None
    line = 1
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for found in _QUOTED_OR_LINE_END.finditer(content):
            end = found[0]
            if end not in LINE_ENDS:
                line += max(end.count(b"\n"), end.count(b"\r"))
                continue
            if first is not None and end != first:
                return (
                    f"has different line ends: line {line} ends with {LINE_ENDS[end]}, the lines"
                    f" before it with {LINE_ENDS[first]}. Save it again with one kind."
                )
            first = end
            line += 1
    return None


def _line_ends_by_count(path: Path) -> set[bytes]:
    """Tell which line ends a file may have, those inside of values included."""
    crlf = lf = cr = 0
    last = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            crlf += chunk.count(b"\r\n") + (last == b"\r" and chunk[:1] == b"\n")
            lf += chunk.count(b"\n")
            cr += chunk.count(b"\r")
            last = chunk[-1:]
    counts = {b"\r\n": crlf, b"\n": lf - crlf, b"\r": cr - crlf}
    return {end for end, count in counts.items() if count}
