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
        currency,
        date_text,
        ad_cost_text,
        campaign_spelling,
        rejection_reason
    from costs
    where rejection_reason is not null
)

select * from final
