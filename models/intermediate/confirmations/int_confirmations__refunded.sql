{{ config(materialized='view') }}

with

confirmations as (
    select * from {{ ref('stg_app_store__confirmed_purchases') }}
),

final as (
    select
        confirmation_id,
        appsflyer_id,
        confirmed_at,
        refund_kind,
        confirmation_revenue_usd,
        confirmation_receipt_id,
        refund_amount_usd,
        original_refund_amount,
        refund_percentage,
        original_revenue,
        currency
    from confirmations
    where rejection_reason is null and refund_kind is not null
)

select * from final
