with

period as (
    select * from {{ ref('rpt_period') }}
),

campaigns as (
    select * from {{ ref('rpt_page_campaigns') }}
),

campaign_days as (
    select * from {{ ref('fct_campaign_roas_daily') }}
),

final as (
    select
        campaign_days.campaign,
        campaign_days.activity_date,
        campaign_days.net_revenue_usd,
        campaign_days.ad_cost_usd,
        campaign_days.roas,
        campaign_days.roas_trailing_average,
        case
            when campaign_days.history_days >= {{ var('roas_min_history_days') }}
                then {{ var('roas_anomaly_ratio') }} * campaign_days.roas_trailing_average
        end as flagged_below_roas,
        campaign_days.is_anomaly,
        campaign_days.anomaly_state
    from campaign_days
    inner join campaigns
        on campaign_days.campaign = campaigns.campaign
    cross join period
    where
        campaigns.page_rank <= {{ [var('page_max_charts'), var('page_max_rows')] | min }}
        and {{ days_between('campaign_days.activity_date', 'period.d1_date') }}
        between 0 and {{ var('page_max_days') - 1 }}
)

select * from final
