{{ config(materialized='view') }}

with

confirmations as (
    select * from {{ ref('stg_app_store__confirmed_purchases') }}
),

final as (
    select
        confirmation_id,
        appsflyer_id,
        event_name,
        confirmed_at,
        confirmation_revenue_usd,
        confirmation_campaign,
        confirmation_receipt_id,
        original_revenue,
        currency,
        event_time_text,
        revenue_text,
        campaign_spelling,
        rejection_reason
    from confirmations
    where rejection_reason is not null
)

select * from final
