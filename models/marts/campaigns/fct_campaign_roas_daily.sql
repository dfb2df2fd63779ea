{%- set history_days = var('roas_history_window_days') %}
with

earnings as (
    select * from {{ ref('int_purchases__earned') }}
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

active_days as (
    select earned_date as activity_date from earnings
    union all
    select cost_date as activity_date from costs
    union all
    select d1_date as activity_date from as_of
),

span as (
    select
        min(activity_date) as first_date,
        max(activity_date) as last_date
    from active_days
),

days as (
    select {{ explode_days('first_date', 'last_date') }} as activity_date
    from span
),

campaigns as (
    select campaign
    from earnings
    where {{ is_paid_campaign('campaign') }}
    union distinct
    select campaign
    from costs
    where {{ is_paid_campaign('campaign') }}
),

revenue_daily as (
    select
        campaign,
        earned_date,
        count(*) - count(*) filter (where is_refund) as purchase_count,
        sum(net_revenue_usd) as net_revenue_usd
    from earnings
    where {{ is_paid_campaign('campaign') }}
    group by campaign, earned_date
),

costs_daily as (
    select
        campaign,
        cost_date,
        sum(ad_cost_usd) as ad_cost_usd,
        max(case when cost_version is not null then cost_date end) as versioned_date
    from costs
    where {{ is_paid_campaign('campaign') }}
    group by campaign, cost_date
),

-- Every campaign has every day, so a campaign that stops earning does not disappear.
spined as (
    select
        campaigns.campaign,
        days.activity_date,
        costs_daily.ad_cost_usd,
        costs_daily.versioned_date,
        coalesce(revenue_daily.purchase_count, 0) as purchase_count,
        coalesce(revenue_daily.net_revenue_usd, 0) as net_revenue_usd,
        restricted_campaigns.campaign is not null as is_restricted,
        max(costs_daily.versioned_date) over () as last_versioned_date
    from campaigns
    cross join days
    left join revenue_daily
        on
            campaigns.campaign = revenue_daily.campaign
            and days.activity_date = revenue_daily.earned_date
    left join costs_daily
        on
            campaigns.campaign = costs_daily.campaign
            and days.activity_date = costs_daily.cost_date
    left join restricted_campaigns
        on campaigns.campaign = restricted_campaigns.campaign
),

rated as (
    select
        *,
        case
            when ad_cost_usd > 0 and not is_restricted
                then cast(net_revenue_usd as double) / cast(ad_cost_usd as double)
        end as roas,
        case
            when ad_cost_usd is null then 'missing_cost'
            when ad_cost_usd <= 0 then 'zero_spend'
            when is_restricted then 'restricted'
            when net_revenue_usd = 0 then 'zero_revenue'
            else 'ok'
        end as roas_state
    from spined
),

-- The spine has no gaps, so preceding rows are preceding days. The day itself is excluded. A fixed
-- order of the sum keeps the reports reproducible.
summed as (
    select
        *,
        {{ sum_of_previous('roas', history_days, 'campaign_days') }} as trailing_roas_sum,
        count(roas) over previous_days as history_days
    from rated
    window
        campaign_days as (partition by campaign order by activity_date),
        previous_days as (
            partition by campaign order by activity_date
            rows between {{ history_days }} preceding and 1 preceding
        )
),

averaged as (
    select
        *,
        case when history_days > 0 then trailing_roas_sum / history_days end
            as roas_trailing_average
    from summed
),

-- The tolerance of a billionth of the average keeps floating-point noise from flagging a ROAS of
-- exactly the ratio.
final as (
    select
        campaign,
        activity_date,
        purchase_count,
        net_revenue_usd,
        ad_cost_usd,
        roas,
        roas_state,
        roas_trailing_average,
        history_days,
        coalesce(
            history_days >= {{ var('roas_min_history_days') }}
            and {{ var('roas_anomaly_ratio') }} * roas_trailing_average - roas
            > 1e-9 * roas_trailing_average,
            false
        ) as is_anomaly,
        case
            when roas is null then roas_state
            when history_days < {{ var('roas_min_history_days') }} then 'insufficient_history'
            when roas = 0 and roas_trailing_average = 0 then 'dead'
            when ad_cost_usd < {{ var('roas_min_spend_usd') }} then 'too_little_spend'
            else roas_state
        end as anomaly_state,
        coalesce(
            {{ days_between('versioned_date', 'last_versioned_date') }}
            < {{ var('provisional_cost_days') }},
            false
        ) as is_provisional
    from averaged
)

select * from final
