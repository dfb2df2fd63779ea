{%- set history_days = var('roas_history_window_days') %}
-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

period as (
    select * from {{ ref('rpt_period') }}
),

activity_days as (
    select * from {{ ref('fct_arpdau_daily') }}
),

campaign_days as (
    select * from {{ ref('fct_campaign_roas_daily') }}
),

-- There are no gaps: each mart has every day of its span, and both spans include D-1.
days as (
    select activity_date from activity_days
    union distinct
    select activity_date from campaign_days
),

-- Revenue without a known spend would raise the ROAS; spend without a known revenue would lower it.
paid_daily as (
    select
        activity_date,
        count(roas) as rated_campaign_count,
        count(*) filter (where roas_state = 'missing_cost') as missing_cost_count,
        count(*) filter (where roas_state = 'restricted') as restricted_count,
        coalesce(sum(net_revenue_usd) filter (where roas is not null), 0) as paid_net_revenue_usd,
        sum(ad_cost_usd) filter (where roas is not null) as ad_cost_usd
    from campaign_days
    group by activity_date
),

measured as (
    select
        days.activity_date,
        activity_days.arpdau_usd,
        paid_daily.ad_cost_usd,
        coalesce(activity_days.net_revenue_usd, 0) as net_revenue_usd,
        nullif(activity_days.dau, 0) as dau,
        coalesce(activity_days.arpdau_state, 'missing_sessions') as arpdau_state,
        coalesce(paid_daily.paid_net_revenue_usd, 0) as paid_net_revenue_usd,
        coalesce(paid_daily.missing_cost_count, 0) as missing_cost_count,
        case
            when paid_daily.rated_campaign_count > 0
                then
                    cast(paid_daily.paid_net_revenue_usd as double)
                    / cast(paid_daily.ad_cost_usd as double)
        end as roas,
        case
            when paid_daily.rated_campaign_count > 0 then 'ok'
            when paid_daily.restricted_count > 0 then 'restricted'
            else 'missing_cost'
        end as roas_state
    from days
    left join activity_days
        on days.activity_date = activity_days.activity_date
    left join paid_daily
        on days.activity_date = paid_daily.activity_date
),

summed as (
    select
        *,
        {{ sum_of_previous('cast(net_revenue_usd as double)', history_days, 'all_days') }}
            as net_revenue_sum,
        {{ sum_of_previous('dau', history_days, 'all_days') }} as dau_sum,
        {{ sum_of_previous('arpdau_usd', history_days, 'all_days') }} as arpdau_sum,
        {{ sum_of_previous('roas', history_days, 'all_days') }} as roas_sum,
        count(*) over previous_days as day_count,
        count(dau) over previous_days as dau_count,
        count(roas) over previous_days as roas_count
    from measured
    window
        all_days as (order by activity_date),
        previous_days as (
            order by activity_date rows between {{ history_days }} preceding and 1 preceding
        )
),

final as (
    select
        summed.activity_date,
        summed.net_revenue_usd,
        summed.dau,
        summed.arpdau_usd,
        summed.arpdau_state,
        summed.paid_net_revenue_usd,
        summed.ad_cost_usd,
        summed.missing_cost_count,
        summed.roas,
        summed.roas_state,
        summed.net_revenue_sum / nullif(summed.day_count, 0) as net_revenue_average,
        cast(summed.dau_sum as double) / nullif(summed.dau_count, 0) as dau_average,
        summed.arpdau_sum / nullif(summed.dau_count, 0) as arpdau_average,
        summed.roas_sum / nullif(summed.roas_count, 0) as roas_average
    from summed
    cross join period
    where
        {{ days_between('summed.activity_date', 'period.d1_date') }}
        between 0 and {{ var('page_max_days') - 1 }}
)

select * from final
