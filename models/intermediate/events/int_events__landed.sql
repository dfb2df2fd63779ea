with

events as (
    select * from {{ ref('stg_api__events') }}
),

final as (
    select
        event_id,
        user_id,
        event_type,
        occurred_at,
        cast(occurred_at as date) as occurred_date,
        {{ seconds_between('occurred_at', 'received_at') }} as seconds_apart,
        character_id,
        earned_coins,
        spent_coins,
        coin_reason
    from events
)

select * from final
