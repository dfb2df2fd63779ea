with

players as (
    select * from {{ ref('stg_api__players') }}
),

events as (
    select * from {{ ref('int_events__landed') }}
),

totals as (
    select
        user_id,
        count(*) as event_count,
        count(*) filter (where event_type = 'earn') as earn_count,
        count(spent_coins) as spend_count,
        count(*) filter (where event_type = 'deep_link') as deep_link_count,
        count(distinct occurred_date) as active_day_count,
        sum(cast(earned_coins as decimal(19, 0))) as earned_coins,
        sum(cast(spent_coins as decimal(19, 0))) as spent_coins,
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at
    from events
    where user_id is not null
    group by user_id
),

final as (
    select
        players.user_id,
        players.username,
        players.created_at,
        players.balance,
        players.erased_at,
        totals.first_event_at,
        totals.last_event_at,
        cast(coalesce(totals.earned_coins, 0) as decimal(38, 0)) as earned_coins,
        cast(coalesce(totals.spent_coins, 0) as decimal(38, 0)) as spent_coins,
        cast(coalesce(totals.earned_coins, 0) - coalesce(totals.spent_coins, 0) as decimal(38, 0))
            as net_coins,
        coalesce(totals.event_count, 0) as event_count,
        coalesce(totals.earn_count, 0) as earn_count,
        coalesce(totals.spend_count, 0) as spend_count,
        coalesce(totals.deep_link_count, 0) as deep_link_count,
        coalesce(totals.active_day_count, 0) as active_day_count
    from players
    left join totals
        on players.user_id = totals.user_id
)

select * from final
