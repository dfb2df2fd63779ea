-- Waits for every mart. depends_on: {{ ref('rpt_period') }}
with

activity_days as (
    select * from {{ ref('fct_arpdau_daily') }}
),

campaign_days as (
    select * from {{ ref('fct_campaign_roas_daily') }}
),

days as (
    select activity_date from activity_days
    union all
    select activity_date from campaign_days
),

final as (
    select
        min(activity_date) as first_date,
        {{ var('reconciliation_window_minutes') }} as reconciliation_window_minutes,
        cast({{ var('roas_anomaly_ratio') }} as double) as roas_anomaly_ratio,
        {{ var('roas_history_window_days') }} as roas_history_window_days,
        {{ var('roas_min_history_days') }} as roas_min_history_days,
        {{ var('page_max_charts') }} as page_max_charts,
        {{ var('page_max_rows') }} as page_max_rows
    from days
)

select * from final
