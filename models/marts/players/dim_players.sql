with

players as (
    select * from {{ ref('int_players__events_counted') }}
),

final as (
    select
        user_id,
        username,
        created_at,
        balance,
        erased_at,
        earned_coins,
        spent_coins,
        net_coins,
        event_count,
        earn_count,
        spend_count,
        deep_link_count,
        active_day_count,
        first_event_at,
        last_event_at
    from players
)

select * from final
