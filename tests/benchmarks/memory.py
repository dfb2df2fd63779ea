"""How much memory a process takes."""

from __future__ import annotations

import re
from pathlib import Path


def peak_memory_bytes(process_id: int) -> int:
    """Tell the most memory that a running process ever had; 0 where it has just ended (Linux)."""
    status = Path(f"/proc/{process_id}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+([0-9]+) kB", status)
    return int(found[1]) * 1024 if found else 0
