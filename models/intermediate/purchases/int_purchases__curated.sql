{{ config(materialized='view') }}

with

purchases as (
    select * from {{ ref('int_purchases__classified') }}
),

campaigns as (
    select * from {{ ref('int_campaigns__named') }}
),

final as (
    select
        purchases.purchase_id,
        purchases.appsflyer_id,
        purchases.customer_user_id,
        purchases.event_name,
        purchases.purchased_at,
        cast(purchases.purchased_at as date) as purchased_date,
        purchases.installed_at,
        purchases.revenue_usd,
        purchases.net_revenue_usd,
        purchases.media_source,
        purchases.receipt_id,
        purchases.is_receipt_missing,
        purchases.is_charged_back,
        purchases.duplicates_removed,
        coalesce(campaigns.campaign, purchases.campaign) as campaign
    from purchases
    left join campaigns
        on coalesce(purchases.campaign_id, purchases.campaign) = campaigns.campaign_key
    where purchases.disposition = 'curated'
)

select * from final
