with

source as (
    select * from {{ source('api', 'players') }}
),

-- The loader replaces the name of an erased player by a tombstone, and a name contains no space.
told_apart as (
    select
        *,
        case when username like 'erased player %' then split_part(username, ' at ', 2) end
            as erased_at_text
    from source
),

final as (
    select
        user_id,
        case when erased_at_text is null then username end as username,
        created_at,
        balance,
        {{ parse_utc_timestamp('erased_at_text') }} as erased_at,
        loaded_at
    from told_apart
)

select * from final
