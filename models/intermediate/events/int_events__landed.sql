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
        character_id,
        earned_coins
    from events
    where {{ until_as_of('occurred_at') }}
)

select * from final
