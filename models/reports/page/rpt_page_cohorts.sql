with

cohorts as (
    select * from {{ ref('fct_install_cohorts') }}
),

campaigns as (
    select * from {{ ref('rpt_page_campaigns') }}
),

-- The cohorts of each campaign, and those of all campaigns, whose page_rank is null.
summed as (
    select
        campaigns.page_rank,
        cohorts.age_days,
        count(case when cohorts.roas_state != 'immature' then 1 end) as mature_count,
        count(case when cohorts.payback_state in ('paid_back', 'not_yet') then 1 end)
            as judged_count,
        count(case when cohorts.payback_state = 'paid_back' then 1 end) as paid_back_count,
        sum(case when cohorts.roas is not null then cohorts.net_revenue_usd end)
            as rated_revenue_usd,
        sum(case when cohorts.roas is not null then cohorts.ad_cost_usd end) as rated_cost_usd
    from cohorts
    inner join campaigns
        on cohorts.campaign = campaigns.campaign
    group by cohorts.age_days, rollup(campaigns.page_rank)
),

final as (
    select
        campaigns.campaign,
        summed.page_rank,
        summed.age_days,
        summed.mature_count,
        summed.judged_count,
        summed.paid_back_count,
        cast(summed.rated_revenue_usd as double) / cast(summed.rated_cost_usd as double) as roas
    from summed
    left join campaigns
        on summed.page_rank = campaigns.page_rank
)

select * from final
