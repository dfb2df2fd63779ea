with

costs as (
    select * from {{ ref('stg_ads__costs') }}
),

versioned as (
    select
        *,
        max(cost_version) over (
            partition by
                cost_date,
                coalesce(campaign_id, campaign),
                media_source,
                cost_key
        ) as latest_version
    from costs
    where rejection_reason is null and cost_version is not null
),

final as (
    select
        cost_id,
        cost_date,
        campaign,
        ad_cost_usd,
        cost_key,
        cost_version,
        latest_version,
        'superseded' as disposition
    from versioned
    where cost_version < latest_version
)

select * from final
