with

source as (
    select * from {{ source('api', 'game_events') }}
),

read_meta as (
    select
        *,
        case when event_type = 'deep_link' then {{ json_text('meta', 'character') }} end
            as character_text,
        case when event_type = 'earn' then {{ json_text('meta', 'amount') }} end as amount_text
    from source
),

-- The pattern is checked first because a cast would round a fraction.
final as (
    select
        event_id,
        user_id,
        event_type,
        occurred_at,
        received_at,
        {{ clean_text('character_text') }} as character_id,
        case
            when {{ matches_fully('amount_text', '[1-9][0-9]*') }}
                then try_cast(amount_text as bigint)
        end as earned_coins,
        meta,
        loaded_at
    from read_meta
)

select * from final
