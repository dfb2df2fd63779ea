{{ config(post_hook="{{ export_json('roas_anomaly.json', order_by=['campaign']) }}") }}

with

campaign_days as (
    select * from {{ ref('fct_campaign_roas_daily') }}
),

period as (
    select * from {{ ref('rpt_period') }}
),

final as (
    select
        campaign_days.activity_date as date,
        campaign_days.campaign,
        campaign_days.roas as roas_d1,
        campaign_days.roas_trailing_average as avg7,
        campaign_days.history_days,
        campaign_days.is_anomaly as anomaly,
        campaign_days.anomaly_state as state
    from campaign_days
    inner join period
        on campaign_days.activity_date = period.d1_date
)

select * from final
