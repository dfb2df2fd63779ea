"""What remains of an erased player: a tombstone instead of the name, and the coins."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from warehouse.store.event_types import EARN, SPEND
from warehouse.store.protocol import TOMBSTONE


def tombstone(user_id: int, erased_at: datetime) -> str:
    """Return the text that replaces the username; `stg_api__players` reads the time from it."""
    return f"{TOMBSTONE}{user_id} at {erased_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def coins_alone(event_type: str, meta: str | None) -> str | None:
    """Return the details of an erased player's event: the coins of an earn or a spend, or None.

    The balance marks a `spend` of the server, see `stg_api__events`.
    """
    try:
        details = json.loads(meta or "")
    except ValueError:
        return None
    wanted = {EARN: ("amount",), SPEND: ("amount", "balance")}.get(event_type, ())
    if not wanted or not isinstance(details, dict) or not details.keys() >= {*wanted}:
        return None
    return json.dumps({name: details[name] for name in wanted})
