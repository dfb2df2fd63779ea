with

purchases as (
    select * from {{ ref('int_purchases__curated') }}
),

earnings as (
    select * from {{ ref('int_purchases__earned') }}
),

classified as (
    select * from {{ ref('int_purchases__classified') }}
),

confirmations as (
    select * from {{ ref('int_confirmations__accepted') }}
),

costs as (
    select * from {{ ref('int_costs__accepted') }}
),

sessions as (
    select * from {{ ref('int_sessions__accepted') }}
),

events as (
    select * from {{ ref('int_events__landed') }}
),

fct_purchases as (
    select * from {{ ref('fct_purchases') }}
),

fct_dispositions as (
    select * from {{ ref('fct_purchase_dispositions_daily') }}
),

fct_reconciliation as (
    select * from {{ ref('fct_reconciliation') }}
),

fct_roas as (
    select * from {{ ref('fct_campaign_roas_daily') }}
),

fct_arpdau as (
    select * from {{ ref('fct_arpdau_daily') }}
),

fct_install_cohorts as (
    select * from {{ ref('fct_install_cohorts') }}
),

as_of as (
    select * from {{ ref('int_as_of__resolved') }}
),

fct_player_events as (
    select * from {{ ref('fct_player_events_daily') }}
),

fct_coins as (
    select * from {{ ref('fct_coins_daily') }}
),

fct_deep_links as (
    select * from {{ ref('fct_deep_links') }}
),

dim_players as (
    select * from {{ ref('dim_players') }}
),

paid_earnings as (
    select *
    from earnings
    where {{ is_paid_campaign('campaign') }}
),

paid_costs as (
    select *
    from costs
    where {{ is_paid_campaign('campaign') }}
),

daily_users as (
    select distinct
        session_date,
        user_id
    from sessions
),

first_sessions as (
    select
        user_id,
        min(session_date) as session_date
    from sessions
    group by user_id
),

daily_payers as (
    select distinct
        earned_date,
        appsflyer_id
    from earnings
    where not is_refund and net_revenue_usd > 0
),

installs as (
    select
        appsflyer_id,
        cast(min(installed_at) as date) as install_date
    from purchases
    group by appsflyer_id
),

-- The revenue of each day of installation since the first purchase.
installed_earnings as (
    select
        installs.install_date,
        purchases.net_revenue_usd
    from purchases
    inner join installs
        on
            purchases.appsflyer_id = installs.appsflyer_id
            and purchases.purchased_date >= installs.install_date
    inner join as_of
        on purchases.purchased_date <= as_of.d1_date
    where installs.install_date >= (
        select min(first_purchases.purchased_date) from purchases as first_purchases
    )
),

-- Every row of a cohort has its total.
cohort_totals as (
    select *
    from fct_install_cohorts
    where age_days = 0
),

player_events as (
    select *
    from events
    where user_id is not null
),

coin_changes as (
    select *
    from events
    where earned_coins is not null or spent_coins is not null
),

deep_link_events as (
    select *
    from events
    where character_id is not null
),

-- Ratios are computed again from the columns of the same row.
roas_recounted as (
    select
        activity_date,
        case
            when ad_cost_usd > 0 and coalesce(roas_state, 'ok') != 'restricted'
                then cast(net_revenue_usd as double) / cast(ad_cost_usd as double)
        end as roas
    from fct_roas
),

arpdau_recounted as (
    select
        activity_date,
        case when dau > 0 then cast(net_revenue_usd as double) / dau end as arpdau_usd
    from fct_arpdau
),

final as (
    {{ mart_totals(
        'fct_purchases.revenue_usd',
        mart=['fct_purchases', 'revenue_usd', 'purchased_date'],
        rows=['purchases', 'revenue_usd', 'purchased_date']
    ) }}
    union all
    {{ mart_totals(
        'fct_purchases.net_revenue_usd',
        mart=['fct_purchases', 'net_revenue_usd', 'purchased_date'],
        rows=['purchases', 'net_revenue_usd', 'purchased_date']
    ) }}
    union all
    {{ mart_totals(
        'fct_purchase_dispositions_daily.row_count',
        mart=['fct_dispositions', 'row_count', 'purchased_date'],
        rows=['classified', '1', 'cast(purchased_at as date)']
    ) }}
    union all
    {{ mart_totals(
        'fct_purchase_dispositions_daily.revenue_usd',
        mart=['fct_dispositions', 'revenue_usd', 'purchased_date'],
        rows=['classified', 'revenue_usd', 'cast(purchased_at as date)']
    ) }}
    union all
    {{ mart_totals(
        'fct_reconciliation.revenue_usd',
        mart=['fct_reconciliation', 'revenue_usd', 'cast(purchased_at as date)'],
        rows=['purchases', 'revenue_usd', 'purchased_date']
    ) }}
    union all
    {{ mart_totals(
        'fct_reconciliation.confirmation_revenue_usd',
        mart=['fct_reconciliation', 'confirmation_revenue_usd', 'cast(confirmed_at as date)'],
        rows=['confirmations', 'confirmation_revenue_usd', 'cast(confirmed_at as date)']
    ) }}
    union all
    {{ mart_totals(
        'fct_campaign_roas_daily.net_revenue_usd',
        mart=['fct_roas', 'net_revenue_usd', 'activity_date'],
        rows=['paid_earnings', 'net_revenue_usd', 'earned_date']
    ) }}
    union all
    {{ mart_totals(
        'fct_campaign_roas_daily.ad_cost_usd',
        mart=['fct_roas', 'ad_cost_usd', 'activity_date'],
        rows=['paid_costs', 'ad_cost_usd', 'cost_date']
    ) }}
    union all
    {{ mart_totals(
        'fct_campaign_roas_daily.roas',
        mart=['fct_roas', 'roas', 'activity_date'],
        rows=['roas_recounted', 'roas', 'activity_date']
    ) }}
    union all
    {{ mart_totals(
        'fct_arpdau_daily.net_revenue_usd',
        mart=['fct_arpdau', 'net_revenue_usd', 'activity_date'],
        rows=['earnings', 'net_revenue_usd', 'earned_date']
    ) }}
    union all
    {{ mart_totals(
        'fct_arpdau_daily.dau',
        mart=['fct_arpdau', 'dau', 'activity_date'],
        rows=['daily_users', '1', 'session_date']
    ) }}
    union all
    {{ mart_totals(
        'fct_arpdau_daily.arpdau_usd',
        mart=['fct_arpdau', 'arpdau_usd', 'activity_date'],
        rows=['arpdau_recounted', 'arpdau_usd', 'activity_date']
    ) }}
    union all
    {{ mart_totals(
        'fct_arpdau_daily.new_dau',
        mart=['fct_arpdau', 'new_dau', 'activity_date'],
        rows=['first_sessions', '1', 'session_date']
    ) }}
    union all
    {{ mart_totals(
        'fct_arpdau_daily.payer_count',
        mart=['fct_arpdau', 'payer_count', 'activity_date'],
        rows=['daily_payers', '1', 'earned_date']
    ) }}
    union all
    {{ mart_totals(
        'fct_install_cohorts.net_revenue_to_date_usd',
        mart=['cohort_totals', 'net_revenue_to_date_usd', 'install_date'],
        rows=['installed_earnings', 'net_revenue_usd', 'install_date']
    ) }}
    union all
    {{ mart_totals(
        'fct_player_events_daily.event_count',
        mart=['fct_player_events', 'event_count', 'activity_date'],
        rows=['events', '1', 'occurred_date']
    ) }}
    union all
    {{ mart_totals(
        'fct_player_events_daily.earned_coins',
        mart=['fct_player_events', 'earned_coins', 'activity_date'],
        rows=['events', 'earned_coins', 'occurred_date']
    ) }}
    union all
    {{ mart_totals(
        'fct_player_events_daily.spent_coins',
        mart=['fct_player_events', 'spent_coins', 'activity_date'],
        rows=['events', 'spent_coins', 'occurred_date']
    ) }}
    union all
    {{ mart_totals(
        'fct_coins_daily.earned_coins',
        mart=['fct_coins', 'earned_coins', 'activity_date'],
        rows=['coin_changes', 'earned_coins', 'occurred_date']
    ) }}
    union all
    {{ mart_totals(
        'fct_coins_daily.spent_coins',
        mart=['fct_coins', 'spent_coins', 'activity_date'],
        rows=['coin_changes', 'spent_coins', 'occurred_date']
    ) }}
    union all
    {{ mart_totals(
        'dim_players.earned_coins',
        mart=['dim_players', 'earned_coins', 'cast(null as date)'],
        rows=['player_events', 'earned_coins', 'cast(null as date)']
    ) }}
    union all
    {{ mart_totals(
        'dim_players.spent_coins',
        mart=['dim_players', 'spent_coins', 'cast(null as date)'],
        rows=['player_events', 'spent_coins', 'cast(null as date)']
    ) }}
    union all
    {{ mart_totals(
        'fct_deep_links.click_count',
        mart=['fct_deep_links', 'click_count', 'cast(null as date)'],
        rows=['deep_link_events', '1', 'cast(null as date)']
    ) }}
    union all
    {{ mart_totals(
        'dim_players.event_count',
        mart=['dim_players', 'event_count', 'cast(null as date)'],
        rows=['player_events', '1', 'cast(null as date)']
    ) }}
)

select * from final
