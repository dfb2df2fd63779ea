{{ config(materialized='view') }}

with

purchases as (
    select * from {{ ref('int_purchases__curated') }}
),

final as (
    select
        purchase_id,
        appsflyer_id,
        customer_user_id,
        event_name,
        purchased_at,
        purchased_date,
        installed_at,
        revenue_usd,
        net_revenue_usd,
        campaign,
        media_source,
        receipt_id,
        is_receipt_missing,
        is_charged_back,
        duplicates_removed
    from purchases
)

select * from final
