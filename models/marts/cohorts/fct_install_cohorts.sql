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

-- A player pays from the first age on at which a purchase earned something.
first_paid as (
    select
        *,
        min(case when net_revenue_usd > 0 then age_days end) over (
            partition by campaign, install_date, appsflyer_id
        ) as first_paid_age_days
    from aged
),

gains as (
    select
        campaign,
        install_date,
        age_days,
        sum(net_revenue_usd) as net_revenue_usd,
        count(distinct case
            when age_days = first_paid_age_days then appsflyer_id
        end) as payer_count
    from first_paid
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

-- Spend comes before all revenue.
changes as (
    select
        campaign,
        install_date,
        age_days,
        net_revenue_usd,
        payer_count,
        cast(null as decimal(38, 8)) as ad_cost_usd
    from gains
    union all
    select
        campaign,
        install_date,
        -1 as age_days,
        0 as net_revenue_usd,
        0 as payer_count,
        ad_cost_usd
    from spent
),

summed as (
    select
        campaign,
        install_date,
        age_days,
        net_revenue_usd,
        payer_count,
        sum(ad_cost_usd) over (partition by campaign, install_date) as ad_cost_usd,
        sum(net_revenue_usd) over (
            partition by campaign, install_date order by age_days
        ) as net_revenue_so_far_usd
    from changes
),

cells as (
    select
        summed.campaign,
        summed.install_date,
        summed.ad_cost_usd,
        ages.age_days,
        sum(summed.net_revenue_usd) as net_revenue_to_date_usd,
        sum(case
            when summed.age_days <= ages.age_days then summed.net_revenue_usd else 0
        end) as net_revenue_usd,
        sum(case
            when summed.age_days <= ages.age_days then summed.payer_count else 0
        end) as payer_count,
        min(case
            when summed.ad_cost_usd > 0 and summed.net_revenue_so_far_usd >= summed.ad_cost_usd
                then summed.age_days
        end) as payback_days
    from summed
    cross join ages
    group by summed.campaign, summed.install_date, summed.ad_cost_usd, ages.age_days
),

judged as (
    select
        cells.*,
        {{ days_between('cells.install_date', 'period.d1_date') }} >= cells.age_days as is_mature,
        case
            when cells.campaign is null then 'organic'
            when cells.ad_cost_usd is null then 'missing_cost'
            when cells.ad_cost_usd <= 0 then 'zero_spend'
            when restricted_campaigns.campaign is not null then 'restricted'
        end as unknown_state
    from cells
    cross join period
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
