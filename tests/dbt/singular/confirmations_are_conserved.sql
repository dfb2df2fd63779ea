-- No row and no cent of confirmed_purchases.csv is lost or counted twice on the way to its disposition.
with

confirmations as (
    select * from {{ ref('stg_app_store__confirmed_purchases') }}
),

dispositions as (
    select * from {{ ref('fct_confirmation_dispositions_daily') }}
)

select
    count(*) as row_count,
    coalesce(sum(confirmation_revenue_usd), 0) as confirmation_revenue_usd
from confirmations
except
select
    coalesce(sum(row_count), 0) as row_count,
    coalesce(sum(confirmation_revenue_usd), 0) as confirmation_revenue_usd
from dispositions
