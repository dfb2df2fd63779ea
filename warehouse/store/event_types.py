"""The event types that only the server writes, and the form of the others."""

from __future__ import annotations

EARN, SPEND, DEEP_LINK = "earn", "spend", "deep_link"
APPSFLYER_PUSH = "appsflyer_push"
# Only /earn and /spend write `earn` and `spend` events, so that their sums prove the balance. Only
# /track writes `deep_link` events, and only AppsFlyer sends `appsflyer_push` events.
RESERVED_EVENT_TYPES = (EARN, SPEND, DEEP_LINK, APPSFLYER_PUSH)
EVENT_TYPE_PATTERN = r"^[a-z][a-z0-9_.]{0,63}$"
