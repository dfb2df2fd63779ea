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
        usd_per_unit
    from rates
    where rejection_reason is null
)

select * from final
