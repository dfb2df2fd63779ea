{{ config(post_hook="{{ export_json('roas_d1.json', order_by=['campaign']) }}") }}

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
        campaign_days.net_revenue_usd as revenue_usd,
        campaign_days.ad_cost_usd,
        campaign_days.roas,
        campaign_days.roas_state as state
    from campaign_days
    inner join period
        on campaign_days.activity_date = period.d1_date
)

select * from final
