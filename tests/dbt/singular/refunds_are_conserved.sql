-- What refunds take back is what the purchases lack, and their days add up to the same net revenue.
with

purchases as (
    select * from {{ ref('int_purchases__curated') }}
),

refunds as (
    select * from {{ ref('int_purchases__refunded') }}
),

earnings as (
    select * from {{ ref('int_purchases__earned') }}
),

totals as (
    select
        (select coalesce(sum(revenue_usd), 0) from purchases) as revenue_usd,
        (select coalesce(sum(net_revenue_usd), 0) from purchases) as net_revenue_usd,
        (select coalesce(sum(taken_back_usd), 0) from refunds) as refunded_usd,
        (select coalesce(sum(net_revenue_usd), 0) from earnings) as earned_usd
)

select *
from totals
where revenue_usd - refunded_usd != net_revenue_usd or net_revenue_usd != earned_usd
