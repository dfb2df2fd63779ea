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
        confirmation_campaign_id,
        confirmation_receipt_id
    from confirmations
    where rejection_reason is null
)

select * from final
