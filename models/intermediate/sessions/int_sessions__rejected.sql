with

sessions as (
    select * from {{ ref('stg_game__sessions') }}
),

final as (
    select *
    from sessions
    where rejection_reason is not null
)

select * from final
