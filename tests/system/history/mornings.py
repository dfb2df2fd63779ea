"""The inputs of two mornings in a row."""

from __future__ import annotations

PURCHASES = "appsflyer_id,event_name,event_time_utc,revenue_usd,campaign,receipt_id,status\n"
CONFIRMED = "appsflyer_id,event_name,event_time_utc,revenue_usd,campaign,receipt_id\n"
SESSIONS = "event_timestamp_utc,user_id,event_name\n"
COSTS = "date,campaign,ad_cost_usd\n"
FIRST = {
    "purchases_raw": PURCHASES
    + "p1,purchase,2026-01-05T10:00:00Z,5.00,A,RCP-1,success\n"
    + "p2,purchase,2026-01-05T11:00:00Z,20.00,A,RCP-2,success\n"
    + "p3,purchase,2026-01-05T12:00:00Z,7.00,B,RCP-3,success\n"
    + "p4,purchase,2026-01-05T13:00:00Z,3.00,B,,success\n"
    + "p5,purchase,2026-01-05T14:00:00Z,11.00,A,OLD-5,success\n"
    + "p6,purchase,2026-01-05T15:00:00Z,1.00,A,RCP-6,failed\n"
    + "p7,purchase,2026-01-05T16:00:00Z,2.50,A,RCP-7,success\n"
    + "p8,purchase,2026-01-05T17:00:00Z,9.00,ORGANIC,RCP-8,success\n"
    + "p1,purchase,2026-01-06T10:00:00Z,6.00,A,RCP-10,success\n",
    "confirmed_purchases": CONFIRMED + "p1,purchase,2026-01-05T10:01:00Z,5.00,A,RCP-1\n",
    "sessions": SESSIONS
    + "2026-01-05T09:00:00Z,u1,session_start\n2026-01-06T09:00:00Z,u1,session_start\n",
    "costs_daily": COSTS + "2026-01-05,A,10\n2026-01-05,B,10\n2026-01-06,A,10\n",
}
# The next morning: another order, a day more, and all kinds of changes of the day before.
SECOND = {
    "purchases_raw": PURCHASES
    + "p1,purchase,2026-01-07T10:00:00Z,8.00,A,RCP-11,success\n"
    + "p1,purchase,2026-01-06T10:00:00Z,6.00,A,RCP-10,success\n"
    # late
    + "p9,purchase,2026-01-05T20:00:00Z,4.00,A,RCP-9,success\n"
    + "p8,purchase,2026-01-05T17:00:00Z,9.00,ORGANIC,RCP-8,success\n"
    # another campaign
    + "p7,purchase,2026-01-05T16:00:00Z,2.50,B,RCP-7,success\n"
    # another status
    + "p6,purchase,2026-01-05T15:00:00Z,1.00,A,RCP-6,success\n"
    + "p5,purchase,2026-01-05T14:00:00Z,11.00,A,OLD-5,success\n"
    # without p4, which is removed
    + "p3,purchase,2026-01-05T12:00:00Z,7.00,B,RCP-3,success\n"
    # a copy
    + "p3,purchase,2026-01-05T12:00:00Z,7.00,B,RCP-3,success\n"
    + "p2,purchase,2026-01-05T11:00:00Z,20.00,A,RCP-2,success\n"
    + "p2,purchase,2026-01-06T08:00:00Z,-20.00,A,RCP-2,chargeback\n"
    + "p1,purchase,2026-01-05T10:00:00Z,5.00,A,RCP-1,success\n",
    "confirmed_purchases": FIRST["confirmed_purchases"],
    # a late session of another player
    "sessions": FIRST["sessions"]
    + "2026-01-05T23:00:00Z,u2,session_start\n2026-01-07T09:00:00Z,u1,session_start\n",
    # restated, and a late cost of a new campaign
    "costs_daily": COSTS + "2026-01-05,A,12.5\n2026-01-05,B,10\n2026-01-05,C,4\n2026-01-06,A,10\n",
}
