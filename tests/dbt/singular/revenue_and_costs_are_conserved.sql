-- The daily marts add up to their purchases and costs, and purchases lack what refunds took.
with

purchases as (
    select * from {{ ref('int_purchases__curated') }}
),

refunds as (
    select * from {{ ref('int_purchases__refunded') }}
),

costs as (
    select * from {{ ref('int_costs__accepted') }}
),

sessions as (
    select * from {{ ref('int_sessions__accepted') }}
),

campaign_days as (
    select * from {{ ref('fct_campaign_roas_daily') }}
),

days as (
    select * from {{ ref('fct_arpdau_daily') }}
),

inputs as (
    select
        (
            select coalesce(sum(net_revenue_usd), 0)
            from purchases
            where {{ is_paid_campaign('campaign') }}
        ) as campaign_revenue_usd,
        (
            select coalesce(sum(ad_cost_usd), 0)
            from costs
            where {{ is_paid_campaign('campaign') }}
        ) as campaign_cost_usd,
        (select coalesce(sum(net_revenue_usd), 0) from purchases) as net_revenue_usd,
        (select coalesce(sum(refunded_usd), 0) from purchases) as refunded_usd,
        (select count(*) from purchases) as purchase_count,
        (select count(*) from sessions) as session_count
),

outputs as (
    select
        (select coalesce(sum(net_revenue_usd), 0) from campaign_days) as campaign_revenue_usd,
        (select coalesce(sum(ad_cost_usd), 0) from campaign_days) as campaign_cost_usd,
        (select coalesce(sum(net_revenue_usd), 0) from days) as net_revenue_usd,
        (select coalesce(sum(taken_back_usd), 0) from refunds) as refunded_usd,
        (select coalesce(sum(purchase_count), 0) from days) as purchase_count,
        (select coalesce(sum(session_count), 0) from days) as session_count
)

select * from inputs
except
select * from outputs
