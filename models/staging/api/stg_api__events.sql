with

source as (
    select * from {{ source('api', 'game_events') }}
),

-- Clients of the first version could send events of the type `spend`. Those of the server name the
-- balance.
told_apart as (
    select
        *,
        case
            when event_type = 'earn' then true
            when event_type = 'spend' then {{ json_text('meta', 'balance') }} is not null
            else false
        end as is_coin_change
    from source
),

read_meta as (
    select
        *,
        case when event_type = 'deep_link' then {{ json_text('meta', 'character') }} end
            as character_text,
        case when is_coin_change then {{ json_text('meta', 'amount') }} end as amount_text,
        case when is_coin_change then {{ json_text('meta', 'reason') }} end as reason_text
    from told_apart
),

-- The pattern is checked first because a cast would round a fraction.
parsed as (
    select
        *,
        case
            when {{ matches_fully('amount_text', '[1-9][0-9]*') }}
                then try_cast(amount_text as bigint)
        end as coins
    from read_meta
),

final as (
    select
        event_id,
        user_id,
        event_type,
        occurred_at,
        received_at,
        {{ clean_text('character_text') }} as character_id,
        is_coin_change,
        case when event_type = 'earn' then coins end as earned_coins,
        case when event_type = 'spend' then coins end as spent_coins,
        {{ clean_text('reason_text') }} as coin_reason,
        meta,
        loaded_at
    from parsed
)

select * from final
