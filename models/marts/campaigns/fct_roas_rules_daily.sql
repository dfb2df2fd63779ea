{%- set window_days = var('roas_trial_window_days') %}
{%- set least_days = var('roas_trial_min_history_days') %}
with

campaign_days as (
    select * from {{ ref('fct_campaign_roas_daily') }}
),

-- Logarithms in millionths, as whole numbers: their quartiles are the same on every engine. A day
-- without revenue has none; it counts as a ROAS of a millionth, the lowest of all.
logged as (
    select
        *,
        case when roas is not null then cast(round(ln(greatest(roas, 1e-6)) * 1e6) as bigint) end
            as log_roas,
        case when roas is not null then purchase_count end as rated_purchase_count,
        case when roas is not null then cast(net_revenue_usd as double) end as rated_revenue,
        case when roas is not null then cast(ad_cost_usd as double) end as rated_cost
    from campaign_days
),

-- The spine has no gaps, so preceding rows are preceding days.
trailed as (
    select
        *,
        count(log_roas) over previous_days as trial_history_days,
        {{ quartiles_over('log_roas', 'previous_days') }} as log_quartiles,
        sum(rated_purchase_count) over previous_days as trailing_purchase_count,
        sum(rated_revenue) over previous_days as trailing_revenue,
        sum(rated_cost) over previous_days as trailing_cost
    from logged
    window
        previous_days as (
            partition by campaign order by activity_date
            rows between {{ window_days }} preceding and 1 preceding
        )
),

expected as (
    select
        *,
        case
            when log_roas is not null and trial_history_days >= {{ least_days }}
                then round(rated_cost * trailing_purchase_count / trailing_cost, 6)
        end as expected_purchases,
        rated_cost * trailing_revenue / trailing_cost as expected_revenue,
        {{ quartile('log_quartiles', 1) }} as log_first_quartile,
        {{ quartile('log_quartiles', 2) }} as log_median,
        -- Half of the values of a normal distribution lie within 1.349 standard deviations. A
        -- standard deviation is at least 5 %, which is 48790 millionths: on a steady campaign, an
        -- ordinary day is no rarity.
        greatest(
            ({{ quartile('log_quartiles', 3) }} - {{ quartile('log_quartiles', 1) }}) / 1.349e0,
            48790
        ) as log_deviation
    from trailed
),

scored as (
    select
        *,
        case
            when expected_purchases is not null
                then round((log_roas - log_median) / log_deviation, 6)
        end as robust_z,
        case when expected_purchases is not null then log_roas < log_first_quartile end
            as is_in_low_quarter,
        round({{ low_count_z('purchase_count', 'expected_purchases') }}, 6) as purchase_z,
        round({{ low_count_z('0', 'expected_purchases') }}, 6) as no_purchase_z
    from expected
),

-- Five of seven days in the lowest quarter of the days before each: chance alone does that to one
-- week in 80, and in the trial of docs/benchmarks.md to one day in 180.
ruled as (
    select
        *,
        robust_z < -{{ var('roas_trial_z') }} as is_robust_z_low,
        case
            when purchase_z is not null
                then
                    purchase_z < -{{ var('roas_trial_z') }}
                    and rated_revenue < expected_revenue
        end as is_purchase_z_low,
        case
            when is_in_low_quarter is not null
                then
                    is_in_low_quarter
                    and count(case when is_in_low_quarter then 1 end) over last_week >= 5
        end as is_declining
    from scored
    window
        last_week as (
            partition by campaign order by activity_date
            rows between 6 preceding and current row
        )
),

final as (
    select
        campaign,
        activity_date,
        roas,
        history_days,
        is_anomaly,
        trial_history_days,
        robust_z,
        is_robust_z_low,
        expected_purchases,
        purchase_count,
        purchase_z,
        is_purchase_z_low,
        is_declining,
        try_cast(
            case when expected_purchases is not null then round(expected_revenue, 6) end
            as decimal(38, 8)
        ) as expected_revenue_usd,
        net_revenue_usd,
        case
            when roas is null then roas_state
            when is_purchase_z_low and (is_anomaly or is_robust_z_low) then 'collapsed'
            when is_declining then 'declining'
            when expected_purchases is null then 'insufficient_history'
            when
                is_anomaly
                or is_robust_z_low
                or no_purchase_z >= -{{ var('roas_trial_z') }}
                then 'noise'
            when is_provisional then 'provisional'
            else 'ok'
        end as rule_state,
        is_provisional
    from ruled
)

select * from final
