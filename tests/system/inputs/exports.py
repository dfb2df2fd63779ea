"""The same facts as real exports in many formats, and as plain CSV files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tests.system.landing.files import Rows, read_rows, write_csv, write_parquet

# New York is five hours behind UTC in January. One JSON value has a line break, one is broken.
PULL_API = read_rows("""Attributed Touch Type,Install Time,Event Time,Event Name,Event Value,\
Event Revenue,Event Revenue Currency,Event Revenue USD,Is Receipt Validated,Media Source,Campaign,\
Campaign ID,AppsFlyer ID,Customer User ID,Is Primary Attribution
click,2026-01-01 03:00:00,2026-01-05 04:00:00,af_purchase,"{""af_order_id"": ""RCP-1"",
 ""af_content"": ""a, b""}",4.50,EUR,4.99,true,googleadwords_int,A,111,af_1,u1,true
click,,2026-01-05 05:00:00,af_purchase,{broken,9.99,USD,9.99,,organic,,,af_2,,true
click,,########,af_purchase,,1.00,USD,1.00,,Meta,B,1.00E+11,af_3,,true
""")
# Other columns in another order, and none for which there is no need.
PULL_API_SUBSET = read_rows("""Is Primary Attribution,AppsFlyer ID,Campaign ID,Campaign,\
Media Source,Event Revenue USD,Event Revenue Currency,Event Revenue,Event Value,Event Name,\
Event Time,New Column
true,af_4,222,B,Meta,-19.99,USD,-19.99,"{""af_receipt_id"": ""RCP-4""}",af_refund,\
2026-01-06 05:00:00,x
""")
DATA_LOCKER = read_rows("""event_time,event_name,event_value,event_revenue,event_revenue_currency,\
event_revenue_usd,is_receipt_validated,media_source,campaign,af_c_id,install_time,appsflyer_id,\
customer_user_id,is_primary_attribution
2026-01-05 12:00:00,af_purchase,"{""af_order_id"": ""RCP-5""}",7.5,USD,7.5,false,restricted,null,\
null,2026-01-02 00:00:00,af_5,null,true
""")
ADJUST = read_rows("""{adid},{event_name},{created_at},{revenue_float},{currency},{revenue_usd},\
{campaign_name},{network_name},{installed_at},{order_id},{user_id}
af_7,purchase,1767614400,5,EUR,5.5,A,Meta,1767225600,RCP-7,u7
""")
GOOGLE_PLAY = read_rows("""Order Number,Order Charged Date,Order Charged Timestamp,\
Financial Status,Device Model,Product Title,Product ID,SKU ID,Currency of Sale,Item Price,\
Charged Amount
RCP-1,2026-01-05,1767603660,Charged,Pixel,"Größe, XL",com.x,gold,USD,4.99,4.99
RCP-8,2026-01-05,1767603660,Refund,Pixel,Gold,com.x,gold,JPY,"-1,000","-1,000.00"
""")
APP_STORE = read_rows("""user_id,transactionId,productId,price,currency,purchaseDate
u5,123456789012,gold,7.50,USD,1767614460123
""")
COST_ETL = read_rows("""date,app_id,media_source,campaign,campaign_id,country,cost
2026-01-05,id1,googleadwords_int,A,111,US,10.5
""")
KOSTEN = [
    ["Tag", "KAMPAGNE", "Kosten (USD)"],
    ["2026-01-05", "Müller", "1.234,50"],
    # would be 12.34 without the decimal comma of the mapping
    ["2026-01-06", "B", "12.34"],
]
SESSIONS = read_rows("""Event Timestamp UTC,Event Name,player,account
2026-01-05T08:00:00+02:00,session_start,u1,
2026-01-05 08:00:00 UTC,session_start,,u2
""")
# var inputs of a project with `write_exports`
INPUTS: dict[str, object] = {
    "purchases_raw": [
        {
            "preset": "appsflyer_pull_api",
            "path": "exports/pull*.csv",
            "timezone": "America/New_York",
        },
        {"preset": "appsflyer_data_locker", "path": "exports/locker"},
        {"preset": "adjust_csv", "path": "exports/adjust.tsv"},
    ],
    "confirmed_purchases": [
        {"preset": "google_play_sales", "path": "exports/google"},
        {"preset": "app_store_transactions", "path": "exports/apple.csv"},
    ],
    "costs_daily": [
        {"preset": "appsflyer_cost_etl", "path": "exports/cost_etl"},
        {
            "path": "exports/kosten.csv",
            "encoding": "latin-1",
            "decimal": ",",
            "thousands": ".",
            "columns": {
                "date": "Tag",
                "campaign": "Kampagne",
                "ad_cost_usd": "Kosten (USD)",
                "media_source": {"value": "meta"},
            },
        },
    ],
    "sessions": {"path": "exports/sessions.csv", "columns": {"user_id": ["player", "account"]}},
}
# The same facts with the columns that the models read.
PLAIN = {
    "purchases_raw": read_rows("""appsflyer_id,event_name,event_time_utc,revenue_usd,campaign,\
receipt_id,status,campaign_id,media_source,is_primary_attribution,is_receipt_validated,\
install_time_utc,customer_user_id,revenue,currency,refund_amount_usd,refund_amount
af_1,af_purchase,2026-01-05T09:00:00Z,4.99,A,RCP-1,success,111,googleadwords_int,true,true,\
2026-01-01T08:00:00Z,u1,4.50,EUR,,
af_2,af_purchase,2026-01-05T10:00:00Z,9.99,,,success,,organic,true,,,,9.99,USD,,
af_3,af_purchase,########,1.00,B,,success,1.00E+11,Meta,true,,,,1.00,USD,,
af_4,af_refund,2026-01-06T10:00:00Z,19.99,B,RCP-4,refund,222,Meta,true,,,,19.99,USD,19.99,19.99
af_5,af_purchase,2026-01-05T12:00:00Z,7.5,,RCP-5,success,,restricted,true,false,\
2026-01-02T00:00:00Z,,7.5,USD,,
af_6,af_purchase,2026-01-05T12:00:00Z,7.5,,RCP-6,success,,restricted,true,false,\
2026-01-02T00:00:00Z,,7.5,USD,,
af_7,purchase,2026-01-05T12:00:00Z,5.5,A,RCP-7,success,,Meta,,,2026-01-01T00:00:00Z,u7,5,EUR,,
"""),
    "confirmed_purchases": read_rows("""appsflyer_id,event_name,event_time_utc,revenue_usd,\
campaign,receipt_id,status,revenue,currency,refund_amount_usd,refund_amount
,,2026-01-05T09:01:00Z,4.99,,RCP-1,Charged,4.99,USD,,
,,2026-01-05T09:01:00Z,,,RCP-8,refund,1000.00,JPY,,1000.00
,,2026-01-05T12:01:00.123Z,7.50,,123456789012,,7.50,USD,,
"""),
    "costs_daily": read_rows("""date,campaign,ad_cost_usd,campaign_id,media_source,cost,currency,\
cost_key,cost_version
2026-01-05,A,12.25,111,googleadwords_int,,,id1|googleadwords_int||111||||||||US|,\
2026-01-05-00000000000000000010
2026-01-05,A,10.5,111,googleadwords_int,,,id1|googleadwords_int||111||||||||US|,\
2026-01-05-00000000000000000009
2026-01-05,Müller,1234.50,,meta,,,,
2026-01-06,B,malformed,,meta,,,,
"""),
    "sessions": read_rows("""event_timestamp_utc,user_id,event_name
2026-01-05T06:00:00Z,u1,session_start
2026-01-05T08:00:00Z,u2,session_start
"""),
}


def write_exports(folder: Path) -> None:
    """Write the facts as their systems export them."""
    write_csv(folder / "pull 1.csv", PULL_API)
    write_csv(folder / "pull 2.csv", PULL_API_SUBSET)

    types = {"event_time": "timestamp", "event_revenue_usd": "double"}
    types |= {"is_primary_attribution": "boolean"}
    write_parquet(folder / "locker/part-00000.snappy.parquet", DATA_LOCKER, types)
    # The next file has another type and one more column.
    header, row = DATA_LOCKER
    changes = {"event_value": '{"af_order_id": "RCP-6"}', "appsflyer_id": "af_6", "added": "x"}
    second = [[*header, "added"], list((dict(zip(header, row, strict=True)) | changes).values())]
    write_parquet(folder / "locker/t=1/part-00000.parquet", second, {"event_time": "timestamptz"})
    _write(folder / "adjust.tsv", "\t".join, ADJUST, "utf-8-sig")

    _write(folder / "google/salesreport_202601.csv", _quoted, GOOGLE_PLAY, "utf-16")
    _write(folder / "apple.csv", ";".join, APP_STORE, "utf-8")

    for batch, cost in ((9, "10.5"), (10, "12.25")):
        path = folder / f"cost_etl/dt=2026-01-05/b={batch}/part.parquet"
        rows = [COST_ETL[0], [*COST_ETL[1][:-1], cost]]
        write_parquet(path, rows, {"date": "date", "cost": "double"})
    _write(folder / "kosten.csv", ";".join, KOSTEN, "latin-1")
    write_csv(folder / "sessions.csv", SESSIONS)


def _quoted(values: Sequence[str]) -> str:
    return ",".join('"' + value.replace('"', '""') + '"' for value in values)


def _write(path: Path, join: Callable[[Sequence[str]], str], rows: Rows, encoding: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{join(row)}\r\n" for row in rows)
    path.write_text(text, encoding=encoding, newline="")
