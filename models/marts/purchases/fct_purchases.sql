{{ config(
    materialized='incremental', incremental_strategy='replace_changed', unique_key='purchase_id',
    on_schema_change='fail'
) }}

with

purchases as (
    select * from {{ ref('int_purchases__curated') }}
    {{ where_changed('purchase_id') }}
),

final as (
    select
        purchase_id,
        appsflyer_id,
        event_name,
        purchased_at,
        purchased_date,
        revenue_usd,
        net_revenue_usd,
        campaign,
        receipt_id,
        is_receipt_missing,
        is_charged_back,
        duplicates_removed,
        {{ build_number() }} as build_number
    from purchases
)

select * from final
