with

events as (
    select * from {{ ref('int_events__received') }}
),

final as (
    {{ event_misfits(event_taxonomy().types, 'events') }}
)

select * from final
