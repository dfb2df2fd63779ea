"""Peak memory of a process."""

from __future__ import annotations

import re
from pathlib import Path


def peak_memory_bytes(process_id: int) -> int:
    """Return the peak memory of a running process or one of its children (Linux).

    Returns:
        The largest peak in bytes; 0 if the process has just ended.
    """
    children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text(encoding="ascii")
    return max(_peak_bytes(each) for each in (str(process_id), *children.split()))


def _peak_bytes(process_id: str) -> int:
    try:
        status = Path(f"/proc/{process_id}/status").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it has ended meanwhile
    found = re.search(r"VmHWM:\s+([0-9]+) kB", status)
    return int(found[1]) * 1024 if found else 0
