with

-- A message of AppsFlyer is no event of the game.
events as (
    select *
    from {{ ref('stg_api__events') }}
    where event_type != 'appsflyer_push'
),

-- Only clicks end with the as-of date: the events of a player must add up to the balance, of which
-- there is only the present one.
final as (
    select
        event_id,
        user_id,
        event_type,
        occurred_at,
        cast(occurred_at as date) as occurred_date,
        {{ seconds_between('occurred_at', 'received_at') }} as seconds_apart,
        earned_coins,
        spent_coins,
        coin_reason,
        case when {{ until_as_of('occurred_at') }} then character_id end as character_id
    from events
)

select * from final
