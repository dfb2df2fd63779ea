{{ config(materialized='view') }}

with

rates as (
    select * from {{ ref('stg_finance__exchange_rates') }}
),

final as (
    select
        exchange_rate_id,
        rate_date,
        currency,
        usd_per_unit,
        date_text,
        currency_text,
        usd_per_unit_text,
        rejection_reason
    from rates
    where rejection_reason is not null
)

select * from final
