-- No row and no cent of purchases_raw.csv is lost or counted twice on the way to its disposition.
with

raw_rows as (
    select * from {{ ref('stg_appsflyer__purchases') }}
),

classified as (
    select * from {{ ref('int_purchases__classified') }}
),

purchases as (
    select * from {{ ref('int_purchases__curated') }}
),

dispositions as (
    select * from {{ ref('fct_purchase_dispositions_daily') }}
),

-- As many keys as rows further on. A test of its own would read and parse the file once more.
raw_total as (
    select
        count(distinct purchase_id) as row_count,
        coalesce(sum(revenue_usd), 0) as revenue_usd
    from raw_rows
),

classified_total as (
    select
        count(*) as row_count,
        coalesce(sum(revenue_usd), 0) as revenue_usd
    from classified
),

purchase_total as (
    select coalesce(sum(net_revenue_usd), 0) as net_revenue_usd
    from purchases
),

disposition_total as (
    select
        coalesce(sum(row_count), 0) as row_count,
        coalesce(sum(revenue_usd), 0) as revenue_usd,
        coalesce(sum(net_revenue_usd), 0) as net_revenue_usd
    from dispositions
)

select
    raw_total.row_count as raw_rows,
    classified_total.row_count as classified_rows,
    disposition_total.row_count as disposition_rows,
    raw_total.revenue_usd as raw_revenue_usd,
    classified_total.revenue_usd as classified_revenue_usd,
    disposition_total.revenue_usd as disposition_revenue_usd
from raw_total
cross join classified_total
cross join purchase_total
cross join disposition_total
where
    raw_total.row_count != classified_total.row_count
    or raw_total.row_count != disposition_total.row_count
    or raw_total.revenue_usd != classified_total.revenue_usd
    or raw_total.revenue_usd != disposition_total.revenue_usd
    or purchase_total.net_revenue_usd != disposition_total.net_revenue_usd
