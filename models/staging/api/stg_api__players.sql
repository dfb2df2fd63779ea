with

source as (
    select * from {{ source('api', 'players') }}
),

final as (
    select
        user_id,
        username,
        created_at,
        balance,
        loaded_at
    from source
)

select * from final
