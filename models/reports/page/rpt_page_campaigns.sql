-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

period as (
    select * from {{ ref('rpt_period') }}
),

campaign_days as (
    select * from {{ ref('fct_campaign_roas_daily') }}
),

days_until_d1 as (
    select
        campaign_days.*,
        period.d1_date
    from campaign_days
    inner join period
        on campaign_days.activity_date <= period.d1_date
),

d1_days as (
    select *
    from days_until_d1
    where activity_date = d1_date
),

-- The last day on which a campaign had another flag or state than on D-1.
last_changes as (
    select
        days_until_d1.campaign,
        min(days_until_d1.activity_date) as first_date,
        max(case when not days_until_d1.is_anomaly then days_until_d1.activity_date end)
            as last_unflagged_date,
        max(
            case
                when days_until_d1.anomaly_state != d1_days.anomaly_state
                    then days_until_d1.activity_date
            end
        ) as last_other_state_date
    from days_until_d1
    inner join d1_days
        on days_until_d1.campaign = d1_days.campaign
    group by days_until_d1.campaign
),

final as (
    select
        d1_days.campaign,
        d1_days.net_revenue_usd,
        d1_days.ad_cost_usd,
        d1_days.roas,
        d1_days.roas_trailing_average,
        d1_days.history_days,
        d1_days.is_anomaly,
        d1_days.anomaly_state,
        d1_days.is_provisional,
        case
            when d1_days.is_anomaly
                then
                    coalesce(
                        cast(last_changes.last_unflagged_date + interval '1' day as date),
                        last_changes.first_date
                    )
        end as flagged_since,
        coalesce(
            cast(last_changes.last_other_state_date + interval '1' day as date),
            last_changes.first_date
        ) as state_since,
        case
            when d1_days.is_anomaly
                then
                    d1_days.roas_trailing_average * cast(d1_days.ad_cost_usd as double)
                    - cast(d1_days.net_revenue_usd as double)
        end as shortfall_usd,
        row_number() over (
            order by
                d1_days.is_anomaly desc,
                coalesce(d1_days.ad_cost_usd, 0) desc,
                d1_days.net_revenue_usd desc,
                d1_days.campaign asc
        ) as page_rank
    from d1_days
    inner join last_changes
        on d1_days.campaign = last_changes.campaign
)

select * from final
