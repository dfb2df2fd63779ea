{{ config(post_hook="{{ export_json('roas_states.json', order_by=['campaign']) }}") }}

with

campaign_days as (
    select * from {{ ref('fct_roas_rules_daily') }}
),

period as (
    select * from {{ ref('rpt_period') }}
),

final as (
    select
        campaign_days.activity_date as date,
        campaign_days.campaign,
        campaign_days.rule_state as state,
        campaign_days.is_provisional as provisional,
        campaign_days.roas,
        campaign_days.is_anomaly as anomaly,
        campaign_days.robust_z,
        campaign_days.trial_history_days as history_days,
        campaign_days.purchase_count as purchases,
        campaign_days.expected_purchases,
        campaign_days.purchase_z,
        campaign_days.net_revenue_usd as revenue_usd,
        campaign_days.expected_revenue_usd
    from campaign_days
    inner join period
        on campaign_days.activity_date = period.d1_date
)

select * from final
