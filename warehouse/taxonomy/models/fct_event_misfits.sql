with

-- The meta of erased players is gone, so nobody can judge it.
events as (
    select *
    from {{ ref('int_events__received') }}
    where not is_erased
),

final as (
    {{ event_misfits(event_taxonomy().types, 'events') }}
)

select * from final
