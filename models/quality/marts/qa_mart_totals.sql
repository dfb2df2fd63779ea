with

purchases as (
    select * from {{ ref('int_purchases__curated') }}
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

fct_player_events as (
    select * from {{ ref('fct_player_events_daily') }}
),

fct_deep_links as (
    select * from {{ ref('fct_deep_links') }}
),

dim_players as (
    select * from {{ ref('dim_players') }}
),

paid_purchases as (
    select *
    from purchases
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

player_events as (
    select *
    from events
    where user_id is not null
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
        rows=['paid_purchases', 'net_revenue_usd', 'purchased_date']
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
        rows=['purchases', 'net_revenue_usd', 'purchased_date']
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
        'dim_players.earned_coins',
        mart=['dim_players', 'earned_coins', 'cast(null as date)'],
        rows=['player_events', 'earned_coins', 'cast(null as date)']
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
