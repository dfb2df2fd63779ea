{{ config(materialized='view') }}

with

costs as (
    select * from {{ ref('stg_ads__costs') }}
),

final as (
    select
        cost_id,
        cost_date,
        campaign,
        ad_cost_usd,
        original_cost,
        currency
    from costs
    where rejection_reason is null
)

select * from final
