{{ config(materialized='view') }}

with

purchases as (
    select * from {{ ref('int_purchases__classified') }}
),

refunds as (
    select * from {{ ref('int_purchases__refunded') }}
),

campaigns as (
    select * from {{ ref('int_campaigns__named') }}
),

refunded as (
    select
        purchase_id,
        sum(taken_back_usd) as refunded_usd
    from refunds
    group by purchase_id
),

final as (
    select
        purchases.purchase_id,
        purchases.appsflyer_id,
        purchases.customer_user_id,
        purchases.event_name,
        purchases.purchased_at,
        purchases.installed_at,
        purchases.revenue_usd,
        purchases.original_revenue,
        purchases.currency,
        purchases.media_source,
        purchases.receipt_id,
        purchases.is_receipt_missing,
        purchases.duplicates_removed,
        cast(purchases.purchased_at as date) as purchased_date,
        cast(coalesce(refunded.refunded_usd, 0) as decimal(24, 8)) as refunded_usd,
        cast(purchases.revenue_usd - coalesce(refunded.refunded_usd, 0) as decimal(24, 8))
            as net_revenue_usd,
        coalesce(campaigns.campaign, purchases.campaign) as campaign,
        coalesce(refunded.refunded_usd >= purchases.revenue_usd, false) as is_charged_back
    from purchases
    left join refunded
        on purchases.purchase_id = refunded.purchase_id
    left join campaigns
        on coalesce(purchases.campaign_id, purchases.campaign) = campaigns.campaign_key
    where purchases.disposition = 'curated'
)

select * from final
