{{ config(materialized='view') }}

{% set by_refund_day = var('refunds_count_on') == 'refund_day' %}
with

purchases as (
    select * from {{ ref('int_purchases__curated') }}
),

refunds as (
    select * from {{ ref('int_purchases__refunded') }}
),

final as (
    select
        purchase_id,
        appsflyer_id,
        purchased_date as earned_date,
        campaign,
        {{ 'revenue_usd' if by_refund_day else 'net_revenue_usd' }} as net_revenue_usd,
        false as is_refund
    from purchases
    union all
    select
        purchases.purchase_id,
        purchases.appsflyer_id,
        refunds.refunded_date as earned_date,
        purchases.campaign,
        cast(-sum(refunds.taken_back_usd) as decimal(24, 8)) as net_revenue_usd,
        true as is_refund
    from purchases
    inner join refunds
        on purchases.purchase_id = refunds.purchase_id
    where {{ by_refund_day | lower }}
    group by
        purchases.purchase_id,
        purchases.appsflyer_id,
        refunds.refunded_date,
        purchases.campaign
)

select * from final
