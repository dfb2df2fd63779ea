{{ config(
    materialized='view',
    post_hook="{{ export_json(
        'purchases_curated.json', order_by=['event_time_utc', 'purchase_id'], hidden=['purchase_id']
    ) }}"
) }}

-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

purchases as (
    select * from {{ ref('fct_purchases') }}
),

final as (
    select
        purchase_id,
        appsflyer_id,
        event_name,
        purchased_at as event_time_utc,
        revenue_usd,
        net_revenue_usd,
        campaign,
        receipt_id,
        is_charged_back,
        duplicates_removed
    from purchases
)

select * from final
