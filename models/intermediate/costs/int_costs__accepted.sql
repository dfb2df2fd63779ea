{{ config(materialized='view') }}

with

costs as (
    select * from {{ ref('stg_ads__costs') }}
),

superseded as (
    select * from {{ ref('int_costs__superseded') }}
),

campaigns as (
    select * from {{ ref('int_campaigns__named') }}
),

final as (
    select
        costs.cost_id,
        costs.cost_date,
        costs.media_source,
        costs.ad_cost_usd,
        costs.cost_version,
        coalesce(campaigns.campaign, costs.campaign) as campaign
    from costs
    left join campaigns
        on coalesce(costs.campaign_id, costs.campaign) = campaigns.campaign_key
    where
        costs.rejection_reason is null
        and not exists (
            select 1
            from superseded
            where superseded.cost_id = costs.cost_id
        )
)

select * from final
