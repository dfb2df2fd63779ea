with

purchases as (
    select * from {{ ref('int_purchases__curated') }}
),

purchase_rows as (
    select * from {{ ref('int_purchases__classified') }}
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

ages as (
    {{ listed('age_days', [0, 1, 3, 7, 14, 30]) }}
),

-- The purchases of a player who installed before the data begin are known in part only.
period as (
    select
        as_of.d1_date,
        min(purchases.purchased_date) as first_date
    from purchases
    cross join as_of
    group by as_of.d1_date
),

install_times as (
    select
        appsflyer_id,
        installed_at
    from purchases
    union all
    select
        appsflyer_id,
        installed_at
    from purchase_rows
    where event_name = 'install'
),

-- A device installs once. If its rows disagree, the earliest time counts.
installs as (
    select
        appsflyer_id,
        cast(min(installed_at) as date) as install_date
    from install_times
    where installed_at is not null
    group by appsflyer_id
),

-- Organic traffic is one campaign without a name.
dated as (
    select
        purchases.appsflyer_id,
        purchases.purchased_date,
        purchases.net_revenue_usd,
        installs.install_date,
        case
            when {{ is_paid_campaign('purchases.campaign') }} then purchases.campaign
        end as campaign
    from purchases
    left join installs
        on purchases.appsflyer_id = installs.appsflyer_id
),

aged as (
    select
        dated.campaign,
        dated.install_date,
        dated.appsflyer_id,
        dated.net_revenue_usd,
        {{ days_between('dated.install_date', 'dated.purchased_date') }} as age_days
    from dated
    inner join period
        on
            dated.install_date >= period.first_date
            and dated.purchased_date <= period.d1_date
    where dated.purchased_date >= dated.install_date
),

payers as (
    select
        campaign,
        install_date,
        appsflyer_id,
        min(age_days) as age_days
    from aged
    where net_revenue_usd > 0
    group by campaign, install_date, appsflyer_id
),

gains as (
    select
        campaign,
        install_date,
        age_days,
        sum(net_revenue_usd) as net_revenue_usd,
        sum(payer_count) as payer_count
    from (
        select
            campaign,
            install_date,
            age_days,
            net_revenue_usd,
            0 as payer_count
        from aged
        union all
        select
            campaign,
            install_date,
            age_days,
            0 as net_revenue_usd,
            1 as payer_count
        from payers
    ) as changes
    group by campaign, install_date, age_days
),

-- Spend that brought no payer is a cohort, too; but not if no purchase of the campaign has an
-- install time, because its revenue is then unknown.
unknown_campaigns as (
    select campaign
    from dated
    group by campaign
    having count(install_date) = 0
),

spent as (
    select
        costs.campaign,
        costs.cost_date as install_date,
        sum(costs.ad_cost_usd) as ad_cost_usd
    from costs
    inner join period
        on costs.cost_date between period.first_date and period.d1_date
    where
        {{ is_paid_campaign('costs.campaign') }}
        and exists (select 1 from installs)
        and not exists (
            select 1
            from unknown_campaigns
            where unknown_campaigns.campaign = costs.campaign
        )
    group by costs.campaign, costs.cost_date
),

cohorts as (
    select
        campaign,
        install_date,
        sum(ad_cost_usd) as ad_cost_usd,
        sum(net_revenue_usd) as net_revenue_to_date_usd
    from (
        select
            campaign,
            install_date,
            cast(null as decimal(38, 8)) as ad_cost_usd,
            net_revenue_usd
        from gains
        union all
        select
            campaign,
            install_date,
            ad_cost_usd,
            0 as net_revenue_usd
        from spent
    ) as both_sides
    group by campaign, install_date
),

summed as (
    select
        *,
        sum(net_revenue_usd) over (
            partition by campaign, install_date order by age_days
        ) as net_revenue_so_far_usd
    from gains
),

paid_back as (
    select
        cohorts.campaign,
        cohorts.install_date,
        min(summed.age_days) as payback_days
    from cohorts
    inner join summed
        on
            cohorts.campaign = summed.campaign
            and cohorts.install_date = summed.install_date
            and cohorts.ad_cost_usd <= summed.net_revenue_so_far_usd
    where cohorts.ad_cost_usd > 0
    group by cohorts.campaign, cohorts.install_date
),

cells as (
    select
        cohorts.campaign,
        cohorts.install_date,
        ages.age_days,
        cohorts.ad_cost_usd,
        cohorts.net_revenue_to_date_usd,
        coalesce(sum(gains.net_revenue_usd), 0) as net_revenue_usd,
        coalesce(sum(gains.payer_count), 0) as payer_count
    from cohorts
    cross join ages
    left join gains
        on
            cohorts.campaign is not distinct from gains.campaign
            and cohorts.install_date = gains.install_date
            and ages.age_days >= gains.age_days
    group by
        cohorts.campaign,
        cohorts.install_date,
        ages.age_days,
        cohorts.ad_cost_usd,
        cohorts.net_revenue_to_date_usd
),

judged as (
    select
        cells.*,
        paid_back.payback_days,
        {{ days_between('cells.install_date', 'period.d1_date') }} >= cells.age_days as is_mature,
        case
            when cells.campaign is null then 'organic'
            when cells.ad_cost_usd is null then 'missing_cost'
            when cells.ad_cost_usd <= 0 then 'zero_spend'
            when restricted_campaigns.campaign is not null then 'restricted'
        end as unknown_state
    from cells
    cross join period
    left join paid_back
        on
            cells.campaign = paid_back.campaign
            and cells.install_date = paid_back.install_date
    left join restricted_campaigns
        on cells.campaign = restricted_campaigns.campaign
),

final as (
    select
        campaign,
        install_date,
        age_days,
        ad_cost_usd,
        net_revenue_to_date_usd,
        case when is_mature then net_revenue_usd end as net_revenue_usd,
        case when is_mature then cast(payer_count as bigint) end as payer_count,
        case
            when is_mature and unknown_state is null
                then cast(net_revenue_usd as double) / cast(ad_cost_usd as double)
        end as roas,
        case
            when not is_mature then 'immature'
            when unknown_state is not null then unknown_state
            when net_revenue_usd = 0 then 'zero_revenue'
            else 'ok'
        end as roas_state,
        case when unknown_state is null then payback_days end as payback_days,
        case
            when unknown_state is not null then unknown_state
            when payback_days is null then 'not_yet'
            else 'paid_back'
        end as payback_state
    from judged
)

select * from final
