with

purchases as (
    select * from {{ ref('int_purchases__curated') }}
),

costs as (
    select * from {{ ref('int_costs__accepted') }}
),

restricted_campaigns as (
    select * from {{ ref('int_campaigns__restricted') }}
),

as_of as (
    select * from {{ ref('int_as_of__resolved') }}
),

recent_money as (
    select
        purchases.campaign,
        purchases.purchased_date as activity_date,
        purchases.revenue_usd,
        0 as ad_cost_usd
    from purchases
    cross join as_of
    where
        {{ quality_period('purchases.purchased_date', 'as_of.d1_date') }} = 'recent'
        and {{ is_paid_campaign('purchases.campaign') }}
    union all
    select
        costs.campaign,
        costs.cost_date as activity_date,
        0 as revenue_usd,
        costs.ad_cost_usd
    from costs
    cross join as_of
    where
        {{ quality_period('costs.cost_date', 'as_of.d1_date') }} = 'recent'
        and {{ is_paid_campaign('costs.campaign') }}
),

totalled as (
    select
        campaign,
        sum(revenue_usd) as revenue_usd,
        sum(ad_cost_usd) as ad_cost_usd,
        count(distinct activity_date) filter (where revenue_usd > 0) as earning_day_count,
        count(distinct activity_date) filter (where ad_cost_usd > 0) as spending_day_count
    from recent_money
    group by campaign
),

shared as (
    select
        *,
        cast(revenue_usd as double) / nullif(cast(sum(revenue_usd) over () as double), 0)
            as revenue_share,
        cast(ad_cost_usd as double) / nullif(cast(sum(ad_cost_usd) over () as double), 0)
            as cost_share
    from totalled
),

-- A new campaign may not have earned yet, and its costs may arrive late. What a restricted campaign
-- earns is not known.
final as (
    select
        shared.campaign,
        shared.revenue_usd,
        shared.ad_cost_usd,
        case
            when shared.earning_day_count > 0 or restricted_campaigns.campaign is not null then 0
            when shared.spending_day_count >= {{ var('roas_min_history_days') }}
                then shared.cost_share
        end as silent_cost_share,
        case
            when shared.spending_day_count > 0 then 0
            when shared.earning_day_count >= {{ var('roas_min_history_days') }}
                then shared.revenue_share
        end as unpaid_revenue_share
    from shared
    left join restricted_campaigns
        on shared.campaign = restricted_campaigns.campaign
)

select * from final
